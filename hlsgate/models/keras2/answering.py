"""What Keras computes from rows: logits, and the output of every layer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hlsgate.infra.errors import ModelError
from hlsgate.infra.quiet import quietly
from hlsgate.models.keras2.building import model_with
from hlsgate.spec.fixedpoint import Fixed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.models.keras2.setup import Weights
    from hlsgate.spec.declarations import Variant

EVALUATION_BATCH = 256
"""Rows at once. In larger batches Eigen orders sums by the sizes of the processor's caches."""


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
