"""The suite itself can fail: each planted fault makes exactly the right test fail, in words.

Runs ``benchmarks/`` in a process of its own, on captured reports that are invented here.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hlsgate.models import checkpoints
from hlsgate.models.checkpoints import Checkpoint
from hlsgate.suites import suite
from tests.oneapi_reports import report_rows, row_named, write_project

ROOT = Path(__file__).parents[1]
RESOURCES = "benchmarks/test_resources.py"
TOTALS = {  # ALUTs, FFs, RAMs, DSPs, MLABs, Frac. DSPs
    "jets-float-oneapi_agilex7": [126_000, 21_900, 6, 20, 4, 2],
    "jets-q4_p75_exercise-oneapi_agilex7": [17_500, 5_000, 6, 0, 4, 0],
    "jets-q6_p75-oneapi_agilex7": [30_000, 6_000, 6, 0, 4, 0],
    "jets-q4_p75-oneapi_agilex7": [18_000, 5_000, 6, 0, 4, 0],
}
BARE = ("-p", "tests.no_conversion", "-p", "no:cacheprovider")
CAPACITY = ["900000", "1800000", "7000", "4500", "24000", "0"]


def write_report(folder, totals):
    """Write a report with these totals, of the tool and part of the baselines."""
    shutil.rmtree(folder, ignore_errors=True)
    files = report_rows()
    row_named(files["summary.ndjson"], "Total")["data"] = totals
    row_named(files["summary.ndjson"], "Available")["data"] = CAPACITY
    node = files["info.ndjson"][0]["compileInfo"]["nodes"][0]
    node.update(version="2025.0.0 Build 0", family="Agilex7, AGF000")
    write_project(folder / "network.report.prj", files)


@pytest.fixture
def reports(tmp_path):
    """Capture reports of every oneAPI design, all within their budgets."""
    keys = [design.key for design in suite.active().designs if design.target.toolchain == "oneapi"]
    assert sorted(TOTALS) == sorted(keys)
    for key, totals in TOTALS.items():
        write_report(tmp_path / "reports" / key, totals)
    return tmp_path / "reports"


def environment():
    """Return an environment without vendor tools, whatever this machine has."""
    tools = ("icpx", "vitis_hls", "i++")
    folders = os.environ["PATH"].split(os.pathsep)
    bare = [one for one in folders if not any((Path(one) / tool).exists() for tool in tools)]
    keep = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HLSGATE_", "TOX_")) and name != "PYTEST_ADDOPTS"
    }
    return {**keep, "PATH": os.pathsep.join(bare), "COLUMNS": "300", "CI": "true"}


def run(*args):
    """Run benchmarks; return exit code, the ids that failed, and all output."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *BARE, "--color=no", "-q", "-rfE", *args],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    failed = re.findall(r"^(?:FAILED|ERROR) \S+::(\S+)", done.stdout, re.MULTILINE)
    return done.returncode, sorted(failed), done.stdout + done.stderr


def judge(reports, *args):
    return run(RESOURCES, "-m", "oneapi or not synthesis", "--reports", str(reports), *args)


def test_good_reports_pass_and_are_shown_as_replayed(reports, tmp_path):
    """Everything within budget passes, says that it was replayed, and is in the results."""
    path = tmp_path / "results.json"
    code, failed, output = judge(reports, "--results", str(path))
    assert (code, failed) == (0, []), output
    text = path.with_suffix(".md").read_text()
    assert "replayed: oneapi 2025.0.0, Agilex7, AGF000, HLS estimate; weights unknown" in text
    assert "18,000 (85.7 %)" in path.with_suffix(".md").read_text()
    assert f"page: {path.with_suffix('.html')}" in output
    assert "<td>18,000</td>" in path.with_suffix(".html").read_text()
    found = json.loads(path.read_text())["designs"]
    assert found["jets-q4_p75-oneapi_agilex7"]["measurement"]["values"]["alut"] == 18_000


def test_without_the_extra_there_is_no_page(reports, tmp_path):
    """Where nothing can be drawn, the run says so and passes; the results are written."""
    path = tmp_path / "results.json"
    code, failed, output = judge(reports, "-p", "tests.no_figures", "--results", str(path))
    assert (code, failed) == (0, []), output
    assert "no page: the report page needs matplotlib; install the extra" in output
    assert path.is_file()
    assert not path.with_suffix(".html").exists()


@pytest.mark.parametrize(
    ("key", "column", "value", "sentence"),
    [
        ("jets-float-oneapi_agilex7", 0, 140_000, "alut: measured 140,000, allowed <= 139,233.6"),
        ("jets-float-oneapi_agilex7", 3, 26, "dsp: measured 26, allowed <= 25"),
        ("jets-q4_p75_exercise-oneapi_agilex7", 3, 1, "dsp: measured 1, allowed <= 0"),
        ("jets-q6_p75-oneapi_agilex7", 0, 37_801, "alut: measured 37,801, budget 37,800"),
        ("jets-q4_p75-oneapi_agilex7", 5, 44, "dsp_effective: measured 22, budget 21"),
    ],
)
def test_a_changed_number_fails_its_design(reports, key, column, value, sentence):
    """One number over its limit fails that design's budget and no other test."""
    totals = list(TOTALS[key])
    totals[column] = value
    write_report(reports / key, totals)
    code, failed, output = judge(reports)
    assert (code, failed) == (1, [f"test_budget[{key}]"]), output
    assert sentence in output
    assert re.search(rf"^  again: pytest .*--reports .* -k 'test_budget\[{key}\]'$", output, re.M)


def test_a_deleted_report_fails_its_design(reports):
    """Absent is never fine."""
    shutil.rmtree(reports / "jets-q6_p75-oneapi_agilex7")
    code, failed, output = judge(reports)
    assert (code, failed) == (1, ["test_budget[jets-q6_p75-oneapi_agilex7]"]), output
    assert "there is no captured report of jets-q6_p75-oneapi_agilex7" in output


IDENTITY = {
    "design": "jets-q4_p75-oneapi_agilex7",
    "weights_sha256": "0" * 64,
    "project_sha256": "1" * 64,
    "tool_version": "2025.0.4",
    "note": "",
}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (json.dumps(IDENTITY), "weights_sha256: the report is of 0000"),
        (json.dumps(IDENTITY | {"design": "other"}), "design: the report is of other"),
        ("{", "does not say what the report is of"),
        ("[]", "does not say what the report is of"),
    ],
)
def test_a_report_of_something_else_is_refused(reports, text, sentence):
    """A report that says that it is of other weights or another design is not judged."""
    key = "jets-q4_p75-oneapi_agilex7"
    (reports / key / "hlsgate.json").write_text(text)
    code, failed, output = judge(reports)
    assert (code, failed) == (1, [f"test_budget[{key}]"]), output
    assert sentence in output


def test_an_odd_end_of_the_tool_is_shown(reports, tmp_path):
    """A crash after a complete report is told beside the numbers."""
    key = "jets-q4_p75-oneapi_agilex7"
    checkpoint = checkpoints.load(
        ROOT / "fixtures" / "checkpoints" / "jets-q4_p75.npz", suite.variant("jets-q4_p75")
    )
    stated = IDENTITY | {"weights_sha256": checkpoint.sha256, "note": "make ended with SIGSEGV"}
    (reports / key / "hlsgate.json").write_text(json.dumps(stated))
    code, failed, output = judge(reports, "--results", str(tmp_path / "results.json"))
    assert (code, failed) == (0, []), output
    told = (tmp_path / "results.md").read_text()
    assert "make ended with SIGSEGV; its project was not compared with the design's" in told


def test_a_suspicious_value_is_shown(reports):
    """A design that shrank to next to nothing passes, but not in silence."""
    key = "jets-q4_p75_exercise-oneapi_agilex7"
    write_report(reports / key, [235, 5, 6, 0, 4, 0])
    code, _, output = judge(reports)
    assert code == 0, output
    assert re.search(rf"suspicious: {key}, alut: measured 235, ", output)


def test_an_empty_design_fails(reports):
    """Nothing at all is no saving."""
    key = "jets-q4_p75-oneapi_agilex7"
    write_report(reports / key, [0, 0, 0, 0, 0, 0])
    code, failed, output = judge(reports)
    assert (code, failed) == (1, [f"test_budget[{key}]"]), output
    assert "the design is empty" in output


def test_a_new_design_can_be_recorded(reports, tmp_path, monkeypatch):
    """Without an entry the design fails, but what was measured is in the results."""
    key = "jets-q4_p75-oneapi_agilex7"
    data = json.loads((ROOT / "baselines.json").read_text())
    del data["resources"][key]
    (tmp_path / "baselines.json").write_text(json.dumps(data))
    found = tmp_path / "results.json"
    judge(reports, "--baselines", str(tmp_path / "baselines.json"), "--results", str(found))
    assert json.loads(found.read_text())["designs"][key]["measurement"]["values"]["alut"] == 18_000


def test_a_deleted_baseline_fails_its_design(reports, tmp_path):
    """A design without an entry fails by name, with the command that records one."""
    key = "jets-q4_p75_exercise-oneapi_agilex7"
    data = json.loads((ROOT / "baselines.json").read_text())
    del data["resources"][key]
    (tmp_path / "baselines.json").write_text(json.dumps(data))
    code, failed, output = judge(reports, "--baselines", str(tmp_path / "baselines.json"))
    assert (code, failed) == (1, [f"test_budget[{key}]"]), output
    assert f"no resources entry for {key}; measure it, then record it with" in output


def test_an_orphaned_baseline_fails(reports, tmp_path):
    """An entry of nothing that is declared is named."""
    data = json.loads((ROOT / "baselines.json").read_text())
    data["resources"]["jets-gone-oneapi_agilex7"] = data["resources"]["jets-float-oneapi_agilex7"]
    (tmp_path / "baselines.json").write_text(json.dumps(data))
    code, failed, output = judge(reports, "--baselines", str(tmp_path / "baselines.json"))
    assert (code, failed) == (1, ["test_every_entry_is_declared"]), output
    assert "resources/jets-gone-oneapi_agilex7" in output


def change_weight(tmp_path, key, step):
    """Copy the checkpoints, and move one weight of a variant by a step."""
    folder = tmp_path / "checkpoints"
    shutil.copytree(ROOT / "fixtures" / "checkpoints", folder)
    path = folder / f"{key}.npz"
    stored = checkpoints.load(path, suite.variant(key))
    weights = {name: values.copy() for name, values in stored.weights.items()}
    kernel = weights["dense2/kernel"]
    place = np.unravel_index(np.argmax(np.abs(kernel) == 0.5), kernel.shape)
    kernel[place] += np.float32(step)
    checkpoints.save(path, Checkpoint(weights, stored.about))
    return folder


def test_a_changed_weight_is_noticed(tmp_path):
    """One weight, moved to a neighbouring value of its type, fails the variant's baseline."""
    key = "jets-q4_p75"
    folder = change_weight(tmp_path, key, 0.25)
    args = ("benchmarks/test_accuracy.py", "--checkpoints", str(folder))
    code, failed, output = run(*args, "-k", f"baseline and {key}] or declared and {key}-frozen")
    assert (code, failed) == (1, [f"test_accuracy_baseline[{key}]"]), output
    assert "not comparable: the weights of jets-q4_p75 are" in output


def test_weights_off_their_grid_are_noticed(tmp_path):
    """A weight that is no value of the declared type is named with its array."""
    key = "jets-q4_p75"
    folder = change_weight(tmp_path, key, 0.05)
    args = ("benchmarks/test_accuracy.py", "--checkpoints", str(folder))
    code, failed, output = run(*args, "-k", f"declared and frozen and {key}-")
    assert (code, failed) == (1, [f"test_weights_are_as_declared[{key}-frozen]"]), output
    assert "dense2/kernel of jets-q4_p75: 1 values are none of fixed<4,2>" in " ".join(
        output.split()
    )


def test_without_toolchain_designs_are_skipped_in_words():
    """Nothing is judged, and every skip says what is missing and what can be done instead."""
    code, failed, output = run(RESOURCES, "-m", "oneapi", "-rs")
    assert (code, failed) == (0, []), output
    assert "icpx was not found" in output
    assert "Captured reports can be judged with --reports DIR." in output


@pytest.mark.parametrize(
    ("name", "tool"), [("oneapi", "icpx"), ("vitis", "vitis"), ("quartus", r"i\+\+")]
)
def test_a_required_toolchain_that_is_missing_ends_the_run(name, tool):
    """A gate cannot pass by skipping: one sentence says what is missing."""
    code, _, output = run("benchmarks", "--require-toolchain", name)
    assert code == pytest.ExitCode.USAGE_ERROR, output
    assert re.search(rf"ERROR: {tool}\S* was not found", output), output


def test_a_data_set_that_cannot_be_had_ends_the_run(tmp_path):
    """Without jets nothing can be judged: one sentence, not one for each test."""
    code, failed, output = run(
        "benchmarks/test_accuracy.py", "--dataset", f"jets={tmp_path / 'a.npz'}"
    )
    assert (code, failed) == (pytest.ExitCode.USAGE_ERROR, []), output
    assert "a.npz is not there, or is no file; name an npz or parquet file" in output
    assert "Traceback" not in output


def test_results_must_be_json():
    """A results file of another kind would be overwritten by its own tables."""
    code, _, output = run("benchmarks/test_resources.py", "--results", "results.md")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "name a file that ends in .json" in output


def test_unknown_toolchain():
    """A typo is answered with the names that there are."""
    code, _, output = run("benchmarks", "--require-toolchain", "vivadoo")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "no toolchain 'vivadoo'; known are da4ml, icarus, nextpnr, oneapi" in output
