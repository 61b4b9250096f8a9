"""Claim: a compressed network is as accurate as its baseline, and compressed as declared.

Exact gates are about frozen weights. What is claimed of training again is claimed of the recipe.
"""

from __future__ import annotations

import pytest

from fixtures.verdicts import require
from hlsgate.facts import compression
from hlsgate.infra import determinism
from hlsgate.infra.errors import BaselineError
from hlsgate.judge import networks
from hlsgate.judge.budgets import judge_value
from hlsgate.spec import architecture
from hlsgate.suites import suite
from hlsgate.sweep import draws


@pytest.mark.makes("parity")
def test_parity(compressed, compare, baselines, record):
    """Accuracy is at most the margin below the reference's, on the same rows."""
    found = compare(compressed)
    facts = {name: found[name] for name in ("gained", "lost", "n")}
    record("variants", compressed.key, "frozen", {"parity": facts})
    require(networks.accuracy_parity(compressed, facts, baselines))


@pytest.mark.makes("parity")
def test_auc_parity(compressed, compare, baselines, record):
    """The area under every class's ROC curve is at most the margin below the reference's."""
    found = compare(compressed)
    facts = {
        name: {"difference": difference, "variance": variance, "n": found["n"]}
        for name, (difference, variance) in found["auc"].items()
    }
    record("variants", compressed.key, "frozen", {"auc_parity": facts})
    require(networks.auc_parity(compressed, facts, baselines))


@pytest.mark.makes("weights")
def test_weights_are_as_declared(variant, weights_kind, weights_of, pipeline, record):
    """Every weight is a value of the declared type, and kernels have the declared zeros."""
    types = architecture.weight_types(pipeline.layers(variant))
    found = compression.inspect(types, weights_of(variant, weights_kind).weights)
    facts = {one.name: one.as_json() for one in found}
    record("variants", variant.key, "weights", {weights_kind: facts})
    require(networks.weights(variant, weights_kind, facts))


@pytest.mark.makes("weights")
def test_accuracy_baseline(variant, evaluate, baselines, weights_of, pipeline, record):
    """The frozen weights are those of the baseline, and score what it says."""
    checkpoint = weights_of(variant, "frozen")
    types = architecture.weight_types(pipeline.layers(variant))
    default = variant.conversion.precision
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
    differs = draws.unequal(frozen, trained)
    facts = {
        **about,
        "processor": determinism.processor(),
        "equal_to_frozen": not differs,
        "differs": differs,
        "must_be_equal": own and determinism.same_bits(frozen.about.get("processor")),
    }
    record("variants", trainable.key, "retrained", facts)
    found = evaluate(trainable, "retrained")
    require(networks.recipe(trainable, {**found, **facts}, baselines))
