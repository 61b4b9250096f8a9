"""Claims of speed, as ratios within one run: training, interpreter, a second worker of a sweep.

Not part of the main job: times are of this machine and this minute. ``tox run -e speed`` runs it.
"""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path

import numpy as np
import pytest

from hlsgate import conversion, logic, suite, training
from hlsgate.frontier import sweep, work
from hlsgate.frontier.display import Lines
from hlsgate.frontier.points import Point, Schedule
from hlsgate.quiet import quietly

EPOCHS = 5
ATLEAST = 2.5

ROUNDS = 5
INTERPRETER_ATLEAST = 4.0

WORKERS_ATLEAST = 1.7
POINTS = 8


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


def test_two_workers_beat_one(benchmark, record, tmp_path):
    """Two workers make the points of a sweep at least 1.7 x as fast as one does."""
    if os.cpu_count() == 1:
        pytest.skip("there is one core; two workers need two.")
    one = seconds_of_a_sweep(1, tmp_path)
    two = benchmark.pedantic(seconds_of_a_sweep, args=(2, tmp_path), rounds=1, iterations=1)
    found = {"one_worker_s": one, "two_workers_s": two, "points": POINTS, "ratio": one / two}
    benchmark.extra_info.update(found)
    record("variants", "jets-float", "sweep_speed", found)
    assert found["ratio"] >= WORKERS_ATLEAST, (
        f"{POINTS} points take {one:.1f} s with one worker and {two:.1f} s with two: a ratio of "
        f"{found['ratio']:.2f}, which should be at least {WORKERS_ATLEAST}"
    )


def seconds_of_a_sweep(workers, folder):
    """Train and trace points from nothing; workers have loaded their libraries before."""
    place = work.Place(Path(__file__).parents[1], folder / f"cache{workers}")
    # without a teacher, which only the first one would have to train
    schedule = Schedule(steps=4_000, teacher_share=0.0)
    points = [Point(4, 4, 0.75, schedule=schedule, seed=seed) for seed in range(POINTS + workers)]
    tasks = [sweep.Task(point.key, work.told, (work.network, point, place)) for point in points]
    watcher = Lines(lambda _line: None)
    with sweep.cluster(None, workers, work.ONE_THREAD) as client:
        sweep.run(tasks[POINTS:], client, watcher)
        started = time.perf_counter()
        found = sweep.run(tasks[:POINTS], client, watcher)
        seconds = time.perf_counter() - started
    assert [one["rows"] for one in found.values()] == [40_000] * POINTS, found
    return seconds
