"""Claim: the hardware fits its budget."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from hlsgate import suite
from hlsgate.budgets import judge_design


@pytest.mark.synthesis
def test_budget(design, measure, related, left_out, required, baselines, record, pytestconfig):
    """Every metric of the report is within its baseline's slack and its budgets."""
    if left_out(design):
        recorded = baselines.recorded(design.key)
        if recorded is not None:
            record("designs", design.key, "measurement", recorded.as_json())
        pytest.skip(f"{design.key} is slow; --slow measures it. Until then its baseline stands.")
    measurement = measure(design)
    record("designs", design.key, "measurement", measurement.as_json())
    verdicts = judge_design(design.key, _target(design), measurement, baselines, related(design))
    record("designs", design.key, "verdicts", [asdict(verdict) for verdict in verdicts])
    assert verdicts, f"{design.key}: nothing was compared"
    unfit = [verdict for verdict in verdicts if not verdict.passed]
    arguments = " ".join(pytestconfig.invocation_params.args)
    text = "\n".join(
        [
            f"{design.key} ({measurement.origin}):",
            *(f"  {verdict.state}: {verdict.text}" for verdict in unfit),
            f"  {measurement.note}" if measurement.note else "",
            f"reproduce: pytest {arguments} -k {design.key}",
        ]
    )
    if unfit and all(one.state == "not comparable" for one in unfit) and not required(design):
        pytest.skip(text)
    assert not unfit, text


def _target(design):
    return {name: getattr(design.target, name) for name in ("toolchain", "part", "stage")}


def test_every_entry_is_declared(baselines):
    """No entry of the baselines belongs to a variant or a design that does not exist."""
    orphans = baselines.orphans(
        [variant.key for variant in suite.VARIANTS], [design.key for design in suite.DESIGNS]
    )
    assert not orphans, (
        f"entries of nothing that is declared: {', '.join(orphans)}; delete them, or declare "
        "what they belong to in hlsgate/suite.py"
    )
