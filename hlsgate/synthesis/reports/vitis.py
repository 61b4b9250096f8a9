"""Reader of what Vitis HLS estimates: ``csynth.xml``, by the names of its elements.

Source of every name below: reports of Vivado HLS 2018.2 to 2020.1, which wrote ``DSP48E`` and, at
first, neither ``URAM`` nor latencies in time, and of Vitis HLS 2020.2 to 2023.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from hlsgate.infra.errors import ReportError
from hlsgate.spec.measurement import Measurement
from hlsgate.synthesis.reports.reading import (
    label,
    number,
    only,
    read_text,
    refuse_many,
    shown,
    whole,
)

_METRICS = {
    "BRAM_18K": "bram_18k",
    "DSP": "dsp",
    "DSP48E": "dsp",
    "FF": "ff",
    "LUT": "lut",
    "URAM": "uram",
}
_ALWAYS = ("bram_18k", "dsp", "ff", "lut")
_CYCLES = {"Worst-caseLatency": "latency_cycles", "Interval-max": "ii_cycles"}
_TIME = "Worst-caseRealTimeLatency"
_UNKNOWN = "undef"  # where it depends on the data
_LATENCY = "PerformanceEstimates/SummaryOfOverallLatency"
_TIMING = "PerformanceEstimates/SummaryOfTimingAnalysis"
_NS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "sec": 10**9}
MAX_TAGS = 2 * 10**6
_VERSION = re.compile(r"\d{4}(?:\.\d+)+", re.ASCII)


@dataclass(frozen=True)
class Header:
    """What a report is of.

    Parameters
    ----------
    top : str
        Name of the top function.
    part : str
        For example ``"xcvu13p-flga2577-2-e"``.
    version : str
        Of Vitis HLS, for example ``"2023.1"``.
    """

    top: str
    part: str
    version: str


def parse_vitis(folder: Path) -> Measurement:
    """Read the estimate of one design; clock in MHz, latency in cycles and in ns, II in cycles.

    Parameters
    ----------
    folder : pathlib.Path
        Folder with exactly one ``csynth.xml`` at or below it or, where there is none, with exactly
        one ``*_csynth.xml``.

    Returns
    -------
    Measurement
        Stage ``"hls_estimate"``, all of the top function:

        - ``lut``, ``ff``, ``dsp`` (slices), ``bram_18k`` and, where the report has it, ``uram``;
          `capacity` is what the whole device offers of each.
        - ``latency_cycles`` and ``ii_cycles``: the worst case, end to end; absent where the report
          says "undef".
        - ``latency_ns``: as stated in ns, us, ms or s; absent where it is not, and never derived.
        - ``fmax_mhz`` = 1000 / estimated clock period in ns, to 0.001 MHz; absent for a period of
          0, which is written for a design without any path. `target_fmax_mhz` likewise.

    Raises
    ------
    ReportError
        If there is no such file or more than one, or if it is cut, foreign, has a DOCTYPE, lacks
        an element, has it twice, or states a number in a unit that is not known here.
    """
    path, root = _read(folder)
    header = _header(path, root)
    values: dict[str, float] = dict(_resources(path, root, "Resources"))
    capacity = _resources(path, root, "AvailableResources")
    if missing := sorted(values.keys() ^ capacity.keys()):
        problem = f"differ in {missing[0]}; the file is damaged or of an unknown version."
        raise ReportError(path, "Resources and AvailableResources", problem)
    reached = _mhz(path, root, _TIMING, "EstimatedClockPeriod")
    return Measurement(
        toolchain="vitis",
        stage="hls_estimate",
        values=values | _latency(path, root) | ({} if reached is None else {"fmax_mhz": reached}),
        tool_version=header.version,
        part=header.part,
        target_fmax_mhz=_mhz(path, root, "UserAssignments", "TargetClockPeriod"),
        capacity=capacity,
    )


def read_header(folder: Path) -> Header:
    """Read what the report in a folder is of; finds and refuses as `parse_vitis` does."""
    return _header(*_read(folder))


def one_file(folder: Path, *patterns: str) -> Path:
    """Find a file at or below a folder; the first pattern that any file has is taken.

    Raises
    ------
    ReportError
        If there is none, or more than one.
    """
    found: list[Path] = []
    for pattern in patterns:
        found = found or sorted(folder.rglob(pattern))
    if len(found) != 1:
        names = ", ".join(str(path.relative_to(folder)) for path in found[:4]) or "none"
        problem = f"exactly one must be at or below this folder, found {names}"
        raise ReportError(folder, patterns[0], f"{problem}; synthesise the design or name another.")
    return found[0]


def _read(folder: Path) -> tuple[Path, Element]:
    path = one_file(folder, "csynth.xml", "*_csynth.xml")
    text = read_text(path)
    refuse_many(path, text, "<", MAX_TAGS, "tags")
    # Only a DOCTYPE can declare entities, which could grow without bound or name other files.
    if "<!DOCTYPE" in text:
        raise ReportError(path, "DOCTYPE", "is there, which no report has; the file is foreign.")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        problem = f"is no XML ({error}); the file is truncated or foreign."
        raise ReportError(path, "content", problem) from None
    if root.tag != "profile":
        raise ReportError(path, "first element", f"is {shown(root.tag)}, but must be 'profile'.")
    return path, root


def _header(path: Path, root: Element) -> Header:
    version = _text(path, root, "ReportVersion/Version")
    if not _VERSION.fullmatch(version):
        raise ReportError(path, "ReportVersion/Version", f"is {shown(version)}, which is no year.")
    top, part = (
        label(_text(path, root, f"UserAssignments/{name}"), path, f"UserAssignments/{name}")
        for name in ("TopModelName", "Part")
    )
    return Header(top, part, version)


def _resources(path: Path, root: Element, section: str) -> dict[str, int]:
    field = f"AreaEstimates/{section}"
    found: dict[str, int] = {}
    for cell in _element(path, root, field):
        name, place = _METRICS.get(cell.tag), f"{field}/{cell.tag[:60]}"
        if name is None:
            problem = "is unknown, and what it counts would be lost; give it a metric in hlsgate."
            raise ReportError(path, place, problem)
        if name in found:
            raise ReportError(path, place, f"is there twice, as a count of {name}.")
        found[name] = whole(_content(path, cell, place), path, place)
    if missing := [name for name in _ALWAYS if name not in found]:
        raise ReportError(path, field, f"has no count of {missing[0]}; the file is damaged.")
    return found


def _latency(path: Path, root: Element) -> dict[str, float]:
    unit = _text(path, root, f"{_LATENCY}/unit")
    if unit != "clock cycles":
        problem = f"is {shown(unit)}, but must be 'clock cycles'; the version is unknown."
        raise ReportError(path, f"{_LATENCY}/unit", problem)
    values: dict[str, float] = {}
    for tag, name in _CYCLES.items():
        stated = _text(path, root, f"{_LATENCY}/{tag}")
        if stated != _UNKNOWN:
            values[name] = whole(stated, path, f"{_LATENCY}/{tag}")
    if any(child.tag == _TIME for child in _element(path, root, _LATENCY)):
        stated = _text(path, root, f"{_LATENCY}/{_TIME}")
        if stated != _UNKNOWN:
            count, _, unit = stated.partition(" ")
            values["latency_ns"] = _time(path, f"{_LATENCY}/{_TIME}", count, unit)
    return values


def _mhz(path: Path, root: Element, section: str, tag: str) -> float | None:
    """Return the frequency of a clock period; None for 0."""
    period, unit = (_text(path, root, f"{section}/{name}") for name in (tag, "unit"))
    period_ns = _time(path, f"{section}/{tag}", period, unit)
    return round(1000 / period_ns, 3) if period_ns else None


def _time(path: Path, field: str, count: str, unit: str) -> float:
    """Return a time in ns, whatever unit it is stated in."""
    if unit.strip() not in _NS:
        known = ", ".join(_NS)
        raise ReportError(path, field, f"is in {shown(unit)}, which is none of {known}.")
    number(count, path, field)  # refuses what Fraction would also take, such as 1/3 and 1e9
    return number(float(Fraction(count) * _NS[unit.strip()]), path, field)


def _text(path: Path, root: Element, field: str) -> str:
    return _content(path, _element(path, root, field), field)


def _content(path: Path, element: Element, field: str) -> str:
    if len(element):
        raise ReportError(path, field, "holds elements where a value should be.")
    return (element.text or "").strip()


def _element(path: Path, root: Element, field: str) -> Element:
    """Return an element by its way from the first one, every step of which is there once."""
    here, way = root, ""
    for name in field.split("/"):
        way = f"{way}/{name}".lstrip("/")
        here = only([child for child in here if child.tag == name], path, way)
    return here
