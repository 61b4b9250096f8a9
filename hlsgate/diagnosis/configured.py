"""Is the firmware what a variant declares? Read from the written sources, not from any config.

A declaration that nothing reads changes nothing; here each one is looked for where a compiler
would find it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate.declarations import HLS4ML_TABLE_SIZE, Backend, Variant
from hlsgate.diagnosis import firmware
from hlsgate.diagnosis.firmware import Call, Firmware
from hlsgate.errors import FirmwareError
from hlsgate.project import Project

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.fixedpoint import Fixed

    Weights = Mapping[str, NDArray[np.float32]]

_RESOURCE_ONLY = ("oneAPI", "Quartus")
"""Backends that build dense layers by the Resource strategy, whatever is declared."""


@dataclass(frozen=True)
class Fact:
    """One declared thing, and what the sources say of it."""

    path: Path
    field: str
    found: object
    declared: object

    @property
    def holds(self) -> bool:
        """Whether the two are the same."""
        return self.found == self.declared

    def __str__(self) -> str:
        return f"{self.path}: {self.field}: {self.found}, declared is {self.declared}"


def facts(variant: Variant, weights: Weights, backend: Backend, project: Project) -> list[Fact]:
    """Look up in a project's sources whatever its variant declares.

    Parameters
    ----------
    variant : Variant
        What was converted.
    weights : mapping of str to ndarray
        Its weights (`hlsgate.training.hardware_weights`).
    backend : Backend
        What it was converted for.
    project : Project
        What was written.

    Returns
    -------
    list of Fact
        Types of inputs, weights, biases, activations, accumulators and logits; sizes, reuse
        factor, strategy and io_type of every layer; entries of the softmax' tables; every weight;
        part and clock.

    Raises
    ------
    FirmwareError
        If a source is missing, or lacks what is looked for; the message names file and field.
    """
    found = firmware.read(project)
    dense = _named(found, "dense", [name for name, _, _ in variant.topology.dense_layers])
    relus = _named(found, "relu", [f"relu{n}" for n, _ in enumerate(variant.topology.hidden, 1)])
    softmax = [call for call in found.calls if call.function == "softmax"]
    inputs = Fact(found.folder / "defines.h", "inputs, result", found.type_named("input_t"),
                  variant.input_type)  # fmt: skip
    return [
        inputs,
        *(fact for name, call in dense for fact in _dense(found, variant, backend, name, call)),
        *(fact for name, call in dense for fact in _weights(found, weights, name, call)),
        *(fact for name, call in relus for fact in _relu(found, variant, backend, name, call)),
        *(fact for call in softmax for fact in _softmax(found, backend, call)),
        *_device(project, backend),
    ]


def require(found: Sequence[Fact]) -> None:
    """Raise `FirmwareError`, which names file and field, unless every fact holds."""
    wrong = [str(fact) for fact in found if not fact.holds]
    if wrong:
        raise FirmwareError("the firmware is not as declared: " + "; ".join(wrong))


def _named(found: Firmware, function: str, names: Sequence[str]) -> list[tuple[str, Call]]:
    calls = [call for call in found.calls if call.function.startswith(function)]
    if len(calls) != len(names):
        path = found.folder / f"{found.project.name}.cpp"
        raise FirmwareError(f"{path}: {function}: {len(calls)} calls, declared are {len(names)}.")
    return list(zip(names, calls, strict=True))


def _reader(found: Firmware, name: str, call: Call) -> Callable[..., Fact]:
    """Return a function that makes facts of a layer's fields, in ``parameters.h``."""
    config, path = found.config(call), found.folder / "parameters.h"

    def read(field: str, declared: object) -> Fact:
        if field not in config:
            raise FirmwareError(f"{path}: {name}, {field}: {call.config} has no such field.")
        text = config[field].rpartition("::")[2]
        value = int(text) if isinstance(declared, int) and text.isdigit() else text
        return Fact(path, f"{name}, {field}", value, declared)

    return read


def _dense(
    found: Firmware, variant: Variant, backend: Backend, name: str, call: Call
) -> Iterator[Fact]:
    read, config, defines = (
        _reader(found, name, call),
        found.config(call),
        found.folder / "defines.h",
    )
    declared, typed = variant.emulation, variant.recipe.weights
    inputs, outputs = next((i, o) for n, i, o in variant.topology.dense_layers if n == name)
    yield from (read("n_in", inputs), read("n_out", outputs), read("io_type", backend.io_type))
    yield read("reuse_factor", declared.reuse_factor)
    yield _strategy(found, declared.strategy, backend, name, call)
    kind = typed.weight_type if typed else declared.precision
    for field in ("weight_t", "bias_t"):
        yield Fact(defines, f"{name}, {field}", found.type_named(config[field]), kind)
    if declared.granularity == "model":
        accumulator = found.type_named(config["accum_t"])
        yield Fact(defines, f"{name}, accum_t", accumulator, declared.precision)
    if name == "logits" and declared.logits is not None:
        result = replace(declared.logits, saturation="SAT")
        yield Fact(defines, "logits, result", found.type_named(call.result), result)


def _strategy(found: Firmware, declared: str, backend: Backend, name: str, call: Call) -> Fact:
    """Return how a dense layer is built: by its field, or by the function that is called."""
    if backend.hls4ml in _RESOURCE_ONLY:
        path = found.folder / f"{found.project.name}.cpp"
        return Fact(path, f"{name}, strategy", call.function.removeprefix("dense_"), "resource")
    return _reader(found, name, call)("strategy", declared)


def _weights(found: Firmware, weights: Weights, name: str, call: Call) -> Iterator[Fact]:
    """Hold written weights, in either order, against those of the checkpoint in their type."""
    import numpy as np

    number = re.sub(r"\D", "", call.config)
    for letter, what in (("w", "kernel"), ("b", "bias")):
        kind = found.type_named(found.config(call)["weight_t" if letter == "w" else "bias_t"])
        given = np.asarray(weights[f"{name}/{what}"], np.float64)
        written = kind.cast(found.weights(f"{letter}{number}"))
        same = any(np.array_equal(written, kind.cast(one.ravel())) for one in (given, given.T))
        path = found.folder / "weights" / f"{letter}{number}.h"
        told = "the checkpoint's" if same else "others"
        yield Fact(path, f"{name}, {what}", told, "the checkpoint's")


def _relu(
    found: Firmware, variant: Variant, backend: Backend, name: str, call: Call
) -> Iterator[Fact]:
    typed = variant.recipe.activations
    declared: Fixed = (
        replace(typed.relu_type, rounding="RND_CONV", saturation="SAT")
        if typed
        else variant.emulation.precision
    )
    path = found.folder / "defines.h"
    yield Fact(path, f"{name}, result", found.type_named(call.result), declared)
    yield _reader(found, name, call)("io_type", backend.io_type)


def _softmax(found: Firmware, backend: Backend, call: Call) -> Iterator[Fact]:
    read = _reader(found, "softmax", call)
    sizes = [field for field in found.config(call) if field.endswith("table_size")]
    if not sizes:
        yield read("table_size", HLS4ML_TABLE_SIZE)
    for field in sizes:
        yield read(field, HLS4ML_TABLE_SIZE)
    yield read("io_type", backend.io_type)


def _device(project: Project, backend: Backend) -> Iterator[Fact]:
    """Look up part and clock in the file that drives the synthesis."""
    clock: Any = backend.clock_period_ns
    file, part, period = {
        "oneAPI": ("CMakeLists.txt", r'set\(FPGA_DEVICE "([^"]*)"', r"-Xsclock=([\d.]+)ns"),
        "Quartus": ("Makefile", r"DEVICE\s*:=\s*(\S+)", ""),
    }.get(project.backend, ("project.tcl", r'set part "([^"]*)"', r"set clock_period ([\d.]+)"))
    path = project.folder / file
    yield Fact(path, "part", _only(path, "part", part), backend.part)
    if period:
        yield Fact(path, "clock period", float(_only(path, "clock period", period)), clock)
        return
    path = project.folder / "firmware" / f"{project.name}.cpp"
    target = float(_only(path, "target fmax", r"hls_scheduler_target_fmax_mhz\(([\d.]+)\)"))
    yield Fact(path, "target fmax, MHz", target, 1000.0 / clock)


def _only(path: Path, field: str, pattern: str) -> str:
    found = re.search(pattern, firmware.read_source(path))
    if found is None:
        raise FirmwareError(f"{path}: {field}: it is not there.")
    return found[1]
