"""Saved Keras models, loaded after they were inspected."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate.infra.documents import shortened
from hlsgate.infra.errors import DiagnosisError
from hlsgate.infra.quiet import quietly
from hlsgate.infra.replacing import replaced
from hlsgate.models import saved_models
from hlsgate.models.keras2.setup import tensorflow

if TYPE_CHECKING:
    pass

MOST_WEIGHTS = 50 * 2**20
"""Of a saved network: as many as 200 MiB hold."""


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
    if nested := [one.name for one in model.layers if hasattr(one, "layers")]:
        raise DiagnosisError(
            f"layer {nested[0]} of {path} is a model itself, whose layers cannot be compared one "
            "by one; save a model of the same layers, one after the other."
        )
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
