"""Claim: hls4ml's bit-accurate emulation computes what Keras computes."""

from __future__ import annotations

import numpy as np
import pytest

from hlsgate import equality, suite
from hlsgate.training import softmax as exact_softmax


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


@pytest.mark.gate("hardware")
def test_hardware_against_plain_keras(variant, backend, emulate, pipeline, baselines, record, gate):
    """What the conversion chose, types left open and saturation included, costs next to nothing.

    Plain Keras is the model whose accuracy is judged; so that verdict holds for the hardware too.
    """
    bounds = baselines.emulation["hardware"]
    expected = pipeline.keras_logits(variant, pipeline.frozen(variant))
    observed = emulate(variant, backend, softmax=False)
    found = equality.compare(
        observed, expected, lsb=variant.emulation.precision.lsb, tolerance_lsb=bounds["max_lsb"]
    )
    truth = pipeline.dataset.y_test
    accuracy = float(np.mean(observed.argmax(1) == truth))
    drop = float(np.mean(expected.argmax(1) == truth)) - accuracy
    drift = {**found.as_json(), "accuracy": accuracy, "accuracy_drop": drop}
    record("variants", variant.key, "emulation", {backend.key: {"drift": drift}})
    where = f"{variant.key} on {backend.hls4ml} against plain Keras"
    beyond = found.rows_beyond / found.rows
    gate.require(
        beyond <= bounds["max_share_beyond"],
        f"{where}: {beyond:.2%} of rows differ by more than {bounds['max_lsb']:g} LSB of "
        f"{variant.emulation.precision}, allowed {bounds['max_share_beyond']:.2%}; "
        f"{found.describe()}",
        beyond,
    )
    gate.require(
        drop <= bounds["max_accuracy_drop"],
        f"{where}: accuracy drops by {drop:.4f}, allowed {bounds['max_accuracy_drop']:g}",
        drop,
    )


@pytest.mark.gate("softmax")
def test_softmax_table(variant, backend, emulate, baselines, record, gate):
    """The softmax table, judged apart from the logits that it gets, stays within its bounds."""
    bounds = baselines.emulation["softmax"]
    logits = emulate(variant, backend, softmax=False)
    observed = emulate(variant, backend, softmax=True)
    error = float(np.abs(observed - exact_softmax(logits)).mean())
    flips = int((observed.argmax(1) != logits.argmax(1)).sum())
    facts = {"rows": len(logits), "mean_error": error, "flips": flips}
    record("variants", variant.key, "emulation", {backend.key: {"softmax": facts}})
    where = f"softmax of {variant.key} on {backend.hls4ml}"
    gate.require(
        error <= bounds["max_mean_error"],
        f"{where}: mean error {error:.4f}, allowed {bounds['max_mean_error']:g}",
        error,
    )
    gate.require(
        flips / len(logits) <= bounds["max_flips"],
        f"{where}: {flips} of {len(logits)} rows change class, allowed {bounds['max_flips']:.2%}",
        flips / len(logits),
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


@pytest.mark.da4ml
def test_interpreter_equals_emulation(variant, emulate, record):
    """The traced logic computes the logits of hls4ml's own code, on every test jet."""
    expected = emulate(variant, suite.QUARTUS, softmax=False)
    observed = emulate(variant, suite.QUARTUS, softmax=False, engine="dais")
    found = equality.compare(observed, expected, lsb=variant.emulation.precision.lsb)
    facts = {"compiler": "da4ml", "exact": found.as_json()}
    record("variants", variant.key, "emulation", {"dais": facts})
    assert found.equal, f"{variant.key}: interpreter against Quartus emulation: {found.describe()}"


@pytest.mark.oneapi
def test_hls4ml_predict_is_the_same(emulate, pipeline):
    """hls4ml's own compile and predict, with our plug-in, give the logits that we compute."""
    variant, rows = suite.variant("jets-q4_p75"), 2000
    expected = emulate(variant, suite.ONEAPI, softmax=False)[:rows]
    observed = pipeline.predicted_by_hls4ml(variant, pipeline.frozen(variant), suite.ONEAPI, rows)
    found = equality.compare(observed, expected, lsb=variant.emulation.precision.lsb)
    assert found.equal, f"hls4ml's predict against our emulation: {found.describe()}"
