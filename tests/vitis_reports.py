"""Invented reports of Vitis HLS and Vivado for tests: every name and number here is made up."""

from __future__ import annotations

import copy
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

TOP = "fennel"
PART = "xcinv9p-mint1234-2-e"
CSYNTH = f"{TOP}_csynth.xml"
VIVADO = "vivado_synth.rpt"

_CSYNTH: dict[str, object] = {
    "ReportVersion": {"Version": "2031.2"},
    "UserAssignments": {
        "unit": "ns",
        "ProductFamily": "inventix9",
        "Part": PART,
        "TopModelName": TOP,
        "TargetClockPeriod": "4.00",
        "ClockUncertainty": "1.08",
    },
    "PerformanceEstimates": {
        "PipelineType": "yes",
        "SummaryOfTimingAnalysis": {"unit": "ns", "EstimatedClockPeriod": "3.200"},
        "SummaryOfOverallLatency": {
            "unit": "clock cycles",
            "Best-caseLatency": "9",
            "Average-caseLatency": "10",
            "Worst-caseLatency": "11",
            "Best-caseRealTimeLatency": "36.000 ns",
            "Worst-caseRealTimeLatency": "44.000 ns",
            "Interval-min": "1",
            "Interval-max": "2",
        },
    },
    "AreaEstimates": {
        "Resources": {"BRAM_18K": "6", "DSP": "21", "FF": "1203", "LUT": "4567", "URAM": "0"},
        "AvailableResources": {
            "BRAM_18K": "600",
            "DSP": "700",
            "FF": "80000",
            "LUT": "40000",
            "URAM": "50",
        },
    },
    # what a top function calls is described in the same words, and is not the design
    "ModuleInformation": {
        "Module": {
            "Name": "seed",
            "PerformanceEstimates": {"SummaryOfOverallLatency": {"Worst-caseLatency": "999"}},
            "AreaEstimates": {"Resources": {"LUT": "999", "UTIL_LUT": "2"}},
        }
    },
}

Table = list[list[str]]
_USED = ["Site Type", "Used", "Fixed", "Prohibited", "Available", "Util%"]
_STATED = {
    "Tool Version": "Vivado v.2031.2 (lin64) Build 1234567 Tue Jan  2 03:04:05 MST 2031",
    "Date": "Wed Jan  3 04:05:06 2031",
    "Command": f"report_utilization -file {VIVADO}",
    "Design": TOP,
    "Device": PART,
    "Speed File": "-2",
    "Design State": "Optimized",
}
_SECTIONS: dict[str, Table] = {
    "1. CLB Logic": [
        _USED,
        ["CLB LUTs*", "3210", "0", "0", "40000", "8.03"],
        ["  LUT as Logic", "3200", "0", "0", "40000", "8.00"],
        ["  LUT as Memory", "10", "0", "0", "9000", "0.11"],
        ["CLB Registers", "1100", "0", "0", "80000", "1.38"],
        ["F7 Muxes", "1", "0", "0", "20000", "<0.01"],
    ],
    "1.1 Summary of Registers by Type": [["Total", "Clock Enable"], ["1100", "Yes"]],
    "2. BLOCKRAM": [
        _USED,
        ["Block RAM Tile", "2.5", "0", "0", "300", "0.83"],
        ["  RAMB36/FIFO*", "2", "0", "0", "300", "0.67"],
        ["  RAMB18", "1", "0", "0", "600", "0.17"],
        ["    RAMB18E2 only", "1", "", "", "", ""],
        ["URAM", "0", "0", "0", "50", "0.00"],
    ],
    "3. ARITHMETIC": [_USED, ["DSPs", "19", "0", "0", "700", "2.71"]],
    "4. Primitives": [["Ref Name", "Used"], ["LUT6", "3200"], ["DSPs", "19"]],
    "5. Black Boxes": [["Ref Name", "Used"]],
    "6. SLR Logic": [["Site Type", "SLR0", "SLR1"], ["CLB LUTs", "0", "0"], ["DSPs", "0", "0"]],
}


def csynth() -> Element:
    """Return an estimate, free to be changed."""
    root = Element("profile")
    _grow(root, _CSYNTH)
    return root


def _grow(node: Element, content: dict[str, object]) -> None:
    for name, value in content.items():
        child = SubElement(node, name)
        if isinstance(value, dict):
            _grow(child, value)
        else:
            child.text = str(value)


def write_csynth(folder: Path, root: Element | None = None, name: str = CSYNTH) -> Path:
    """Write an estimate into a folder, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(csynth() if root is None else root).write(folder / name)
    return folder


def utilization(
    stated: dict[str, str] | None = None, sections: dict[str, Table] | None = None
) -> str:
    """Return Vivado's report as text, with other statements or sections."""
    tables = utilization_sections() if sections is None else sections
    lines = ["Copyright: nobody.", "-" * 40]
    lines += [f"| {name:12} : {value}" for name, value in {**_STATED, **(stated or {})}.items()]
    lines += ["-" * 40, "", "Table of Contents", "-" * 17, *tables]
    for title, table in tables.items():
        lines += ["", title, "-" * len(title), "", *_drawn(table), "* A note.", ""]
    return "\n".join(lines)


def utilization_sections() -> dict[str, Table]:
    """Return the sections of Vivado's report, free to be changed."""
    return copy.deepcopy(_SECTIONS)


def _drawn(table: Table) -> list[str]:
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    rule = "+" + "+".join("-" * (width + 2) for width in widths) + "+"
    rows = [
        "|" + "|".join(f" {cell:{width}} " for cell, width in zip(row, widths, strict=True)) + "|"
        for row in table
    ]
    return [rule, rows[0], rule, *rows[1:], rule] if rows[1:] else [rule, rows[0], rule]


def write_both(folder: Path, text: str | None = None) -> Path:
    """Write an estimate and Vivado's report of the same design, and return the folder."""
    write_csynth(folder)
    (folder / VIVADO).write_text(utilization() if text is None else text, encoding="utf-8")
    return folder
