"""No selection hides a claim: told in every run, and failing in a gate.

Runs ``benchmarks/`` in a process of its own, as tests/test_gates.py does.
"""

from __future__ import annotations

import shutil

import pytest

from hlsgate.judge.budgets import Verdict
from hlsgate.judge.judging import Judged
from hlsgate.judge.wholeness import Selection, gaps
from hlsgate.suites import suite
from tests.declared import changed, using
from tests.test_gates import TOTALS, run, write_report

WORSE = "jets-q4_p75-oneapi_agilex7"
RESOURCES = "benchmarks/test_resources.py"
ALL = Selection(chosen=9, decided=9)


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Capture reports of every oneAPI design, within their budgets."""
    folder = tmp_path_factory.mktemp("reports")
    for key, totals in TOTALS.items():
        write_report(folder / key, totals)
    return ("--reports", str(folder))


def judged(**states):
    """Return a run that compared every declared variant and design, but for some."""
    keys = [one.key for one in (*suite.active().variants, *suite.active().designs)]
    good = (Verdict("d", "alut", "ok", "", "baseline"),)
    return [
        Judged(key, "not measured") if key in states else Judged(key, "passed", good)
        for key in keys
    ]


def test_a_whole_run_has_no_gaps():
    """What compared everything is a gate."""
    assert not gaps(judged(), ALL, {}, required=["yosys"], whole=True)


def test_without_a_gate_there_are_none():
    """Whoever looks at one network is not told that the others fail."""
    assert not gaps([], Selection(1, ("a",), ("b",)), {"x": "y"})


@pytest.mark.parametrize(
    ("selection", "skipped", "asked", "text"),
    [
        (
            Selection(2, ("a", "b", "c", "d", "e"), by="-k 'x'", decided=2),
            {},
            {"whole": True},
            "5 of 7 claims were not selected (-k 'x'): a, b, c and 2 more; --whole",
        ),
        (
            Selection(2, uncollected=("test_rtl.py",), decided=2),
            {},
            {"whole": True},
            "claims were not looked at: test_rtl.py; --whole leaves none out.",
        ),
        (
            ALL,
            {"jets-q4_p75-yosys_cyclonev": "no yosys here"},
            {"required": ["yosys"]},
            "jets-q4_p75-yosys_cyclonev was skipped, though yosys is required: no yosys here",
        ),
        (
            Selection(2),
            {},
            {"required": ["yosys"]},
            "every selected test was skipped, so nothing has passed.",
        ),
        (Selection(2), {}, {"whole": True}, "every selected test was skipped, so"),
    ],
)
def test_what_was_left_out_is_a_gap(selection, skipped, asked, text):
    """Each is told in one sentence."""
    (told,) = gaps(judged(), selection, skipped, **asked)
    assert told.startswith(text)


def test_accuracy_that_was_not_compared_is_a_gap():
    """A variant whose accuracy nobody compared is no part of a whole run."""
    lacking = judged(**{"jets-float": "", "jets-q4_p75": ""})
    (told,) = gaps(lacking, ALL, {}, whole=True)
    assert (
        told == "the accuracy of jets-float, jets-q4_p75 was not compared; --whole leaves none out."
    )
    assert not gaps(lacking, ALL, {}, required=["yosys"])


def test_slow_designs_may_be_skipped_but_not_alone():
    """A slow design waits for --slow; where it is all that was selected, nothing was compared."""
    slow = {"jets-float-yosys_cyclonev": "slow"}
    assert suite.design("jets-float-yosys_cyclonev").slow
    assert not gaps(judged(), ALL, slow, required=["yosys"])
    nothing = [Judged(one.key, "not measured") for one in judged()]
    (told,) = gaps(nothing, ALL, slow, required=["yosys"])
    assert told.startswith("no design of yosys was compared, though it is required, of jets-float-")


def test_an_empty_suite_is_no_gate():
    """A suite that lost its declarations claims nothing."""
    empty = changed(benchmarks=(), variants=(), designs=())
    with using(empty):
        for asked in ({"required": ["yosys"]}, {"whole": True}):
            (told,) = gaps([], ALL, {}, **asked)
            assert told.startswith("the suite declares no variant")


# --- by pytest ------------------------------------------------------------------------------------


def flat(output):
    """Return an output without the line breaks of its width."""
    return " ".join(output.split())


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_a_selection_is_told_and_fails_a_gate(reports, workers):
    """-k leaves claims out: exit code 0 with a sentence; with --whole, 1 with that sentence."""
    args = (RESOURCES, "-m", "oneapi", *reports, "-k", "q4_p75-oneapi", *workers)
    code, failed, output = run(*args)
    assert (code, failed) == (0, []), output
    assert "claims were not selected (-k 'q4_p75-oneapi', -m 'oneapi'): test_resources.py" in output
    assert "- 1 of" not in flat(output)
    code, failed, output = run(*args, "--whole")
    assert (code, failed) == (1, []), output
    assert "claims were not selected (-k 'q4_p75-oneapi', -m 'oneapi')" in flat(output)
    assert "- claims were not looked at: test_accuracy.py, test_emulation.py" in flat(output)
    assert "- the accuracy of " in flat(output)
    assert "hlsgate: failed" in output


def test_deselected_claims_are_told(reports):
    """--deselect is no way around it; nor is a file's part."""
    one = f"{RESOURCES}::test_budget[{WORSE}]"
    _, _, output = run(RESOURCES, "-m", "oneapi", *reports, "--deselect", one, "--whole")
    assert f"--deselect {one}" in flat(output)
    code, _, output = run(one, *reports, "--whole")
    assert code == 1, output
    assert f"all of {RESOURCES} but {one}" in flat(output)


def test_a_gate_of_skips_fails():
    """A gate of which every selected test was skipped compared nothing: exit code 1."""
    code, _, output = run(RESOURCES, "-m", "oneapi")
    assert code == 0, output
    code, _, output = run(RESOURCES, "-m", "oneapi", "--whole")
    assert code == 1, output
    assert "- every selected test was skipped, so nothing has passed." in flat(output)


def test_an_empty_suite_fails_a_gate(tmp_path):
    """Whoever takes everything out of the declarations has no green gate."""
    (tmp_path / "suite.py").write_text(
        "from pathlib import Path\n"
        "from hlsgate.spec.suites import Suite\n"
        "from hlsgate.spec.targets import ONEAPI\n"
        "SUITE = Suite((), (), (), Path(__file__).parent, (ONEAPI,))\n"
    )
    shutil.copy("hlsgate/suites/starter/baselines.json.template", tmp_path / "baselines.json")
    args = (RESOURCES, "--suite", str(tmp_path / "suite.py"))
    assert run(*args)[0] == 0
    code, _, output = run(*args, "--whole")
    assert code == 1, output
    assert "- the suite declares no variant, so there is nothing that could pass." in flat(output)
