"""What a gate leaves behind: JUnit properties, Markdown, results; with workers, too.

Runs ``benchmarks/`` in a process of its own, as tests/test_gates.py does.
"""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from fixtures import summary
from hlsgate.facts import results
from tests import test_gates
from tests.test_gates import ROOT, TOTALS, judge, write_report

WORSE = "jets-q4_p75_exercise-oneapi_agilex7"
BETTER = "jets-float-oneapi_agilex7"


@pytest.fixture(scope="module", params=[(), ("-n", "2")], ids=["one process", "two workers"])
def left(request, tmp_path_factory):
    """Judge four captured reports, one of them over its limit; return where everything is left."""
    folder = tmp_path_factory.mktemp("gate")
    for key, totals in TOTALS.items():
        alut, *others = totals
        write_report(folder / "reports" / key, [20_000 if key == WORSE else alut, *others])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GITHUB_STEP_SUMMARY", str(folder / "page.md"))
        files = ("--results", str(folder / "results.json"), "--junitxml", str(folder / "junit.xml"))
        code, failed, output = judge(folder / "reports", *files, "-vv", *request.param)
    assert (code, failed) == (1, [f"test_budget[{WORSE}]"]), output
    (folder / "output").write_text(output)
    return folder


def properties(folder):
    """Return the JUnit properties of each test."""
    found = {}
    for case in ElementTree.parse(folder / "junit.xml").iter("testcase"):
        pairs = [(one.get("name"), one.get("value")) for one in case.iter("property")]
        assert len(dict(pairs)) == len(pairs), "a property is there twice"
        found[case.get("name")] = dict(pairs)
    return found


def test_junit_has_what_was_measured(left):
    """Each gate's test carries its values, what they are of, and the verdicts; failing ones too."""
    found = properties(left)
    for key, totals in TOTALS.items():
        told = found[f"test_budget[{key}]"]
        assert told["measurement/origin"] == "replayed"
        assert told["measurement/tool_version"] == "2025.0.0"
        assert float(told["measurement/values/ff"]) == totals[1]
    assert found[f"test_budget[{WORSE}]"]["measurement/values/alut"] == "20000"
    assert found[f"test_budget[{WORSE}]"]["verdicts/alut"] == "failed"
    assert found[f"test_budget[{BETTER}]"]["verdicts/alut"] == "better"
    assert found["test_budget[jets-q4_p75-oneapi_agilex7]"]["verdicts/alut/budget"] == "ok"
    assert found["test_every_entry_is_declared"] == {}


def test_markdown_has_changed_rows_first(left):
    """results.md begins with the verdict; failures come before gains, unchanged ones are folded."""
    text = (left / "results.md").read_text()
    assert text.startswith("### Gates: **failed**\n")
    changed, _, same = text.partition("<details>")
    rows = [line for line in changed.splitlines() if line.startswith("| jets")]
    states = [row.split("|")[-2].strip() for row in rows]
    assert states[:2] == ["failed", "better"]
    assert WORSE in rows[0]
    assert "unchanged values" in same


def test_the_page_of_the_job_has_the_summary(left):
    """$GITHUB_STEP_SUMMARY gets it once, however many workers there are."""
    page = (left / "page.md").read_text()
    assert page.count("### Gates") == 1
    assert (left / "results.md").read_text().startswith(page.rstrip("\n"))


def test_results_are_whole_and_are_judged_alike(left, run):
    """results.json has every design; 'hlsgate check' comes to the same counts."""
    found = results.read(left / "results.json")
    assert set(found["designs"]) == set(TOTALS)
    done = run("check", str(left / "results.json"), "--baselines", str(ROOT / "baselines.json"))
    assert done.exit_code == 1
    counted = [line for line in done.output.splitlines() if line.startswith(("compared", "failed"))]
    assert len(counted) == 2
    output = (left / "output").read_text().splitlines()
    assert all(line in output for line in counted), counted


@pytest.mark.parametrize(
    ("args", "expected", "counted"),
    [
        ((), (0, []), "not compared"),
        (("--require-toolchain", "oneapi"), (1, [f"test_budget[{BETTER}]"]), "failed"),
    ],
    ids=["seen", "required"],
)
def test_another_tool_is_no_verdict_unless_required(tmp_path, args, expected, counted):
    """A report of another release is skipped with its reason, and fails where it is required."""
    for key, totals in TOTALS.items():
        write_report(tmp_path / "reports" / key, totals)
    content = json.loads((ROOT / "baselines.json").read_text())
    content["resources"][BETTER]["baseline"]["tool_version"] = "2024.1"
    (tmp_path / "baselines.json").write_text(json.dumps(content))
    baselines = ("--baselines", str(tmp_path / "baselines.json"))
    code, failed, output = judge(tmp_path / "reports", *baselines, *args)
    assert (code, failed) == expected, output
    assert "tool release is 2025.0, the baseline's is 2024.1" in output
    assert re.search(rf"^{counted}  +1 test$", output, re.M)
    assert BETTER in output


def test_accuracy_is_a_property_too():
    """A variant's gate carries accuracy, data and weights; lists and breakdowns are left out."""
    found = results.empty()
    scores = {"accuracy": 0.75, "n": 40000, "interval": [0.74, 0.76], "dataset": "jets_embedded"}
    results.put(found, "variants", "jets-float", "frozen", scores)
    stash = {summary.FOUND: found}
    item = SimpleNamespace(
        nodeid="benchmarks/test_accuracy.py::test_accuracy_baseline[jets-float]",
        config=SimpleNamespace(stash=stash),
        user_properties=[],
    )
    summary.pytest_runtest_teardown(item)
    assert dict(item.user_properties) == {
        "frozen/accuracy": 0.75, "frozen/n": 40000, "frozen/dataset": "jets_embedded",
    }  # fmt: skip


def test_a_failing_budget_is_not_hidden_by_another():
    """A metric has several budgets: its property is that of the worst, not of the last."""
    states = [("baseline", "better"), ("budget", "ok"), ("budget", "failed"), ("budget", "ok")]
    verdicts = [{"metric": "alut", "against": one, "state": state} for one, state in states]
    found = dict(summary._properties("verdicts", verdicts))
    assert found == {"verdicts/alut": "better", "verdicts/alut/budget": "failed"}


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("benchmarks/test_resources.py", "--no-such-option"), 4),
        (("benchmarks/test_resources.py", "-k", "no_such_test"), 5),
    ],
    ids=["option", "none chosen"],
)
def test_exit_codes_are_those_of_the_page(args, code):
    """What docs/continuous-integration.md says of 4 and 5 is so."""
    assert test_gates.run(*args)[0] == code


def test_results_that_cannot_be_written_are_told_at_once(tmp_path):
    """A run of hours does not end in a file that cannot be written."""
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / "file" / "results.json"
    code, _, output = test_gates.run(test_gates.RESOURCES, "--results", str(path))
    assert code == 4, output
    assert f"--results {path} cannot be written (Not a directory); name another file." in output


def test_a_summary_that_cannot_be_written_is_exit_code_4(monkeypatch):
    """A run whose summary is lost has not passed, and says so in a sentence."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "/nowhere/page.md")
    code, _, output = test_gates.run(test_gates.RESOURCES, "-m", "oneapi")
    assert code == 4, output
    assert "/nowhere/page.md, which GITHUB_STEP_SUMMARY names, cannot be written" in output
    assert "INTERNALERROR" not in output
