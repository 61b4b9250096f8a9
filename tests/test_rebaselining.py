"""Baselines move one way at a time: record adds, tighten gains, accept gives way for a reason."""

from __future__ import annotations

import errno
import os
import re
from datetime import UTC, datetime

import pytest

from tests import good_facts, stored
from tests.stored import DESIGN, OTHER_SHA, SHA, VARIANT

FILES = ("--results", "results.json", "--baselines", "baselines.json")
KEPT = {"baselines.json", "results.json", ".baselines.json.lock"}
WRITERS = (
    ("record", VARIANT),
    ("tighten",),
    ("accept", DESIGN, "--reason", "why not"),
)


class Bench:
    """Baselines and results, and what runs a command on them."""

    def __init__(self, run, folder):
        self._run = run
        self.folder = folder
        self.path = folder / "baselines.json"

    def holds(self, resources=None, scores=None, **policies):
        stored.write(self.path, stored.baselines(resources, scores, **policies))

    def found(self, designs=None, variants=None):
        stored.write(self.folder / "results.json", stored.results(designs, variants))

    def measured(self, values, **facts):
        self.found({DESIGN: stored.of_design(values, **facts)})

    def run(self, *args, code=0):
        done = self._run(*args, *FILES)
        assert done.exit_code == code, done.output
        return " ".join(done.output.split())

    def refused(self, *args):
        """Run a command that must fail, and leave the file alone."""
        before = self.path.read_bytes()
        output = self.run(*args, code=2)
        assert self.path.read_bytes() == before
        return output

    def untouched(self, *args):
        """Run a command that finds nothing to do."""
        before = self.path.read_bytes()
        output = self.run(*args)
        assert output.startswith("nothing changed")
        assert self.path.read_bytes() == before
        return output

    @property
    def entry(self):
        return stored.read(self.path)["resources"][DESIGN]

    @property
    def values(self):
        return self.entry["baseline"]["metrics"]


@pytest.fixture
def bench(run, tmp_path):
    """Baselines of one design."""
    made = Bench(run, tmp_path)
    made.holds({DESIGN: stored.baseline({"alut": 1000, "ff": 300})})
    return made


# --- every writing command ------------------------------------------------------------------------


@pytest.mark.parametrize("command", WRITERS, ids=lambda command: command[0])
def test_refused_under_ci(bench, monkeypatch, command):
    """A pipeline cannot move its own goalposts."""
    monkeypatch.setenv("CI", "true")
    bench.measured({"alut": 500, "ff": 400})
    assert "not written under CI" in bench.refused(*command)


@pytest.mark.parametrize("command", WRITERS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("results.json", "{", "results.json is not what it should be"),
        ("baselines.json", "[]", "baselines.json: top level"),
    ],
)
def test_unusable_files_are_named(bench, tmp_path, command, name, text, sentence):
    """A file that cannot be read ends the command, and nothing is written."""
    bench.measured({"alut": 500, "ff": 400})
    (tmp_path / name).write_text(text)
    assert sentence in bench.refused(*command)


def test_one_bad_key_leaves_everything(bench):
    """All or nothing: the good key before the bad one is not written either."""
    bench.measured({"alut": 1500, "ff": 300})
    sentence = "no measurement of jets-float"
    assert sentence in bench.refused("accept", DESIGN, "jets-float", "--drift", "--reason", "x")


@pytest.mark.parametrize("command", WRITERS, ids=lambda command: command[0])
def test_a_full_disk_leaves_the_old_file(bench, monkeypatch, command):
    """A file is replaced whole or not at all, and nothing half-written lies beside it."""
    bench.holds({DESIGN: stored.baseline({"alut": 1000, "ff": 300})})
    designs = {DESIGN: stored.of_design({"alut": 1050, "ff": 200})}
    bench.found(designs, {VARIANT: stored.of_variant(0.74)})

    def full(_handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert "cannot be written (No space left on device)" in bench.refused(*command)
    assert {one.name for one in bench.folder.iterdir()} <= KEPT


@pytest.mark.parametrize("command", ["record", "accept", "tighten"])
def test_what_merely_stood_in_is_no_measurement(bench, command):
    """A slow design's numbers are the baseline's own, and prove nothing about it."""
    bench.measured({"alut": 900, "ff": 300}, origin="recorded")
    reason = ("--reason", "x") if command == "accept" else ()
    output = bench.refused(command, DESIGN, *reason)
    assert f"{DESIGN} is slow and was not measured in that run" in output
    bench.untouched("tighten")


def test_keys_are_sorted_and_other_entries_stay(bench):
    """What is written is in one order whatever was there, so that diffs are small."""
    other = stored.baseline({"alut": 7})
    bench.holds(
        {"jets-q6_p75-yosys_cyclonev": other, DESIGN: stored.baseline({"ff": 3, "alut": 9})}
    )
    bench.measured({"alut": 12, "ff": 3})
    bench.run("accept", DESIGN, "--reason", "x", "--drift")
    content = stored.read(bench.path)
    assert list(content) == sorted(content)
    assert list(content["resources"]) == sorted(content["resources"])
    assert list(content["resources"][DESIGN]["baseline"]["metrics"]) == ["alut", "ff"]
    assert content["resources"]["jets-q6_p75-yosys_cyclonev"] == other


def test_no_other_files_are_left(bench, tmp_path):
    """Beside the baselines there is only the lock, which git ignores."""
    bench.measured({"alut": 1050, "ff": 300})
    bench.run("accept", DESIGN, "--reason", "x")
    assert {one.name for one in tmp_path.iterdir()} <= KEPT


# --- record ---------------------------------------------------------------------------------------


def test_record_adds_an_entry_with_what_it_is_of(bench):
    """A new entry holds tool, part, stage, weights, and where it comes from."""
    bench.holds()
    bench.measured({"alut": 1000}, target_fmax_mhz=200)
    output = bench.run("record", DESIGN)
    assert "| Metric | Old | New | Change |" in output
    assert f"| {DESIGN} alut | - | 1,000 | new |" in output
    baseline = bench.entry["baseline"]
    provenance = baseline.pop("provenance")
    assert baseline == {
        "toolchain": "yosys", "tool_version": "0.70", "part": "cyclonev", "stage": "synthesis",
        "target_fmax_mhz": 200, "weights_sha256": SHA, "metrics": {"alut": 1000},
    }  # fmt: skip
    assert provenance["commit"] == stored.COMMIT
    assert provenance["recorded"] == today()
    assert provenance["versions"] == "hlsgate 0.1.0"


def test_record_adds_values_and_moves_none(bench):
    """A metric that the entry lacks is added; those that it has are as they were."""
    bench.measured({"alut": 1000, "ff": 300, "ram": 2})
    output = bench.run("record", DESIGN)
    assert f"{DESIGN} ram | - | 2 | new |" in output
    assert "alut" not in output
    assert bench.values == {"alut": 1000, "ff": 300, "ram": 2}


@pytest.mark.parametrize(
    ("values", "facts"),
    [
        ({"alut": 1001, "ff": 300}, {}),
        ({"alut": 999, "ff": 300, "ram": 2}, {}),
        ({"alut": 1000}, {}),
        ({"alut": 1000, "ff": 300}, {"tool_version": "0.71"}),
        ({"alut": 1000, "ff": 300}, {"weights_sha256": OTHER_SHA}),
    ],
    ids=["worse", "better", "gone", "tool", "weights"],
)
def test_record_refuses_what_differs(bench, values, facts):
    """An entry that says something else is moved by no 'record'; the message says by what."""
    bench.measured(values, **facts)
    output = bench.refused("record", DESIGN)
    assert "then 'tighten' to lock in gains, or 'accept' with a reason" in output


# --- tighten --------------------------------------------------------------------------------------


def test_tighten_moves_gains_only(bench):
    """What is better moves, what is worse stays, within its slack or not."""
    bench.measured({"alut": 900, "ff": 301})
    output = bench.run("tighten")
    assert f"| {DESIGN} alut | 1,000 | 900 | -10.0 %, better |" in output
    assert bench.values == {"alut": 900, "ff": 300}
    (line,) = bench.entry["history"]
    assert (line["command"], line["values"]) == ("tighten", {"alut": {"old": 1000, "new": 900}})


@pytest.mark.parametrize(("value", "kept"), [(990, 1000), (989, 989)])
def test_gains_within_the_dead_band_stay(bench, value, kept):
    """A gain of 1 %, no more, is not worth a commit; and that is said."""
    bench.measured({"alut": value, "ff": 300})
    output = bench.run("tighten", DESIGN)
    assert bench.values["alut"] == kept
    assert ("alut: gain of -1.0 % is within the dead band" in output) == (kept == 1000)


def test_dead_band_can_be_set(bench):
    """The file's own policy counts."""
    entry = stored.baseline({"alut": 1000, "ff": 300})
    bench.holds({DESIGN: entry}, dead_band={"alut": {"abs": 100}})
    bench.measured({"alut": 900, "ff": 297})
    bench.untouched("tighten")


def test_suspicious_gains_are_left_to_a_person(bench):
    """Half of everything more likely means an empty design than a gain."""
    bench.measured({"alut": 500, "ff": 200})
    output = bench.run("tighten")
    assert bench.values == {"alut": 1000, "ff": 200}
    assert "suspiciously low; if it is true, 'accept' it" in output


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"tool_version": "0.71"}, "tool release is 0.71, the baseline's is 0.70"),
        (
            {"weights_sha256": OTHER_SHA},
            f"weights is {OTHER_SHA[:12]}, the baseline's is {SHA[:12]}",
        ),
    ],
    ids=["tool", "weights"],
)
def test_tighten_never_moves_numbers_of_another_kind(bench, facts, said):
    """A gain by another tool or network is none; the output says why nothing moved."""
    bench.measured({"alut": 900, "ff": 200}, **facts)
    output = bench.untouched("tighten")
    assert f"- {DESIGN} " in output
    assert output.count(said) == 1
    assert output.endswith("'accept' replaces the baseline")


def test_published_numbers_are_not_tightened(bench):
    """What somebody printed is replaced on request only."""
    bench.holds({DESIGN: stored.baseline({"alut": 1000}, origin="published", weights_sha256=None)})
    bench.measured({"alut": 900})
    assert "its baseline is published; 'accept' replaces it" in bench.untouched("tighten")
    bench.run("accept", DESIGN, "--reason", "now we have measured it", "--drift")
    assert bench.entry["baseline"]["provenance"]["origin"] == "measured"


def test_tighten_leaves_out_what_has_no_baseline(bench):
    """Without keys, everything that has a baseline is looked at; with keys, each must have one."""
    bench.holds()
    bench.measured({"alut": 900})
    bench.untouched("tighten")
    output = bench.refused("tighten", DESIGN)
    assert f"has no baseline yet; 'python -m hlsgate record {DESIGN}' makes one" in output


def test_accuracy_is_tightened_upwards(bench):
    """Better is higher for accuracy; the dead band is a tenth of a point."""
    bench.holds(None, {VARIANT: stored.accuracy(0.74)})
    bench.found(None, {VARIANT: stored.of_variant(0.7405)})
    bench.untouched("tighten")
    bench.found(None, {VARIANT: stored.of_variant(0.742)})
    assert "+0.2 points, better" in bench.run("tighten")
    assert stored.read(bench.path)["accuracy"][VARIANT]["jets_embedded"]["accuracy"] == 0.742


# --- accept ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ((), "Missing option '--reason'"),
        (("--reason", ""), "a relaxed baseline needs a reason"),
        (("--reason", "  "), "a relaxed baseline needs a reason"),
    ],
)
def test_a_reason_is_mandatory(bench, reason, sentence):
    """Without a reason that is one, nothing is relaxed."""
    bench.measured({"alut": 1050, "ff": 300})
    assert sentence in bench.refused("accept", DESIGN, *reason)


def test_accept_moves_failing_values_only(bench):
    """What fails moves; within slack, and gains, do not ride along."""
    bench.holds({DESIGN: stored.baseline({"alut": 1000, "ff": 300, "ram": 10})})
    bench.measured({"alut": 1005, "ff": 310, "ram": 9})
    output = bench.run("accept", DESIGN, "--reason", "wider sums")
    assert f"| {DESIGN} ff | 300 | 310 | +3.3 %, worse |" in output
    assert bench.values == {"alut": 1000, "ff": 310, "ram": 10}


def test_history_says_what_when_and_why(bench):
    """A line of history holds date, commit, reason, old and new."""
    bench.measured({"alut": 1050, "ff": 300})
    bench.run("accept", DESIGN, "--reason", "  one more bit  ")
    assert bench.entry["history"] == [
        {
            "command": "accept",
            "commit": stored.COMMIT,
            "date": today(),
            "reason": "one more bit",
            "values": {"alut": {"old": 1000, "new": 1050}},
        }
    ]


def test_numbers_of_another_tool_replace_the_whole_baseline(bench):
    """No two kinds stand in one entry; budgets and slack stay, and history has the facts."""
    entry = stored.baseline({"alut": 1000, "ff": 300}) | {"tolerances": {"ff": {"abs": 1}}}
    bench.holds({DESIGN: entry})
    bench.measured({"alut": 990, "ff": 305}, tool_version="0.71")
    output = bench.run("accept", DESIGN, "--reason", "Yosys 0.71")
    assert f"| {DESIGN} tool_version | 0.70 | 0.71 |" in output
    assert bench.values == {"alut": 990, "ff": 305}
    assert bench.entry["baseline"]["tool_version"] == "0.71"
    assert bench.entry["tolerances"] == {"ff": {"abs": 1}}
    (line,) = bench.entry["history"]
    assert line["facts"] == {"tool_version": {"old": "0.70", "new": "0.71"}}
    assert line["values"]["ff"] == {"old": 300, "new": 305}


def test_a_report_of_another_part_is_never_accepted(bench):
    """What is not of the design at all can replace nothing."""
    bench.measured({"alut": 990, "ff": 305}, part="agilex")
    for command in (("accept", DESIGN, "--reason", "x"), ("tighten",)):
        assert "report of something else: part is agilex" in bench.refused(*command)


def test_a_value_that_is_gone_is_taken_out(bench):
    """A metric that is no longer reported fails until somebody says that this is right."""
    bench.measured({"alut": 1000})
    assert f"| {DESIGN} ff | 300 | - | gone |" in bench.run("accept", DESIGN, "--reason", "x")
    assert bench.values == {"alut": 1000}
    assert bench.entry["history"][0]["values"] == {"ff": {"old": 300, "new": None}}


def test_a_suspicious_gain_can_be_accepted(bench):
    """A person may say that half of everything is true."""
    bench.measured({"alut": 400, "ff": 300})
    bench.run("accept", DESIGN, "--reason", "counted the netlist by hand")
    assert bench.values["alut"] == 400


def test_nothing_to_accept_is_said(bench):
    """Where nothing fails, the output says so."""
    bench.measured({"alut": 1000, "ff": 290})
    output = bench.untouched("accept", DESIGN, "--reason", "x")
    assert f"{DESIGN}: nothing fails" in output


def test_budgets_are_not_accepted(bench):
    """A ceiling is a person's number; the output says where it is changed."""
    budget = {"metric": "alut", "max": 1010, "reason": "the device"}
    bench.holds({DESIGN: stored.baseline({"alut": 1000}) | {"budgets": [budget]}})
    bench.measured({"alut": 1050})
    output = bench.run("accept", DESIGN, "--reason", "x")
    assert "budgets are changed by hand" in output
    assert bench.entry["budgets"] == [budget]


def test_small_steps_add_up(bench):
    """Three percent at a time ends in a refusal, which --drift lifts; each step is told."""
    told, value = [], 1000.0
    for _ in range(3):
        value = round(value * 1.03)
        bench.measured({"alut": value, "ff": 300})
        output = bench.run("accept", DESIGN, "--reason", "a little more")
        told.append(re.search(r"alut: (\S+ %) since the first value recorded, 1,000", output)[1])
    assert told == ["+3.0 %", "+6.1 %", "+9.3 %"]
    bench.measured({"alut": round(value * 1.03), "ff": 300})
    output = bench.refused("accept", DESIGN, "--reason", "a little more")
    assert "alut: +12.6 % since the first value recorded, 1,000" in output
    assert "more than may be accepted bit by bit; --drift accepts it" in output
    bench.run("accept", DESIGN, "--reason", "so be it", "--drift")
    assert bench.values["alut"] == 1126


def test_drift_is_measured_across_tools(bench):
    """Replacing a baseline does not make the first value forgotten."""
    bench.measured({"alut": 1090, "ff": 300})
    bench.run("accept", DESIGN, "--reason", "x")
    bench.measured({"alut": 1110, "ff": 300}, tool_version="0.71")
    assert "+11.0 % since the first value" in bench.refused("accept", DESIGN, "--reason", "x")


def test_drift_can_be_set(bench):
    """The file's own policy counts."""
    entry = stored.baseline({"alut": 1000, "ff": 300})
    bench.holds({DESIGN: entry}, drift={"alut": {"rel": 0.02}})
    bench.measured({"alut": 1021, "ff": 300})
    assert "--drift accepts it" in bench.refused("accept", DESIGN, "--reason", "x")


def test_gains_are_no_drift(bench):
    """Only drift for the worse needs more than a reason."""
    bench.measured({"alut": 700, "ff": 300}, tool_version="0.71")
    bench.run("accept", DESIGN, "--reason", "x")


def test_accuracy_drifts_downwards(bench):
    """Half a point, all told, is where bit by bit ends for accuracy."""
    bench.holds(None, {VARIANT: stored.accuracy(0.74)})
    bench.found(None, {VARIANT: stored.of_variant(0.736)})
    assert "-0.4 points, worse" in bench.run("accept", VARIANT, "--reason", "x")
    bench.found(None, {VARIANT: stored.of_variant(0.734)})
    assert "-0.6 points since the first value" in bench.refused("accept", VARIANT, "--reason", "x")


def test_other_weights_replace_an_accuracy(bench):
    """Weights that were trained anew are another network; the entry follows, with its history."""
    bench.holds(None, {VARIANT: stored.accuracy(0.74)})
    bench.found(None, {VARIANT: stored.of_variant(0.741, weights_sha256=OTHER_SHA)})
    bench.run("accept", VARIANT, "--reason", "retrained")
    entry = stored.read(bench.path)["accuracy"][VARIANT]["jets_embedded"]
    assert (entry["accuracy"], entry["weights_sha256"]) == (0.741, OTHER_SHA)
    assert entry["history"][0]["facts"]["weights_sha256"] == {"old": SHA, "new": OTHER_SHA}


def today():
    return datetime.now(UTC).date().isoformat()


def test_a_new_resource_is_accepted_for_a_reason(bench):
    """What the baseline lacks is added by 'accept', with its reason; other values stay."""
    bench.measured({"alut": 990, "ff": 300, "dsp": 5})
    bench.run("accept", DESIGN, "--reason", "multipliers")
    assert bench.values == {"alut": 1000, "ff": 300, "dsp": 5}
    (line,) = bench.entry["history"]
    assert line["values"] == {"dsp": {"old": None, "new": 5}}


LOST = {"parity": good_facts.parity(0.05)}
OPEN = {"parity": good_facts.parity(0.01, 4000)}
AREA = {"auc_parity": {"q": good_facts.area(0.0), "w": good_facts.area(0.05)}}
UNEQUAL = {"emulation": {"vitis_stream": {"compiler": "g++", "exact": good_facts.comparison(3)}}}


@pytest.mark.parametrize(
    ("facts", "beside", "text"),
    [
        (LOST, {}, "accuracy of jets-q4_p75: -0.0500 against the reference"),
        (OPEN, {}, "accuracy of jets-q4_p75: -0.0100 against the reference"),
        (AREA, {}, "AUC of w of jets-q4_p75: -0.0500 against the reference"),
        ({}, UNEQUAL, "jets-q4_p75 on vitis_stream against Keras: 3 of 40,000 rows differ"),
    ],
)
@pytest.mark.parametrize("key", [VARIANT, DESIGN])
def test_weights_that_break_a_claim_are_not_accepted(bench, key, facts, beside, text):
    """Neither accuracy nor resources of weights whose parity or logits failed become a baseline."""
    bench.holds({DESIGN: stored.baseline({"alut": 1000})}, {VARIANT: stored.accuracy(0.74)})
    other = {"weights_sha256": OTHER_SHA}
    found = stored.results(
        {DESIGN: stored.of_design({"alut": 900}, **other)},
        {VARIANT: stored.of_variant(0.75, **facts, **other)},
    )
    found["variants"][VARIANT] |= beside
    stored.write(bench.folder / "results.json", found)
    output = bench.refused("accept", key, "--reason", "trained anew")
    assert (
        f"results.json shows that {VARIANT} does not keep what is claimed of it: {text}" in output
    )
    found["variants"][VARIANT] = {"frozen": stored.of_variant(0.75, **other)}
    stored.write(bench.folder / "results.json", found)
    bench.run("accept", key, "--reason", "trained anew")


@pytest.mark.parametrize(("lost", "code"), [(0.03, 0), (0.031, 2)])
def test_a_declared_failure_can_be_accepted(bench, lost, code):
    """What a variant is known to fail, by no more than that, hinders nothing."""
    key = "jets-q4_p75_exercise"
    bench.holds({}, {key: stored.accuracy(0.74)})
    facts = {"parity": good_facts.parity(lost), "weights_sha256": OTHER_SHA}
    bench.found({}, {key: stored.of_variant(0.738, **facts)})
    bench.run("accept", key, "--reason", "trained anew", code=code)
