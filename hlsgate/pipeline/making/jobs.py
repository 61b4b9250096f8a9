"""Jobs: what is made in one piece, by which stages, after what, and how long it takes about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hlsgate.pipeline.hardware import Hardware
from hlsgate.spec.declarations import Backend, Design, Variant
from hlsgate.suites import suite

PREDICTED_ROWS = 2000
"""Test rows that hls4ml's own predict computes: it takes them one by one."""

LAYERED_ROWS = 2000
"""Test rows of which the output of every layer is compared."""

SIMULATED_ROWS, SIMULATED_FLOAT_ROWS = 1000, 100
"""Test rows that are clocked through Verilog; that of float weights is ten times as large."""

NETLIST_ROWS = 32
"""A netlist simulates a hundred times more slowly: half a second for each row."""


@dataclass(frozen=True)
class Job:
    """One piece of work.

    Parameters
    ----------
    kind : str
        A key of `KINDS`.
    subject : str
        Key of the variant, or of the design.
    backend : str
        Key of the backend, where that matters.
    """

    kind: str
    subject: str
    backend: str = ""

    @property
    def after(self) -> list[Job]:
        """Jobs whose products it needs."""
        return list(KINDS[self.kind].after(self))

    @property
    def seconds(self) -> float:
        """Rough time on one core; only the order in which jobs start depends on it."""
        return KINDS[self.kind].seconds(self)

    @property
    def heavy(self) -> bool:
        """Whether it may take gigabytes of memory."""
        return KINDS[self.kind].heavy

    @property
    def first_alone(self) -> bool:
        """Whether no other of its kind starts before one has ended."""
        return KINDS[self.kind].first_alone

    def do(self, hardware: Hardware) -> None:
        """Make it, unless it is in the cache."""
        KINDS[self.kind].do(hardware, self)


@dataclass(frozen=True)
class Kind:
    """What jobs of one kind have in common; of `first_alone`, one compiles what all others use."""

    do: Callable[[Hardware, Job], None]
    seconds: Callable[[Job], float]
    after: Callable[[Job], Iterable[Job]] = lambda _job: ()
    heavy: bool = False
    first_alone: bool = False


def simulated_rows(variant: Variant) -> int:
    """Return how many test rows are clocked through a variant's Verilog."""
    return SIMULATED_ROWS if variant.exact else SIMULATED_FLOAT_ROWS


def _variant(job: Job) -> Variant:
    return suite.variant(job.subject)


def _backend(job: Job) -> Backend:
    declared = suite.active()
    return next(one for one in (*declared.emulated, *declared.streamed) if one.key == job.backend)


def _traced_by() -> Backend:
    backend = suite.active().traced
    assert backend is not None, "no job is about a trace where nothing is traced"
    return backend


def _train(hardware: Hardware, job: Job) -> None:
    pipeline, variant = hardware.pipeline, _variant(job)
    pipeline.layers(variant)
    pipeline.keras_logits(variant, pipeline.trained(variant))


def _after_teacher(job: Job) -> Iterable[Job]:
    recipe = _variant(job).recipe
    if recipe is not None and recipe.teacher:
        yield Job("train", recipe.teacher)


def _steps(job: Job) -> float:
    variant = _variant(job)
    recipe = variant.training
    return 2.0 + recipe.steps / (2500.0 if recipe.weights is None else 1500.0)


def _evaluate(hardware: Hardware, job: Job) -> None:
    pipeline, variant = hardware.pipeline, _variant(job)
    weights = pipeline.frozen(variant)
    pipeline.keras_logits(variant, weights)
    if variant.exact:
        pipeline.keras_logits(variant, weights, as_hardware=True)
        pipeline.keras_logits(variant, weights, as_hardware=True, rows=pipeline.edge_rows(variant))


def _emulate(hardware: Hardware, job: Job) -> None:
    pipeline, variant, backend = hardware.pipeline, _variant(job), _backend(job)
    weights, parallel = pipeline.frozen(variant), backend in suite.active().emulated
    logits = pipeline.project(variant, weights, backend, softmax=False)
    if parallel or variant.exact:  # of others only the written sources are judged with streams
        pipeline.emulated(variant, logits)
    if variant.exact:
        pipeline.emulated(variant, logits, pipeline.edge_rows(variant))
    if parallel:
        ended = pipeline.project(variant, weights, backend, softmax=True)
        pipeline.emulated(variant, ended)
    pipeline.firmware(variant, weights, backend, softmax=parallel)


def _emulate_as_written(hardware: Hardware, job: Job) -> None:
    pipeline, variant = hardware.pipeline, _variant(job)
    project = pipeline.project(variant, pipeline.frozen(variant), _backend(job), softmax=False)
    pipeline.emulated(variant, project, as_written=True)


def _layer(hardware: Hardware, job: Job) -> None:
    pipeline, variant = hardware.pipeline, _variant(job)
    weights = pipeline.frozen(variant)
    pipeline.layer_errors(variant, weights, _backend(job), LAYERED_ROWS)


def _after_emulation(job: Job) -> Iterable[Job]:
    yield Job("emulate", job.subject, job.backend)


def _predict(hardware: Hardware, job: Job) -> None:
    pipeline, variant = hardware.pipeline, _variant(job)
    weights = pipeline.frozen(variant)
    pipeline.predicted_by_hls4ml(variant, weights, _backend(job), PREDICTED_ROWS)


def _trace(hardware: Hardware, job: Job) -> None:
    pipeline, variant, backend = hardware.pipeline, _variant(job), _traced_by()
    weights = pipeline.frozen(variant)
    pipeline.interpreted(variant, weights, backend)
    if variant.exact:
        pipeline.interpreted(variant, weights, backend, pipeline.edge_rows(variant))


def _try_to_trace(hardware: Hardware, job: Job) -> None:
    pipeline, variant = hardware.pipeline, _variant(job)
    pipeline.refusal(variant, pipeline.frozen(variant), _traced_by())


def _simulate(hardware: Hardware, job: Job) -> None:
    pipeline, variant = hardware.pipeline, _variant(job)
    weights = pipeline.frozen(variant)
    rows = min(simulated_rows(variant), len(pipeline.dataset(variant).y_test))
    pipeline.simulated(variant, weights, _traced_by(), rows)


def _synthesise(hardware: Hardware, job: Job) -> None:
    hardware.measured(suite.design(job.subject))


def _after_source(job: Job) -> Iterable[Job]:
    design = suite.design(job.subject)
    if suite.active().traced == design.target.backend and not design.target.softmax:
        yield Job("trace", design.variant.key)


def _synthesis_seconds(job: Job) -> float:
    design = suite.design(job.subject)
    return 1.0 if design.target.stage == "logic" else 40.0 + 1.5 * _bits(design)


def _bits(design: Design) -> float:
    """Width of a variant's weights, which the size of its logic goes with."""
    recipe = design.variant.recipe
    typed = recipe.weights if recipe else None
    return 16.0 if typed is None else float(typed.bits)


def _simulate_netlist(hardware: Hardware, job: Job) -> None:
    hardware.simulated_netlist(suite.design(job.subject), NETLIST_ROWS)


def _after_synthesis(job: Job) -> Iterable[Job]:
    yield Job("synthesise", job.subject)


def _after_trace(job: Job) -> Iterable[Job]:
    yield Job("trace", job.subject)


def _always(seconds: float) -> Callable[[Job], float]:
    return lambda _job: seconds


KINDS = {
    "train": Kind(_train, _steps, _after_teacher),
    "evaluate": Kind(_evaluate, _always(1.0)),
    "emulate": Kind(_emulate, _always(4.0)),
    "emulate as written": Kind(_emulate_as_written, _always(6.0)),
    "layer": Kind(_layer, _always(5.0), _after_emulation),
    "predict": Kind(_predict, _always(6.0)),
    # da4ml is compiled by numba when it is first used, which takes a minute or two.
    "trace": Kind(_trace, _always(15.0), first_alone=True),
    "try to trace": Kind(_try_to_trace, _always(2.0)),
    "simulate": Kind(_simulate, _always(10.0), _after_trace),
    "synthesise": Kind(_synthesise, _synthesis_seconds, _after_source, heavy=True),
    "simulate netlist": Kind(_simulate_netlist, _always(20.0), _after_synthesis),
}
"""Every kind of job, by its name."""
