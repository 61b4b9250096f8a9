"""Which jobs a claim needs before it can be judged; claims are marked with their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from hlsgate.pipeline.making.jobs import Job
from hlsgate.spec.declarations import Backend, Design, Variant
from hlsgate.suites import suite


@dataclass(frozen=True)
class Subject:
    """What a claim is about.

    Parameters
    ----------
    variant : Variant
        The network.
    backend : Backend or None
        Where it is emulated; None: on all.
    design : Design or None
        What is synthesised.
    retrained : bool
        Whether it is about weights that are trained now.
    """

    variant: Variant
    backend: Backend | None = None
    design: Design | None = None
    retrained: bool = False


Needs = Callable[[Subject], Iterable[Job]]


def weights(subject: Subject) -> Iterator[Job]:
    """Need Keras' answers, with frozen or retrained weights."""
    yield Job("train" if subject.retrained else "evaluate", subject.variant.key)


def training(subject: Subject) -> Iterator[Job]:
    """Need weights that are trained now, and the frozen ones that they are held against."""
    yield Job("train", subject.variant.key)
    yield Job("evaluate", subject.variant.key)


def parity(subject: Subject) -> Iterator[Job]:
    """Need Keras' answers, of the reference too."""
    yield from weights(subject)
    if subject.variant.reference is not None:
        reference = suite.variant(subject.variant.reference)
        yield from weights(Subject(reference, retrained=subject.retrained))


def emulation(subject: Subject) -> Iterator[Job]:
    """Need emulated outputs, on one backend or on all, and Keras' answers."""
    yield Job("evaluate", subject.variant.key)
    if subject.backend is not None:
        yield Job("emulate", subject.variant.key, subject.backend.key)
        return
    declared = suite.active()
    for backend in (*declared.emulated, *(declared.streamed if subject.variant.exact else ())):
        yield Job("emulate", subject.variant.key, backend.key)


def one_emulation(subject: Subject) -> Iterator[Job]:
    """Need emulated outputs on the first backend."""
    yield Job("emulate", subject.variant.key, suite.active().emulated[0].key)


def own_code(subject: Subject) -> Iterator[Job]:
    """Need emulated outputs on one backend, and those of the sources as hls4ml wrote them."""
    if subject.backend is not None:
        yield Job("emulate", subject.variant.key, subject.backend.key)
        yield Job("emulate as written", subject.variant.key, subject.backend.key)


def layers(subject: Subject) -> Iterator[Job]:
    """Need the output of every layer, on the backend on which networks are taken apart."""
    backend = suite.active().probed
    yield Job("emulate", subject.variant.key, backend.key)
    yield Job("layer", subject.variant.key, backend.key)


def trace(subject: Subject) -> Iterator[Job]:
    """Need exact logic, and what it computes."""
    yield Job("trace", subject.variant.key)


def traced_emulation(subject: Subject) -> Iterator[Job]:
    """Need exact logic, and the emulation that it is held against."""
    yield from trace(subject)
    traced = suite.active().traced
    if traced is not None:
        yield Job("emulate", subject.variant.key, traced.key)


def refusal(subject: Subject) -> Iterator[Job]:
    """Need the reason why it cannot be traced."""
    yield Job("try to trace", subject.variant.key)


def prediction(subject: Subject) -> Iterator[Job]:
    """Need what hls4ml's own predict computes, and what we do, on the first backend."""
    backend = suite.active().emulated[0]
    yield Job("emulate", subject.variant.key, backend.key)
    yield Job("predict", subject.variant.key, backend.key)


def simulation(subject: Subject) -> Iterator[Job]:
    """Need simulated Verilog."""
    yield Job("simulate", subject.variant.key)


def synthesis(subject: Subject) -> Iterator[Job]:
    """Need a synthesis report."""
    if subject.design is not None:
        yield Job("synthesise", subject.design.key)


def netlist(subject: Subject) -> Iterator[Job]:
    """Need a simulated netlist."""
    if subject.design is not None:
        yield Job("simulate netlist", subject.design.key)


NEEDS: dict[str, Needs] = {
    need.__name__: need
    for need in (
        weights, training, parity, emulation, one_emulation, own_code, layers, trace,
        traced_emulation, refusal, prediction, simulation, synthesis, netlist,
    )
}  # fmt: skip
"""What tests are marked with, by name."""
