"""Claim: hls4ml's bit-accurate emulation computes what Keras computes."""

from __future__ import annotations

import numpy as np
import pytest

from hlsgate import equality, suite
from hlsgate.errors import GateFailed
from hlsgate.pipeline import softmax as exact_softmax


def test_logits_equal_keras(typed, backend, emulate, pipeline, record):
    """With quantised weights, every logit of every test jet is Keras', bit for bit.

    Keras computes with what hls4ml declares: inputs on the input type's grid, and ReLUs without
    a quantizer cut to the default type.
    """
    expected = pipeline.keras_logits(typed, pipeline.frozen(typed), as_hardware=True)
    observed = emulate(typed, backend, softmax=False)
    found = equality.compare(observed, expected, lsb=typed.emulation.precision.lsb)
    record("variants", typed.key, "emulation", {backend.key: {"exact": found.as_json()}})
    assert found.equal, f"{typed.key} on {backend.hls4ml}: {found.describe()}"


@pytest.mark.usefixtures("declared")
@pytest.mark.gate("untyped")
def test_untyped_activations_cost_little(untyped, backend, emulate, pipeline, baselines, record):
    """Where the recipe leaves types open, what hls4ml chooses stays within stated bounds."""
    bounds = baselines.emulation["untyped"]
    expected = pipeline.keras_logits(untyped, pipeline.frozen(untyped))
    observed = emulate(untyped, backend, softmax=False)
    found = equality.compare(
        observed, expected, lsb=untyped.emulation.precision.lsb, tolerance_lsb=bounds["max_lsb"]
    )
    truth = pipeline.dataset.y_test
    drop = float(np.mean(expected.argmax(1) == truth) - np.mean(observed.argmax(1) == truth))
    drift = {**found.as_json(), "accuracy_drop": drop}
    record("variants", untyped.key, "emulation", {backend.key: {"drift": drift}})
    where = f"{untyped.key} on {backend.hls4ml} against plain Keras"
    beyond = found.rows_beyond / found.rows
    if beyond > bounds["max_share_beyond"]:
        raise GateFailed(
            f"{where}: {beyond:.2%} of rows differ by more than {bounds['max_lsb']:g} LSB, allowed "
            f"{bounds['max_share_beyond']:.2%}; {found.describe()}"
        )
    if drop > bounds["max_accuracy_drop"]:
        raise GateFailed(
            f"{where}: accuracy drops by {drop:.4f}, allowed {bounds['max_accuracy_drop']:g}"
        )


@pytest.mark.usefixtures("declared")
@pytest.mark.gate("softmax")
def test_softmax_table(variant, backend, emulate, baselines, record):
    """The softmax table, judged apart from the logits that it gets, stays within its bounds."""
    bounds = baselines.emulation["softmax"]
    logits = emulate(variant, backend, softmax=False)
    observed = emulate(variant, backend, softmax=True)
    error = float(np.abs(observed - exact_softmax(logits)).mean())
    flips = int((observed.argmax(1) != logits.argmax(1)).sum())
    facts = {"rows": len(logits), "mean_error": error, "flips": flips}
    record("variants", variant.key, "emulation", {backend.key: {"softmax": facts}})
    where = f"softmax of {variant.key} on {backend.hls4ml}"
    if error > bounds["max_mean_error"]:
        raise GateFailed(f"{where}: mean error {error:.4f}, allowed {bounds['max_mean_error']:g}")
    if flips / len(logits) > bounds["max_flips"]:
        raise GateFailed(
            f"{where}: {flips} of {len(logits)} rows change class, allowed "
            f"{bounds['max_flips']:.2%}"
        )


def test_backends_agree(variant, emulate):
    """Every backend computes the same logits, bit for bit, for every variant."""
    first, *others = suite.EMULATED
    expected = emulate(variant, first, softmax=False)
    for other in others:
        observed = emulate(variant, other, softmax=False)
        found = equality.compare(observed, expected, lsb=variant.emulation.precision.lsb)
        assert found.equal, (
            f"{variant.key}: {other.hls4ml} against {first.hls4ml}: {found.describe()}"
        )


@pytest.mark.oneapi
def test_hls4ml_predict_is_the_same(emulate, pipeline):
    """hls4ml's own compile and predict, with our plug-in, give the logits that we compute."""
    variant, rows = suite.variant("jets-q4_p75"), 2000
    expected = emulate(variant, suite.ONEAPI, softmax=False)[:rows]
    observed = pipeline.predicted_by_hls4ml(variant, pipeline.frozen(variant), suite.ONEAPI, rows)
    found = equality.compare(observed, expected, lsb=variant.emulation.precision.lsb)
    assert found.equal, f"hls4ml's predict against our emulation: {found.describe()}"
