"""Claim: hls4ml's bit-accurate emulation computes what Keras computes."""

from __future__ import annotations

import numpy as np

from hlsgate import equality, suite
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


def test_untyped_activations_cost_little(untyped, backend, emulate, pipeline, baselines, record):
    """Where the recipe leaves types open, what hls4ml chooses stays within stated bounds."""
    bounds = baselines.emulation(untyped.key)
    expected = pipeline.keras_logits(untyped, pipeline.frozen(untyped))
    observed = emulate(untyped, backend, softmax=False)
    found = equality.compare(observed, expected, lsb=untyped.emulation.precision.lsb)
    truth = pipeline.dataset.y_test
    drop = float(np.mean(expected.argmax(1) == truth) - np.mean(observed.argmax(1) == truth))
    drift = {**found.as_json(), "accuracy_drop": drop}
    record("variants", untyped.key, "emulation", {backend.key: {"drift": drift}})
    where = f"{untyped.key} on {backend.hls4ml} against plain Keras"
    assert found.worst_lsb <= bounds["logits_max_lsb"], (
        f"{where}: worst difference {found.worst_lsb:g} LSB, allowed {bounds['logits_max_lsb']:g} "
        f"({bounds['reason']}); {found.describe()}"
    )
    assert drop <= bounds["logits_max_accuracy_drop"], (
        f"{where}: accuracy drops by {drop:.4f}, allowed {bounds['logits_max_accuracy_drop']:g}"
    )


def test_softmax_table(variant, backend, emulate, baselines, record):
    """The softmax table, judged apart from the logits that it gets, stays within its bounds."""
    bounds = baselines.emulation(variant.key)
    logits = emulate(variant, backend, softmax=False)
    observed = emulate(variant, backend, softmax=True)
    error = float(np.abs(observed - exact_softmax(logits)).mean())
    flips = int((observed.argmax(1) != logits.argmax(1)).sum())
    facts = {"rows": len(logits), "mean_error": error, "flips": flips}
    record("variants", variant.key, "emulation", {backend.key: {"softmax": facts}})
    where = f"softmax of {variant.key} on {backend.hls4ml}"
    assert error <= bounds["softmax_max_mean_error"], (
        f"{where}: mean error {error:.4f}, allowed {bounds['softmax_max_mean_error']:g}"
    )
    assert flips / len(logits) <= bounds["softmax_max_flips"], (
        f"{where}: {flips} of {len(logits)} rows change class, allowed "
        f"{bounds['softmax_max_flips']:.2%}"
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
