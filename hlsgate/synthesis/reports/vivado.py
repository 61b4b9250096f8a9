"""Reader of what Vivado synthesises: ``vivado_synth.rpt``, by the names of its rows.

Source of every name below: what ``report_utilization`` wrote in Vivado 2020.1, 2022.2 and 2024.1
for 7-series and UltraScale+, and its rows for Versal (2025.1).
"""

from __future__ import annotations

import re
from pathlib import Path

from hlsgate.infra.errors import ReportError
from hlsgate.spec.measurement import Measurement
from hlsgate.synthesis.reports.reading import label, number, only, read_text, shown, whole
from hlsgate.synthesis.reports.vitis import Header, one_file, read_header

FILE = "vivado_synth.rpt"
"""Name that hls4ml's ``vivado_synth.tcl`` gives it."""

_ROWS = {
    "lut": ("Slice LUTs", "CLB LUTs"),
    "ff": ("Slice Registers", "CLB Registers", "Registers"),
    "dsp": ("DSPs", "DSP Slices"),
    "bram_18k": ("Block RAM Tile",),
    "uram": ("URAM",),
}
_OPTIONAL = {"uram"}  # 7-series has none
_TILE = 2  # memories of 18 kbit in a tile; a half tile is one of them
_STATES = ("Synthesized", "Optimized")
_STATED = re.compile(r"\| (\w[\w ]*?) +: (.*)", re.ASCII)
_VERSION = re.compile(r"Vivado v\.(\d{4}(?:\.\d+)+) ", re.ASCII)
_HEADING = re.compile(r"\d+(?:\.\d+)*\.? (\S.*)", re.ASCII)
_CONTENTS = "Table of Contents"

Table = list[dict[str, str]]


def parse_vivado(folder: Path) -> Measurement:
    """Read what a design came to in Vivado, after logic synthesis.

    Parameters
    ----------
    folder : pathlib.Path
        Folder with, at or below it, exactly one ``vivado_synth.rpt``, and the ``csynth.xml`` of
        the same design, which names its part in full and the Vitis HLS that wrote its Verilog.

    Returns
    -------
    Measurement
        Stage ``"synthesis"``: ``lut``, ``ff``, ``dsp`` (slices), ``bram_18k`` (twice the tiles)
        and, where the family has it, ``uram``; `capacity` likewise. There is no clock: hls4ml's
        script sets none. `tool_version` names both tools.

    Raises
    ------
    ReportError
        If a file is missing or cut, the two are of different designs or parts, a row is missing or
        there twice, black boxes were left uncounted, or the design was placed already.
    """
    header = read_header(folder)
    path = one_file(folder, FILE)
    lines = [line.rstrip() for line in read_text(path).split("\n")]
    version = _identified(path, lines, header)
    sections = _sections(path, lines)
    _refuse_black_boxes(path, sections)
    rows = [row for title in sections for row in _table(path, sections[title], "Site Type")]
    counted = {metric: _row(path, rows, metric) for metric in _ROWS}
    values, capacity = (
        {
            metric: _count(path, metric, row, column)
            for metric, row in counted.items()
            if row is not None
        }
        for column in ("Used", "Available")
    )
    return Measurement(
        toolchain="vivado",
        stage="synthesis",
        values=values,
        tool_version=f"{version}, Vitis HLS {header.version}",
        part=header.part,
        capacity=capacity,
    )


def _identified(path: Path, lines: list[str], header: Header) -> str:
    """Return Vivado's version; refuse a report of something else than the header's."""
    first = lines[: lines.index(_CONTENTS)] if _CONTENTS in lines else lines
    found = [match for line in first if (match := _STATED.fullmatch(line))]
    tool, design, device, state = (
        label(only([one[2] for one in found if one[1] == name], path, name), path, name)
        for name in ("Tool Version", "Design", "Device", "Design State")
    )
    version = _VERSION.match(tool)
    if version is None:
        raise ReportError(path, "Tool Version", f"is {shown(tool)}, which is not Vivado.")
    if design != header.top:
        problem = f"is {shown(design)}, but csynth.xml is of {shown(header.top)}"
        raise ReportError(path, "Design", f"{problem}; keep reports of one run together.")
    if not _same_part(device, header.part):
        problem = f"is {shown(device)}, but csynth.xml is for {shown(header.part)}"
        raise ReportError(path, "Device", f"{problem}; keep reports of one run together.")
    if state not in _STATES:
        problem = f"is {shown(state)}, but must be {' or '.join(_STATES)}"
        raise ReportError(path, "Design State", f"{problem}; report before the design is placed.")
    return version[1]


def _same_part(device: str, part: str) -> bool:
    """Tell whether two names are of one part: Vivado may leave out ``xc``, hyphens, and the end.

    Examples
    --------
    >>> _same_part("7z020clg400-1", "xc7z020-clg400-1")
    True
    >>> _same_part("xcu280-fsvh2892-2L", "xcu250-figd2104-2L-e")
    False
    """
    short, full = (name.replace("-", "").lower() for name in (device, part))
    return bool(short) and (full.startswith(short) or full[2:].startswith(short))


def _sections(path: Path, lines: list[str]) -> dict[str, list[str]]:
    """Return the lines below each heading, without its number; all that are listed are there."""
    starts = [
        index
        for index, line in enumerate(lines[:-1])
        if _HEADING.fullmatch(line) and lines[index + 1] and not lines[index + 1].strip("-")
    ]
    headings = [lines[index] for index in starts]
    listed = lines[lines.index(_CONTENTS) + 2 :] if _CONTENTS in lines else []
    titles = listed[: listed.index("")] if "" in listed else []
    if not titles:
        raise ReportError(path, _CONTENTS, "is absent or cut; the file is truncated or foreign.")
    if missing := [title for title in titles if title not in headings]:
        problem = "is absent; the file is truncated."
        raise ReportError(path, f"section {missing[0][:60]!r}", problem)
    found: dict[str, list[str]] = {}
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        title = lines[start].split(" ", 1)[1]
        if title in found:
            raise ReportError(path, f"section {title[:60]!r}", "is there twice.")
        found[title] = lines[start + 2 : end]
    return found


def _table(path: Path, lines: list[str], key: str) -> Table:
    """Return the rows of a section's tables whose first column is `key`, by column."""
    rows: Table = []
    columns: list[str] = []
    for line in lines:
        if not line.startswith("|"):
            columns = columns if line.startswith("+") else []
            continue
        if not line.endswith("|"):
            raise ReportError(path, f"row {line[:40]!r}", "is cut; the file is truncated.")
        cells = [cell.strip() for cell in line[1:-1].split("|")]
        if not columns:
            columns = cells
            if len(set(columns)) != len(columns):
                raise ReportError(path, f"header {line[:40]!r}", "has a column twice.")
        elif columns[0] == key:
            if len(cells) != len(columns):
                problem = f"has {len(cells)} cells for {len(columns)} columns."
                raise ReportError(path, f"row {cells[0][:40]!r}", problem)
            rows.append(dict(zip(columns, cells, strict=True)))
    return rows


def _refuse_black_boxes(path: Path, sections: dict[str, list[str]]) -> None:
    """Refuse a design that has modules without contents, of which nothing was counted."""
    if "Black Boxes" not in sections:
        raise ReportError(path, "section 'Black Boxes'", "is absent; the file is foreign.")
    boxes = [row["Ref Name"] for row in _table(path, sections["Black Boxes"], "Ref Name")]
    if boxes:
        problem = f"were left uncounted: {shown(boxes[:3])}; give Vivado their sources."
        raise ReportError(path, "Black Boxes", problem)


def _row(path: Path, rows: Table, metric: str) -> dict[str, str] | None:
    """Return a metric's row of the tables that say what is used of how many."""
    names = _ROWS[metric]
    found = [
        row
        for row in rows
        if row["Site Type"].rstrip("*") in names and {"Used", "Available"} <= row.keys()
    ]
    if not found and metric in _OPTIONAL:
        return None
    return only(found, path, " or ".join(f"row {name!r}" for name in names))


def _count(path: Path, metric: str, row: dict[str, str], column: str) -> int:
    field = f"row {row['Site Type']!r}, column {column!r}"
    count = number(row[column], path, field)
    return whole(count * _TILE if metric == "bram_18k" else count, path, field)
