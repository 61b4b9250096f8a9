"""Strict reading of a report that is one JSON object; every doubt is a `ReportError`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hlsgate.infra.documents import unique_keys
from hlsgate.infra.errors import ReportError
from hlsgate.synthesis.reports.ndjson_file import (
    label,
    read_text,
    refuse_constant,
    refuse_many,
    shown,
)

MAX_VALUES = 4 * 10**6


def read_object(path: Path) -> dict[str, Any]:
    """Read a file that holds one JSON object.

    Raises
    ------
    ReportError
        If the file is missing, empty, over 64 MiB, not UTF-8, has a key twice, or is not one JSON
        object.
    """
    text = read_text(path)
    refuse_many(path, text, ",", MAX_VALUES, "values")
    try:
        content = json.loads(text, object_pairs_hook=unique_keys, parse_constant=refuse_constant)
    except RecursionError:
        raise ReportError(path, "content", "is nested too deeply for a report.") from None
    except ValueError as error:
        problem = f"is no JSON ({error}); the file is truncated or foreign."
        raise ReportError(path, "content", problem) from None
    return mapping(content, path, "content")


def mapping(value: object, path: Path, field: str) -> dict[str, Any]:
    """Return an object that is not empty, and whose names can be shown; else a `ReportError`."""
    if not isinstance(value, dict) or not value:
        raise ReportError(path, field, f"is {shown(value)}, but must be an object that holds some.")
    for name in value:
        label(name, path, f"name in {field}")
    return value
