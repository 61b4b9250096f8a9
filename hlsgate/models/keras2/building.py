"""Keras models of variants: built, given weights, cut off before their softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hlsgate.infra.errors import CheckpointError, ModelError
from hlsgate.infra.quiet import quietly
from hlsgate.models.keras2.describing import (
    activation_function,
    own_activation,
    quantizer_of,
    variables,
)
from hlsgate.models.keras2.loading import load_model
from hlsgate.models.keras2.setup import tensorflow
from hlsgate.spec.declarations import Built, Saved
from hlsgate.spec.layers import WRAPPER
from hlsgate.suites import suite

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.models.keras2.setup import Weights
    from hlsgate.spec.declarations import Recipe, Topology, Variant


@quietly
def build(variant: Variant) -> Any:
    """Build a variant's Keras model: untrained, unless it comes from a file.

    Returns
    -------
    tf.keras.Model
        It ends with softmax.

    Raises
    ------
    ModelError
        If a model of the suite's own making is none that can be judged.
    DiagnosisError
        If a file is refused, or Keras cannot load it.
    """
    network = variant.network
    if isinstance(network, Saved):
        return _judgeable(variant, load_model(network.path), str(network.path))
    if isinstance(network, Built):
        tensorflow()
        try:
            model = network.build()
        except Exception as error:  # whatever a stranger's function raises
            raise ModelError(
                f"{variant.key}: {network.build.__qualname__}() failed: {error}"
            ) from error
        return _judgeable(variant, model, f"{network.build.__qualname__}()")
    return _perceptron(variant, network, variant.training)


def _judgeable(variant: Variant, model: Any, where: str) -> Any:
    """Return a model from outside, or say why nothing can be claimed of it."""
    if not isinstance(model, tensorflow().keras.Model):
        raise ModelError(f"{variant.key}: {where} is no Keras model.")
    if any(type(layer).__name__ == WRAPPER for layer in model.layers):
        raise ModelError(
            f"{variant.key}: {where} still has its pruning wrappers; save what TF-MOT's "
            "strip_pruning returns."
        )
    last = model.layers[-1]
    if "softmax" not in (activation_function(last), own_activation(last)):
        raise ModelError(
            f"{variant.key}: {where} ends with {last.name}, but should end with softmax."
        )
    return model


def _perceptron(variant: Variant, topology: Topology, recipe: Recipe) -> Any:
    """Build a declared multilayer perceptron.

    Layers are named ``dense1``, ``relu1``, ..., ``logits``, ``softmax``. The last name is not
    free: hls4ml's oneAPI writer sizes the softmax tables only for a layer of exactly that name.
    """
    layers = tensorflow().keras.layers
    stack = [layers.InputLayer(input_shape=(topology.inputs,), name="inputs")]
    for number, (name, _, units) in enumerate(topology.dense_layers, start=1):
        stack.append(_dense(units, name, recipe))
        if name != "logits":
            stack.append(_relu(f"relu{number}", recipe))
    stack.append(layers.Activation("softmax", name="softmax"))
    return tensorflow().keras.Sequential(stack, name=variant.key.replace("-", "_"))


def _dense(units: int, name: str, recipe: Recipe) -> Any:
    tf = tensorflow()
    common = {
        "units": units,
        "name": name,
        "kernel_initializer": "lecun_uniform",
        "kernel_regularizer": tf.keras.regularizers.l1(recipe.l1) if recipe.l1 else None,
    }
    typed = recipe.weights
    if typed is None:
        return tf.keras.layers.Dense(**common)
    from qkeras import QDense, quantized_bits

    def quantizer() -> Any:
        return quantized_bits(typed.bits, typed.integer, 1, alpha=1)

    return QDense(kernel_quantizer=quantizer(), bias_quantizer=quantizer(), **common)


def _relu(name: str, recipe: Recipe) -> Any:
    if recipe.activations is None:
        return tensorflow().keras.layers.Activation("relu", name=name)
    from qkeras import QActivation, quantized_relu

    typed = recipe.activations
    return QActivation(quantized_relu(typed.bits, typed.integer), name=name)


def hardware_weights(model: Any) -> dict[str, NDArray[np.float32]]:
    """Return a model's weights with the values that hardware gets.

    QKeras keeps float weights and quantises them in every call; here the quantiser is applied.

    Returns
    -------
    dict of str to ndarray, float32
        ``"dense1/kernel"`` with shape (inputs, units), ``"dense1/bias"`` with shape (units,), ...
    """
    import numpy as np

    weights: dict[str, NDArray[np.float32]] = {}
    for layer in model.layers:
        for name, variable in variables(layer):
            quantizer = quantizer_of(layer, name)
            values = variable if quantizer is None else quantizer(variable)
            weights[f"{layer.name}/{name}"] = np.asarray(values, np.float32)
    return weights


@quietly
def model_with(variant: Variant, weights: Weights, *, softmax: bool = True) -> Any:
    """Build a variant's Keras model with given weights.

    Parameters
    ----------
    variant : Variant
        Which model.
    weights : mapping of str to ndarray
        As `hardware_weights` returns them; quantising them again changes nothing.
    softmax : bool
        Leave the softmax out when False, so that the model ends with its logits.

    Raises
    ------
    CheckpointError
        If the weights are those of another model.
    """
    model = build(variant)
    for layer in model.layers:
        names = [f"{layer.name}/{name}" for name, _ in variables(layer)]
        missing = [name for name in names if name not in weights]
        if missing:
            raise CheckpointError(
                f"the weights of {variant.key} lack {missing[0]}; its model has changed since: "
                f"'{suite.command(f'freeze {variant.key}')}'."
            )
        try:
            layer.set_weights([weights[name] for name in names])
        except ValueError as error:
            raise CheckpointError(
                f"the weights of {variant.key} do not fit {layer.name}; its model has changed "
                f"since: '{suite.command(f'freeze {variant.key}')}'."
            ) from error
    return model if softmax else _without_softmax(model)


def _without_softmax(model: Any) -> Any:
    """Return a model that ends before its softmax, which is a layer or inside the last one."""
    keras = tensorflow().keras
    name, last = f"{model.name}_logits", model.layers[-1]
    if activation_function(last) == "softmax":
        if not isinstance(model, keras.Sequential):
            return keras.Model(model.inputs, last.input, name=name)
        return _sequence(model, model.layers[:-1], name)
    linear = type(last).from_config({**last.get_config(), "activation": "linear"})
    if not isinstance(model, keras.Sequential):
        cut = keras.Model(model.inputs, linear(last.input), name=name)
    else:
        cut = _sequence(model, [*model.layers[:-1], linear], name)
    linear.set_weights(last.get_weights())
    return cut


def _sequence(model: Any, layers: list[Any], name: str) -> Any:
    keras = tensorflow().keras
    shape = model.input_shape[1:]
    inputs = keras.layers.InputLayer(input_shape=shape, name=model.input_names[0])
    return keras.Sequential([inputs, *layers], name=name)
