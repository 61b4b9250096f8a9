"""The oneAPI report reader gives the report's numbers, or an error that names file and field."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hlsgate.infra.errors import ReportError
from hlsgate.spec.measurement import Measurement
from hlsgate.spec.metrics import METRICS
from hlsgate.synthesis.reports import reading
from hlsgate.synthesis.reports.oneapi import parse_oneapi, parse_oneapi_fit
from tests.oneapi_reports import (
    COLUMNS,
    FITTED,
    TABLE,
    Rows,
    report_rows,
    row_named,
    write_files,
    write_project,
)

FILES = sorted(report_rows())
FUZZ = settings(max_examples=150, deadline=None, database=None, derandomize=True)


def test_values_are_the_total_row_and_what_derives_from_it(tmp_path: Path) -> None:
    """Values hold the Total row, effective DSPs, and the worst block's II, latency and clock."""
    measured = parse_oneapi(write_files(tmp_path, report_rows()))
    assert measured.values == {
        "alut": 1555,
        "ff": 3410,
        "ram": 17,
        "dsp": 3,
        "mlab": 10,
        "frac_dsp": 11,
        "dsp_effective": 9,
        "ii_cycles": 3,
        "latency_cycles": 90,
        "fmax_mhz": 312.5,
    }
    assert set(measured.values) <= set(METRICS)
    assert {type(v) for k, v in measured.values.items() if k != "fmax_mhz"} == {int}
    assert (measured.toolchain, measured.stage) == ("oneapi", "hls_estimate")
    assert (measured.tool_version, measured.part) == ("2031.2.1", "Inventix9, IX9A001")


def test_target_clock_is_no_value(tmp_path: Path) -> None:
    """The clock that was aimed at stands beside the values, where no gate can take it for one."""
    measured = parse_oneapi(write_files(tmp_path, report_rows()))
    assert measured.target_fmax_mhz == 350
    assert measured.as_json()["target_fmax_mhz"] == 350
    assert not any("target" in name for name in measured.values)


def test_capacity_is_the_available_row(tmp_path: Path) -> None:
    """Capacity is Available as ints; its "0" of shared DSPs is no limit, whole blocks are."""
    measured = parse_oneapi(write_files(tmp_path, report_rows()))
    capacity = {"alut": 50000, "ff": 100000, "ram": 400, "dsp": 90, "mlab": 700}
    assert measured.capacity == {**capacity, "dsp_effective": 90}


def test_breakdown_keeps_every_other_row(tmp_path: Path) -> None:
    """Kernels, subtotal, pipes and interconnect stay apart, and a kernel's namesake is kept too."""
    breakdown = parse_oneapi(write_files(tmp_path, report_rows())).breakdown
    assert list(breakdown) == [
        "gate_t)",
        "gate_t) #2",
        "Sorter",
        "Kernel Subtotal",
        "Pipe resources",
        "Global Interconnect",
    ]
    assert breakdown["gate_t)"]["ff"] == 2500.25
    assert breakdown["gate_t) #2"]["alut"] == 500
    assert breakdown["Pipe resources"]["mlab"] == 2
    assert breakdown["Global Interconnect"]["ff"] == 9


def test_columns_are_read_by_name(tmp_path: Path) -> None:
    """A report whose columns are in another order gives the same measurement."""
    files = report_rows()
    expected = parse_oneapi(write_files(tmp_path / "one", files))
    for row in files["summary.ndjson"]:
        if row.get("parent") == TABLE:
            row["data"].reverse()
        if row.get("summary_type") == TABLE:
            row["columns"] = [COLUMNS[0], *reversed(COLUMNS[1:])]
    assert parse_oneapi(write_files(tmp_path / "two", files)) == expected


def test_without_fractional_column_nothing_is_assumed(tmp_path: Path) -> None:
    """An older report has neither frac_dsp nor dsp_effective, rather than a zero."""
    files = report_rows()
    for row in files["summary.ndjson"]:
        if row.get("parent") == TABLE:
            row["data"].pop()
        if row.get("summary_type") == TABLE:
            row["columns"].pop()
    measured = parse_oneapi(write_files(tmp_path, files))
    assert not {"frac_dsp", "dsp_effective"} & (set(measured.values) | set(measured.capacity))
    assert measured.values["dsp"] == 3


@pytest.mark.parametrize(
    ("dsp", "frac", "packing", "effective"),
    [(0, 80, 2, 40), (3, 7, 2, 7), (5, 0, 2, 5), (1, 1, 3, 2), (2, 9, 1, 11)],
)
def test_effective_dsps_are_rounded_up(
    tmp_path: Path, dsp: int, frac: int, packing: int, effective: int
) -> None:
    """dsp_effective = ceil(dsp + frac_dsp / dsp_packing_factor)."""
    files = report_rows()
    summary = files["summary.ndjson"]
    summary[2]["dsp_packing_factor"] = packing
    row_named(summary, "Total")["data"][3:] = [dsp, 10, frac]
    values = parse_oneapi(write_files(tmp_path, files)).values
    assert (values["dsp"], values["frac_dsp"], values["dsp_effective"]) == (dsp, frac, effective)


@pytest.mark.parametrize("given_as", ["", "build", "build/demo.report.prj"])
def test_report_is_found_from_above(tmp_path: Path, given_as: str) -> None:
    """The project, its build folder and the report folder itself all lead to the same report."""
    write_project(tmp_path / "build" / "demo.report.prj")
    assert parse_oneapi(tmp_path / given_as).values["alut"] == 1555


def test_two_reports_are_refused(tmp_path: Path) -> None:
    """Two reports below a folder are an error that names both."""
    for name in ("one", "two"):
        write_project(tmp_path / f"{name}.report.prj")
    with pytest.raises(
        ReportError, match=r"exactly one .* found one\.report\.prj, two\.report\.prj"
    ):
        parse_oneapi(tmp_path)


@pytest.mark.parametrize("given_as", ["", "absent", "file"])
def test_no_report_is_refused(tmp_path: Path, given_as: str) -> None:
    """A folder without a report, an absent one and a file are refused in words."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match=r"\*\.report\.prj: exactly one .* found none"):
        parse_oneapi(tmp_path / given_as)


def test_report_folder_without_data_is_refused(tmp_path: Path) -> None:
    """A report folder that lacks reports/resources/json is named as incomplete."""
    (tmp_path / "demo.report.prj").mkdir()
    with pytest.raises(ReportError, match="reports/resources/json: is not in this report"):
        parse_oneapi(tmp_path)


def test_optional_files_may_be_absent(tmp_path: Path) -> None:
    """Without loop, info and fit files, what they hold is absent and nothing is made up."""
    summary = {"summary.ndjson": report_rows()["summary.ndjson"]}
    measured = parse_oneapi(write_files(tmp_path, summary))
    assert not {"ii_cycles", "latency_cycles", "fmax_mhz"} & set(measured.values)
    assert (measured.tool_version, measured.part, measured.target_fmax_mhz) == (None, None, None)
    assert parse_oneapi_fit(tmp_path) is None


def test_unknown_loop_numbers_are_absent(tmp_path: Path) -> None:
    """A number that is n/a for every block is no metric."""
    files = report_rows()
    for row in files["loop_attr.ndjson"]:
        row.update({key: "n/a" for key in ("ii", "lt") if key in row})
    values = parse_oneapi(write_files(tmp_path, files)).values
    assert not {"ii_cycles", "latency_cycles"} & set(values)
    assert values["fmax_mhz"] == 312.5


def test_fit_is_none_while_pending(tmp_path: Path) -> None:
    """A report build, whose fit fields are all TBD, has no fit."""
    assert parse_oneapi_fit(write_files(tmp_path, report_rows())) is None


def test_fit_is_the_whole_device_image(tmp_path: Path) -> None:
    """A fit gives the device image's numbers and clock; the kernel's are in the breakdown."""
    fit = parse_oneapi_fit(write_files(tmp_path, report_rows() | {"quartus.ndjson": FITTED}))
    assert fit is not None
    image = {"alm": 901.5, "alut": 1203, "ff": 4007, "dsp": 9, "ram": 8, "mlab": 6}
    assert fit.values == {**image, "fmax_mhz": 287.36}
    assert set(fit.values) <= set(METRICS)
    assert fit.breakdown == {"Sorter": {**image, "alut": 1201}}
    assert (fit.stage, fit.tool_version) == ("fit", "2031.2.1")


def test_fit_prefers_the_fpga_build(tmp_path: Path) -> None:
    """Beside a report build, the fit is read from the build that make fpga left."""
    write_project(tmp_path / "demo.report.prj")
    write_project(tmp_path / "demo.fpga.prj", {"quartus.ndjson": FITTED})
    fit = parse_oneapi_fit(tmp_path)
    assert fit is not None
    assert fit.values["alut"] == 1203
    assert parse_oneapi(tmp_path).values["alut"] == 1555


@pytest.mark.parametrize("where", ["resources", "clock"])
def test_half_pending_fit_is_refused(tmp_path: Path, where: str) -> None:
    """TBD in one field and numbers in others is an unfinished fit, not a small one."""
    rows = json.loads(json.dumps(FITTED))
    if where == "resources":
        rows[0]["quartusFitResourceUsageSummary"]["nodes"][0]["reg"] = "TBD"
        field = "reg"
    else:
        rows[0]["quartusFitClockSummary"]["nodes"][0]["clock fmax"] = "TBD"
        field = "clock fmax"
    write_files(tmp_path, {"quartus.ndjson": rows})
    with pytest.raises(ReportError, match=rf"quartus\.ndjson: {field}: is TBD while other"):
        parse_oneapi_fit(tmp_path)


# --- damaged files --------------------------------------------------------------------------------

DAMAGED = {
    "empty": (b"", "first line: is absent: the file is empty"),
    "blank": (b"\n \n", "first line: is absent: the file is empty"),
    "cut": (b'{"name": "Kern', "line 1: is no JSON object"),
    "two halves": (b'{"name": "Total"\n"parent": "x"}\n', "line 1: is no JSON object"),
    "array": (b"[1, 2]\n", "line 1: holds .1, 2. where a JSON object should be"),
    "html": (b"<!DOCTYPE html>\n<html></html>\n", "line 1: is no JSON object"),
    "binary": (bytes(range(256)), "text: is not UTF-8 at byte 128"),
    "utf-16": ('{"name": 1}\n'.encode("utf-16"), "text: is not UTF-8 at byte 0"),
    "nan": (b'{}\n{"name": NaN}\n', "line 2: is no JSON object .NaN is no JSON number"),
    "infinity": (b'{"name": -Infinity}\n', "line 1: is no JSON object .-Infinity is no"),
    "nested": (b'{"a": ' + b"[" * 100_000, "line 1: is nested too deeply"),
    "long number": (b'{"a": ' + b"9" * 5000 + b"}", "line 1: is no JSON object"),
    "foreign": (b'{"name": "other"}\n', ".*: (is there 0 times|is absent|is no list)"),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", DAMAGED)
def test_damaged_file_is_named(tmp_path: Path, name: str, damage: str) -> None:
    """Whatever is wrong with one of the files, the error names that file and the place in it."""
    content, problem = DAMAGED[damage]
    (write_files(tmp_path, report_rows()) / name).write_bytes(content)
    with pytest.raises(ReportError, match=f"/{name}: {problem}"):
        read_all(tmp_path)


def test_missing_summary_is_named(tmp_path: Path) -> None:
    """A deleted summary is the error, even if the other files are there."""
    (write_files(tmp_path, report_rows()) / "summary.ndjson").unlink()
    with pytest.raises(ReportError, match=r"summary\.ndjson: file: is not there"):
        parse_oneapi(tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_folder_in_place_of_a_file_is_named(tmp_path: Path, name: str) -> None:
    """A folder where a file should be is an error that names it."""
    path = write_files(tmp_path, report_rows()) / name
    path.unlink()
    path.mkdir()
    with pytest.raises(ReportError, match=f"{name}: file: is not there"):
        read_all(tmp_path)


def test_huge_file_is_refused_unread(tmp_path: Path) -> None:
    """A file beyond 64 MiB is refused for its size."""
    path = write_files(tmp_path, report_rows()) / "summary.ndjson"
    with path.open("r+b") as file:
        file.truncate(reading.MAX_BYTES + 1)
    with pytest.raises(ReportError, match=r"summary\.ndjson: size: holds more than 67108864 bytes"):
        parse_oneapi(tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_cut_anywhere_is_an_error_or_harmless(tmp_path: Path, name: str) -> None:
    """A file cut anywhere is refused, unless all that the reader wants is before the cut."""
    path = write_files(tmp_path, report_rows()) / name
    whole = path.read_bytes()
    expected = read_all(tmp_path)
    accepted = []
    line_ends = {i + near for i, byte in enumerate(whole) if byte == ord("\n") for near in (0, 1)}
    for length in sorted(({*range(0, len(whole), 7)} | line_ends) - {len(whole)}):
        path.write_bytes(whole[:length])
        try:
            assert read_all(tmp_path) == expected
        except ReportError as error:
            assert error.path == path  # noqa: PT017 - either outcome is right
        else:
            accepted.append(length)
    needed = (
        whole.rindex(b'{"name": "Compile Warnings"') if name == "summary.ndjson" else len(whole)
    )
    assert not [n for n in accepted if n < needed - 1]


def change_total(column: int, value: object) -> Callable[[Rows], None]:
    """Return a change of one number in the Total row."""

    def change(rows: Rows) -> None:
        row_named(rows, "Total")["data"][column] = value

    return change


def change_header(key: str, value: object) -> Callable[[Rows], None]:
    """Return a change of one field of the table's header row."""

    def change(rows: Rows) -> None:
        rows[2][key] = value

    return change


def drop(name: str) -> Callable[[Rows], None]:
    """Return a change that takes one row out of the table."""
    return lambda rows: rows.remove(row_named(rows, name))


def double(name: str) -> Callable[[Rows], None]:
    """Return a change that puts one row of the table in twice."""
    return lambda rows: rows.append(row_named(rows, name))


def drop_kernels(rows: Rows) -> None:
    """Leave no row in the table but Total and Available."""
    rows[:] = [
        row for row in rows if row.get("parent") != TABLE or row["name"] in "Total Available"
    ]


def rename_kernel(name: object) -> Callable[[Rows], None]:
    """Return a change of a kernel's name."""
    return lambda rows: row_named(rows, "Sorter").update(name=name)


INCONSISTENT: dict[str, tuple[Callable[[Rows], None], str]] = {
    "negative": (change_total(0, -1), "row 'Total', column 'ALUTs': is -1, but must be finite"),
    "beyond devices": (change_total(4, 10**13), "column 'MLABs': is 10000000000000, but must be"),
    "true": (change_total(1, True), "column 'FFs': is True, which is no number"),
    "null": (change_total(1, None), "column 'FFs': is missing"),
    "thousands": (change_total(2, "1,024"), "column 'RAMs': is '1,024', which is no number"),
    "other digits": (change_total(2, "١٢"), "column 'RAMs': is '١٢', which is no number"),
    "object": (change_total(3, {"a": []}), "column 'DSPs': is {'a': ..}, which is no number"),
    "no Total": (drop("Total"), "row Total: is there 0 times"),
    "two Totals": (double("Total"), "row Total: is there 2 times"),
    "no Available": (drop("Available"), "row Available: is there 0 times"),
    "no kernels": (drop_kernels, "kernel rows: are absent"),
    "no header": (lambda rows: rows.pop(2).clear(), "table estimatedResources: is there 0 times"),
    "two headers": (lambda rows: rows.append(rows[2]), "estimatedResources: is there 2 times"),
    "short row": (
        lambda rows: rows[3]["data"].pop(),
        r"row 'gate_t\)': has 5 values for 6 columns",
    ),
    "no data": (lambda rows: rows[3].pop("data"), r"row 'gate_t\)': has None for 6 columns"),
    "columns gone": (change_header("columns", None), "columns: is None, but must be a list"),
    "other first": (
        change_header("columns", COLUMNS[1:]),
        "columns: must begin with 'Kernel Name'",
    ),
    "column twice": (
        change_header("columns", [*COLUMNS[:-1], "DSPs"]),
        "column 'DSPs': is there 2 times",
    ),
    "column missing": (
        change_header("columns", [c for c in COLUMNS if c != "RAMs "]),
        "column 'RAMs': is missing",
    ),
    "column unknown": (change_header("columns", [*COLUMNS, "HBM"]), "column 'HBM': is unknown"),
    "no packing": (change_header("dsp_packing_factor", None), "dsp_packing_factor: is missing"),
    "packing 0": (change_header("dsp_packing_factor", 0), "dsp_packing_factor: is 0, but must be"),
    "packing 1.5": (change_header("dsp_packing_factor", 1.5), "is 1.5, but must be a whole number"),
    "broken Unicode": (
        rename_kernel("\ud800"),
        "name of a row: is '.ud800', but must be a printable",
    ),
    "escape code": (rename_kernel("\x1b[31m"), "name of a row: is '.x1b.31m', but must be a print"),
    "no name": (rename_kernel(["x"]), "name of a row: is .'x'., but must be a printable"),
}


@pytest.mark.parametrize("case", INCONSISTENT)
def test_inconsistent_table_is_refused(tmp_path: Path, case: str) -> None:
    """A table that contradicts itself or lacks a part is refused by file, row and column."""
    change, problem = INCONSISTENT[case]
    files = report_rows()
    change(files["summary.ndjson"])
    with pytest.raises(ReportError, match=rf"summary\.ndjson: .*{problem}"):
        parse_oneapi(write_files(tmp_path, files))


@pytest.mark.parametrize(
    ("name", "row", "changes", "problem"),
    [
        ("loop_attr", 3, {"ii": None}, "ii: is missing"),
        ("loop_attr", 3, {"lt": "soon"}, "lt: is 'soon', which is no number"),
        ("loop_attr", 3, {"id": 33}, r"rows with id: are listed but absent: \[3\]"),
        ("loop_attr", 0, {"nodes": [[1]]}, "nodes and children: must be lists of row numbers"),
        ("loop_attr", 0, {"name": "loops"}, "row loop_attributes: is absent"),
        ("loop_attr", 0, {"type": []}, "row loop_attributes: is there 0 times"),
        ("info", 0, {"compileInfo": {}}, r"compileInfo\.nodes: is no list"),
        ("info", 0, {"compileInfo": {"nodes": [{"version": "new"}]}}, "version: is 'new', which"),
        ("info", 0, {"compileInfo": {"nodes": [{"version": "1.2"}]}}, "family: is None, but must"),
        ("quartus", 0, {"quartusFitClockSummary": 3}, r"quartusFitClockSummary\.nodes: is no list"),
    ],
)
def test_inconsistent_side_file_is_refused(
    tmp_path: Path, name: str, row: int, changes: dict[str, object], problem: str
) -> None:
    """A side file that is there must hold what it should, field by field."""
    files = report_rows()
    files[f"{name}.ndjson"][row].update(changes)
    with pytest.raises(ReportError, match=rf"{name}\.ndjson: {problem}"):
        read_all(write_files(tmp_path, files))


def test_number_that_overflows_is_refused(tmp_path: Path) -> None:
    """A number too large for a float, which JSON reads as infinite, is refused."""
    path = write_files(tmp_path, report_rows()) / "summary.ndjson"
    path.write_text(path.read_text().replace("[1555,", "[1e999,"))
    with pytest.raises(
        ReportError, match="row 'Total', column 'ALUTs': is inf, but must be finite"
    ):
        parse_oneapi(tmp_path)


def test_line_separator_in_a_name_is_not_a_line_end(tmp_path: Path) -> None:
    """Only a newline ends a row: U+2028 inside a string, which JSON allows, splits nothing."""
    path = write_files(tmp_path, report_rows()) / "summary.ndjson"
    text = path.read_text(encoding="utf-8").replace("Compile Warnings", "Compile\u2028Warnings")
    path.write_text(text, encoding="utf-8")
    assert parse_oneapi(tmp_path).values["alut"] == 1555


# --- fuzzing --------------------------------------------------------------------------------------


def read_all(folder: Path) -> tuple[Measurement, Measurement | None]:
    """Read the estimate and the fit."""
    return parse_oneapi(folder), parse_oneapi_fit(folder)


def assert_refused_or_sound(folder: Path) -> None:
    """Assert that a report is either refused as such or gives numbers that can be judged."""
    try:
        found = read_all(folder)
    except ReportError:
        return
    for measured in filter(None, found):
        assert all(math.isfinite(value) and value >= 0 for value in measured.values.values())
        json.dumps(measured.as_json(), allow_nan=False).encode()


ODD_STRINGS = ["TBD", "n/a", "Total", "Available", TABLE, "kernel", "1e5", "-1", "7", "\x00"]
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(ODD_STRINGS),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def _paths(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Return the way to everything inside a JSON value, itself left out."""
    inner = list(value.items() if isinstance(value, dict) else enumerate(value)) if value else []
    found = []
    for key, item in inner:
        found.append((*path, key))
        if isinstance(item, dict | list):
            found.extend(_paths(item, (*path, key)))
    return found


@pytest.fixture(scope="module")
def fuzz_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one folder for all examples; each writes every file anew."""
    return tmp_path_factory.mktemp("fuzz")


@FUZZ
@given(name=st.sampled_from(FILES), content=st.binary(max_size=200))
def test_any_bytes(fuzz_folder: Path, name: str, content: bytes) -> None:
    """Any bytes in place of a file are refused as a report or read soundly."""
    folder = write_files(fuzz_folder, report_rows())
    (folder / name).write_bytes(content)
    assert_refused_or_sound(folder)


@FUZZ
@given(data=st.data(), name=st.sampled_from(FILES))
def test_any_damage(fuzz_folder: Path, data: st.DataObject, name: str) -> None:
    """A true file with any stretch of bytes replaced is refused as a report or read soundly."""
    folder = write_files(fuzz_folder, report_rows())
    content = (folder / name).read_bytes()
    first = data.draw(st.integers(0, len(content)))
    last = data.draw(st.integers(first, min(first + 40, len(content))))
    (folder / name).write_bytes(content[:first] + data.draw(st.binary(max_size=8)) + content[last:])
    assert_refused_or_sound(folder)


@FUZZ
@given(data=st.data(), name=st.sampled_from(FILES), fitted=st.booleans(), value=JSON_VALUES)
def test_any_value_anywhere(
    fuzz_folder: Path,
    data: st.DataObject,
    name: str,
    fitted: bool,
    value: object,
) -> None:
    """A true file with any JSON value put anywhere is refused as a report or read soundly."""
    files = report_rows()
    if fitted:
        files["quartus.ndjson"] = json.loads(json.dumps(FITTED))
    *way, last = data.draw(st.sampled_from(_paths(files[name])))
    place = files[name]
    for step in way:
        place = place[step]
    place[last] = value
    assert_refused_or_sound(write_files(fuzz_folder, files))


# --- real reports ---------------------------------------------------------------------------------


def real_reports() -> Path:
    """Return the folder of real reports; without it skip, or fail where they are required."""
    beside = Path(__file__).parents[2] / "shared" / "data" / "oneapi_reports"
    folder = Path(os.environ.get("HLSGATE_REAL_REPORTS") or beside)
    if not folder.is_dir():
        sentence = f"no real oneAPI reports at {folder}; set HLSGATE_REAL_REPORTS to their folder."
        if os.environ.get("HLSGATE_REQUIRE_REAL_REPORTS") == "1":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return folder


def test_real_dense_report() -> None:
    """hls4ml's Dense 16-5 sample: 80 multiplies share 40 DSPs, as many as the fit then used."""
    folder = real_reports() / "hls4ml_dense_fpga"
    measured = parse_oneapi(folder)
    assert measured.values == {
        "alut": 2462,
        "ff": 7938,
        "ram": 77,
        "mlab": 92,
        "dsp": 0,
        "frac_dsp": 80,
        "dsp_effective": 40,
        "ii_cycles": 1,
        "latency_cycles": 200,
        "fmax_mhz": 480,
    }
    assert measured.capacity["mlab"] == 24360
    assert measured.breakdown["Pipe resources"]["ff"] == 3258
    fit = parse_oneapi_fit(folder)
    assert fit is not None
    expected = {"alm": 4520.5, "alut": 4182, "ff": 16419, "dsp": 40, "ram": 36, "mlab": 52}
    assert fit.values == {**expected, "fmax_mhz": 597.73}
    assert fit.breakdown["Myproject"]["alut"] == 4181


def test_real_report_that_was_not_fitted() -> None:
    """A report build of icpx 2025.0.0: interconnect in strings, fractional FFs, no fit."""
    folder = real_reports() / "dijkstra_naive_report"
    measured = parse_oneapi(folder)
    assert (measured.values["alut"], measured.values["ff"]) == (6510, 20832)
    assert (measured.values["ii_cycles"], measured.values["latency_cycles"]) == (248, 256)
    assert measured.breakdown["Global Interconnect"]["ff"] == 974
    assert (measured.tool_version, measured.part) == ("2025.0.0", "Agilex7, AGFB014R24A2E2V")
    assert measured.target_fmax_mhz == 480
    assert parse_oneapi_fit(folder) is None


def test_real_reports_can_be_required(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Absent real reports are a skip with a sentence, and a failure where they are required."""
    monkeypatch.setenv("HLSGATE_REAL_REPORTS", str(tmp_path / "absent"))
    monkeypatch.delenv("HLSGATE_REQUIRE_REAL_REPORTS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no real oneAPI reports at"):
        real_reports()
    monkeypatch.setenv("HLSGATE_REQUIRE_REAL_REPORTS", "1")
    with pytest.raises(pytest.fail.Exception, match="no real oneAPI reports at"):
        real_reports()
