"""Strict reading of reports: text, one JSON object, or one a line; doubts are a `ReportError`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from reprlib import Repr
from typing import Any, TypeVar

import ndjson

from hlsgate.infra import opening
from hlsgate.infra.documents import unique_keys
from hlsgate.infra.errors import ReportError

Row = dict[str, Any]
T = TypeVar("T")

MAX_BYTES = 64 * 2**20
MAX_LINES = 10**6
MAX_VALUES = 4 * 10**6
_MAX_NUMBER = 10**12
_PLAIN_DECIMAL = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
_BRIEF = Repr()
_BRIEF.maxstring = _BRIEF.maxother = _BRIEF.maxlong = 60


def read_rows(path: Path) -> list[Row]:
    """Read every line of a file as one JSON object; blank lines are skipped.

    Raises
    ------
    ReportError
        If the file is missing, empty, over 64 MiB, not UTF-8, or if any line is not a JSON object,
        or one with a key twice.
    """
    text = read_text(path)
    refuse_many(path, text, "\n", MAX_LINES, "lines")
    line = 0

    def lines() -> Iterator[str]:
        nonlocal line
        for line, content in enumerate(text.split("\n"), start=1):  # noqa: B007 - kept for errors
            yield content

    rows: list[Row] = []
    try:
        # reader, not loads: ndjson.loads joins the lines by commas before it parses, so that a
        # cut line and the one after it can make one valid object, and it cuts strings at U+2028.
        for row in ndjson.reader(
            lines(), object_pairs_hook=unique_keys, parse_constant=refuse_constant
        ):
            if not isinstance(row, dict):
                problem = f"holds {shown(row)} where a JSON object should be; the file is foreign."
                raise ReportError(path, f"line {line}", problem)
            rows.append(row)
    except RecursionError:
        raise ReportError(path, f"line {line}", "is nested too deeply for a report.") from None
    except ValueError as error:
        problem = f"is no JSON object ({error}); the file is truncated or foreign."
        raise ReportError(path, f"line {line}", problem) from None
    if not rows:
        raise ReportError(path, "first line", "is absent: the file is empty; run the tool again.")
    return rows


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


def present(path: Path) -> bool:
    """Tell whether an optional file is there; one that cannot be looked at counts as there."""
    try:
        return path.exists()
    except OSError:
        return True  # so that reading it names the trouble


def read_text(path: Path) -> str:
    """Return a file's text; `ReportError` unless it is there, of sane size, and UTF-8."""
    try:
        raw = opening.read(path, MAX_BYTES)
    except (FileNotFoundError, NotADirectoryError, opening.NoRegularFileError) as error:
        problem = "is not there; run the tool again or name another report folder."
        raise ReportError(path, "file", problem) from error
    except opening.TooLargeError as error:
        problem = f"holds more than {MAX_BYTES} bytes, which no report does; the file is foreign."
        raise ReportError(path, "size", problem) from error
    except OSError as error:
        problem = f"cannot be read ({error.strerror})."
        raise ReportError(path, "file", problem) from error
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8 at byte {error.start}; the file is damaged or foreign."
        raise ReportError(path, "text", problem) from None


def refuse_many(path: Path, text: str, mark: str, most: int, what: str) -> None:
    """Refuse a text that would become more objects than any report has, before it does."""
    if (count := text.count(mark)) > most:
        problem = f"are {count}, more than any report has; the file is foreign."
        raise ReportError(path, what, problem)


def refuse_constant(name: str) -> None:
    """Be the `parse_constant` of a JSON reader that takes no NaN and no Infinity."""
    raise ValueError(f"{name} is no JSON number")


def shown(value: object) -> str:
    """Return a short `repr` of anything that JSON can hold, fit for a message."""
    return _BRIEF.repr(value)


def number(value: object, path: Path, field: str) -> int | float:
    """Return a count, time or frequency; whole ones as int.

    Accepts JSON numbers and strings of plain decimal digits, since one table holds both.

    Raises
    ------
    ReportError
        If `value` is missing, no number, negative, not finite, or beyond what a device can hold.
    """
    if value is None:
        raise ReportError(path, field, "is missing; the file is truncated or of another version.")
    if isinstance(value, str) and _PLAIN_DECIMAL.fullmatch(value):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ReportError(path, field, f"is {shown(value)}, which is no number.")
    if not 0 <= value <= _MAX_NUMBER:  # false for NaN as well
        problem = f"is {shown(value)}, but must be finite and from 0 to {_MAX_NUMBER}."
        raise ReportError(path, field, problem)
    return int(value) if value == int(value) else value


def whole(value: object, path: Path, field: str) -> int:
    """Return a count that must be whole; raises `ReportError` as `number` does."""
    result = number(value, path, field)
    if isinstance(result, float):
        raise ReportError(path, field, f"is {shown(value)}, but must be a whole number.")
    return result


def label(value: object, path: Path, field: str) -> str:
    """Return a name that can be shown on a terminal, without outer blanks.

    Raises
    ------
    ReportError
        If it is missing, no string, empty, or holds control characters or broken Unicode.
    """
    if not isinstance(value, str) or not value.strip() or not value.strip().isprintable():
        raise ReportError(path, field, f"is {shown(value)}, but must be a printable name.")
    return value.strip()


def only(found: list[T], path: Path, field: str) -> T:
    """Return the one element of a list; any other count is a `ReportError`."""
    if len(found) != 1:
        problem = f"is there {len(found)} times, but must be there exactly once."
        raise ReportError(path, field, problem)
    return found[0]


def nodes(rows: list[Row], section: str, path: Path) -> list[Row]:
    """Return the objects under ``{section: {"nodes": [...]}}``, at least one.

    Raises
    ------
    ReportError
        If no row has the section, or if it is shaped otherwise.
    """
    body = only([row[section] for row in rows if section in row], path, section)
    found = body.get("nodes") if isinstance(body, dict) else None
    if not isinstance(found, list) or not found or not all(isinstance(n, dict) for n in found):
        raise ReportError(path, f"{section}.nodes", "is no list of objects, or an empty one.")
    return found
