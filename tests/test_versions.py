"""Results of version 1 are read by every command that reads results, and judged alike."""

from __future__ import annotations

import copy

import pytest

from hlsgate.facts import results
from hlsgate.infra.errors import ResultsError
from hlsgate.judge import baselines, entries, networks, policy
from hlsgate.suites import suite
from tests import good_facts, stored
from tests.stored import DESIGN, VARIANT

OLD = {
    "confidence": 0.95, "difference": -0.02, "high": -0.019, "low": -0.021, "margin": 0.01,
    "n": 40_000, "state": "fail", "tightest_margin": 0.021,
}  # fmt: skip
VERDICT = {"state": "pass", "difference": 0.0, "low": -0.001, "high": 0.001}


@pytest.fixture
def old(tmp_path):
    """Write results of version 1: intervals with verdicts, which nobody has to believe."""
    scores = stored.of_variant(0.74, parity=OLD, auc_parity={"q": {**OLD, **VERDICT}})
    found = stored.results({DESIGN: stored.of_design({"alut": 2400})}, {VARIANT: scores})
    return stored.write(tmp_path / "results.json", {**found, "schema": 1})


def test_intervals_are_judged(old, tmp_path):
    """By the margin of the baselines; a verdict that stands in the file counts for nothing."""
    limits = baselines.load(stored.write(tmp_path / "baselines.json", stored.baselines()))
    found = results.read(old)
    assert found["schema"] == results.SCHEMA
    claims = networks.of_network(suite.variant(VARIANT), found["variants"][VARIANT], limits)
    assert [(one.claim, one.state) for one in claims] == [("parity", "failed"), ("auc", "passed")]
    assert "-0.0200 against the reference" in claims[0].text


def test_every_reader_reads_it(old):
    """Comparing, and reading the policy."""
    assert set(entries.load(old)) == set(entries.of_results(results.read(old)))
    assert policy.load(old) == {}


@pytest.mark.parametrize("value", [3, {"state": "pass"}, [], {"difference": "-0.1"}])
def test_what_is_no_interval_is_refused(old, value):
    """With its place; version 1 said nothing of what is inside."""
    found = copy.deepcopy(stored.read(old))
    found["variants"][VARIANT]["frozen"]["parity"] = value
    stored.write(old, found)
    with pytest.raises(ResultsError, match=f"variants/{VARIANT}/frozen/parity"):
        results.read(old)


def test_facts_of_version_2_in_a_file_of_version_1(old):
    """Are facts all the same."""
    found = stored.read(old)
    found["variants"][VARIANT]["frozen"]["parity"] = good_facts.parity(0.0)
    stored.write(old, found)
    assert results.read(old)["variants"][VARIANT]["frozen"]["parity"]["gained"] == 0
