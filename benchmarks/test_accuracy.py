"""Claim: a compressed network is as accurate as its baseline, and compressed as declared.

Exact gates are about frozen weights. What is claimed of training again is claimed of the recipe.
"""

from __future__ import annotations

import pytest

from fixtures.gate import of_difference
from hlsgate import architecture, compression, determinism, draws, parity, suite
from hlsgate.errors import BaselineError
from hlsgate.gates import recipes
from hlsgate.gates.budgets import judge_value


@pytest.mark.makes("parity")
@pytest.mark.gate("parity")
def test_parity(compressed, compare, baselines, record, gate):
    """Accuracy is at most the margin below the reference's, on the same rows."""
    found, margin = compare(compressed), baselines.parity("accuracy", compressed.benchmark)
    counts = (found[name] for name in ("gained", "lost", "n"))
    difference = parity.difference_of_counts(*counts, **margin)
    record("variants", compressed.key, "frozen", {"parity": difference.as_json()})
    gate.require([of_difference(difference, f"accuracy of {compressed.key}")])


@pytest.mark.makes("parity")
@pytest.mark.gate("auc")
def test_auc_parity(compressed, compare, baselines, record, gate):
    """The area under every class's ROC curve is at most the margin below the reference's."""
    facts, margin = compare(compressed), baselines.parity("auc", compressed.benchmark)
    found = {
        name: parity.difference_of_areas(*estimate, facts["n"], **margin)
        for name, estimate in facts["auc"].items()
    }
    judged = {name: difference.as_json() for name, difference in found.items()}
    record("variants", compressed.key, "frozen", {"auc_parity": judged})
    # The worst class first: a proven loss goes before an open question.
    worst_first = sorted(found.items(), key=lambda item: item[1].high)
    gate.require(
        [of_difference(one, f"AUC of {name} of {compressed.key}") for name, one in worst_first]
    )


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
    dataset = pipeline.dataset(variant)
    try:
        baseline = baselines.accuracy(variant.key, dataset.name)
    except BaselineError:  # 'record' needs what was scored
        evaluate(variant, "frozen")
        raise
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
        evaluate(variant, "frozen")["accuracy"],
        baseline["accuracy"],
        baselines.tolerance("accuracy"),
    )
    assert verdict.passed, f"{variant.key}: {verdict.text}"


@pytest.mark.makes("training")
def test_recipe(trainable, weights_of, evaluate, baselines, pipeline, record):
    """Trained again, it is the frozen network; on other processors, one that is as good.

    How good the next network of a recipe has to be follows from those of recorded seeds.
    """
    about = draws.facts(pipeline, trainable)
    frozen, trained = (weights_of(trainable, kind) for kind in ("frozen", "retrained"))
    own = frozen.about.get("dataset") == about["dataset_sha256"]
    bound = own and determinism.supported()
    differs = draws.unequal(frozen, trained)
    facts = {"recipe_sha256": about["recipe_sha256"], "processor": determinism.processor()}
    record("variants", trainable.key, "retrained", {**facts, "equal_to_frozen": not differs})
    found = evaluate(trainable, "retrained")
    entry = recipes.entry_of(baselines, trainable.key, about["dataset"])
    if entry is not None or not bound:
        verdicts = recipes.judge(trainable.key, about, draws.values(found), baselines)
        wrong = [one.text for one in verdicts if not one.passed]
        assert not wrong, f"recipe of {trainable.key}: {'; '.join(wrong)}"
    assert not (bound and differs), (
        f"{trainable.key}, trained again on {determinism.model_name()} "
        f"({determinism.processor()}), is not what was frozen: {differs}; if recipe or packages "
        f"were changed on purpose, '{suite.command(f'freeze {trainable.key}')}'"
    )
