"""The layers of a variant, as Keras has them, and what is declared of each; no TensorFlow here.

Those of a `Topology` follow from the declaration. A saved model, or one that a function builds, is
described by `hlsgate.models.keras2.describing.describe`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from hlsgate.spec.declarations import Topology, Variant
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.spec.layers import KerasLayer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WEIGHTS = ("kernel", "bias")


def declared(variant: Variant) -> list[KerasLayer] | None:
    """Return the layers of a multilayer perceptron; None where the model itself has to be asked."""
    network, recipe = variant.network, variant.recipe
    if not isinstance(network, Topology) or recipe is None:
        return None
    typed, relu = recipe.weights, recipe.activations
    types = dict.fromkeys(WEIGHTS, typed.weight_type) if typed else {}
    found = [KerasLayer("inputs", "InputLayer")]
    for number, (name, _, _) in enumerate(network.dense_layers, 1):
        kind = "QDense" if typed else "Dense"
        found.append(KerasLayer(name, kind, types=types, weights=WEIGHTS))
        if name != "logits":
            kind = "QActivation" if relu else "Activation"
            rounded = rounded_relu(relu.relu_type) if relu else None
            found.append(KerasLayer(f"relu{number}", kind, rounded, function="relu"))
    return [*found, KerasLayer("softmax", "Activation", function="softmax")]


def rounded_relu(kind: Fixed) -> Fixed:
    """Return the type of a ``quantized_relu``'s output, with how it is rounded to."""
    return replace(kind, rounding="RND_CONV", saturation="SAT")


def identity(variant: Variant) -> dict[str, Any]:
    """Return what, besides its weights, makes a variant's Keras model what it is."""
    recipe = asdict(variant.recipe) if variant.recipe else None
    if isinstance(variant.network, Topology):
        return {"layers": variant.network.dense_layers, "recipe": recipe}
    return {"network": variant.network.identity(), "recipe": recipe}


def relu_casts(variant: Variant, layers: Sequence[KerasLayer]) -> dict[str, Fixed]:
    """Return the type that hls4ml gives to the outputs of ReLUs without a quantizer, by layer."""
    kind = variant.conversion.precision
    return {layer.name: kind for layer in layers if layer.is_relu and layer.quantizer is None}


def casts(variant: Variant, layers: Sequence[KerasLayer]) -> dict[str, Fixed]:
    """Return the types that Keras' outputs are cut to, by layer, to be as the hardware's."""
    found = relu_casts(variant, layers)
    if variant.conversion.logits is not None:
        found[logits_layer(layers).name] = replace(variant.conversion.logits, saturation="SAT")
    return found


def logits_layer(layers: Sequence[KerasLayer]) -> KerasLayer:
    """Return the last layer with weights."""
    return [layer for layer in layers if layer.weights][-1]


def weight_types(layers: Sequence[KerasLayer]) -> dict[str, Fixed]:
    """Return the declared type of every array of weights that has one."""
    return {f"{layer.name}/{name}": kind for layer in layers for name, kind in layer.types.items()}


def first_dense(
    layers: Sequence[KerasLayer], weights: Mapping[str, NDArray[np.float32]], default: Fixed
) -> tuple[NDArray[np.float32], NDArray[np.float32], Fixed] | None:
    """Return kernel and bias of the first layer, and its ReLU's type, where both are of that kind.

    Parameters
    ----------
    layers, weights
        Of a variant.
    default : Fixed
        Type of a ReLU without a quantizer.
    """
    weighted = [index for index, layer in enumerate(layers) if layer.weights]
    first, after = layers[weighted[0]], layers[weighted[0] + 1 : weighted[0] + 2]
    if weighted[0] != 1 or not first.kind.endswith("Dense") or first.weights != WEIGHTS:
        return None
    rectified = next((layer for layer in (first, *after) if layer.is_relu), None)
    if rectified is None:
        return None
    kernel, bias = (weights[f"{first.name}/{name}"] for name in WEIGHTS)
    return kernel, bias, rectified.quantizer or default


def as_json(layers: Sequence[KerasLayer]) -> list[dict[str, Any]]:
    """Return layers as plain JSON."""
    return [asdict(layer) for layer in layers]


def from_json(found: Sequence[Mapping[str, Any]]) -> list[KerasLayer]:
    """Return layers that `as_json` wrote."""

    def kind(facts: Mapping[str, Any] | None) -> Fixed | None:
        return Fixed(**facts) if facts else None

    return [
        KerasLayer(
            one["name"],
            one["kind"],
            kind(one["quantizer"]),
            one["activation"],
            one["function"],
            {name: Fixed(**facts) for name, facts in one["types"].items()},
            tuple(one["weights"]),
            tuple(one["untyped"]),
        )
        for one in found
    ]
