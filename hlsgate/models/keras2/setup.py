"""TensorFlow, made ready: quiet, deterministic, of the pinned packages."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hlsgate.infra import determinism

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Weights = Mapping[str, NDArray[np.float32]]

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
