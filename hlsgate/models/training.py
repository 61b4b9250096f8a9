"""Recipes become weights.

The same recipe, data and package versions give the same weights, bit for bit, on every x86-64
processor with AVX2 (`hlsgate.infra.determinism`). Elsewhere they may differ, which is why emulation
and resources run on frozen checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hlsgate.infra import determinism
from hlsgate.infra.errors import TrainingError
from hlsgate.infra.quiet import quietly
from hlsgate.models.keras2.answering import fitted_to
from hlsgate.models.keras2.building import build, hardware_weights
from hlsgate.models.keras2.setup import tensorflow

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.spec.declarations import Pruning, Recipe, Variant
    from hlsgate.spec.fixedpoint import Fixed

STEPS_PER_EXECUTION = 64
"""Batches that run inside one call into TensorFlow; does not change the weights that come out."""

TEACHER_GRID = 2.0**-16
"""Step of a teacher's probabilities: far coarser than what exponential functions of different
processors differ by, so that students learn from the same numbers everywhere."""


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
        If a teacher is missing, a weight that comes out is not finite, or TensorFlow was imported
        before the settings were made that keep its bits from depending on the processor.
    """
    if not determinism.in_force():
        raise TrainingError(
            f"TensorFlow was imported before hlsgate, so that training {variant.key} would depend "
            "on the processor; import it inside the suite's functions, or set "
            + " and ".join(f"{name}={value}" for name, value in determinism.SETTINGS.items())
            + " in the environment."
        )
    tf = tensorflow()
    recipe = variant.training
    rows = training_rows(variant, x)
    epochs = recipe.epochs(rows)
    steps = -(-rows // recipe.batch_size) * epochs

    tf.keras.backend.clear_session()
    tf.keras.utils.set_random_seed(recipe.seed)
    model = build(variant)
    inputs = fitted_to(model, network_inputs(variant, x), variant)
    labels = _labels(variant, y, teacher, model.output_shape[-1])
    callbacks = [_progress_callback(epochs, progress)] if progress else []
    if recipe.pruning is not None:
        from tensorflow_model_optimization.sparsity import keras as sparsity

        model = _wrap_for_pruning(model, recipe.pruning, steps)
        callbacks.append(sparsity.UpdatePruningStep())
    model.compile(
        optimizer=tf.keras.optimizers.Adam(_learning_rate(recipe, steps)),
        loss="categorical_crossentropy",
        steps_per_execution=1 if plain_fit else STEPS_PER_EXECUTION,
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
    return int(len(x) * (1.0 - variant.training.validation_split))


def network_inputs(variant: Variant, x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return inputs as the variant's Keras model receives them, every row flat."""
    rounded = rounded_inputs(variant)
    return x if rounded is None else rounded.round(x)


def rounded_inputs(variant: Variant) -> Fixed | None:
    """Return the type that inputs of the variant's Keras model are rounded to, if any."""
    return variant.recipe.inputs if variant.recipe else variant.conversion.inputs


def teaching(logits: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return a teacher's class probabilities, on the grid of `TEACHER_GRID`."""
    import numpy as np

    return np.asarray(np.round(softmax(logits) / TEACHER_GRID) * TEACHER_GRID, np.float32)


def softmax(logits: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return class probabilities for logits, row by row; exact, unlike hardware's table."""
    import numpy as np
    from scipy.special import softmax as stable

    return np.asarray(stable(np.asarray(logits, np.float64), axis=1), np.float32)


def _labels(
    variant: Variant, y: NDArray[np.int64], teacher: NDArray[np.float32] | None, classes: int
) -> NDArray[np.float32]:
    """One-hot labels, mixed with the teacher's probabilities where there is a teacher.

    Cross-entropy with the mix is the usual distillation loss at temperature 1.
    """
    import numpy as np

    recipe = variant.training
    hard = np.eye(classes, dtype=np.float32)[y]
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
    return tensorflow().keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps)


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

    return tensorflow().keras.models.clone_model(model, clone_function=wrap)


def _progress_callback(epochs: int, progress: Callable[[float], None]) -> Any:
    return tensorflow().keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, _logs: progress((epoch + 1) / epochs)
    )


def _finite(
    variant: Variant, weights: dict[str, NDArray[np.float32]]
) -> dict[str, NDArray[np.float32]]:
    import numpy as np

    for name, values in weights.items():
        if not np.isfinite(values).all():
            raise TrainingError(f"training {variant.key} diverged: {name} is not finite.")
    return weights
