"""Claim: a compressed network is as accurate as its baseline, and compressed as declared."""

from __future__ import annotations

import pytest

from fixtures.gate import of_difference
from hlsgate import architecture, compression, parity, suite
from hlsgate.gates.budgets import judge_value


@pytest.mark.makes("parity")
@pytest.mark.gate("parity")
def test_parity(compressed, weights_kind, evaluate, baselines, record, gate):
    """Accuracy is at most the margin below the reference's, on the same rows."""
    model = evaluate(compressed, weights_kind)
    reference = evaluate(suite.variant(compressed.reference), weights_kind)
    difference = parity.accuracy_difference(
        model.correct,
        reference.correct,
        **baselines.parity("accuracy", compressed.benchmark),
    )
    record("variants", compressed.key, weights_kind, {"parity": difference.as_json()})
    what = f"accuracy of {compressed.key} ({weights_kind} weights)"
    gate.require([of_difference(difference, what)])


@pytest.mark.makes("parity")
@pytest.mark.gate("auc")
def test_auc_parity(compressed, weights_kind, evaluate, baselines, record, pipeline, gate):
    """The area under every class's ROC curve is at most the margin below the reference's."""
    model = evaluate(compressed, weights_kind)
    reference = evaluate(suite.variant(compressed.reference), weights_kind)
    found = {
        name: parity.auc_difference(
            model.probabilities[:, label],
            reference.probabilities[:, label],
            model.truth == label,
            **baselines.parity("auc", compressed.benchmark),
        )
        for label, name in enumerate(pipeline.dataset(compressed).class_names)
    }
    judged = {name: difference.as_json() for name, difference in found.items()}
    record("variants", compressed.key, weights_kind, {"auc_parity": judged})
    # The worst class first: a proven loss goes before an open question.
    about = f"{compressed.key} ({weights_kind} weights)"
    worst_first = sorted(found.items(), key=lambda item: item[1].high)
    gate.require([of_difference(one, f"AUC of {name} of {about}") for name, one in worst_first])


@pytest.mark.makes("weights")
def test_weights_are_as_declared(variant, weights_kind, weights_of, pipeline):
    """Every weight is a value of the declared type, and kernels have the declared zeros."""
    weights = weights_of(variant, weights_kind).weights
    layers = compression.inspect(architecture.weight_types(pipeline.layers(variant)), weights)
    off_grid = {f"{one.name} ({one.type})": one.off_grid for one in layers if one.off_grid}
    assert not off_grid, f"weights of {variant.key} that are not of their type: {off_grid}"
    for layer in layers:
        if compression.is_kernel(layer.name):
            wanted = round(variant.zeros * layer.size)
            assert layer.zeros >= wanted, (
                f"{layer.name} of {variant.key} has {layer.zeros} zeros of {layer.size}, but "
                f"should have at least {wanted}"
            )
            assert layer.zeros < layer.size, f"{layer.name} of {variant.key} is all zero"


@pytest.mark.makes("weights")
def test_accuracy_baseline(variant, evaluate, baselines, weights_of, pipeline, record):
    """The frozen weights are those of the baseline, and score what it says."""
    checkpoint = weights_of(variant, "frozen")
    types = architecture.weight_types(pipeline.layers(variant))
    default = variant.emulation.precision
    sizes = compression.kernel_sizes(types, default, checkpoint.weights)
    record("variants", variant.key, "sizes", sizes)
    dataset, scored = pipeline.dataset(variant), evaluate(variant, "frozen").accuracy
    baseline = baselines.accuracy(variant.key, dataset.name)  # 'record' needs what was scored
    for what, here in (("weights", checkpoint.sha256), ("dataset", dataset.sha256)):
        there = baseline[f"{what}_sha256"]
        assert here == there, (
            f"not comparable: the {what} of {variant.key} are {here[:12]}, the baseline's are "
            f"{there[:12]}; if the change is meant: "
            f"'{suite.command(f'accept {variant.key} --reason ...')}'"
        )
    verdict = judge_value(
        variant.key,
        "accuracy",
        scored,
        baseline["accuracy"],
        baselines.tolerance("accuracy"),
    )
    assert verdict.passed, f"{variant.key}: {verdict.text}"
