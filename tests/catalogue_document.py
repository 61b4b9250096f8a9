"""Sections of docs/diagnosis.md that tests write, and compare, so that the document cannot rot."""

from __future__ import annotations

import re
from pathlib import Path

from hlsgate.diagnosis.catalogue import CATALOGUE
from hlsgate.infra.errors import DiagnosisError


def rendered(cause: str, table: str) -> str:
    """Return a cause's section: what happens, how it is told, what to do, and a table."""
    told = CATALOGUE[cause]
    known_by = f"*Recognised by*: {told.evidence}"
    return f"{told.title}\n\n{known_by}\n\n*What to do*: {told.remedy}\n\n{table}\n"


def section(document: Path, cause: str) -> str:
    """Return what a document says of a cause, or raise `DiagnosisError` if it says nothing."""
    found = re.search(_pattern(cause), _text(document), re.DOTALL)
    if found is None:
        raise DiagnosisError(f"{document}: no section marked {_start(cause)!r}; add it.")
    return found[1]


def write_section(document: Path, cause: str, table: str) -> None:
    """Put a cause's section between its marks, or raise `DiagnosisError` if there are none."""
    section(document, cause)
    text = f"{_start(cause)}\n{rendered(cause, table)}{_end()}"
    document.write_text(re.sub(_pattern(cause), lambda _: text, _text(document), flags=re.DOTALL))


def _text(document: Path) -> str:
    try:
        return document.read_text()
    except OSError as error:
        raise DiagnosisError(f"{document}: cannot be read ({error.strerror}).") from error


def _pattern(cause: str) -> str:
    return rf"{re.escape(_start(cause))}\n(.*?){re.escape(_end())}"


def _start(cause: str) -> str:
    return f"<!-- planted: {cause} -->"


def _end() -> str:
    return "<!-- end of planted -->"
