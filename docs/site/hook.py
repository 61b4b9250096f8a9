"""Hooks of MkDocs: pages and files that lie outside of docs/ are linked as on a code host.

Documents link to one another by their place in the repository, so that they can be read there. What
the site has under another name is renamed here: CONTRIBUTING.md is a page of it, README.md's place is
taken by the start page, and single files are copied. A link to anything else fails the build.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
PLACES = {
    "CONTRIBUTING.md": "contributing.md",
    "README.md": "index.md",
    "fixtures/jets/README.md": "jets.md",
    "hlsgate/schemas/results-1.json": "schemas/results-1.json",
    "hlsgate/schemas/baselines-1.json": "schemas/baselines-1.json",
    "hlsgate/schemas/frontier-1.json": "schemas/frontier-1.json",
}
"""By place in the repository: place in the site."""

_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)\s#]+)(#[^)\s]+)?\)")
_FENCE = re.compile(r"(^ *```.*?^ *```$|<!--.*?-->)", re.DOTALL | re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what lies elsewhere in the repository."""
    for source, place in PLACES.items():
        if files.get_file_from_path(place) is None:
            text = (ROOT / source).read_text(encoding="utf-8")
            files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links between places in the repository into links between places in the site."""
    del config, files
    here = page.file.src_uri
    source = next((one for one, place in PLACES.items() if place == here), f"docs/{here}")
    if here == "index.md":
        source = "docs/index.md"
    parts = _FENCE.split(markdown)
    parts[::2] = [_LINK.sub(lambda link: _moved(link, source, here), part) for part in parts[::2]]
    return "".join(parts)


def _moved(link: re.Match[str], source: str, here: str) -> str:
    wanted = posixpath.normpath(posixpath.join(posixpath.dirname(source), link[1]))
    place = PLACES.get(wanted, wanted.removeprefix("docs/") if wanted.startswith("docs/") else None)
    if place is None:
        return link[0]  # MkDocs warns of it, which fails the build
    moved = posixpath.relpath(place, posixpath.dirname(here) or ".")
    return f"]({moved}{link[2] or ''})"
