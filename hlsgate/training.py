"""Recipes become weights, and weights become Keras models. The only module with TensorFlow.

Everything here is deterministic on one machine: the same recipe, data and package versions
give the same weights, bit for bit. Between processors they may differ (vector width), which is
why emulation and resources run on frozen checkpoints.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate.errors import DiagnosisError, TrainingError
from hlsgate.quiet import quietly

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.declarations import Pruning, Recipe, Variant
    from hlsgate.fixedpoint import Fixed
    from hlsgate.layers import KerasLayer

    Weights = Mapping[str, NDArray[np.float32]]

STEPS_PER_EXECUTION = 64
"""Batches that run inside one call into TensorFlow; does not change the weights that come out."""

EVALUATION_BATCH = 8192

PACKAGES = (
    "tensorflow", "tensorflow-cpu", "keras", "qkeras", "tensorflow-model-optimization", "numpy",
    "scipy",
)  # fmt: skip
"""Distributions whose version moves the weights."""


def _tensorflow() -> Any:
    """Import TensorFlow quietly, with deterministic kernels.

    One thread inside an operation: these layers are too small to split, and sums then do not
    depend on how many cores a machine has.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    if tf.config.threading.get_intra_op_parallelism_threads() != 1:
        tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    return tf


def build(variant: Variant) -> Any:
    """Build a variant's untrained Keras model.

    Layers are named ``dense1``, ``relu1``, ..., ``logits``, ``softmax``. The last name is not
    free: hls4ml's oneAPI writer sizes the softmax tables only for a layer of exactly that name.

    Returns
    -------
    tf.keras.Sequential
        With QKeras layers where the recipe quantises.
    """
    layers = _tensorflow().keras.layers
    topology, recipe = variant.topology, variant.recipe
    stack = [layers.InputLayer(input_shape=(topology.inputs,), name="inputs")]
    for number, (name, _, units) in enumerate(topology.dense_layers, start=1):
        stack.append(_dense(units, name, recipe))
        if name != "logits":
            stack.append(_relu(f"relu{number}", recipe))
    stack.append(layers.Activation("softmax", name="softmax"))
    return _tensorflow().keras.Sequential(stack, name=variant.key.replace("-", "_"))


def _dense(units: int, name: str, recipe: Recipe) -> Any:
    tf = _tensorflow()
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
        return _tensorflow().keras.layers.Activation("relu", name=name)
    from qkeras import QActivation, quantized_relu

    typed = recipe.activations
    return QActivation(quantized_relu(typed.bits, typed.integer), name=name)


@quietly
def train(
    variant: Variant,
    x: NDArray[np.float32],
    y: NDArray[np.int64],
    *,
    teacher: NDArray[np.float32] | None = None,
    plain_fit: bool = False,
    progress: Callable[[float], None] | None = None,
) -> dict[str, NDArray[np.float32]]:
    """Train a variant from its recipe.

    Parameters
    ----------
    variant : Variant
        What to train.
    x : ndarray, shape (n, inputs), float32
        Training inputs, standardised; they are rounded here if the recipe says so.
    y : ndarray, shape (n,), int
        Class indices.
    teacher : ndarray, shape (n, classes), float32, optional
        Class probabilities of the recipe's teacher on the same rows.
    plain_fit : bool
        Train as ``fit`` does by default, batch by batch; a yardstick of speed.
    progress : callable, optional
        Called with the share of epochs done, in [0, 1].

    Returns
    -------
    dict of str to ndarray
        Weights as hardware gets them (`hardware_weights`).

    Raises
    ------
    TrainingError
        If a teacher is missing, or a weight that comes out is not finite.
    """
    tf = _tensorflow()
    recipe = variant.recipe
    rows = training_rows(variant, x)
    inputs = network_inputs(variant, x)
    labels = _labels(variant, y, teacher)
    epochs = recipe.epochs(rows)
    steps = -(-rows // recipe.batch_size) * epochs

    tf.keras.backend.clear_session()
    tf.keras.utils.set_random_seed(recipe.seed)
    model = build(variant)
    callbacks = [_progress_callback(epochs, progress)] if progress else []
    if recipe.pruning is not None:
        from tensorflow_model_optimization.sparsity import keras as sparsity

        model = _wrap_for_pruning(model, recipe.pruning, steps)
        callbacks.append(sparsity.UpdatePruningStep())
    model.compile(
        optimizer=tf.keras.optimizers.Adam(_learning_rate(recipe, steps)),
        loss="categorical_crossentropy",
        steps_per_execution=1 if plain_fit else STEPS_PER_EXECUTION,
        # XLA fuses the dozens of small operations that make up each QKeras quantizer; on plain
        # float layers it brings nothing.
        jit_compile=recipe.weights is not None and not plain_fit,
    )
    model.fit(
        inputs[:rows],
        labels[:rows],
        batch_size=recipe.batch_size,
        epochs=epochs,
        callbacks=callbacks,
        verbose=0,
    )
    if recipe.pruning is not None:
        model = sparsity.strip_pruning(model)
    return _finite(variant, hardware_weights(model))


def training_rows(variant: Variant, x: NDArray[np.float32]) -> int:
    """Return how many rows are trained on; the rest, at the end, is held out."""
    return int(len(x) * (1.0 - variant.recipe.validation_split))


def network_inputs(variant: Variant, x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return inputs as the variant's Keras model receives them."""
    return x if variant.recipe.inputs is None else variant.recipe.inputs.round(x)


def softmax(logits: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return class probabilities for logits, row by row; exact, unlike hardware's table."""
    import numpy as np
    from scipy.special import softmax as stable

    return np.asarray(stable(np.asarray(logits, np.float64), axis=1), np.float32)


def _labels(
    variant: Variant, y: NDArray[np.int64], teacher: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """One-hot labels, mixed with the teacher's probabilities where there is a teacher.

    Cross-entropy with the mix is the usual distillation loss at temperature 1.
    """
    import numpy as np

    recipe = variant.recipe
    hard = np.eye(variant.topology.classes, dtype=np.float32)[y]
    if recipe.teacher is None:
        return hard
    if teacher is None:
        raise TrainingError(
            f"{variant.key} learns from {recipe.teacher}, whose probabilities were not given."
        )
    share = np.float32(recipe.teacher_share)
    return (1 - share) * hard + share * teacher


def _learning_rate(recipe: Recipe, steps: int) -> Any:
    if recipe.schedule == "constant":
        return recipe.learning_rate
    return _tensorflow().keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps)


def _wrap_for_pruning(model: Any, pruning: Pruning, steps: int) -> Any:
    """Wrap every layer that has a kernel; the wrapper keeps masks while training."""
    from tensorflow_model_optimization.sparsity import keras as sparsity

    if pruning.schedule == "constant":
        schedule = sparsity.ConstantSparsity(
            pruning.sparsity, begin_step=pruning.begin_step, frequency=pruning.frequency
        )
    else:
        schedule = sparsity.PolynomialDecay(
            0.0,
            pruning.sparsity,
            begin_step=pruning.begin_step,
            # Masks change every `frequency` steps; a schedule that ends between two of them would
            # stop short of its sparsity.
            end_step=pruning.begin_step
            + max(int(steps * pruning.end) // pruning.frequency, 1) * pruning.frequency,
            frequency=pruning.frequency,
        )

    def wrap(layer: Any) -> Any:
        if not hasattr(layer, "kernel"):
            return layer
        return sparsity.prune_low_magnitude(layer, pruning_schedule=schedule)

    return _tensorflow().keras.models.clone_model(model, clone_function=wrap)


def _progress_callback(epochs: int, progress: Callable[[float], None]) -> Any:
    return _tensorflow().keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, _logs: progress((epoch + 1) / epochs)
    )


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
        if not layer.get_weights():
            continue
        for name, variable in (("kernel", layer.kernel), ("bias", layer.bias)):
            quantizer = getattr(layer, f"{name}_quantizer_internal", None)
            values = variable if quantizer is None else quantizer(variable)
            weights[f"{layer.name}/{name}"] = np.asarray(values, np.float32)
    return weights


def _finite(
    variant: Variant, weights: dict[str, NDArray[np.float32]]
) -> dict[str, NDArray[np.float32]]:
    import numpy as np

    for name, values in weights.items():
        if not np.isfinite(values).all():
            raise TrainingError(f"training {variant.key} diverged: {name} is not finite.")
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
        Leave the softmax layer out when False, so that the model ends with its logits.
    """
    tf = _tensorflow()
    model = build(variant)
    for layer in model.layers:
        if layer.get_weights():
            layer.set_weights([weights[f"{layer.name}/kernel"], weights[f"{layer.name}/bias"]])
    if softmax:
        return model
    return tf.keras.Sequential(
        [
            tf.keras.layers.InputLayer(input_shape=model.input_shape[1:], name="inputs"),
            *model.layers[:-1],
        ],
        name=f"{model.name}_logits",
    )


@quietly
def logits(
    variant: Variant,
    weights: Weights,
    x: NDArray[np.float32],
    *,
    relu_type: Fixed | None = None,
) -> NDArray[np.float32]:
    """Compute a variant's logits in Keras.

    Parameters
    ----------
    x : ndarray, shape (n, inputs), float32
        Inputs as the network receives them (on its grid, if it has one).
    relu_type : Fixed, optional
        Cut the output of every ReLU that has no quantizer to this type, as hls4ml does.

    Returns
    -------
    ndarray, shape (n, classes), float32
    """
    import numpy as np

    model = model_with(variant, weights)
    parts = []
    for start in range(0, len(x), EVALUATION_BATCH):
        values = x[start : start + EVALUATION_BATCH]
        for layer in model.layers[:-1]:
            values = layer(values)
            if relu_type is not None and layer.name.startswith("relu"):
                values = relu_type.cast(values.numpy()).astype("float32")
        parts.append(np.asarray(values, np.float32))
    return np.concatenate(parts)


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
    import tensorflow as tf  # not _tensorflow(): a caller's model may have set it up already

    # Layers of a stripped or cloned model belong to several graphs; a chain needs none of them.
    chained = isinstance(model, tf.keras.Sequential) or bool(casts)
    parts: dict[str, list[NDArray[np.float64]]] = {}
    for start in range(0, len(x), EVALUATION_BATCH):
        batch = x[start : start + EVALUATION_BATCH]
        found = _chain(model, batch, casts or {}) if chained else _all_outputs(model, batch)
        for name, values in found.items():
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
    import tensorflow as tf

    layers = [layer for layer in model.layers if layer.name not in model.input_names]
    several = tf.keras.Model(model.inputs, [layer.output for layer in layers])
    values = several(x, training=False)
    values = values if isinstance(values, list) else [values]
    names = [layer.name for layer in layers]
    return {**dict.fromkeys(model.input_names, x), **dict(zip(names, values, strict=True))}


@quietly
def describe(model: Any) -> list[KerasLayer]:
    """Return a model's layers in plain data, the input's included, with QKeras' output types."""
    from hlsgate.layers import KerasLayer

    found = [KerasLayer(name, "InputLayer") for name in model.input_names]
    known = set(model.input_names)
    for layer in model.layers:
        if layer.name not in known:
            quantizer = _output_type(layer)
            found.append(KerasLayer(layer.name, type(layer).__name__, quantizer, _inside(layer)))
    return found


def _inside(layer: Any) -> str | None:
    """Return the name of a dense layer's own activation, unless it is linear."""
    if not layer.get_weights() or not callable(getattr(layer, "activation", None)):
        return None
    name = getattr(layer.activation, "__name__", type(layer.activation).__name__)
    return None if name == "linear" else str(name)


def _output_type(layer: Any) -> Fixed | None:
    """Return the type that a QActivation rounds to; None for quantizers of another kind.

    Source: qkeras 0.9.0, ``quantizers.py``: both round to even and saturate, and
    ``quantized_bits`` is symmetric only where it is told so.
    """
    from hlsgate.fixedpoint import Fixed

    quantizer: Any = getattr(layer, "quantizer", None)
    kind = type(quantizer).__name__
    if kind == "quantized_relu" and not quantizer.negative_slope:
        return Fixed(int(quantizer.bits), int(quantizer.integer), False, "RND_CONV", "SAT")
    if kind == "quantized_bits" and quantizer.alpha in (None, 1, 1.0) and quantizer.keep_negative:
        mode = "SAT_SYM" if quantizer.symmetric else "SAT"
        return Fixed(int(quantizer.bits), int(quantizer.integer) + 1, True, "RND_CONV", mode)
    return None


@quietly
def load_model(path: Path) -> Any:
    """Load a saved Keras model, with QKeras' and TF-MOT's classes and no others.

    Parameters
    ----------
    path : pathlib.Path
        A file that `hlsgate.diagnosis.saved_models.inspect` let pass.

    Raises
    ------
    DiagnosisError
        If Keras refuses it, or it has not one input and one output.
    """
    tf = _tensorflow()
    from qkeras.utils import _add_supported_quantized_objects
    from tensorflow_model_optimization.sparsity import keras as sparsity

    known: dict[str, Any] = {}
    _add_supported_quantized_objects(known)
    try:
        with sparsity.prune_scope():
            model = tf.keras.models.load_model(
                path, custom_objects=known, compile=False, safe_mode=True
            )
    except Exception as error:  # Keras raises many kinds
        told = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DiagnosisError(
            f"Keras cannot load {path} (a model with QKeras layers is to be saved as .h5): {told}"
        ) from error
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise DiagnosisError(
            f"{path} has {len(model.inputs)} inputs and {len(model.outputs)} outputs; only models "
            "of one each are diagnosed."
        )
    return model
