"""Whatever a suite declares, a first run leaves what 'record' needs."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from benchmarks.test_accuracy import test_accuracy_baseline as claim
from hlsgate.infra.errors import BaselineError
from hlsgate.judge.baselines import Baselines
from hlsgate.suites import suite
from tests import stored


def test_a_variant_without_reference_is_scored_before_its_baseline_is_missed(tmp_path):
    """No parity test scores it, so this one has to: else a suite of one variant has no results."""
    scored = []

    def evaluate(variant, kind):
        scored.append((variant.key, kind))
        return {"accuracy": 0.7}

    weights = SimpleNamespace(weights={}, sha256="a" * 64)
    with pytest.raises(BaselineError, match="record jets-float"):
        claim(
            suite.variant("jets-float"),
            evaluate,
            Baselines(stored.baselines(), tmp_path / "baselines.json"),
            lambda *_: weights,
            SimpleNamespace(layers=lambda _: [], dataset=lambda _: SimpleNamespace(name="jets")),
            lambda *_: None,
        )
    assert scored == [("jets-float", "frozen")]
