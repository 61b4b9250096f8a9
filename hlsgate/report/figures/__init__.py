"""Figures of results, drawn by matplotlib: for the report page, and as files for papers.

Matplotlib, and no library that draws in the browser: the page then needs no script of a stranger
(so its policy can forbid all but its own), prints as it looks, weighs some 300 kB instead of
4 MB, and papers get the very same figures. What interaction is worth having, names of points under
the pointer, SVG has by itself.

A figure is drawn in the light colours of `palette`; `svg` turns them into the page's, which
change with the reader's scheme. No colour says anything alone: marks and dashes differ, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hlsgate.infra.errors import ExtraMissing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PALETTE = {
    "ink": "#1d2430",
    "faint": "#5c6675",
    "rule": "#d5dbe3",
    "paper": "#ffffff",
    "blue": "#0b5cad",
    "amber": "#a85400",
    "green": "#137344",
    "violet": "#7439b5",
    "red": "#b8232f",
    "teal": "#0d6e80",
}
"""Colours by name, in light; ``page.css`` has the dark ones of the same names."""

Look = dict[str, Any]
"""Keyword arguments of one of matplotlib's methods."""

SERIES = (
    ("ink", "-"),
    ("amber", (0, (1, 1.2))),
    ("red", (0, (5, 1.5))),
    ("green", (0, (5, 1.2, 1, 1.2))),
    ("violet", (0, (3, 1))),
    ("blue", "-"),
)
"""Colour and dashes of the variants, in the order of the suite."""

MARKS = ("*", "^", "v", "s", "P", "D")
"""Marks of the variants, in the order of the suite."""


def require() -> None:
    """Raise `ExtraMissing` where what draws and lays out is not installed."""
    from importlib.util import find_spec

    missing = [name for name in ("jinja2", "matplotlib") if find_spec(name) is None]
    if missing:
        raise ExtraMissing(
            f"the report page needs {' and '.join(missing)}; install the extra with "
            "'pip install hlsgate[report]'."
        )


@contextmanager
def style(salt: str, *, text: bool = True) -> Iterator[None]:
    """Draw and save in the house style.

    Parameters
    ----------
    salt : str
        Name of the figure; identifiers inside of its SVG are made from it, so they are the same
        on every run and differ between the figures of a page.
    text : bool
        Whether letters stay text in SVG (on a page), or become outlines (in papers).
    """
    from matplotlib import rc_context

    ink, faint, rule = (PALETTE[name] for name in ("ink", "faint", "rule"))
    settings: Any = {
        "axes.axisbelow": True, "axes.edgecolor": faint, "axes.facecolor": "none",
        "axes.grid": True, "axes.labelcolor": ink, "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlecolor": ink, "axes.titlelocation": "left", "axes.titlesize": 10,
        "axes.titleweight": "bold", "figure.facecolor": "none", "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"], "font.size": 9, "grid.color": rule,
        "grid.linewidth": 0.6, "legend.edgecolor": rule, "legend.facecolor": "none",
        "legend.fontsize": 8, "legend.frameon": False, "legend.labelcolor": ink,
        "svg.fonttype": "none" if text else "path", "svg.hashsalt": salt, "text.color": ink,
        "text.parse_math": False,  # names come from files: a dollar sign is no formula
        "xtick.color": faint, "xtick.labelcolor": ink, "ytick.color": faint,
        "ytick.labelcolor": ink,
    }  # fmt: skip
    with rc_context(settings):
        yield


def panel(width: float, height: float) -> tuple[Figure, Axes]:
    """Return an empty figure of one pair of axes, in inches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def shortened(text: str, longest: int = 24) -> str:
    """Return a name that fits into a figure; names come from files and may be of any length."""
    return text if len(text) <= longest else f"{text[: longest - 1]}\u2026"


def plain_numbers(axis: Any, subs: Sequence[int] = (1, 2, 5)) -> None:
    """Label a logarithmic axis with numbers as people write them: 2,000 and not 2 x 10^3."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axis.set_major_locator(LogLocator(subs=subs))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
    axis.set_minor_locator(NullLocator())
