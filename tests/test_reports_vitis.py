"""The readers of Vitis HLS and Vivado give the reports' numbers, or name file and field."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hlsgate.infra.errors import ReportError
from hlsgate.spec.measurement import Measurement
from hlsgate.spec.metrics import METRICS
from hlsgate.synthesis.reports import reading
from hlsgate.synthesis.reports.vitis import parse_vitis
from hlsgate.synthesis.reports.vivado import parse_vivado
from tests.vitis_reports import (
    CSYNTH,
    PART,
    VIVADO,
    Table,
    csynth,
    utilization,
    utilization_sections,
    write_both,
    write_csynth,
)

FUZZ = settings(max_examples=150, deadline=None, database=None, derandomize=True)
LATENCY = "PerformanceEstimates/SummaryOfOverallLatency"
TIMING = "PerformanceEstimates/SummaryOfTimingAnalysis"

# --- the estimate ---------------------------------------------------------------------------------


def test_values_are_those_of_the_top_function(tmp_path: Path) -> None:
    """Values are the design's own, worst case, each under the name of its metric."""
    measured = parse_vitis(write_csynth(tmp_path))
    assert measured.values == {
        "bram_18k": 6,
        "dsp": 21,
        "ff": 1203,
        "lut": 4567,
        "uram": 0,
        "latency_cycles": 11,
        "latency_ns": 44,
        "ii_cycles": 2,
        "fmax_mhz": 312.5,
    }
    assert set(measured.values) <= set(METRICS)
    assert {type(v) for k, v in measured.values.items() if k != "fmax_mhz"} == {int}
    assert (measured.toolchain, measured.stage) == ("vitis", "hls_estimate")
    assert (measured.tool_version, measured.part) == ("2031.2", PART)


def test_capacity_and_aim_are_no_values(tmp_path: Path) -> None:
    """What the device has, and the clock that was aimed at, stand beside the values."""
    measured = parse_vitis(write_csynth(tmp_path))
    capacity = {"bram_18k": 600, "dsp": 700, "ff": 80000, "lut": 40000, "uram": 50}
    assert measured.capacity == capacity
    assert measured.target_fmax_mhz == 250


@pytest.mark.parametrize(
    ("stated", "nanoseconds"),
    [("0 ns", 0), ("44.5 ns", 44.5), ("3.475 us", 3475), ("1.005 ms", 1_005_000), ("2 sec", 2e9)],
)
def test_latency_is_in_ns_whatever_the_report_counts_in(
    tmp_path: Path, stated: str, nanoseconds: float
) -> None:
    """Versions that write longer latencies in us, ms or s give the same metric."""
    root = csynth()
    at(root, f"{LATENCY}/Worst-caseRealTimeLatency").text = stated
    assert parse_vitis(write_csynth(tmp_path, root)).values["latency_ns"] == nanoseconds


def test_clock_unit_is_read(tmp_path: Path) -> None:
    """A clock period stated in us is not taken for ns."""
    root = csynth()
    at(root, f"{TIMING}/unit").text = "us"
    at(root, f"{TIMING}/EstimatedClockPeriod").text = "0.0032"
    assert parse_vitis(write_csynth(tmp_path, root)).values["fmax_mhz"] == 312.5


def test_unstated_latency_in_time_is_absent(tmp_path: Path) -> None:
    """An older report has no latency in time, rather than one that was calculated."""
    root = csynth()
    parent = at(root, LATENCY)
    parent.remove(at(root, f"{LATENCY}/Worst-caseRealTimeLatency"))
    values = parse_vitis(write_csynth(tmp_path, root)).values
    assert "latency_ns" not in values
    assert values["latency_cycles"] == 11


def test_undefined_latency_is_absent(tmp_path: Path) -> None:
    """Latency that depends on the data is no metric, so that no budget can pass on it."""
    root = csynth()
    for cell in at(root, LATENCY):
        cell.text = cell.text if cell.tag == "unit" else "undef"
    values = parse_vitis(write_csynth(tmp_path, root)).values
    assert not {"latency_cycles", "latency_ns", "ii_cycles"} & set(values)
    assert values["lut"] == 4567


def test_clock_of_no_path_is_absent(tmp_path: Path) -> None:
    """An estimated period of 0 ns is no infinite clock."""
    root = csynth()
    at(root, f"{TIMING}/EstimatedClockPeriod").text = "0.000"
    assert "fmax_mhz" not in parse_vitis(write_csynth(tmp_path, root)).values


def test_names_of_older_versions(tmp_path: Path) -> None:
    """Vivado HLS' DSP48E is the same metric; where it counts no URAM, there is none."""
    root = csynth()
    for section in ("Resources", "AvailableResources"):
        cells = at(root, f"AreaEstimates/{section}")
        cells.remove(at(cells, "URAM"))
        at(cells, "DSP").tag = "DSP48E"
    measured = parse_vitis(write_csynth(tmp_path, root))
    assert (measured.values["dsp"], measured.capacity["dsp"]) == (21, 700)
    assert "uram" not in measured.values


@pytest.mark.parametrize("name", [CSYNTH, "csynth.xml"])
def test_report_is_found_from_above(tmp_path: Path, name: str) -> None:
    """The project's folder leads to its report; beside csynth.xml, modules' own are left."""
    folder = write_csynth(tmp_path / "fennel_prj" / "solution1" / "syn" / "report", name=name)
    if name == "csynth.xml":
        write_csynth(folder, name="seed_csynth.xml")
    assert parse_vitis(tmp_path).values["lut"] == 4567


def test_two_reports_are_refused(tmp_path: Path) -> None:
    """Two solutions below a folder are an error that names both."""
    for name in ("one", "two"):
        write_csynth(tmp_path / name)
    with pytest.raises(ReportError, match=f"exactly one .* found one/{CSYNTH}, two/{CSYNTH}"):
        parse_vitis(tmp_path)


@pytest.mark.parametrize("given_as", ["", "absent", "file"])
def test_no_report_is_refused(tmp_path: Path, given_as: str) -> None:
    """A folder without a report, an absent one and a file are refused in words."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match=r"csynth\.xml: exactly one .* found none; synthesise"):
        parse_vitis(tmp_path / given_as)


DAMAGED = {
    "empty": (b"", "content: is no XML"),
    "cut": (b"<profile><ReportVersion>", "content: is no XML"),
    "html": (b"<!DOCTYPE html>\n<html></html>", "DOCTYPE: is there, which no report has"),
    "entity": (
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "/etc/passwd">]>\n<profile>&x;</profile>',
        "DOCTYPE: is there",
    ),
    "laughs": (
        b'<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;">]><profile>&y;</profile>',
        "DOCTYPE: is there",
    ),
    "undeclared entity": (b"<profile>&x;</profile>", "content: is no XML .undefined entity"),
    "other root": (b"<report/>", "first element: is 'report', but must be 'profile'"),
    "namespace": (b'<profile xmlns="urn:x"/>', "first element: is '{urn:x}profile'"),
    "bare": (b"<profile/>", "ReportVersion: is there 0 times"),
    "binary": (bytes(range(256)), "text: is not UTF-8 at byte 128"),
    "utf-16": ("<profile/>".encode("utf-16"), "text: is not UTF-8 at byte 0"),
    "nul": (b"<profile>\0</profile>", "content: is no XML"),
    "two roots": (b"<profile/><profile/>", "content: is no XML"),
    "other encoding": (b'<?xml version="1.0" encoding="nope"?><profile/>', "ReportVersion: is"),
    "deep": (b"<profile>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</profile>", "ReportVersion:"),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_damaged_estimate_is_named(tmp_path: Path, damage: str) -> None:
    """Whatever is wrong with the file, the error names it and the place in it."""
    content, problem = DAMAGED[damage]
    (tmp_path / CSYNTH).write_bytes(content)
    with pytest.raises(ReportError, match=f"/{CSYNTH}: {problem}"):
        parse_vitis(tmp_path)


def test_huge_file_is_refused_unread(tmp_path: Path) -> None:
    """A file beyond 64 MiB is refused for its size."""
    with (write_csynth(tmp_path) / CSYNTH).open("r+b") as file:
        file.truncate(reading.MAX_BYTES + 1)
    with pytest.raises(ReportError, match="size: holds more than 67108864 bytes"):
        parse_vitis(tmp_path)


def test_estimate_cut_anywhere_is_refused(tmp_path: Path) -> None:
    """A file that lacks so much as its last character is refused."""
    path = write_csynth(tmp_path) / CSYNTH
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(ReportError):
            parse_vitis(tmp_path)


def say(field: str, text: str) -> Callable[[Element], None]:
    """Return a change of what an element says."""
    return lambda root: setattr(at(root, field), "text", text)


def drop(field: str) -> Callable[[Element], None]:
    """Return a change that takes an element out."""
    parent, _, name = field.rpartition("/")
    return lambda root: at(root, parent).remove(at(root, f"{parent}/{name}"))


def double(field: str) -> Callable[[Element], None]:
    """Return a change that puts an element in twice."""
    parent = field.rpartition("/")[0]
    return lambda root: at(root, parent).append(at(root, field))


def add(field: str, name: str) -> Callable[[Element], None]:
    """Return a change that puts another element in."""
    return lambda root: setattr(SubElement(at(root, field), name), "text", "1")


AREA = "AreaEstimates/Resources"
INCONSISTENT: dict[str, tuple[Callable[[Element], None], str]] = {
    "negative": (say(f"{AREA}/LUT", "-1"), f"{AREA}/LUT: is '-1', which is no number"),
    "fraction": (say(f"{AREA}/FF", "1.5"), f"{AREA}/FF: is '1.5', but must be a whole number"),
    "blank": (say(f"{AREA}/DSP", " "), f"{AREA}/DSP: is '', which is no number"),
    "exponent": (say(f"{AREA}/FF", "1e3"), f"{AREA}/FF: is '1e3', which is no number"),
    "other digits": (say(f"{AREA}/FF", "١٢"), f"{AREA}/FF: is '١٢', which is no number"),
    "undefined area": (say(f"{AREA}/LUT", "undef"), f"{AREA}/LUT: is 'undef', which is no"),
    "no LUT": (drop(f"{AREA}/LUT"), f"{AREA}: has no count of lut"),
    "two LUTs": (double(f"{AREA}/LUT"), f"{AREA}/LUT: is there twice, as a count of lut"),
    "two DSPs": (add(AREA, "DSP48E"), f"{AREA}/DSP48E: is there twice, as a count of dsp"),
    "unknown": (add(AREA, "ALUT"), f"{AREA}/ALUT: is unknown, and what it counts would be lost"),
    "nested": (add(f"{AREA}/LUT", "LUT"), f"{AREA}/LUT: holds elements where a value"),
    "no URAM used": (drop(f"{AREA}/URAM"), "Resources and AvailableResources: differ in uram"),
    "no area": (drop(AREA), f"{AREA}: is there 0 times"),
    "two areas": (double(AREA), f"{AREA}: is there 2 times"),
    "no II": (drop(f"{LATENCY}/Interval-max"), f"{LATENCY}/Interval-max: is there 0 times"),
    "latency in time": (say(f"{LATENCY}/unit", "ns"), "unit: is 'ns', but must be 'clock cycles'"),
    "half a cycle": (say(f"{LATENCY}/Worst-caseLatency", "1.5"), "Latency: is '1.5', but"),
    "no unit": (say(f"{LATENCY}/Worst-caseRealTimeLatency", "44"), "is in '', which is none of ns"),
    "other unit": (
        say(f"{LATENCY}/Worst-caseRealTimeLatency", "44 cycles"),
        "Worst-caseRealTimeLatency: is in 'cycles', which is none of ns, us, ms, s, sec",
    ),
    "ratio": (say(f"{LATENCY}/Worst-caseRealTimeLatency", "1/3 ns"), "is '1/3', which is no num"),
    "clock unit": (say(f"{TIMING}/unit", "MHz"), "EstimatedClockPeriod: is in 'MHz', which is"),
    "no clock": (drop(f"{TIMING}/EstimatedClockPeriod"), "EstimatedClockPeriod: is there 0 times"),
    "no aim": (drop("UserAssignments/TargetClockPeriod"), "TargetClockPeriod: is there 0 times"),
    "no part": (say("UserAssignments/Part", ""), "UserAssignments/Part: is '', but must be a"),
    "version": (say("ReportVersion/Version", "new"), "ReportVersion/Version: is 'new', which is"),
}


@pytest.mark.parametrize("case", INCONSISTENT)
def test_inconsistent_estimate_is_refused(tmp_path: Path, case: str) -> None:
    """An estimate that lacks a part or contradicts itself is refused by file and element."""
    change, problem = INCONSISTENT[case]
    root = csynth()
    change(root)
    with pytest.raises(ReportError, match=f"/{CSYNTH}: .*{problem}"):
        parse_vitis(write_csynth(tmp_path, root))


def at(root: Element, field: str) -> Element:
    """Return an element by its way from the first one."""
    found = root.find(field)
    assert found is not None
    return found


# --- after synthesis ------------------------------------------------------------------------------


def test_rows_are_read_by_name(tmp_path: Path) -> None:
    """Used counts are values, Available ones capacity, and a tile is two memories of 18 kbit."""
    measured = parse_vivado(write_both(tmp_path))
    assert measured.values == {"lut": 3210, "ff": 1100, "dsp": 19, "bram_18k": 5, "uram": 0}
    capacity = {"lut": 40000, "ff": 80000, "dsp": 700, "bram_18k": 600, "uram": 50}
    assert measured.capacity == capacity
    assert set(measured.values) <= set(METRICS)
    assert (measured.toolchain, measured.stage) == ("vivado", "synthesis")
    assert (measured.tool_version, measured.part) == ("2031.2, Vitis HLS 2031.2", PART)


def test_order_of_sections_rows_and_columns_is_free(tmp_path: Path) -> None:
    """A report with everything in another order gives the same measurement."""
    expected = parse_vivado(write_both(tmp_path / "one"))
    sections = dict(reversed(utilization_sections().items()))
    for table in sections.values():
        first = [row[1:] for row in table]
        table[:] = [[row[0], *rest[::-1]] for row, rest in zip(table, first, strict=True)]
        table[1:] = table[:0:-1]
    other = write_both(tmp_path / "two", utilization(sections=sections))
    assert parse_vivado(other) == expected


@pytest.mark.parametrize(
    "names",
    [
        {"CLB LUTs*": "Slice LUTs", "CLB Registers": "Slice Registers"},
        {"CLB LUTs*": "CLB LUTs", "CLB Registers": "Registers", "DSPs": "DSP Slices"},
    ],
    ids=["7-series", "Versal"],
)
def test_names_of_other_families(tmp_path: Path, names: dict[str, str]) -> None:
    """Families name the same things otherwise."""
    sections = utilization_sections()
    for table in sections.values():
        for row in table:
            row[0] = names.get(row[0], row[0])
    measured = parse_vivado(write_both(tmp_path, utilization(sections=sections)))
    assert (measured.values["lut"], measured.values["ff"], measured.values["dsp"]) == (
        3210,
        1100,
        19,
    )


def test_family_without_uram_has_no_such_metric(tmp_path: Path) -> None:
    """A row that the family cannot have is absent, rather than a zero."""
    measured = parse_vivado(write_both(tmp_path, without("2. BLOCKRAM", "URAM")))
    assert "uram" not in {**measured.values, **measured.capacity}


@pytest.mark.parametrize("device", ["inv9pmint1234-2", "xcinv9pmint1234-2", PART.upper()])
def test_part_may_be_abbreviated(tmp_path: Path, device: str) -> None:
    """The part is the one that Vitis HLS names, however Vivado abbreviates it."""
    folder = write_both(tmp_path, utilization({"Device": device}))
    assert parse_vivado(folder).part == PART


def without(section: str, name: str) -> str:
    """Return a report without one row."""
    sections = utilization_sections()
    sections[section] = [row for row in sections[section] if row[0] != name]
    return utilization(sections=sections)


def twice(section: str, name: str) -> str:
    """Return a report with one row twice."""
    sections = utilization_sections()
    sections[section] += [row for row in sections[section] if row[0] == name]
    return utilization(sections=sections)


def cell(section: str, name: str, text: str, column: int = 1) -> str:
    """Return a report with one other count."""
    sections = utilization_sections()
    next(row for row in sections[section] if row[0] == name)[column] = text
    return utilization(sections=sections)


def more(section: str, *rows: list[str]) -> str:
    """Return a report with more rows in a section."""
    sections: dict[str, Table] = utilization_sections()
    sections[section] += rows
    return utilization(sections=sections)


LOGIC = "1. CLB Logic"
UNFIT: dict[str, tuple[str, str]] = {
    "empty": ("", "Tool Version: is there 0 times"),
    "other tool": (utilization({"Tool Version": "ISE 14.7"}), "Tool Version: is 'ISE 14.7', which"),
    "other design": (utilization({"Design": "thyme"}), "Design: is 'thyme', but .* of 'fennel'"),
    "other part": (utilization({"Device": "xcinv8p-mint1234-2-e"}), "Device: is 'xcinv8p.*is for"),
    "other speed": (utilization({"Device": "inv9pmint1234-3"}), "Device: is 'inv9pmint1234-3'"),
    "placed": (utilization({"Design State": "Routed"}), "Design State: is 'Routed', but must be"),
    "no part": (utilization({"Device": ""}), "Device: is there 0 times"),
    "no LUTs": (without(LOGIC, "CLB LUTs*"), "row 'Slice LUTs' or row 'CLB LUTs': is there 0"),
    "LUTs twice": (twice(LOGIC, "CLB LUTs*"), "row 'CLB LUTs': is there 2 times"),
    "no DSPs": (without("3. ARITHMETIC", "DSPs"), "row 'DSPs' or row 'DSP Slices': is there 0"),
    "no tiles": (without("2. BLOCKRAM", "Block RAM Tile"), "row 'Block RAM Tile': is there 0"),
    "third of a tile": (cell("2. BLOCKRAM", "Block RAM Tile", "0.3"), "Used': is 0.6, but must be"),
    "fraction": (cell(LOGIC, "CLB LUTs*", "1.5"), "row 'CLB LUTs.', column 'Used': is 1.5, but"),
    "no capacity": (cell(LOGIC, "CLB LUTs*", "", 4), "column 'Available': is '', which is no numb"),
    "thousands": (cell(LOGIC, "CLB LUTs*", "3,210"), "column 'Used': is '3,210', which is no"),
    "black box": (more("5. Black Boxes", ["fdiv", "3"]), "Black Boxes: were left uncounted: .'fd"),
    "column twice": (cell(LOGIC, "Site Type", "Used", 2), "has a column twice"),
    "not flat": (
        utilization().replace("Site Type", "Instance "),
        "row 'Slice LUTs' or row 'CLB LUTs': is there 0 times",
    ),
    "short row": (
        utilization().replace("| DSPs      | 19 ", "| DSPs      "),
        "row 'DSPs': has 5 cells for 6 columns",
    ),
    "section gone": (
        utilization().replace("3. ARITHMETIC\n----", "3. ARITHMETIC\nxxxx"),
        "section '3. ARITHMETIC': is absent; the file is truncated",
    ),
    "section twice": (
        utilization() + "\n7. BLOCKRAM\n-----------\n",
        "section 'BLOCKRAM': is there twice",
    ),
    "no contents": (
        utilization().replace("Table of Contents", "Contents"),
        "Table of Contents: is absent or cut",
    ),
}


@pytest.mark.parametrize("case", UNFIT)
def test_unfit_utilization_is_refused(tmp_path: Path, case: str) -> None:
    """A report that is not of this design, stage or shape is refused by file and row."""
    text, problem = UNFIT[case]
    with pytest.raises(ReportError, match=f"/{VIVADO}: .*{problem}"):
        parse_vivado(write_both(tmp_path, text))


def test_no_black_box_section_is_refused(tmp_path: Path) -> None:
    """Where nothing says that all modules were counted, nobody knows."""
    sections = utilization_sections()
    del sections["5. Black Boxes"]
    with pytest.raises(ReportError, match="section 'Black Boxes': is absent"):
        parse_vivado(write_both(tmp_path, utilization(sections=sections)))


@pytest.mark.parametrize("name", [CSYNTH, VIVADO])
def test_either_report_alone_is_refused(tmp_path: Path, name: str) -> None:
    """Vivado's numbers are of the Verilog that one Vitis HLS wrote, so both reports are needed."""
    (write_both(tmp_path) / name).unlink()
    with pytest.raises(ReportError, match="exactly one must be at or below"):
        parse_vivado(tmp_path)


def test_utilization_cut_anywhere_is_refused_or_harmless(tmp_path: Path) -> None:
    """A cut report is refused unless all that the reader wants is before the cut."""
    path = write_both(tmp_path) / VIVADO
    whole = path.read_bytes()
    expected = parse_vivado(tmp_path)
    needed = whole.rindex(b"6. SLR Logic\n---")
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        try:
            assert parse_vivado(tmp_path) == expected
            assert length > needed
        except ReportError as error:
            assert error.path == path  # noqa: PT017 - either outcome is right


# --- fuzzing --------------------------------------------------------------------------------------


def assert_refused_or_sound(folder: Path, parse: Callable[[Path], Measurement]) -> None:
    """Assert that a report is either refused as such or gives numbers that can be judged."""
    try:
        measured = parse(folder)
    except ReportError as error:
        str(error).encode()
        return
    assert all(math.isfinite(value) and value >= 0 for value in measured.values.values())
    assert set(measured.values) <= set(METRICS)
    json.dumps(measured.as_json(), allow_nan=False).encode()


@pytest.fixture(scope="module")
def fuzz_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one folder for all examples; each writes both files anew."""
    return tmp_path_factory.mktemp("fuzz")


@FUZZ
@given(name=st.sampled_from([CSYNTH, VIVADO]), content=st.binary(max_size=200))
def test_any_bytes(fuzz_folder: Path, name: str, content: bytes) -> None:
    """Any bytes in place of a file are refused as a report or read soundly."""
    (write_both(fuzz_folder) / name).write_bytes(content)
    assert_refused_or_sound(fuzz_folder, parse_vivado)


@FUZZ
@given(data=st.data(), name=st.sampled_from([CSYNTH, VIVADO]))
def test_any_damage(fuzz_folder: Path, data: st.DataObject, name: str) -> None:
    """A true file with any stretch of bytes replaced is refused as a report or read soundly."""
    path = write_both(fuzz_folder) / name
    content = path.read_bytes()
    first = data.draw(st.integers(0, len(content)))
    last = data.draw(st.integers(first, min(first + 40, len(content))))
    path.write_bytes(content[:first] + data.draw(st.binary(max_size=8)) + content[last:])
    assert_refused_or_sound(fuzz_folder, parse_vivado)
    assert_refused_or_sound(fuzz_folder, parse_vitis)


ODD_TEXT = st.sampled_from(
    ["undef", "", "0", "1e5", "-1", "0.000001 ns", "9" * 30, "1 ns ns", "0.3 sec", "<!DOCTYPE"]
) | st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=8)


@FUZZ
@given(data=st.data(), text=ODD_TEXT, action=st.sampled_from(["say", "drop", "double", "nest"]))
def test_any_element_changed(
    fuzz_folder: Path, data: st.DataObject, text: str, action: str
) -> None:
    """An estimate with any element changed, taken out or put in is refused or read soundly."""
    root = csynth()
    parent = data.draw(st.sampled_from([node for node in root.iter() if len(node)]))
    child = data.draw(st.sampled_from(list(parent)))
    if action == "say":
        child.text = text
    elif action == "drop":
        parent.remove(child)
    elif action == "double":
        parent.append(child)
    else:
        SubElement(child, "LUT").text = text
    assert_refused_or_sound(write_csynth(fuzz_folder, root), parse_vitis)


@FUZZ
@given(data=st.data(), text=ODD_TEXT)
def test_any_cell_changed(fuzz_folder: Path, data: st.DataObject, text: str) -> None:
    """A utilisation report with any cell changed is refused or read soundly."""
    sections = utilization_sections()
    table = data.draw(st.sampled_from(list(sections.values())))
    row = data.draw(st.sampled_from(table))
    row[data.draw(st.integers(0, len(row) - 1))] = text
    assert_refused_or_sound(write_both(fuzz_folder, utilization(sections=sections)), parse_vivado)


@FUZZ
@given(counts=st.lists(st.integers(0, 10**7), min_size=4, max_size=4), half=st.booleans())
def test_counts_come_back(fuzz_folder: Path, counts: list[int], half: bool) -> None:
    """Whatever a whole report counts is what is measured."""
    lut, ff, dsp, tiles = counts
    sections = utilization_sections()
    sections[LOGIC][1][1], sections[LOGIC][4][1] = str(lut), str(ff)
    sections["3. ARITHMETIC"][1][1] = str(dsp)
    sections["2. BLOCKRAM"][1][1] = f"{tiles}.5" if half else str(tiles)
    values = parse_vivado(write_both(fuzz_folder, utilization(sections=sections))).values
    assert values == {"lut": lut, "ff": ff, "dsp": dsp, "bram_18k": 2 * tiles + half, "uram": 0}


# --- real reports ---------------------------------------------------------------------------------


def real_reports() -> Path:
    """Return the folder of real reports; without it skip, or fail where they are required."""
    beside = Path(__file__).parents[2] / "shared" / "data" / "vivado_reports"
    folder = Path(os.environ.get("HLSGATE_REAL_VIVADO_REPORTS") or beside)
    if not folder.is_dir():
        sentence = (
            f"no real Vivado reports at {folder}; set HLSGATE_REAL_VIVADO_REPORTS to their folder."
        )
        if os.environ.get("HLSGATE_REQUIRE_REAL_REPORTS") == "1":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return folder


def test_real_estimate() -> None:
    """hls4ml's Dense 16-5 sample, by Vivado HLS 2020.1 for a Zynq."""
    measured = parse_vitis(real_reports())
    assert measured.values == {
        "bram_18k": 0,
        "dsp": 73,
        "ff": 7969,
        "lut": 2532,
        "uram": 0,
        "latency_cycles": 10,
        "latency_ns": 50,
        "ii_cycles": 8,
        "fmax_mhz": 246.975,
    }
    assert (measured.capacity["lut"], measured.capacity["bram_18k"]) == (53200, 280)
    assert (measured.tool_version, measured.part) == ("2020.1", "xc7z020-clg400-1")
    assert measured.target_fmax_mhz == 200


def test_real_utilization() -> None:
    """The same design after synthesis: fewer of everything, and the part named in full."""
    measured = parse_vivado(real_reports())
    assert measured.values == {"lut": 1526, "ff": 2428, "dsp": 66, "bram_18k": 0}
    assert measured.capacity == {"lut": 53200, "ff": 106400, "dsp": 220, "bram_18k": 280}
    assert measured.part == "xc7z020-clg400-1"
    assert measured.tool_version == "2020.1, Vitis HLS 2020.1"


def test_real_reports_can_be_required(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Absent real reports are a skip with a sentence, and a failure where they are required."""
    monkeypatch.setenv("HLSGATE_REAL_VIVADO_REPORTS", str(tmp_path / "absent"))
    monkeypatch.delenv("HLSGATE_REQUIRE_REAL_REPORTS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no real Vivado reports at"):
        real_reports()
    monkeypatch.setenv("HLSGATE_REQUIRE_REAL_REPORTS", "1")
    with pytest.raises(pytest.fail.Exception, match="no real Vivado reports at"):
        real_reports()
