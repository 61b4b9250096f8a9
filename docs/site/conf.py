"""The site, by Sphinx: 'tox run -e docs'. Nothing is fetched, neither when built nor when read.

The source is the checkout itself, so that documents link to one another, and to files, by their
place in the repository, as on a code host; README.md and CONTRIBUTING.md are pages like those of
docs/. What is linked and is no page is copied. Sphinx warns of links, and of headings, that are not
there, and a warning fails the build. (MkDocs' theme Material is at its end in 2027.)
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pygments.lexers.special import TextLexer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "hlsgate"
author = "the authors of hlsgate"
html_title = "hlsgate"
extensions = ["myst_parser"]
root_doc = "docs/index"
include_patterns = ["README.md", "CONTRIBUTING.md", "docs/*.md", "fixtures/jets/README.md"]
exclude_patterns = [".*", "build", "results"]
myst_heading_anchors = 4
suppress_warnings = ["misc.highlighting_failure"]  # command lines that are cut with "..."
nitpicky = True

html_theme = "furo"
html_extra_path = ["index.html"]
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
smartquotes = False  # options begin with two hyphens

NAVIGATION = {
    "Use it": {
        "tutorial": "Ten-minute tutorial",
        "claims": "What is claimed, and what is not",
        "verdicts": "How to read each verdict",
        "add-a-model": "Add a model",
        "saved-models": "Models and rows from others",
        "continuous-integration": "Gate a pull request",
        "rebaselining": "Change a baseline",
        "licensed-toolchains": "Bring a licensed toolchain",
        "migrating": "Migrate from hls4ml's baselines",
        "diagnosis": "Why does my network differ?",
        "frontier": "How far can one compress?",
        "report": "The report page",
        "recipes": "What training again must give",
        "machines": "The same on other machines",
    },
    "Reference": {
        "reference": "Options, commands, files",
        "networks": "The networks",
        "results": "results.json",
        "words": "Words",
        "threat-model": "Files from strangers",
    },
    "Background": {
        "design": "Design",
        "/README": "README",
        "synthesis": "What open synthesis tells",
        "emulation-speed": "Speed of the emulation",
        "/fixtures/jets/README": "The embedded jets",
        "/CONTRIBUTING": "Contributing",
    },
}
"""Pages by section, with their titles there; a page that is left out fails the build."""

_LINK = re.compile(r"\[([^]]*)\]\(([^)\s:#]+)\)")


def _without_folders(app: Sphinx, name: str, source: list[str]) -> None:
    """Keep the names of folders, which a code host can show and a site cannot, without links."""
    folder = Path(app.env.doc2path(name)).parent

    def kept(link: re.Match[str]) -> str:
        return link[1] if (folder / link[2]).is_dir() else link[0]

    source[0] = _LINK.sub(kept, source[0])


def _with_navigation(app: Sphinx, name: str, source: list[str]) -> None:
    """Give the start page what a code host would show as text: the order of the pages."""
    if name == app.config.root_doc:
        for title, pages in NAVIGATION.items():
            listed = "\n".join(f"{shown} <{page}>" for page, shown in pages.items())
            source[0] += f"\n\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n{listed}\n```\n"


def setup(app: Sphinx) -> None:
    """Register what stands in no list: the order of pages, and sentences that are wrapped."""
    app.connect("source-read", _with_navigation)
    app.connect("source-read", _without_folders)
    app.add_lexer("says", TextLexer)
