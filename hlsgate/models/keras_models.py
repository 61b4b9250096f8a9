"""Keras models of variants: built or loaded, given weights, evaluated, described.

This module and `hlsgate.models.training` are the only ones that know TensorFlow.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate.infra import determinism
from hlsgate.infra.documents import shortened
from hlsgate.infra.errors import CheckpointError, DiagnosisError, ModelError
from hlsgate.infra.quiet import quietly
from hlsgate.infra.replacing import replaced
from hlsgate.models import saved_models
from hlsgate.spec.declarations import Built, Saved
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.spec.layers import WRAPPER, KerasLayer
from hlsgate.suites import suite

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.spec.declarations import Recipe, Topology, Variant

    Weights = Mapping[str, NDArray[np.float32]]

EVALUATION_BATCH = 256
"""Rows at once. In larger batches Eigen orders sums by the sizes of the processor's caches."""

MOST_WEIGHTS = 50 * 2**20
"""Of a saved network: as many as 200 MiB hold."""

PACKAGES = (
    "tensorflow", "tensorflow-cpu", "keras", "qkeras", "tensorflow-model-optimization", "numpy",
    "scipy",
)  # fmt: skip
"""Distributions whose version moves the weights."""


def tensorflow() -> Any:
    """Import TensorFlow quietly, with deterministic kernels.

    One thread inside an operation and one for all operations: these layers are too small to
    share, and sums then do not depend on how many cores a machine has. Nor on its processor: see
    `hlsgate.infra.determinism`.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    determinism.apply()
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    if tf.config.threading.get_intra_op_parallelism_threads() != 1:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    tf.config.optimizer.set_jit(False)  # XLA's code depends on the processor
    return tf


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
    if "softmax" not in (_function(last), _inside(last)):
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
        for name, variable in _variables(layer):
            quantizer = _quantizer(layer, name)
            values = variable if quantizer is None else quantizer(variable)
            weights[f"{layer.name}/{name}"] = np.asarray(values, np.float32)
    return weights


def _variables(layer: Any) -> list[tuple[str, Any]]:
    """Return a layer's arrays by their own names, in the order of ``set_weights``."""
    return [(one.name.rpartition("/")[2].partition(":")[0], one) for one in layer.weights]


def _quantizer(layer: Any, name: str) -> Any:
    """Return what QKeras rounds an array with in every call; None for plain layers."""
    names = (name, name.removesuffix("_kernel"))  # depthwise_kernel has a depthwise_quantizer
    return next(
        (found for one in names if (found := getattr(layer, f"{one}_quantizer_internal", None))),
        None,
    )


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
        names = [f"{layer.name}/{name}" for name, _ in _variables(layer)]
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
    if _function(last) == "softmax":
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


@quietly
def logits(
    variant: Variant,
    weights: Weights,
    x: NDArray[np.float32],
    casts: Mapping[str, Fixed] | None = None,
) -> NDArray[np.float32]:
    """Compute a variant's logits in Keras.

    Parameters
    ----------
    x : ndarray, shape (n, inputs), float32
        Inputs as the network receives them (on its grid, if it has one), every row flat.
    casts : mapping of str to Fixed, optional
        Types that outputs of layers are cut to before the next one sees them, as hls4ml does.

    Returns
    -------
    ndarray, shape (n, classes), float32
    """
    import numpy as np

    model = model_with(variant, weights, softmax=False)
    shaped = fitted_to(model, x, variant)
    parts = []
    for values in _batches(shaped):
        found = list(_outputs(model, values, casts or {}).values())[-1]
        parts.append(np.asarray(found, np.float32))
    return np.concatenate(parts)


def fitted_to(model: Any, x: NDArray[np.float32], variant: Variant) -> NDArray[np.float32]:
    """Return flat rows in the shape that a model takes, or raise `ModelError`."""
    wanted = math.prod(model.input_shape[1:])
    if x.shape[1] != wanted:
        raise ModelError(
            f"{variant.key} takes rows of {wanted} values, but its data set has {x.shape[1]}."
        )
    return x.reshape(len(x), *model.input_shape[1:])


def _batches(x: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    return [x[start : start + EVALUATION_BATCH] for start in range(0, len(x), EVALUATION_BATCH)]


def _outputs(model: Any, x: NDArray[np.float32], casts: Mapping[str, Fixed]) -> dict[str, Any]:
    """Compute every layer's output, one after the other where the model is a chain.

    Layers of a stripped or cloned model belong to several graphs; a chain needs none of them.
    """
    if isinstance(model, _tensorflow_as_is().keras.Sequential) or casts:
        return _chain(model, x, casts)
    return _all_outputs(model, x)


def _tensorflow_as_is() -> Any:
    """Import TensorFlow as it is: a caller's own model may have set it up already."""
    import tensorflow as tf

    return tf


@quietly
def layer_outputs(
    model: Any, x: NDArray[np.float32], casts: Mapping[str, Fixed] | None = None
) -> dict[str, NDArray[np.float64]]:
    """Compute the output of every layer in Keras, batch by batch.

    Parameters
    ----------
    model : tf.keras.Model
        With one input and one chain of layers, where `casts` are given.
    x : ndarray, shape (n, inputs), float32
        Inputs as the network receives them.
    casts : mapping of str to Fixed, optional
        Types that outputs of layers are cast to before the next layer sees them.

    Returns
    -------
    dict of str to ndarray, shape (n, size), float64
        By layer name, the input's included.
    """
    import numpy as np

    parts: dict[str, list[NDArray[np.float64]]] = {}
    for batch in _batches(x.reshape(len(x), *model.input_shape[1:])):
        for name, values in _outputs(model, batch, casts or {}).items():
            flat = np.asarray(values, np.float64).reshape(len(batch), -1)
            parts.setdefault(name, []).append(flat)
    return {name: np.concatenate(rows) for name, rows in parts.items()}


def _chain(model: Any, x: NDArray[np.float32], casts: Mapping[str, Fixed]) -> dict[str, Any]:
    import numpy as np

    found: dict[str, Any] = dict.fromkeys(model.input_names, x)
    values: Any = x
    for layer in model.layers:
        values = layer(values)
        if layer.name in casts:
            values = casts[layer.name].cast(np.asarray(values)).astype("float32")
        found[layer.name] = values
    return found


def _all_outputs(model: Any, x: NDArray[np.float32]) -> dict[str, Any]:
    tf = _tensorflow_as_is()
    layers = [layer for layer in model.layers if layer.name not in model.input_names]
    several = tf.keras.Model(model.inputs, [layer.output for layer in layers])
    values = several(x, training=False)
    values = values if isinstance(values, list) else [values]
    names = [layer.name for layer in layers]
    return {**dict.fromkeys(model.input_names, x), **dict(zip(names, values, strict=True))}


@quietly
def describe(model: Any) -> list[KerasLayer]:
    """Return a model's layers in plain data, the input's included, with QKeras' types."""
    found = [KerasLayer(name, "InputLayer") for name in model.input_names]
    known = set(model.input_names)
    return [*found, *(_described(layer) for layer in model.layers if layer.name not in known)]


def _described(layer: Any) -> KerasLayer:
    names = tuple(name for name, _ in _variables(layer))
    types = {name: _weight_type(_quantizer(layer, name)) for name in names}
    return KerasLayer(
        layer.name,
        type(layer).__name__,
        _output_type(getattr(layer, "quantizer", None) or getattr(layer, "activation", None)),
        _inside(layer),
        _function(layer),
        {name: kind for name, kind in types.items() if kind is not None},
        names,
    )


def _inside(layer: Any) -> str | None:
    """Return the name of a layer's own activation beside its weights, unless it is linear."""
    if not layer.get_weights() or not callable(getattr(layer, "activation", None)):
        return None
    name = getattr(layer.activation, "__name__", type(layer.activation).__name__)
    return None if name == "linear" else str(name)


def _function(layer: Any) -> str | None:
    """Return what a layer without weights computes, where that is an activation."""
    kind = type(layer).__name__
    if kind in ("ReLU", "Softmax"):
        return kind.lower()
    if kind == "QActivation":
        return "relu" if "relu" in str(getattr(layer, "quantizer", "")) else None
    if kind == "Activation":
        return str(getattr(layer.activation, "__name__", "")) or None
    return None


def _output_type(quantizer: Any) -> Fixed | None:
    """Return the type that a QActivation rounds to; None for quantizers of another kind.

    Source: qkeras 0.9.0, ``quantizers.py``: both round to even and saturate, and
    ``quantized_bits`` is symmetric only where it is told so.
    """
    kind = type(quantizer).__name__
    if kind == "quantized_relu" and not quantizer.negative_slope:
        return Fixed(int(quantizer.bits), int(quantizer.integer), False, "RND_CONV", "SAT")
    if kind == "quantized_bits" and quantizer.alpha in (None, 1, 1.0) and quantizer.keep_negative:
        mode = "SAT_SYM" if quantizer.symmetric else "SAT"
        return Fixed(int(quantizer.bits), int(quantizer.integer) + 1, True, "RND_CONV", mode)
    return None


def _weight_type(quantizer: Any) -> Fixed | None:
    """Return the type of weights that a quantizer rounds, as hls4ml writes it."""
    kind = _output_type(quantizer)
    return Fixed(kind.width, kind.integer, kind.signed) if kind else None


@quietly
def load_model(path: Path) -> Any:
    """Load a saved Keras model, with QKeras' and TF-MOT's classes and no others.

    Parameters
    ----------
    path : pathlib.Path
        A file, of which Keras reads a copy that `hlsgate.models.saved_models` makes.

    Raises
    ------
    DiagnosisError
        If it is refused unread, Keras refuses it, or it has not one input and one output.
    """
    with saved_models.inspected(path) as copied:
        model = _loaded(path, copied)
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise DiagnosisError(
            f"{path} has {len(model.inputs)} inputs and {len(model.outputs)} outputs; only models "
            "of one each are diagnosed."
        )
    return model


def _loaded(path: Path, copied: Path) -> Any:
    tf = tensorflow()
    from qkeras.utils import _add_supported_quantized_objects
    from tensorflow_model_optimization.sparsity import keras as sparsity

    known: dict[str, Any] = {}
    _add_supported_quantized_objects(known)
    try:
        with sparsity.prune_scope(), _few_weights(path):
            return tf.keras.models.load_model(
                copied, custom_objects=known, compile=False, safe_mode=True
            )
    except DiagnosisError:
        raise
    except Exception as error:  # Keras raises many kinds
        told = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        told = shortened(told.replace(str(copied), str(path)))
        raise DiagnosisError(
            f"Keras cannot load {path} (a model with QKeras layers is to be saved as .h5): {told}"
        ) from error


@contextmanager
def _few_weights(path: Path) -> Iterator[None]:
    """Refuse a network that would allocate more weights than a file may hold.

    A layer is told its size in a few characters, and fills its weights before those of the file are
    looked at. Source: Keras 2.14, where every layer makes its weights by `Layer.add_weight`.
    """
    layer = tensorflow().keras.layers.Layer
    make, total = layer.add_weight, 0

    @functools.wraps(make)
    def counted(self: Any, name: Any = None, shape: Any = None, *args: Any, **settings: Any) -> Any:
        nonlocal total
        total += math.prod(int(length or 1) for length in shape or ())
        if total > MOST_WEIGHTS:
            raise DiagnosisError(
                f"{path} describes a network of more than {MOST_WEIGHTS:,} weights; that many are "
                "not loaded."
            )
        return make(self, name, shape, *args, **settings)

    with replaced(layer, "add_weight", counted):
        yield
