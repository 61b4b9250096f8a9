"""Links between documents lead somewhere: to a file, and to a heading in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("fixtures/**/*.md")])
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]+))?\)")
_COMMENT = re.compile(r"<!--.*?-->", re.S)
_HEADING = re.compile(r"^#+ (.*)$", re.M)


def links(page):
    """Return file and heading of every relative link; what is commented out is none."""
    return _LINK.findall(_COMMENT.sub("", page.read_text(encoding="utf-8")))


def anchors(path):
    """Return what GitHub calls the headings of a page."""
    titles = _HEADING.findall(path.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    """Every relative link names what is there."""
    for target, anchor in links(page):
        path = (page.parent / target) if target else page
        assert path.exists(), f"{page.name}: {target}"
        assert not anchor or anchor in anchors(path), f"{page.name}: {target}#{anchor}"


def test_links_were_found():
    """A pattern that finds nothing would pass everything."""
    found = [link for page in PAGES for link in links(page)]
    assert len(found) > 10
    assert any(anchor for _, anchor in found)
