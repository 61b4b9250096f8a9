"""Every claim about networks can fail: each mutant of good facts is caught by its own judge."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.verdicts import require
from hlsgate.facts import results
from hlsgate.infra.errors import GateFailed, Undecided
from hlsgate.judge import baselines, networks
from hlsgate.judge.claims import Claim, settled, worst_of
from hlsgate.report import tables
from hlsgate.report.page import emulation
from hlsgate.spec.declarations import KnownFailure
from hlsgate.suites import suite
from tests import good_facts, stored

ROOT = Path(__file__).parents[1]
LIMITS = baselines.load(ROOT / "baselines.json")
POLICY = LIMITS.content["emulation"]
VARIANTS = suite.active().variants


def wrong(variant, facts):
    """Return the claims that do not hold, by name."""
    claims = networks.of_network(variant, facts, LIMITS)
    return {one.claim: one for one in claims if not one.holds}


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda one: one.key)
def test_good_facts_are_good(variant):
    """So whatever fails below fails by what was changed."""
    facts = good_facts.good(variant, POLICY)
    assert wrong(variant, facts) == {}
    claims = networks.of_network(variant, facts, LIMITS)
    known = {one.claim for one in claims if one.state == "known failure"}
    gates = {one.gate for one in variant.known_failures} - {"logic"}
    assert known == {"drift" if one == "hardware" else one for one in gates}


def test_every_mutant_is_caught(record_property):
    """By the judge of its claim, and by no other."""
    found = [one for variant in VARIANTS for one in good_facts.mutants(variant, POLICY)]
    survivors = []
    for one in found:
        broken = wrong(suite.variant(one.name.partition(":")[0]), one.facts)
        if set(broken) != {one.claim}:
            survivors.append(f"{one.name}: {sorted(broken)} instead of {one.claim}")
    counts = Counter(one.claim for one in found)
    told = ", ".join(f"{counts[name]} of {name}" for name in sorted(counts))
    caught = len(found) - len(survivors)
    record_property("note", f"mutants of claims: {len(found)} ({told}), {caught} caught")
    assert not survivors, "\n".join(survivors[:20])
    assert set(counts) == {
        "agreement", "auc", "drift", "edge rows", "equality", "firmware", "layers", "own code",
        "parity", "recipe", "simulation", "softmax", "weights",
    }  # fmt: skip


def test_every_failure_is_one_line():
    """With what was measured; it stands in tables, comments and terminals."""
    for variant in VARIANTS:
        for one in good_facts.mutants(variant, POLICY):
            for claim in wrong(variant, one.facts).values():
                assert "\n" not in claim.text
                assert claim.subject.startswith(variant.key), one.name


def test_good_facts_are_written_read_and_shown(tmp_path):
    """Of every network, by the schema, in all tables and in the page's section on emulation."""
    content = results.empty()
    for variant in VARIANTS:
        facts = good_facts.good(variant, POLICY)
        scores = {**facts["frozen"], **stored.of_variant(0.74), "interval": [0.7, 0.8]}
        content["variants"][variant.key] = {**facts, "frozen": scores}
    results.write(tmp_path / "results.json", content, tmp_path)
    found = results.read(tmp_path / "results.json")
    claims = networks.of_run(found, LIMITS)
    shown = {table.title: table for table in tables.all_tables(found, {}, claims)}
    rows = {tuple(row[:2]) for row in shown["Emulation"].rows}
    assert ("jets-q4_p75", "oneapi_stream") in rows
    assert ("jets-float", "oneapi") in rows
    assert ("jets-float", "oneapi_stream") not in rows, "nothing was run"
    assert emulation.section(found).blocks
    for variant in VARIANTS:
        for backend in found["variants"][variant.key]["emulation"].values():
            backend.pop("compiler", None)  # the schema does not demand it
    assert tables.all_tables(found, {}, claims)


def test_a_difference_that_is_not_finite_is_a_failure_in_words():
    """Results keep it as null, since JSON has no infinity."""
    variant, endless = suite.variant("jets-q4_p75"), good_facts.comparison(5, worst_lsb=None)
    scores = {"accuracy": 0.1, "accuracy_drop": 0.6, "tolerance_lsb": 256}
    facts = {"emulation": {"vitis": {"exact": endless, "drift": {**endless, **scores}}}}
    found = wrong(variant, facts)
    assert "at most by not finite" in found["equality"].text
    assert set(found) == {"equality", "drift"}


def test_claims_that_results_do_not_speak_of_are_lacking():
    """Each field that is due, of each network, is missed by name when it is gone."""
    run = {"variants": {one.key: good_facts.good(one, POLICY) for one in VARIANTS}, "designs": {}}
    assert networks.lacking(run) == []
    variant = suite.variant("jets-q4_p75")
    for field in ("exact", "edges", "drift", "softmax", "firmware"):
        facts = good_facts.good(variant, POLICY)
        del facts["emulation"]["oneapi"][field]
        other = {**run, "variants": {**run["variants"], variant.key: facts}}
        assert networks.lacking(other) == [f"{field} of jets-q4_p75 on oneapi"]
    nothing = networks.lacking({"variants": {}, "designs": {}})
    assert "parity of jets-q4_p75" in nothing
    assert "weights of jets-float" in nothing


def test_the_worst_class_comes_first():
    """A proven loss goes before an open question, which goes before what holds."""
    areas = {"a": good_facts.area(0.0), "b": good_facts.area(0.05), "c": good_facts.area(0.0, 1.0)}
    claims = networks.auc_parity(suite.variant("jets-q4_p75"), areas, LIMITS)
    assert [(one.where, one.state) for one in claims] == [
        ("b", "failed"), ("a", "passed"), ("c", "inconclusive"),
    ]  # fmt: skip
    assert worst_of(claims, "auc", "jets-q4_p75").where == "b"
    assert worst_of(claims, "auc", "jets-q4_p75", "c").state == "inconclusive"
    assert worst_of(claims, "parity", "jets-q4_p75") is None


# --- known failures -------------------------------------------------------------------------------

KEPT = Claim("softmax", "v", "b", "passed", "first kept", 0.0, "first")
FIRST = replace(KEPT, state="failed", text="first 2", loss=2.0)
SECOND = Claim("softmax", "v", "b", "failed", "second 7", 7.0, "second")
OPEN = Claim("parity", "v", "", "inconclusive", "open", 0.5)
KNOWN = KnownFailure("softmax", 3.0, "why")
NAMED = KnownFailure("softmax", 8.0, "why else", bound="second")


def outcome(claims, *known):
    """Return how a test ends that is about these claims, and what it says."""
    try:
        require(settled(claims, known))
    except (AssertionError, pytest.xfail.Exception) as error:
        return type(error), str(error)
    return None, ""


@pytest.mark.parametrize(
    ("claims", "known", "expected"),
    [
        ([KEPT], (), (None, "")),
        ([FIRST, SECOND], (), (GateFailed, "first 2\nsecond 7")),
        ([KEPT, SECOND], (), (GateFailed, "second 7")),
        ([FIRST, KEPT], (KNOWN,), (pytest.xfail.Exception, "why")),
        ([FIRST, SECOND], (KNOWN, NAMED), (pytest.xfail.Exception, "why; why else")),
        ([OPEN], (), (Undecided, "open")),
        ([OPEN, FIRST], (), (GateFailed, "open\nfirst 2")),
        ([OPEN], (KnownFailure("parity", 0.6, "why"),), (pytest.xfail.Exception, "why")),
    ],
)
def test_what_is_declared_is_the_known_failure(claims, known, expected):
    """All that fails is told; what is declared is known, whether rows suffice to tell or not."""
    assert outcome(claims, *known) == expected


@pytest.mark.parametrize(
    ("claims", "known", "text"),
    [
        ([FIRST, SECOND], (KNOWN,), "no known failure is declared for the bound 'second'"),
        (
            [FIRST],
            (KnownFailure("softmax", 1.0, "why"),),
            "known to fail by at most 1, but fails by 2",
        ),
        ([FIRST, SECOND], (KNOWN, KnownFailure("softmax", 6.0, "w", bound="second")), "at most 6"),
        ([FIRST], (KNOWN, NAMED), "the bound 'second' is kept, though a known failure is declared"),
        ([KEPT], (KNOWN,), "it holds, though a known failure is declared"),
        ([OPEN], (KnownFailure("parity", 0.4, "why"),), "at most 0.4, but fails by 0.5"),
    ],
)
def test_what_is_not_as_declared_is_another_failure(claims, known, text):
    """Strict in both directions, and each bound needs a declaration of its own."""
    kind, told = outcome(claims, *known)
    assert kind is GateFailed
    assert text in told


def test_nothing_is_no_verdict():
    """A test that judged nothing has not passed."""
    with pytest.raises(AssertionError, match="nothing was judged"):
        require([])


def test_shipped_declarations_name_bounds_once():
    """Two declarations of one bound on one backend would hide each other."""
    for variant in suite.shipped().variants:
        for backend in suite.shipped().emulated:
            for gate in ("parity", "auc", "hardware", "softmax", "logic"):
                names = [one.bound for one in variant.known(gate, backend.key)]
                assert len(set(names)) == len(names), (variant.key, backend.key, gate)


def test_policy_of_baselines_is_what_is_judged_by():
    """Another margin, or another bound, is another verdict on the same facts."""
    variant = suite.variant("jets-q4_p75")
    content = json.loads((ROOT / "baselines.json").read_text())
    facts = {"frozen": {"parity": good_facts.parity(0.02)}}
    assert "parity" in wrong(variant, facts)
    content["parity"]["accuracy_margin"] = 0.05
    lax = baselines.Baselines(content, Path("baselines.json"))
    assert [one.state for one in networks.of_network(variant, facts, lax)] == ["passed"]
