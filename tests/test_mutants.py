"""Every gate of ``baselines.json`` can fail: each mutant of a good run gets the right verdict."""

import copy
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import get_args

import pytest

from hlsgate.judge import budgets, judging, kinds
from hlsgate.judge.baselines import Baselines, Tolerance
from hlsgate.judge.budgets import Verdict, decide, judge_accuracy, judge_design
from hlsgate.spec.metrics import metric
from hlsgate.suites import suite
from tests.declared import part_of
from tests.good_runs import places
from tests.hunting import judge_good, refused, survives, unreadable
from tests.mutants import breed

COMMITTED = json.loads((Path(__file__).parents[1] / "baselines.json").read_text())
SHA = "a" * 64
STATES = get_args(budgets.State)
true_slack = Tolerance.slack

KINDS = {
    "oneapi": {"alut": 126_576, "ff": 21_962, "dsp": 0, "latency_cycles": 30, "fmax_mhz": 480},
    "da4ml": {"da_cost": 6560.5, "register_bits": 1277, "stages": 5, "latency_cycles": 5},
    "yosys": {"alut": 5123, "ff": 1277},
    "nextpnr": {"fmax_mhz": 66.07},
}
VERSIONS = {"oneapi": "2025.0.4", "da4ml": "0.5.2", "yosys": "0.70, da4ml 0.5.2", "nextpnr": "0.8"}
TOLERANCES = {
    "accuracy": {"abs": 0.0005}, "alut": {"rel": 0.02, "abs": 5}, "fmax_mhz": {"rel": 0.07},
    "register_bits": {"rel": 0.013},
}  # fmt: skip


def everything():
    """Return a file with every declared design, every kind of budget, and two data sets."""
    content = copy.deepcopy(COMMITTED) | {"tolerances": TOLERANCES, "resources": {}}
    first = content["accuracy"]["jets-float"]
    first["jets_openml"] = first["jets_embedded"] | {"accuracy": 0.7601, "n": 166_000}
    for design in suite.active().designs:
        content["resources"][design.key] = entry_of(design)
    return content


def entry_of(design):
    target = design.target
    baseline = {
        "toolchain": target.toolchain, "tool_version": VERSIONS[target.toolchain],
        "part": target.part, "stage": target.stage, "weights_sha256": SHA,
        "metrics": dict(KINDS[target.toolchain]), "provenance": {"origin": "measured"},
    }  # fmt: skip
    if target.toolchain == "oneapi":
        baseline["target_fmax_mhz"] = 200.0
    entry = {"baseline": baseline}
    name = next(iter(baseline["metrics"]))
    if name != "fmax_mhz":
        value = baseline["metrics"][name]
        budgets = [{"max": 2 * value}, {"max": value + 7, "level": "warning"}]
        if design.variant.reference:
            of = f"{design.variant.reference}-{target.key}"
            budgets += [{"ratio": 1.75, "of": of}, {"ratio": 1.5, "of": of, "level": "warning"}]
        if target.toolchain == "oneapi":
            budgets += [{"capacity_share": 0.07}]
            entry["tolerances"] = {"ff": {"rel": 0.1}}
        entry["budgets"] = [{"metric": name, "reason": "r", **one} for one in budgets]
    return entry


@pytest.mark.parametrize("content", [COMMITTED, everything()], ids=["committed", "everything"])
def test_every_mutant_is_caught(content, request, record_property):
    """Each number of each entry: inside, beyond, gone, in another unit, of something else."""
    mutants, good = list(breed(content)), judge_good(content)
    survivors = [wrong for one in mutants if (wrong := survives(one, good))]
    files = list(unreadable(content)) if content is COMMITTED else []
    survivors += [f"{name}: was read" for name, found in files if not refused(found)]
    count = len(mutants) + len(files)
    record_property(
        "note",
        f"mutants of baselines ({request.node.callspec.id}): {count} of "
        f"{len(places(content))} gates, {count - len(survivors)} caught",
    )
    assert not survivors, "\n".join([f"{len(survivors)} of {count} survive:", *survivors[:20]])
    for name in ("unchanged", "just inside", "just beyond", "not measured", "no entry", "orphan"):
        assert {one.gate.place for one in mutants if one.name == name} == places(content)


def test_good_results_are_read():
    """What is refused above is refused for its number: the run that it is a mutant of is read."""
    name, _ = next(iter(unreadable(COMMITTED)))
    good = next(one for one in breed(COMMITTED) if one.gate.place == name.split(":")[0])
    assert not refused(good.found)


# --- broken judges let mutants live ---------------------------------------------------------------

FEW = ("jets-float", "jets-q4_p75")


@pytest.fixture
def hunt(declare):
    """Return what tells whether a judge lets mutants live, of one name or any; on a few entries."""
    few = tuple(map(suite.variant, FEW))
    of_few = tuple(one for one in suite.active().designs if one.variant in few)
    declare(benchmarks=(part_of("jets"),), variants=few, designs=of_few)
    content = everything()
    content["parity"].pop("benchmarks", None)
    for section in ("accuracy", "recipes"):
        content[section] = {key: content[section][key] for key in FEW}

    def lives(name=None):
        good = judge_good(content)
        return any(survives(one, good) for one in breed(content) if name in (None, one.name))

    return lives


def test_the_judge_lets_none_live(hunt):
    """So whatever lives below lives by what is broken there."""
    assert not hunt()


FACTS = {
    "toolchain": "other toolchain", "stage": "other stage", "part": "other part",
    "tool release": "tool version 1999.1", "clock": "clock 999.0",
    "weights": "other weights_sha256", "data set": "other dataset_sha256",
    "number of rows": "other n",
}  # fmt: skip


@pytest.mark.parametrize("fact", FACTS)
def test_a_judge_that_ignores_a_fact_is_found_out(hunt, monkeypatch, fact):
    """Comparing numbers of two parts, tools, data sets or weights lets the mutant live."""
    true = kinds.differences

    def blind(here, there, whose):
        return true(here, {name: one for name, one in there.items() if name != fact}, whose)

    monkeypatch.setattr(kinds, "differences", blind)
    assert hunt(FACTS[fact])


def relabel(states, *, against="baseline"):
    """Return a judge of designs that says something else of some states."""

    def judge(*args):
        return [
            replace(one, state=states.get(one.state, one.state)) if one.against == against else one
            for one in judge_design(*args)
        ]

    return judge


def lenient(passing):
    """Return a decision that lets some states pass."""
    return lambda found, required: decide(
        [one for one in found if one.state not in passing] or [Verdict("d", "*", "ok", "")],
        required=required,
    )


BROKEN = {
    "passes everything": (judging, "judge_design", relabel(dict.fromkeys(STATES, "ok")), "dropped"),
    "is two-sided": (judging, "judge_design", relabel({"better": "failed"}), "better by a step"),
    "lets missing values pass": (judging, "decide", lenient({"missing"}), "dropped"),
    "sees no new resource": (budgets, "_new_metrics", lambda *_: (), "grown"),
    "lets new values pass": (judging, "decide", lenient({"new metric"}), "forgotten"),
    "lets other weights pass": (judging, "decide", lenient({"other weights"}), "weights None"),
    "never sees another kind as failure": (
        judging, "decide", lambda found, **_: decide(found, required=False), "other part",
    ),
    "sees another kind as failure": (
        judging, "decide", lambda found, **_: decide(found, required=True), "other part",
    ),
    "ignores budgets": (
        judging, "judge_design",
        lambda *args: [one for one in judge_design(*args) if one.against != "budget"],
        "just beyond",
    ),
    "judges the first value only": (
        judging, "judge_design", lambda *args: judge_design(*args)[:1], "just beyond",
    ),
    "never warns": (budgets, "_suspicious", lambda *_: False, "twice as good"),
    "takes an empty design": (budgets, "_SIZES", (), "empty"),
    "calculates in floats": (budgets, "exact", Fraction, "just inside"),
    "is lax by a hair": (
        Tolerance, "slack", lambda self, base: true_slack(self, base) * Fraction(1 + 1e-12),
        "just beyond",
    ),
    "knows no slack": (Tolerance, "slack", lambda *_: Fraction(0), "just inside"),
    "ignores the direction": (
        budgets, "metric", lambda name: replace(metric(name), better="lower"), "just beyond",
    ),
    "takes any number": (budgets, "_counts", lambda _: True, "nan"),
    "forgets orphans": (Baselines, "orphans", lambda *_: [], "orphan"),
    "judges accuracy of no weights": (
        judging, "judge_accuracy",
        lambda *args: [replace(one, state="ok") for one in judge_accuracy(*args)],
        "other weights_sha256",
    ),
    "counts stand-ins as measured": (judging, "_NO_MEASUREMENT", {"": "not measured"}, "recorded"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_judge_is_found_out(hunt, monkeypatch, fault):
    """The hunt itself can fail: a judge with one fault lets the mutants live that it is about."""
    where, name, broken, survivor = BROKEN[fault]
    monkeypatch.setattr(where, name, broken)
    assert hunt(survivor)
