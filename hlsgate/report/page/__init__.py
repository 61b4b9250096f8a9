"""One run as one page of HTML: nothing is fetched when it is read, and nothing is measured here.

All that results and baselines say is untrusted text. It is escaped by the template engine, and the
page's own policy lets no script run but the one that sorts its tables.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hlsgate.infra import documents
from hlsgate.infra.cache import Cache
from hlsgate.infra.errors import ResultsError
from hlsgate.judge.baselines import Baselines
from hlsgate.judge.summary import Summary
from hlsgate.report import figures
from hlsgate.report.figures.kept import Figures
from hlsgate.report.page import (
    accuracy,
    emulation,
    frontier,
    history,
    provenance,
    resources,
    verdict,
    weights,
)
from hlsgate.report.page.blocks import Section, state_of

_HERE = Path(__file__).parent
_TEMPLATE = "page.html.jinja"


def write(
    path: Path,
    content: Mapping[str, Any],
    summary: Summary,
    baselines: Baselines,
    checkpoints: Path,
    sweeps: Mapping[str, Mapping[str, Any]],
    cache: Cache | None = None,
) -> None:
    """Write the page of a run.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    content : mapping
        Results, as `hlsgate.facts.results.read` returns them.
    summary : Summary
        Their judgement.
    baselines : Baselines
        What they were judged by.
    checkpoints : pathlib.Path
        Folder of frozen weights; only those that the results are of are shown.
    sweeps : mapping of str to mapping
        By benchmark, as `hlsgate.sweep.documents.gathered` returns them.
    cache : Cache, optional
        Where figures are kept, so that those that have not changed are not drawn again.

    Raises
    ------
    ExtraMissing
        If what draws or lays out is not installed.
    ResultsError
        If results contradict themselves, or the file cannot be written.
    """
    figures.require()
    drawn = Figures(cache)
    sections = [
        verdict.section(summary),
        accuracy.accuracy(content, summary.claims),
        resources.section(content, baselines.published(), drawn),
        frontier.section(content, sweeps, drawn),
        accuracy.curves(content, summary.claims, drawn),
        accuracy.confusion(content),
        emulation.section(content),
        weights.section(content, checkpoints, drawn),
        history.section(baselines),
        provenance.section(content, baselines, sweeps),
    ]
    documents.write_text(path, _laid_out(content, summary, sections), ResultsError)


def _laid_out(content: Mapping[str, Any], summary: Summary, sections: list[Section]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    css, script = ((_HERE / name).read_text("utf-8") for name in ("page.css", "page.js"))
    page = environment.get_template(_TEMPLATE).render(
        policy=_policy(css, script), css=css, script=script, run=content, failed=summary.fails,
        whole=summary.run is not None, sections=sections, state_of=state_of,
    )  # fmt: skip
    return page + "\n"


def _policy(css: str, script: str) -> str:
    """Return a Content-Security-Policy: our style and our script, by their hashes; nothing else.

    Figures carry their colours in style attributes, which hold no text from outside.
    """
    return "; ".join((
        "default-src 'none'",
        f"script-src {_hashed(script)}",
        f"style-src-elem {_hashed(css)}",
        "style-src-attr 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ))  # fmt: skip


def _hashed(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
