"""Is the firmware what a variant declares? Read from the written sources, not from any config.

A declaration that nothing reads changes nothing; here each one is looked for where a compiler
would find it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate.diagnosis import firmware
from hlsgate.diagnosis.firmware import Call, Firmware
from hlsgate.infra.errors import FirmwareError
from hlsgate.spec import architecture
from hlsgate.spec.declarations import HLS4ML_TABLE_SIZE, Backend, Variant
from hlsgate.spec.layers import KerasLayer
from hlsgate.spec.project import Project

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Weights = Mapping[str, NDArray[np.float32]]

_FUNCTIONS = {
    "Dense": "dense", "QDense": "dense", "Conv1D": "conv_1d", "QConv1D": "conv_1d",
    "Conv2D": "conv_2d", "QConv2D": "conv_2d",
}  # fmt: skip
"""Function that hls4ml calls for a Keras layer; layers of other kinds are not looked at."""

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


def facts(
    variant: Variant,
    layers: Sequence[KerasLayer],
    weights: Weights,
    backend: Backend,
    project: Project,
) -> list[Fact]:
    """Look up in a project's sources whatever its variant declares.

    Parameters
    ----------
    variant : Variant
        What was converted.
    layers : sequence of KerasLayer
        Its layers (`hlsgate.pipeline.pipeline.Pipeline.layers`).
    weights : mapping of str to ndarray
        Its weights (`hlsgate.models.keras2.building.hardware_weights`).
    backend : Backend
        What it was converted for.
    project : Project
        What was written.

    Returns
    -------
    list of Fact
        Types of inputs, weights, biases, activations, accumulators and logits; sizes, reuse
        factor, strategy and io_type of every layer; entries of the softmax' tables; every weight;
        part and clock. Nothing of a bias that is not there, nor of the arrays of a layer with a
        quantizer that declares no type (`KerasLayer.untyped`): hls4ml moves scales between them.

    Raises
    ------
    FirmwareError
        If a source is missing, or lacks what is looked for; the message names file and field.
    """
    found = firmware.read(project)
    last = architecture.logits_layer(layers)
    weighted = [
        pair
        for function in dict.fromkeys(_FUNCTIONS.values())
        for pair in _named(
            found, function, [one for one in layers if _FUNCTIONS.get(one.kind) == function]
        )
    ]
    relus = _named(found, "relu", [one for one in layers if one.is_relu])
    softmax = [call for call in found.calls if call.function == "softmax"]
    inputs = Fact(found.folder / "defines.h", "inputs, result", found.type_named("input_t"),
                  variant.input_type)  # fmt: skip
    return [
        inputs,
        *(
            fact
            for layer, call in weighted
            for fact in _layer(found, variant, weights, backend, layer, call)
        ),
        *_logits(found, variant, last, {one.name: call for one, call in weighted}),
        *(fact for layer, call in weighted for fact in _weights(found, weights, layer, call)),
        *(fact for layer, call in relus for fact in _relu(found, variant, backend, layer, call)),
        *(fact for call in softmax for fact in _softmax(found, backend, call)),
        *_device(project, backend),
    ]


def _named(
    found: Firmware, function: str, layers: Sequence[KerasLayer]
) -> list[tuple[KerasLayer, Call]]:
    calls = [call for call in found.calls if call.function.startswith(function)]
    if len(calls) != len(layers):
        path = found.folder / f"{found.project.name}.cpp"
        raise FirmwareError(f"{path}: {function}: {len(calls)} calls, declared are {len(layers)}.")
    return list(zip(layers, calls, strict=True))


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


def _layer(
    found: Firmware,
    variant: Variant,
    weights: Weights,
    backend: Backend,
    layer: KerasLayer,
    call: Call,
) -> Iterator[Fact]:
    """Return what is declared of any layer with weights, and the shape of a dense one."""
    name, declared = layer.name, variant.conversion
    read, config = _reader(found, name, call), found.config(call)
    defines = found.folder / "defines.h"
    if _FUNCTIONS[layer.kind] == "dense":
        inputs, outputs = weights[f"{name}/kernel"].shape
        yield from (read("n_in", inputs), read("n_out", outputs), read("io_type", backend.io_type))
        yield _strategy(found, declared.strategy, backend, name, call)
    yield read("reuse_factor", declared.reuse_factor)
    for field, array in (("weight_t", "kernel"), ("bias_t", "bias")):
        if array not in layer.weights or layer.untyped:
            continue
        kind = layer.types.get(array, declared.precision)
        yield Fact(defines, f"{name}, {field}", found.type_named(config[field]), kind)
    if declared.granularity == "model":
        accumulator = found.type_named(config["accum_t"])
        yield Fact(defines, f"{name}, accum_t", accumulator, declared.precision)


def _logits(
    found: Firmware, variant: Variant, last: KerasLayer, calls: Mapping[str, Call]
) -> Iterator[Fact]:
    declared = variant.conversion.logits
    if declared is not None and last.name in calls:
        result = found.type_named(calls[last.name].result)
        wanted = replace(declared, saturation="SAT")
        yield Fact(found.folder / "defines.h", f"{last.name}, result", result, wanted)


def _strategy(found: Firmware, declared: str, backend: Backend, name: str, call: Call) -> Fact:
    """Return how a dense layer is built: by its field, or by the function that is called."""
    if backend.hls4ml in _RESOURCE_ONLY:
        path = found.folder / f"{found.project.name}.cpp"
        return Fact(path, f"{name}, strategy", call.function.removeprefix("dense_"), "resource")
    return _reader(found, name, call)("strategy", declared)


def _weights(found: Firmware, weights: Weights, layer: KerasLayer, call: Call) -> Iterator[Fact]:
    """Hold written weights, in any order of their axes, against the checkpoint's in their type."""
    import numpy as np

    number = re.sub(r"\D", "", call.config)
    name = layer.name
    for letter, what in (("w", "kernel"), ("b", "bias")):
        if what not in layer.weights or layer.untyped:
            continue
        kind = found.type_named(found.config(call)["weight_t" if letter == "w" else "bias_t"])
        written = kind.cast(found.weights(f"{letter}{number}"))
        given = np.asarray(weights[f"{name}/{what}"], np.float64)
        # hls4ml writes as many decimals as the type has fraction bits (1.3.0, model/types.py), so
        # that of a tiny negative weight the sign is lost, and with it the cut down to -1 LSB
        given = given.round(max(0, kind.fraction))
        orders = (given.transpose(axes) for axes in permutations(range(given.ndim)))
        same = any(np.array_equal(written, kind.cast(one.ravel())) for one in orders)
        path = found.folder / "weights" / f"{letter}{number}.h"
        told = "the checkpoint's" if same else "others"
        yield Fact(path, f"{name}, {what}", told, "the checkpoint's")


def _relu(
    found: Firmware, variant: Variant, backend: Backend, layer: KerasLayer, call: Call
) -> Iterator[Fact]:
    declared = layer.quantizer or variant.conversion.precision
    path = found.folder / "defines.h"
    yield Fact(path, f"{layer.name}, result", found.type_named(call.result), declared)
    yield _reader(found, layer.name, call)("io_type", backend.io_type)


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
