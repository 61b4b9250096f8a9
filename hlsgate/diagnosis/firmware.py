"""Written sources, read back: which types, sizes and factors the firmware really has.

Source of what is read: projects written by hls4ml 1.3.0 (``defines.h``, ``parameters.h``, the
project's ``.cpp``, ``weights/*.h`` and ``nnet_utils/activation_tables/exp_table.tb``).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hlsgate.infra.errors import FirmwareError
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.spec.project import Project

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FIXED = re.compile(
    r"a[pc]_(?P<unsigned>u?)fixed<\s*(?P<width>\d+),\s*(?P<integer>-?\d+)(?P<rest>[^>]*)>"
)


@dataclass(frozen=True)
class Call:
    """One layer of the network, as the sources call it.

    `function` fills `output` (a variable or a pipe), whose type is named `result`, under the
    configuration `config`; it is given values of the type that is named `inputs`.
    """

    function: str
    output: str
    result: str
    config: str
    inputs: str


@dataclass(frozen=True)
class Firmware:
    """The sources of one project.

    Parameters
    ----------
    project : Project
        Whose sources.
    types : mapping of str to Fixed
        Fixed-point types by name, of ``defines.h``.
    configs : mapping of str to mapping of str to str
        Fields of every layer's configuration, of ``parameters.h``.
    calls : tuple of Call
        The layers in order, of the project's own ``.cpp``.
    """

    project: Project
    types: dict[str, Fixed]
    configs: dict[str, dict[str, str]]
    calls: tuple[Call, ...]

    @property
    def folder(self) -> Path:
        """Where the firmware's files are."""
        return _folder(self.project)

    def config(self, call: Call) -> dict[str, str]:
        """Return the configuration that a call names, or raise `FirmwareError`."""
        if call.config not in self.configs:
            path = self.folder / "parameters.h"
            raise FirmwareError(f"{path}: {call.config}: {call.function} is not configured.")
        return self.configs[call.config]

    def filling(self, *outputs: str | None) -> Call:
        """Return the call that fills a variable or a pipe, named in either way."""
        for call in self.calls:
            if call.output in outputs:
                return call
        path = self.folder / f"{self.project.name}.cpp"
        raise FirmwareError(f"{path}: {outputs[0]}: no call makes it.")

    def type_named(self, name: str) -> Fixed:
        """Return a type of ``defines.h``, or raise `FirmwareError`."""
        if name not in self.types:
            raise FirmwareError(f"{self.folder / 'defines.h'}: {name}: no such fixed-point type.")
        return self.types[name]

    def weights(self, name: str) -> NDArray[np.float64]:
        """Read a table of weights, ``"w2"`` or ``"b2"``, as numbers in the order written."""
        import numpy as np

        path = self.folder / "weights" / f"{name}.h"
        found = re.findall(r"=\s*\{+([^{}]*)\}+", read_source(path))
        if len(found) != 1:
            raise FirmwareError(f"{path}: {name}: {len(found)} tables of numbers, not one.")
        return np.array([float(text) for text in found[0].split(",")], np.float64)


def read(project: Project) -> Firmware:
    """Read a project's sources.

    Raises
    ------
    FirmwareError
        If a file is missing, or says nothing that is understood; the message names it.
    """
    folder = _folder(project)
    types, configs = _types(folder / "defines.h"), _configs(folder / "parameters.h")
    return Firmware(project, types, configs, _calls(folder / f"{project.name}.cpp"))


def _calls(path: Path) -> tuple[Call, ...]:
    """Read the layers, whose values pass in variables, in streams, or in oneAPI's pipes."""
    text = read_source(path)
    header = path.with_suffix(".h")
    declared = text + (read_source(header) if header.is_file() else "")
    pipes = dict(re.findall(r"using (\w+) = [\w:]*pipe<\w+, (\w+),", declared))
    values = re.findall(r"nnet::(\w+)<(\w+), (\w+), (\w+)>\(([^;()]*)\);", text)
    piped = re.findall(r"task_sequence<nnet::(\w+)<(\w+), (\w+), (\w+)>>", text)
    calls = [
        Call(function, arguments.split(",")[1].strip(), result, config, inputs)
        for function, inputs, result, config, arguments in values
        if "," in arguments
    ]
    calls += [
        Call(
            function.removesuffix("_stream"),
            pipe,
            pipes.get(pipe, ""),
            config,
            pipes.get(given, ""),
        )
        for function, given, pipe, config in piped
    ]
    if not calls:
        raise FirmwareError(f"{path}: nnet: no layer is called.")
    return tuple(calls)


def _folder(project: Project) -> Path:
    inner = Path("src") / "firmware" if project.backend == "oneAPI" else Path("firmware")
    return project.folder / inner


def read_source(path: Path) -> str:
    """Return a source file's text, or raise `FirmwareError` that names it."""
    try:
        return path.read_text()
    except OSError as error:
        raise FirmwareError(f"{path}: cannot be read ({error.strerror}).") from error


def _types(path: Path) -> dict[str, Fixed]:
    found = {}
    for declared, name in re.findall(r"^typedef (.*) (\w+);$", read_source(path), re.MULTILINE):
        kind = parse_type(declared)
        if kind is not None:
            found[name] = kind
    if not found:
        raise FirmwareError(f"{path}: typedef: no fixed-point type is declared.")
    return found


def parse_type(text: str) -> Fixed | None:
    """Read a type as the sources spell it; None where there is no fixed-point type in it.

    Examples
    --------
    >>> str(parse_type("nnet::array<ac_fixed<4,2,false,AC_RND_CONV,AC_SAT>, 32*1>"))
    'ufixed<4,2,RND_CONV,SAT>'
    >>> str(parse_type("ap_fixed<16,6>"))
    'fixed<16,6>'
    """
    found = _FIXED.search(text)
    if found is None:
        return None
    rest = [part.strip() for part in found["rest"].split(",") if part.strip()]
    modes = [part[3:] for part in rest if part.startswith(("AP_", "AC_"))]
    signed = not found["unsigned"] and "false" not in rest
    rounding, saturation = (*modes, *("TRN", "WRAP")[len(modes) :])[:2]
    return Fixed(int(found["width"]), int(found["integer"]), signed, rounding, saturation)


def _configs(path: Path) -> dict[str, dict[str, str]]:
    found = {}
    text = read_source(path)
    for name, body in re.findall(r"struct (\w+) : nnet::\w+ \{\n(.*?)\n\};", text, re.DOTALL):
        fields = dict(re.findall(r"static const(?:expr)? [\w: ]+? (\w+) = ([^;]+);", body))
        fields |= {alias: kind for kind, alias in re.findall(r"typedef (.+) (\w+);", body)}
        found[name] = fields
    if not found:
        raise FirmwareError(f"{path}: struct: no layer is configured.")
    return found


def softmax_range(project: Project) -> float | None:
    """Return the largest difference of inputs that a project's softmax table was filled for."""
    written = read(project)
    (call,) = (call for call in written.calls if call.function == "softmax")
    return table_range(written, call)


def table_range(firmware: Firmware, call: Call) -> float | None:
    """Return the largest difference of inputs that a softmax's table was filled for.

    AMD's backends fill the table when they start, for the type ``inp_norm_t``; Intel's are
    written with its values, of which the last one is for one step below zero. Where a step is so
    wide, or so narrow, that the digits do not tell it, the type of the inputs does: hls4ml 1.3.0
    fills the table for its whole bits (``quartus_backend`` and ``oneapi`` templates).
    """
    norm = parse_type(firmware.config(call).get("inp_norm_t", ""))
    if norm is not None:
        return 2.0**norm.integer
    path = firmware.folder / "nnet_utils" / "activation_tables" / "exp_table.tb"
    if not path.is_file():
        return None
    values = [float(text) for text in re.findall(r"[{,]\s*([-+.\deE]+)", read_source(path))]
    if not values:
        return None
    if not 0 < values[-1] < 1:
        kind = firmware.types.get(call.inputs)
        return None if kind is None else float(2.0 ** (kind.integer - kind.signed))
    return float(2.0 ** round(math.log2(-math.log(values[-1]) * len(values))))
