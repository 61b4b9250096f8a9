"""One point of a sweep, made where a worker is: trained, run exactly, counted, judged.

All of it is kept in the cache, step by step, so a point that was made before costs nothing, and
one that was interrupted goes on where it was.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate.data import datasets
from hlsgate.facts import bops, compression, equality, parity
from hlsgate.infra.cache import Cache
from hlsgate.infra.errors import HlsgateError
from hlsgate.judge.baselines import load as load_baselines
from hlsgate.logic import numba_cache
from hlsgate.models.checkpoints import Checkpoint
from hlsgate.pipeline.hardware import SYNTHESIS_TIMEOUT_S, Hardware
from hlsgate.pipeline.pipeline import Pipeline
from hlsgate.spec import architecture, targets
from hlsgate.spec.declarations import Design, Variant
from hlsgate.spec.suites import Benchmark
from hlsgate.suites import suite
from hlsgate.sweep.points import Point, family_of, reference2
from hlsgate.synthesis.reports.da4ml import parse_da4ml

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Facts = dict[str, Any]

ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS",
        "TF_NUM_INTEROP_THREADS", "TF_NUM_INTRAOP_THREADS",
    ),
    "1",
)  # fmt: skip
"""Environment of a worker: there are as many workers as cores, so each has one thread."""


@dataclass(frozen=True)
class Place:
    """Where a worker finds everything; the same for all of them.

    Parameters
    ----------
    benchmark : str
        Key of what is swept.
    cache : pathlib.Path
        Folder of finished work.
    baselines : pathlib.Path
        File of margins, and of what is recorded of the reference.
    checkpoints : pathlib.Path
        Folder of frozen weights.
    dataset : str, optional
        As in ``--dataset``.
    suite : pathlib.Path, optional
        File of the suite that the benchmark is of; hlsgate's own without it.
    """

    benchmark: str
    cache: Path
    baselines: Path
    checkpoints: Path
    dataset: str | None = None
    suite: Path | None = None

    @property
    def declared(self) -> Benchmark:
        """The benchmark; its suite has to be in use."""
        return suite.benchmark(self.benchmark)

    @property
    def reference(self) -> Variant:
        """What all points are judged against."""
        return suite.variant(family_of(self.declared).reference)


def place_of(
    benchmark: str, cache: Path, baselines: Path, checkpoints: Path, dataset: str | None = None
) -> Place:
    """Return a place of the suite in use, by whole paths: a worker may stand in another folder."""
    return Place(
        benchmark,
        cache.resolve(),
        baselines.resolve(),
        checkpoints.resolve(),
        dataset,
        suite.file(),
    )


class _Trained(Pipeline):
    """A pipeline for variants that nobody froze: their weights are those that are trained."""

    def frozen(self, variant: Variant) -> Checkpoint:
        """Return trained weights, where a stage asks for the committed ones."""
        return self.trained(variant)


@functools.cache
def _pipeline(place: Place, *, frozen: bool = False) -> Pipeline:
    cache = Cache(place.cache)
    numba_cache.apply(cache.root)
    kind = Pipeline if frozen else _Trained
    return kind(lambda _benchmark: _dataset(place), cache, place.checkpoints)


@functools.cache
def _dataset(place: Place) -> datasets.Dataset:
    return datasets.load(place.declared, place.dataset, Cache(place.cache))


def begin(place: Place) -> None:
    """Make ready the process that a task came to: one thread, and the suite of the place.

    Libraries that are yet to be imported obey; those that are loaded had the worker's environment.
    """
    os.environ.update(ONE_THREAD)
    if suite.file() != place.suite:
        suite.choose(place.suite)


def head(place: Place) -> Facts:
    """Return what all points have in common: data set, rows, margin and confidence."""
    dataset = _dataset(place)
    policy = load_baselines(place.baselines).parity("accuracy", place.benchmark)
    return {
        "benchmark": place.benchmark,
        "dataset": dataset.name,
        "dataset_sha256": dataset.sha256,
        "n": len(dataset.y_test),
        **policy,
    }


def references(place: Place) -> Facts:
    """Evaluate both references; the first is counted, too, and its recorded cells are named."""
    begin(place)
    variant = place.reference
    fixed = _pipeline(place, frozen=True)
    weights = fixed.frozen(variant)
    counts = parse_da4ml(fixed.logic(variant, weights, targets.DA4ML.backend)).values
    first = {
        "variant": variant.key,
        "accuracy": float(_reference(place).mean()),
        "weights_sha256": weights.sha256,
        "da_cost": counts["da_cost"],
        "register_bits": counts["register_bits"],
        **_recorded(place, variant, weights),
    }
    better = reference2(place.declared)
    second = {
        "variant": better.key,
        "accuracy": float(_reference2(place).mean()),
        "weights_sha256": _pipeline(place).trained(better).sha256,
        **dict.fromkeys(("da_cost", "register_bits", "alut", "ff", "alut_origin", "yosys")),
    }
    return {"reference": first, "reference2": second}


def _recorded(place: Place, variant: Variant, weights: Checkpoint) -> Facts:
    """Return the baseline's cells of a variant that is too slow to synthesise; null without one."""
    design = Design(variant, targets.YOSYS_CYCLONEV)
    known = load_baselines(place.baselines).recorded(design.key)
    if known is None or known.weights_sha256 != weights.sha256:
        return dict.fromkeys(("alut", "ff", "alut_origin", "yosys"))
    cells = {name: int(known.values[name]) for name in ("alut", "ff")}
    return {**cells, "alut_origin": "recorded", "yosys": known.tool_version}


@functools.cache
def _reference(place: Place) -> NDArray[np.bool_]:
    """Rows that the reference has right, by its frozen weights, as in ``test_parity``."""
    fixed, variant = _pipeline(place, frozen=True), place.reference
    return _right(place, fixed.keras_logits(variant, fixed.frozen(variant)))


@functools.cache
def _reference2(place: Place) -> NDArray[np.bool_]:
    pipeline, variant = _pipeline(place), reference2(place.declared)
    return _right(place, pipeline.keras_logits(variant, pipeline.trained(variant)))


def _right(place: Place, logits: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    right: NDArray[np.bool_] = logits.argmax(axis=1) == _dataset(place).y_test
    return right


def network(declared: Point, place: Place) -> Facts:
    """Train a point and run all test rows through its logic, and no more: a yardstick of speed."""
    begin(place)
    pipeline, variant = _pipeline(place), declared.variant
    logits = pipeline.interpreted(variant, pipeline.trained(variant), targets.DA4ML.backend)
    return {"rows": len(logits)}


def exactness(declared: Point, place: Place) -> Facts:
    """Hold a point's logic against Keras, with the types that the conversion declares."""
    begin(place)
    pipeline, variant = _pipeline(place), declared.variant
    weights = pipeline.trained(variant)
    expected = pipeline.keras_logits(variant, weights, as_hardware=True)
    observed = pipeline.interpreted(variant, weights, targets.DA4ML.backend)
    found = equality.compare(observed, expected, lsb=variant.conversion.precision.lsb)
    return {"equal": found.equal, "text": found.describe()}


def point(declared: Point, place: Place) -> Facts:
    """Train a point, run all test rows through its logic, count it, and judge it."""
    begin(place)
    pipeline, variant = _pipeline(place), declared.variant
    weights = pipeline.trained(variant)
    right = _right(place, pipeline.interpreted(variant, weights, targets.DA4ML.backend))
    counts = parse_da4ml(pipeline.logic(variant, weights, targets.DA4ML.backend)).values
    types = architecture.weight_types(pipeline.layers(variant))
    sizes = compression.kernel_sizes(types, variant.conversion.precision, weights.weights)
    common = head(place)
    return {
        **declared.told(),
        "accuracy": float(right.mean()),
        **judged(right, _reference(place), common),
        "against2": judged(right, _reference2(place), common),
        **counts,
        **dict.fromkeys(("alut", "ff", "yosys")),
        "weights_sha256": weights.sha256,
        "weights_nonzero": sizes["weights_nonzero"],
        "weight_bits_nonzero": sizes["weight_bits"],
        "bops": bops.bops(_layers(declared, weights.weights)),
    }


def judged(
    right: NDArray[np.bool_], reference: NDArray[np.bool_], common: Mapping[str, Any]
) -> Facts:
    """Hold the rows that a network has right against those that a reference has right."""
    gained, lost = int((right & ~reference).sum()), int((~right & reference).sum())
    found = parity.difference_of_counts(
        gained, lost, len(right), margin=common["margin"], confidence=common["confidence"]
    )
    return {
        "gained": gained,
        "lost": lost,
        "loss": -found.value,
        "loss_lower": -found.high,
        "loss_upper": -found.low,
        "parity": found.state,
    }


def _layers(declared: Point, weights: Mapping[str, NDArray[np.float32]]) -> list[bops.DenseLayer]:
    setting, layers = declared.setting, list[bops.DenseLayer]()
    for kernel in (values for name, values in weights.items() if compression.is_kernel(name)):
        inputs, outputs = kernel.shape
        bits = setting.activation_bits if layers else setting.input_bits
        zeros = float((kernel == 0).mean())
        layers.append(bops.DenseLayer(inputs, outputs, bits, setting.weight_bits, zeros))
    return layers


def cells(declared: Point, place: Place) -> Facts:
    """Synthesise a point with Yosys: its ALUTs, its flip-flops, and by which versions."""
    begin(place)
    hardware = Hardware(_pipeline(place), SYNTHESIS_TIMEOUT_S)
    found = hardware.measured(Design(declared.variant, targets.YOSYS_CYCLONEV))
    values = {name: int(found.values[name]) for name in ("alut", "ff")}
    return {**values, "yosys": found.tool_version}


def told(task: Callable[..., Facts], *args: Any) -> Facts:
    """Run a task in silence; return an error of hlsgate's own as a sentence.

    Workers share the terminal with the display; hls4ml prints there what nobody asked for.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return task(*args)
    except HlsgateError as error:
        return {"error": str(error)}
