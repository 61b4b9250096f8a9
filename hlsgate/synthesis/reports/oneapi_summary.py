"""The resource table in ``summary.ndjson`` of a oneAPI report, read by column name.

Source: reports of icpx 2025.0. The header row names the columns ("ALUTs ", with trailing blanks);
in the rows below it ``data`` leaves the name column out, and numbers may be strings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path

from hlsgate.infra.errors import ReportError
from hlsgate.synthesis.reports.reading import Row, label, number, only, read_rows, shown, whole

Values = dict[str, float]

_TABLE = "estimatedResources"
_NAME_COLUMN = "Kernel Name"
_METRICS = {
    "ALUTs": "alut",
    "FFs": "ff",
    "RAMs": "ram",
    "DSPs": "dsp",
    "MLABs": "mlab",
    "Frac. DSPs": "frac_dsp",
}
_OPTIONAL = {"Frac. DSPs"}  # absent in older versions


@dataclass(frozen=True)
class Table:
    """The table "Estimated Resource Usage", by metric name.

    Parameters
    ----------
    total : dict of str to int or float
        The row ``Total``, and ``dsp_effective`` where it can be derived.
    capacity : dict of str to int
        The row ``Available``.
    breakdown : dict of str to mapping
        Every other row, by its name.
    """

    total: Values
    capacity: dict[str, int]
    breakdown: dict[str, Mapping[str, float]]


def read_summary(path: Path) -> Table:
    """Read the table from ``summary.ndjson``; `parse_oneapi` says what its numbers mean.

    Raises
    ------
    ReportError
        If the file is damaged, the table is not there exactly once, or a row or column is amiss.
    """
    rows = read_rows(path)
    header = only([r for r in rows if r.get("summary_type") == _TABLE], path, f"table {_TABLE}")
    columns = _columns(header, path)
    cells = [_cells(row, columns, path) for row in rows if row.get("parent") == _TABLE]
    total = only([values for name, values in cells if name == "Total"], path, "row Total")
    available = only(
        [values for name, values in cells if name == "Available"], path, "row Available"
    )
    parts = [(name, values) for name, values in cells if name not in {"Total", "Available"}]
    if not parts:
        raise ReportError(path, "kernel rows", "are absent; the report describes no design.")
    capacity = {key: whole(value, path, f"Available {key}") for key, value in available.items()}
    _add_effective_dsp(total, capacity, header, path)
    return Table(total, capacity, numbered(parts))


def _add_effective_dsp(total: Values, capacity: dict[str, int], header: Row, path: Path) -> None:
    """Derive ``dsp_effective`` where the report tells shared multipliers from whole DSP blocks."""
    if "frac_dsp" not in total:
        return
    packing = whole(header.get("dsp_packing_factor"), path, "dsp_packing_factor")
    if packing < 1:
        raise ReportError(path, "dsp_packing_factor", f"is {packing}, but must be at least 1.")
    shared = Fraction(total["frac_dsp"]) / packing
    total["dsp_effective"] = ceil(Fraction(total["dsp"]) + shared)
    del capacity["frac_dsp"]  # the string "0" in every report seen: no limit
    capacity["dsp_effective"] = capacity["dsp"]


def _columns(header: Row, path: Path) -> list[str]:
    """Return the header's column names after the first, stripped; each must be known."""
    names = header.get("columns")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ReportError(path, "columns", f"is {shown(names)}, but must be a list of names.")
    names = [name.strip() for name in names]
    if names[:1] != [_NAME_COLUMN]:
        raise ReportError(
            path, "columns", f"must begin with {_NAME_COLUMN!r}, not {shown(names[:1])}."
        )
    for name, count in Counter(names[1:]).items():
        if name not in _METRICS:
            problem = "is unknown, and what it counts would be lost; give it a metric in hlsgate."
            raise ReportError(path, f"column {shown(name)}", problem)
        if count > 1:
            raise ReportError(path, f"column {shown(name)}", f"is there {count} times.")
    if missing := [name for name in _METRICS if name not in names and name not in _OPTIONAL]:
        raise ReportError(path, f"column {missing[0]!r}", "is missing.")
    return names[1:]


def _cells(row: Row, columns: list[str], path: Path) -> tuple[str, Values]:
    name = label(row.get("name"), path, "name of a row")
    data = row.get("data")
    if not isinstance(data, list) or len(data) != len(columns):
        length = f"{len(data)} values" if isinstance(data, list) else shown(data)
        raise ReportError(path, f"row {shown(name)}", f"has {length} for {len(columns)} columns.")
    return name, {
        _METRICS[column]: number(value, path, f"row {shown(name)}, column {column!r}")
        for column, value in zip(columns, data, strict=True)
    }


def numbered(parts: list[tuple[str, Values]]) -> dict[str, Mapping[str, float]]:
    """Key rows by name; icpx cuts long kernel names to their tails, so that two can be equal."""
    result: dict[str, Mapping[str, float]] = {}
    for name, values in parts:
        key, copy = name, 1
        while key in result:
            copy += 1
            key = f"{name} #{copy}"
        result[key] = values
    return result
