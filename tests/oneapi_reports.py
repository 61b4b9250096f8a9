"""Invented oneAPI reports for tests: every name and number here is made up."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

Rows = list[dict[str, Any]]

TABLE = "estimatedResources"
COLUMNS = ["Kernel Name", "ALUTs ", "FFs  ", "RAMs ", "DSPs ", "MLABs", "Frac. DSPs"]

_SUMMARY: Rows = [
    {"name": "Kernel Summary", "summary_type": "performanceSummary", "columns": ["Kernel Name"]},
    {"name": "Total", "parent": "performanceSummary", "data": ["Single work-item", "No", 1]},
    {
        "name": "Estimated Resource Usage",
        "summary_type": TABLE,
        "dsp_packing_factor": 2,
        "columns": COLUMNS,
    },
    {"name": "gate_t)", "parent": TABLE, "data": [1000, 2500.25, 12, 3, 7, 11]},
    {"name": "gate_t)", "parent": TABLE, "data": [500, 800, 4, 0, 1, 0]},
    {"name": "Sorter", "parent": TABLE, "data": [30, 41, 0, 0, 0, 0]},
    {"name": "Kernel Subtotal", "parent": TABLE, "data": [1530, 3341, 16, 3, 8, 11]},
    {"name": "Pipe resources", "parent": TABLE, "data": [20, 60, 0, 0, 2, 0]},
    {"name": "Global Interconnect", "parent": TABLE, "data": ["5", "9", "1", "0", "0", "0"]},
    {
        "name": "Total",
        "parent": TABLE,
        "data": [1555, 3410, 17, 3, 10, 11],
        "data_percent": [0.1, 0.1, 0.2, 0.3],
    },
    {"name": "Available", "parent": TABLE, "data": ["50000", "100000", "400", "90", "700", "0"]},
    {"name": "Compile Warnings", "summary_type": "compileWarnings"},
]

_LOOPS: Rows = [
    {"name": "loop_attributes", "id": 9, "nodes": [1, 4]},
    {"name": "Sorter", "id": 1, "fmax": "350.00", "type": "kernel", "children": [2, 3]},
    {"name": "Sorter.B0", "id": 2, "af": "350.00", "ii": "1", "lt": "6.000000", "type": "bb"},
    {"name": "Sorter.B1", "id": 3, "af": "312.50", "ii": "3", "lt": "44.000000", "type": "loop"},
    {"name": "gate_t)", "id": 4, "fmax": "400.00", "type": "kernel", "children": [5]},
    {"name": "gate_t).B0", "id": 5, "af": "400.00", "ii": "n/a", "lt": "90.000000", "type": "loop"},
]

_INFO: Rows = [
    {
        "compileInfo": {
            "nodes": [
                {"name": "demo", "version": "2031.2.1 Build 00ff", "family": "Inventix9, IX9A001"}
            ]
        }
    }
]

_PENDING: Rows = [
    {
        "quartusFitClockSummary": {"nodes": [{"type": "system", "kernel clock": "TBD"}]},
        "quartusFitResourceUsageSummary": {
            "nodes": [
                {
                    "type": "system",
                    "name": "Quartus Fitter: Total Used (Entire System)",
                    "alm": "TBD",
                    "alut": "TBD",
                    "reg": "TBD",
                    "ram": "TBD",
                    "dsp": "TBD",
                }
            ]
        },
    }
]

_FITTED_IMAGE = {"alm": "901.5", "alut": "1203", "reg": "4007", "dsp": "9", "ram": "8", "mlab": "6"}

FITTED: Rows = [
    {
        "quartusFitClockSummary": {"nodes": [{"type": "system", "clock fmax": "287.36"}]},
        "quartusFitResourceUsageSummary": {
            "nodes": [
                {"type": "system", "name": "Quartus Fitter: Device Image", **_FITTED_IMAGE},
                {"type": "kernel", "name": "Sorter", **_FITTED_IMAGE, "alut": "1201"},
            ]
        },
    }
]


def report_rows() -> dict[str, Rows]:
    """Return a whole report, file name to rows, free to be changed."""
    files = {"summary": _SUMMARY, "loop_attr": _LOOPS, "info": _INFO, "quartus": _PENDING}
    return {f"{name}.ndjson": copy.deepcopy(rows) for name, rows in files.items()}


def row_named(rows: Rows, name: str) -> dict[str, Any]:
    """Return the first row of the resource table that has this name."""
    return next(row for row in rows if row["name"] == name and row.get("parent") == TABLE)


def write_files(folder: Path, files: dict[str, Rows]) -> Path:
    """Write ndjson files into a folder, as the compiler does: one object a line."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in files.items():
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def write_project(prj: Path, files: dict[str, Rows] | None = None) -> Path:
    """Write a ``*.prj`` folder with the compiler's layout."""
    write_files(prj / "reports" / "resources" / "json", report_rows() if files is None else files)
    return prj
