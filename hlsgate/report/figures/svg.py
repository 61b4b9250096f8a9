"""Figures as files, and as SVG that lives inside of a page and follows its colours."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from hlsgate.infra.errors import ResultsError
from hlsgate.report.figures import PALETTE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"
_DOTS_PER_INCH = 200
_LARGEST = 1.25 * 4 / 3
"""Pixels of the page for a point, where there is room: a quarter more than as drawn."""

_NO_DATE = {".svg": {"Date": None}, ".png": {"Software": None}}


def save(figure: Figure, path: Path) -> None:
    """Write a figure as ``.svg`` or ``.png``; an equal figure gives an equal file.

    Raises
    ------
    ResultsError
        If the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=_DOTS_PER_INCH, metadata=_NO_DATE[path.suffix], facecolor="white")
    except OSError as problem:
        what = problem.strerror or problem
        raise ResultsError(f"{path} cannot be written ({what}).") from problem


def inline(figure: Figure, name: str, title: str, tips: Mapping[str, str]) -> str:
    """Return a figure as an SVG element for a page.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure, drawn under `style`.
    name : str
        Its name, unlike that of any other figure of the page: letters, digits and hyphens.
    title : str
        What it shows, for those who do not see it.
    tips : mapping of str to str
        By group identifier (``gid``) of an artist: text to show under the pointer.

    Notes
    -----
    All text is escaped by the writer. Identifiers that nothing refers to are dropped, as they would
    stand twice in a page; colours of the palette become variables of the page's style.
    """
    root = ElementTree.fromstring(_drawn(figure))
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                parent.remove(child)
    used = _references(root)
    for element in root.iter():
        tip = tips.get(element.get("id", ""))
        if tip is not None:
            element.set("class", "point")
            _titled(element, tip)
        if element.get("id") not in used:
            element.attrib.pop("id", None)
        if "style" in element.attrib:
            element.set("style", _themed(element.attrib["style"]))
    _dress(root, name, title)
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _LINK[1:].split("}", 1)[0])
    return ElementTree.tostring(root, encoding="unicode")


def _drawn(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata=_NO_DATE[".svg"], transparent=True)
    return buffer.getvalue()


def _references(root: ElementTree.Element) -> set[str]:
    found = set()
    for element in root.iter():
        found.add(element.get(_LINK, "").removeprefix("#"))
        for value in element.attrib.values():
            found.update(re.findall(r"url\(#([^)]+)\)", value))
    return found


def _titled(element: ElementTree.Element, text: str) -> None:
    title = ElementTree.Element(f"{{{_SVG}}}title")
    title.text = text
    element.insert(0, title)


def _themed(text: str) -> str:
    for name, value in PALETTE.items():
        text = text.replace(value, f"var(--{name})")
    return text


def _dress(root: ElementTree.Element, name: str, title: str) -> None:
    """Make it as wide as there is room for, within limits, and name it."""
    width = float(root.get("width", "0pt").removesuffix("pt")) * _LARGEST
    for attribute in ("width", "height", "version"):
        root.attrib.pop(attribute, None)
    root.set("style", f"max-width: {width:.0f}px")
    root.set("class", "figure")
    root.set("role", "img")
    _titled(root, title)
    root[0].set("id", f"title-{name}")
    root.set("aria-labelledby", f"title-{name}")
