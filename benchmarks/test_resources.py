"""Claim: the hardware fits its budget."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from hlsgate import suite
from hlsgate.budgets import judge_design


@pytest.mark.synthesis
def test_budget(design, measure, baselines, record, pytestconfig):
    """Every metric of the report is within its baseline's slack and its budgets."""
    measurement = measure(design)
    record("designs", design.key, "measurement", measurement.as_json())
    budgets = baselines.resources(design.key).get("budgets", [])
    related = sorted({budget["of"] for budget in budgets if "of" in budget})
    target = {
        "toolchain": design.target.toolchain,
        "part": design.target.backend.part,
        "stage": design.target.stage,
    }
    verdicts = judge_design(
        design.key,
        target,
        measurement,
        baselines,
        {key: measure(suite.design(key)) for key in related},
    )
    record("designs", design.key, "verdicts", [asdict(verdict) for verdict in verdicts])
    failed = [verdict for verdict in verdicts if not verdict.passed]
    arguments = " ".join(pytestconfig.invocation_params.args)
    assert verdicts, f"{design.key}: nothing was compared"
    assert not failed, "\n".join(
        [
            f"{design.key} ({measurement.origin}):",
            *(f"  {verdict.state}: {verdict.text}" for verdict in failed),
            f"  {measurement.note}" if measurement.note else "",
            f"reproduce: pytest {arguments} -k {design.key}",
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
