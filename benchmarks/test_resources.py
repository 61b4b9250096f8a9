"""Claim: the hardware fits its budget."""

from __future__ import annotations

import pytest

from hlsgate import suite
from hlsgate.budgets import judge_design


@pytest.mark.synthesis
def test_budget(design, measure, baselines, pipeline, record):
    """Every metric of the report is within its baseline's slack and its budgets."""
    entry = baselines.resources(design.key)
    measurement = measure(design)
    related = {budget["of"] for budget in entry.get("budgets", []) if "of" in budget}
    others = {key: measure(suite.design(key)) for key in sorted(related)}
    weights = pipeline.frozen(design.variant).sha256
    verdicts = judge_design(design.key, measurement, weights, baselines, others)
    record("designs", design.key, "measurement", measurement.as_json())
    record("designs", design.key, "weights_sha256", weights)
    record(
        "designs",
        design.key,
        "verdicts",
        {verdict.metric: {"state": verdict.state, "text": verdict.text} for verdict in verdicts},
    )
    failed = [verdict for verdict in verdicts if not verdict.passed]
    assert not failed, "\n".join(
        [
            f"{design.key} ({measurement.origin}):",
            *(f"  {verdict.state}: {verdict.text}" for verdict in failed),
            f"reproduce: pytest benchmarks/test_resources.py -k {design.key}",
        ]
    )


def test_every_entry_is_declared(baselines):
    """No entry of the baselines belongs to a variant or a design that does not exist."""
    orphans = baselines.orphans(
        [variant.key for variant in suite.VARIANTS], [design.key for design in suite.DESIGNS]
    )
    assert not orphans, (
        f"entries of nothing that is declared: {', '.join(orphans)}; delete them, or declare "
        "what they belong to in hlsgate/suite.py"
    )
