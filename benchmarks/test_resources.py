"""Claim: the hardware fits its budget."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from hlsgate.judge.budgets import decide, judge_design
from hlsgate.judge.judging import explain, target_facts
from hlsgate.suites import suite


@pytest.mark.makes("synthesis")
@pytest.mark.synthesis
def test_budget(
    design, measure, related, left_out, required, baselines, pipeline, record, pytestconfig
):
    """Every metric of the report is within its baseline's slack and its budgets."""
    if left_out(design):
        recorded = baselines.recorded(design.key)
        # of other weights it would stand for a network that is no more
        if recorded and recorded.weights_sha256 == pipeline.frozen(design.variant).sha256:
            record("designs", design.key, "measurement", recorded.as_json())
        pytest.skip(f"{design.key} is slow; --slow measures it. Until then its baseline stands.")
    measurement = measure(design)
    record("designs", design.key, "measurement", measurement.as_json())
    others = related(design)
    if others:
        told = {key: other.as_json() for key, other in others.items()}
        record("designs", design.key, "related", told)
    target = target_facts(design.target)
    verdicts = judge_design(design.key, target, measurement, baselines, others)
    record("designs", design.key, "verdicts", [asdict(verdict) for verdict in verdicts])
    outcome = decide(verdicts, required=required(design))
    again = f"pytest {' '.join(pytestconfig.invocation_params.args)} -k {design.key}"
    text = explain(design.key, measurement.origin, verdicts, measurement.note, again)
    if outcome == "not compared":
        pytest.skip(text)
    assert outcome == "passed", text


def test_every_entry_is_declared(baselines):
    """No entry of the baselines belongs to a variant or a design that does not exist."""
    declared = suite.active()
    orphans = baselines.orphans(
        [variant.key for variant in declared.variants], [design.key for design in declared.designs]
    )
    assert not orphans, (
        f"entries of nothing that is declared: {', '.join(orphans)}; delete them, or declare "
        "what they belong to in the suite"
    )
