"""Claim: training is as fast as Keras allows, as a ratio within one run.

Not part of the main job: times are of this machine and this minute. ``tox run -e speed`` runs it.
"""

from __future__ import annotations

import dataclasses
import time

import pytest

from hlsgate import suite, training

EPOCHS = 5
ATLEAST = 2.5


def epoch_clock(times):
    """Make a progress callback that notes when each epoch ended."""
    return lambda _share: times.append(time.perf_counter())


def rate(times, rows):
    """Jets per second after the first epoch, in which TensorFlow traces its graphs."""
    return rows * (len(times) - 1) / (times[-1] - times[0])


@pytest.mark.parametrize("key", ["jets-float", "jets-q4_p75_exercise", "jets-q6_p75"])
def test_training_rate(key, benchmark, dataset, record):
    """Training runs at least 2.5 x the jets per second of a plain fit of the same recipe."""
    declared = suite.variant(key)
    x, y = dataset.x_train, dataset.y_train
    rows = int(len(x) * (1 - declared.recipe.validation_split))
    steps = EPOCHS * (rows // declared.recipe.batch_size)
    recipe = dataclasses.replace(declared.recipe, steps=steps, teacher=None)
    variant = dataclasses.replace(declared, recipe=recipe)

    plain: list[float] = []
    training.train(variant, x, y, plain_fit=True, progress=epoch_clock(plain))
    ours: list[float] = []
    benchmark.pedantic(
        lambda: training.train(variant, x, y, progress=epoch_clock(ours)), rounds=1, iterations=1
    )
    ratio = rate(ours, rows) / rate(plain, rows)
    speed = {"rows_per_s": rate(ours, rows), "plain_rows_per_s": rate(plain, rows), "ratio": ratio}
    benchmark.extra_info.update(speed)
    record("variants", key, "speed", speed)
    assert ratio >= ATLEAST, (
        f"training {key} runs at {rate(ours, rows):,.0f} jets/s, a plain fit at "
        f"{rate(plain, rows):,.0f}: a ratio of {ratio:.2f}, which should be at least {ATLEAST}"
    )
