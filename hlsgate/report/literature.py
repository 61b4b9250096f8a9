"""What others published on jet tagging: data, checked when it is read, one quantity at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from hlsgate.infra import documents
from hlsgate.infra.errors import LiteratureError

FILE = Path(__file__).parent / "literature.json"
SCHEMA_FILE = Path(__file__).parents[1] / "schemas" / "literature-1.json"

Quantity = Literal["lut", "alut", "ff", "dsp"]
Row = Mapping[str, Any]

_ROUNDING_PERCENT = 0.6
"""Printed shares are often rounded to whole percent."""


def load(path: Path = FILE) -> Mapping[str, Any]:
    """Read the file strictly.

    Raises
    ------
    LiteratureError
        If it does not follow its schema, or if a printed share of a part does not fit the number
        beside it and the row does not say so; or says so where it does fit.
    """
    hint = "restore it from version control"
    content: Mapping[str, Any] = documents.read(path, SCHEMA_FILE, LiteratureError, hint)
    for row in content["rows"]:
        odd = misfits(row, content["parts"])
        if odd != sorted(row.get("inconsistent", [])):
            raise LiteratureError(
                f"{path}: {row['model']}: printed shares that do not fit their numbers are "
                f"{odd}, declared are {row.get('inconsistent', [])}; look at the source again."
            )
    return content


def misfits(row: Row, parts: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return the quantities whose printed share of the part does not fit their number."""
    odd = []
    for name, percent in row.get("printed_percent", {}).items():
        capacity = parts.get(row["part"] or "", {}).get(name)
        if capacity is None or row[name] is None:
            raise LiteratureError(
                f"{row['model']}: the printed share of {name} needs its number, and what "
                f"{row['part']} offers; add both, or leave the share out."
            )
        if abs(100.0 * row[name] / capacity - percent) > _ROUNDING_PERCENT:
            odd.append(name)
    return sorted(odd)


def rows(
    content: Mapping[str, Any], *, dataset: str, quantity: Quantity | None = None
) -> list[Row]:
    """Return the rows of one data set that state one quantity: what may share an axis.

    Parameters
    ----------
    content : mapping
        From `load`.
    dataset : str
        Of the literature: ``"openml_42468"`` or ``"cernbox"``. The embedded jets are neither.
    quantity : str, optional
        Only rows that state it, in a number that fits what else is printed.
    """
    return list(_stating(content["rows"], dataset, quantity))


def _stating(found: Iterable[Row], dataset: str, quantity: Quantity | None) -> Iterable[Row]:
    for row in found:
        if row["dataset"] != dataset:
            continue
        if quantity is None or (
            row[quantity] is not None and quantity not in row.get("inconsistent", [])
        ):
            yield row
