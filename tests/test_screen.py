"""The end of a run fits one screen, tells what failed first, and cuts nothing without a word."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hlsgate.facts.outcomes import Failure, Run, Skip, grouped, one_line, skips_of
from hlsgate.judge import baselines, summary
from hlsgate.report import overview, screen
from hlsgate.report.overview import Row
from hlsgate.suites import suite
from tests import good_facts, good_runs

ROOT = Path(__file__).parents[1]
CONTENT = json.loads((ROOT / "baselines.json").read_text())
LINES = 30
GREEN = Run(0, 373, 0, 23, 9, 0, (), (), ())


def whole_run():
    """Return results in which everything that hlsgate's own suite declares was measured."""
    found = good_runs.good_run(CONTENT)
    for variant in suite.active().variants:
        facts = good_facts.good(variant, CONTENT["emulation"])
        frozen = {**found["variants"][variant.key]["frozen"], **facts["frozen"]}
        found["variants"][variant.key] = {**facts, "frozen": frozen}
    return found


def judged(found, run=GREEN):
    """Judge results as a run that ended so."""
    loaded = baselines.load(ROOT / "baselines.json")
    return replace(summary.summarise(found, loaded), run=run)


def shown(width, run=GREEN, found=None, **options):
    """Return the lines of the screen."""
    found = whole_run() if found is None else found
    made = judged(found, run)
    lines = screen.failures(made, width, **options)
    lines += screen.networks(overview.rows(found, made), width, **options)
    return [one.text for one in (*lines, *screen.counts(made, run, (), width))]


def skip(number):
    ids = tuple(f"benchmarks/test_x.py::test_x[jets-float-{number}-{one}]" for one in range(4))
    return Skip(
        f"tool {number} was not found, whatever one does about it. " + "More of it. " * 20, ids
    )


def test_the_whole_suite_fits_one_screen():
    """With every network, every design, and a dozen reasons: 30 lines of 120 columns."""
    run = replace(GREEN, skips=tuple(skip(number) for number in range(12)))
    lines = shown(120, run)
    assert len(lines) + len(("title", "files", "pytest's last line")) <= LINES
    assert max(map(len, lines)) <= 120
    networks = [one.split()[0] for one in lines[1 : 1 + len(suite.active().variants)]]
    assert networks == [one.key for one in suite.active().variants]
    assert any("and 7 more reasons: -v lists them" in one for one in lines)


def test_a_line_says_all_of_a_network():
    """Accuracy, loss, parity, emulation, cost, what it saves, and baselines."""
    found = whole_run()
    found["designs"] = {key: one for key, one in found["designs"].items() if "oneapi" not in key}
    lines = shown(120, found=found)
    (line,) = [one for one in lines if one.startswith("jets-q4_p75 ")]
    accuracy = next(iter(CONTENT["accuracy"]["jets-q4_p75"].values()))["accuracy"]
    assert f"{100 * accuracy:.2f}" in line
    assert " 0.00 (0.0" in line
    assert " passed " in line
    backends = len(suite.active().emulated) + len(suite.active().streamed)
    assert f"equal {backends} of {backends}" in line
    costs = {
        key: CONTENT["resources"][f"{key}-yosys_cyclonev"]["baseline"]["metrics"]["alut"]
        for key in ("jets-float", "jets-q4_p75")
    }
    saved = 100 * (1 - costs["jets-q4_p75"] / costs["jets-float"])
    assert f" {costs['jets-q4_p75']:,} ALUT     {saved:.1f} " in line
    assert line.rstrip().endswith(" equal")


@pytest.mark.parametrize("width", [80, 100])
def test_narrow_terminals_lose_nothing(width):
    """Where columns do not fit, a network has two lines; every cell of the wide screen is there."""
    wide, narrow = shown(120), shown(width)
    assert max(map(len, narrow)) <= width
    assert " ".join(narrow).split() == " ".join(wide).split()


def test_wide_characters_are_counted_by_their_columns():
    """A reason in another script does not run over the edge."""
    run = replace(GREEN, skips=(Skip("道具が見つかりません" * 20, ("a::b[c]",)),))
    (line,) = [one for one in shown(120, run) if "道" in one]
    assert screen.cell_len(line) <= 120
    assert line.endswith(" ...")


def test_of_many_networks_the_worst_are_shown_and_the_rest_is_counted():
    """Forty networks, one of which failed, near the end: it is seen, and the others are told."""
    cells = ("", "75.00", "-", "pass", "equal 8 of 8", "1 ALUT", "-", "5 equal")
    rows = [Row(f"n{i}", (f"n{i}", *cells[1:]), "bad" if i == 37 else "") for i in range(40)]
    lines = [one.text for one in screen.networks(rows, 120)]
    assert len(lines) <= screen.MOST_NETWORKS + 2
    assert any(one.startswith("n37 ") for one in lines)
    hidden = 40 - (screen.MOST_NETWORKS - 1)
    assert f"and {hidden} more networks, none of them failed: -v lists them" in lines
    bad = [replace(row, mood="bad") for row in rows]
    lines = [one.text for one in screen.networks(bad, 120)]
    assert f"and {hidden} more networks, {hidden} of them failed: -v lists them" in lines
    assert len(screen.networks(rows, 120, every=True)) == 42


def failed(identifier, sentence, entry=None):
    return Failure(identifier, sentence, f"pytest -k '{identifier}'", entry)


def test_what_failed_comes_first():
    """A sentence each, with the command; then networks; the row of the network is marked."""
    one = failed("b/test_a.py::test_parity[jets-q4_p75-frozen]", "accuracy of it: -0.0250")
    run = replace(GREEN, exit_code=1, failed=1, failures=(one,))
    lines = shown(120, run)
    assert lines[:2] == ["- accuracy of it: -0.0250", f"  again: {one.command}"]
    rows = overview.rows(whole_run(), judged(whole_run(), run))
    assert [row.key for row in rows if row.mood == "bad"] == ["jets-q4_p75"]


def test_equal_sentences_are_told_once():
    """One refusal of a dozen tests is one line; other sentences stay apart."""
    refused = [failed(f"b::test_x[jets-float-{i}]", "no g++ here; install it") for i in range(13)]
    other = failed("b::test_y[jets-float]", "no da4ml here")
    run = replace(GREEN, exit_code=1, failed=14, failures=(*refused, other))
    lines = shown(200, run)
    assert lines[0].startswith("- no g++ here; install it; and 12 more tests: jets-float-1, ")
    assert lines[2] == "- no da4ml here"
    assert sum("no g++ here" in one for one in lines) == 1


def test_sentences_that_differ_in_their_network_alone_are_told_once():
    """'No entry for A' and 'no entry for B' are one sentence; other numbers are another."""
    found = grouped([
        failed("b::test_budget[a-b-da4ml]", "no entry for a-b-da4ml; record it"),
        failed("b::test_budget[c-d-da4ml]", "no entry for c-d-da4ml; record it"),
        failed("b::test_budget[e-f-da4ml]", "e-f-da4ml: alut: measured 3, allowed <= 2"),
        failed("b::test_budget[g-h-da4ml]", "g-h-da4ml: alut: measured 4, allowed <= 2"),
    ])  # fmt: skip
    assert [one.others for one in found] == [("c-d-da4ml",), (), ()]


def test_many_failures_are_counted():
    """No screen has two hundred sentences; how many more there are is said, and -v has them."""
    many = tuple(failed(f"b::test_x[n-{i}]", f"measured {i}") for i in range(200))
    run = replace(GREEN, exit_code=1, failed=200, failures=many)
    lines = shown(120, run)
    assert "- and 180 more failed tests: -v lists them" in lines
    assert sum(one.startswith("- measured") for one in shown(120, run, every=True)) == 200


def test_skips_are_told_by_reason():
    """Reasons that differ in their design alone are one; the most frequent one comes first."""
    found = skips_of([
        ("b::test_budget[jets-float-x]", "jets-float-x is slow; --slow measures it."),
        ("b::test_y", "no tool"),
        ("b::test_budget[jets-q4-x]", "jets-q4-x is slow; --slow measures it."),
    ])  # fmt: skip
    assert [(one.reason, len(one.ids)) for one in found] == [
        ("it is slow; --slow measures it.", 2), ("no tool", 1),
    ]  # fmt: skip


def test_a_sentence_is_one_line_of_text():
    """Controls of terminals go, lines are joined, what is long says so."""
    assert one_line("\x1b[31mred\x1b[0m:\n  alut: 1\n  ff: 2\x07\n\ntable") == "red: alut: 1; ff: 2"
    assert one_line("a\x00b") == "a b"
    assert len(one_line("x" * 9999)) == 1000
    assert one_line("x" * 9999).endswith(" ...")


ENTRY = "jets-q4_p75-yosys_cyclonev"


@pytest.mark.parametrize(
    ("changed", "red"),
    [
        ({}, False),
        ({"exit_code": 5}, True),
        ({"exit_code": 2}, True),
        ({"exit_code": 1}, True),
        ({"faults": ("worker gw0 crashed",)}, True),
        ({"not_run": 3}, True),
        ({"failed": 1}, True),
        ({"failed": 1, "exit_code": 1, "failures": (failed("b::test_x[y]", "no"),)}, True),
        ({"failed": 1, "exit_code": 1, "failures": (failed("b::t", "no", ENTRY),)}, False),
    ],
)
def test_what_makes_a_run_red(changed, red):
    """Whatever went wrong; but a gate that is judged anew from its measurement is judged anew."""
    run = replace(GREEN, **changed)
    assert run.fails({ENTRY}) is red
    assert judged(whole_run(), run).fails is red
    assert run.fails() is bool(changed)


def test_a_failed_gate_without_a_measurement_stays_failed():
    """A synthesis that failed leaves nothing that could be judged anew."""
    found = whole_run()
    del found["designs"][ENTRY]
    run = replace(GREEN, exit_code=1, failed=1, failures=(failed("b::t", "it crashed", ENTRY),))
    assert judged(found, run).fails
    assert judged(found).fails is False
