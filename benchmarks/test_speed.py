"""Claims of speed, as ratios within one run: training against Keras, interpreter against hls4ml.

Not part of the main job: times are of this machine and this minute. ``tox run -e speed`` runs it.
"""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest

from hlsgate import conversion, logic, suite, training
from hlsgate.quiet import quietly

EPOCHS = 5
ATLEAST = 2.5

ROUNDS = 5
INTERPRETER_ATLEAST = 4.0


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


@pytest.mark.da4ml
def test_interpreter_rate(benchmark, pipeline, record, tmp_path):
    """The interpreter runs 4 x the jets per second of hls4ml's own predict, or more."""
    variant = suite.variant("jets-q4_p75")
    weights = pipeline.frozen(variant)
    traced = logic.load(pipeline.logic(variant, weights, suite.QUARTUS))
    x = variant.input_type.round(pipeline.dataset.x_test)
    model = training.model_with(variant, weights.weights, softmax=False)
    graph = conversion.model_graph(variant, model, suite.QUARTUS, tmp_path / "project")
    quietly(graph.compile)()

    rows = np.ascontiguousarray(x, dtype=np.float64)
    assert np.array_equal(traced.predict(rows), graph.predict(rows))
    theirs = min(timed(graph.predict, rows) for _ in range(ROUNDS))
    benchmark.pedantic(traced.predict, args=(rows,), rounds=ROUNDS, iterations=1)
    ours = min(timed(traced.predict, rows) for _ in range(ROUNDS))
    found = {"rows_per_s": len(x) / ours, "hls4ml_rows_per_s": len(x) / theirs}
    found["ratio"] = theirs / ours
    benchmark.extra_info.update(found)
    record("variants", variant.key, "interpreter_speed", found)
    assert found["ratio"] >= INTERPRETER_ATLEAST, (
        f"the interpreter runs at {found['rows_per_s']:,.0f} jets/s, hls4ml's predict at "
        f"{found['hls4ml_rows_per_s']:,.0f}: a ratio of {found['ratio']:.2f}, which should be at "
        f"least {INTERPRETER_ATLEAST}"
    )


def timed(function, *args):
    """Seconds that one call takes."""
    started = time.perf_counter()
    function(*args)
    return time.perf_counter() - started
