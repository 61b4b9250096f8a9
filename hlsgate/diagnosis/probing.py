"""Probes in written projects: one build whose emulation returns the output of every layer.

hls4ml's own trace does not exist for oneAPI and is another build of the firmware elsewhere. Here a
copy of the written sources gets one line after each layer, which copies that layer's values aside
(streams are read and refilled), and one at the end of the bridge, which appends them to the
outputs. The layers' own code stays as it is, so that outputs equal those of the build without
probes; who uses probes checks that.

Source of the markers and names: projects written by hls4ml 1.3.0.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hlsgate.infra.errors import DiagnosisError
from hlsgate.spec.layers import INPUT, HardwareLayer, Outputs
from hlsgate.spec.project import Project

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_HEADER = "hlsgate_probe.h"
_LAYERS = "// hls-fpga-machine-learning insert layers"
_TEXT = r"""// Copies of every layer's values, written by hlsgate.
#pragma once
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace hlsgate {

inline thread_local double probed[@TOTAL@];

template <class T> double number(const T &value) {
    if constexpr (std::is_arithmetic_v<T>)
        return static_cast<double>(value);
    else
        return value.to_double();
}

template <class T, class = void> struct is_vector : std::false_type {};
template <class T>
struct is_vector<T, std::void_t<typename T::value_type, decltype(std::declval<T &>()[0])>>
    : std::true_type {};

// Length of hls4ml's own arrays, and of std::array, which it uses for oneAPI.
template <class T>
constexpr auto length(int)
    -> std::enable_if_t<std::is_integral_v<std::remove_cv_t<decltype(T::size)>>, std::size_t> {
    return T::size;
}
template <class T> constexpr std::size_t length(long) { return std::tuple_size<T>::value; }

// One item: a number, or a vector of several.
template <class T> std::size_t keep(std::size_t at, const T &item) {
    if constexpr (is_vector<T>::value) {
        constexpr std::size_t size = length<T>(0);
        for (std::size_t i = 0; i < size; ++i)
            probed[at + i] = number(item[i]);
        return size;
    } else {
        probed[at] = number(item);
        return 1;
    }
}

// An array, a vector, or a stream of items, which is read and filled again in the same order.
template <class T> void probe(std::size_t at, std::size_t size, T &source) {
    if constexpr (std::is_array_v<T> || std::is_pointer_v<T>) {
        for (std::size_t i = 0; i < size; ++i)
            keep(at + i, source[i]);
    } else if constexpr (is_vector<T>::value) {
        keep(at, source);
    } else {
        for (std::size_t end = at + size; at < end;) {
            auto item = source.read();
            at += keep(at, item);
            source.write(item);
        }
    }
}

template <class Pipe> void probe_pipe(std::size_t at, std::size_t size) {
    for (std::size_t end = at + size; at < end;) {
        auto item = Pipe::read();
        at += keep(at, item);
        Pipe::write(item);
    }
}

} // namespace hlsgate
"""


@dataclass(frozen=True)
class Probed:
    """A project with probes: its emulation returns outputs, then every layer's values."""

    project: Project
    layers: tuple[HardwareLayer, ...]
    outputs: int

    def split(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], Outputs]:
        """Take an emulation's rows apart into outputs and values by layer."""
        found, at = {}, self.outputs
        for layer in self.layers:
            found[layer.name] = values[:, at : at + layer.size]
            at += layer.size
        return values[:, : self.outputs], found


def probe(project: Project, layers: Sequence[HardwareLayer], folder: Path) -> Probed:
    """Copy a project and put probes into the copy.

    Parameters
    ----------
    project : Project
        Written by hls4ml's oneAPI, Quartus, Vitis or Vivado backend, of either io_type.
    layers : sequence of HardwareLayer
        All layers, in order.
    folder : pathlib.Path
        Where the copy is written; must not exist.

    Raises
    ------
    DiagnosisError
        If the sources do not look as expected; the message names the file and the layer.
    """
    shutil.copytree(project.folder, folder, ignore=shutil.ignore_patterns("build"))
    root = folder / "src" if project.backend == "oneAPI" else folder
    firmware = root / "firmware" / f"{project.name}.cpp"
    bridge = root / f"{project.name}_bridge.cpp"
    total = sum(layer.size for layer in layers)
    (root / "firmware" / _HEADER).write_text(_TEXT.replace("@TOTAL@", str(total)))
    firmware.write_text(probed_firmware(firmware, layers))
    bridge.write_text(_probed_bridge(bridge, project, total))
    copy = replace(project, folder=folder, outputs=project.outputs + total)
    return Probed(copy, tuple(layers), project.outputs)


def probed_firmware(path: Path, layers: Sequence[HardwareLayer]) -> str:
    """Return a firmware source with a probe after each layer's call."""
    text = f'#include "{_HEADER}"\n{path.read_text()}'
    at = 0
    for layer in layers:
        call = re.search(_call(layer, text), text, re.MULTILINE)
        if call is None:
            raise DiagnosisError(
                f"{path}: nothing computes {layer.variable}, the output of layer {layer.name}, in "
                "the way that hls4ml 1.3.0 writes it, so that no probe can be put there."
            )
        end = call.end()
        text = f"{text[:end]}\n    {_line(layer, at, text)}{text[end:]}"
        at += layer.size
    return text


def _streams_through_pipes(layer: HardwareLayer, text: str) -> bool:
    return layer.pipe is not None and ".async(" in text


def _call(layer: HardwareLayer, text: str) -> str:
    """Return a pattern of the statement that computes a layer's output: the first that names it."""
    if layer.kind == INPUT:
        return rf"^.*{re.escape(_LAYERS)}.*$"
    if _streams_through_pipes(layer, text):
        return rf"^ *{re.escape(layer.name)}\.async\(.*\);"
    variable = re.escape(layer.variable)
    called = rf"nnet::\w+<[^;]*>\([^;()]*, {variable}(?:, [^;()]*)?\);"
    renamed = rf"auto ?& ?{variable} = \w+;"  # of a Flatten or Reshape that moves nothing
    return rf"^ *(?:{called}|{renamed}).*$"


def _line(layer: HardwareLayer, at: int, text: str) -> str:
    if _streams_through_pipes(layer, text):
        return f"hlsgate::probe_pipe<{layer.pipe}>({at}, {layer.size});"
    return f"hlsgate::probe({at}, {layer.size}, {layer.variable});"


def _probed_bridge(path: Path, project: Project, total: int) -> str:
    text = path.read_text()
    entry = re.search(
        rf"void {project.name}_double\(\s*double \W?\w+[^,]*,\s*double \*?(\w+)", text
    )
    end = text.find("\n}", entry.end()) if entry else -1
    if entry is None or end < 0:
        raise DiagnosisError(f"{path}: {project.name}_double has not the form that is known.")
    copy = (
        f"\n    for (std::size_t i = 0; i < {total}; ++i)"
        f"\n        {entry[1]}[{project.outputs} + i] = hlsgate::probed[i];"
    )
    return f'#include "firmware/{_HEADER}"\n{text[:end]}{copy}{text[end:]}'
