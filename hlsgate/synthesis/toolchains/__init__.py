"""Synthesis tools, one module each: found, asked for their version, run, their reports read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

from hlsgate.infra.errors import SuiteError
from hlsgate.infra.process import require_tool
from hlsgate.spec.measurement import Measurement
from hlsgate.synthesis.toolchains import da4ml, nextpnr, oneapi, vitis, vivado, yosys
from hlsgate.synthesis.toolchains.synthesis import Synthesis


class Toolchain(Protocol):
    """What a toolchain's module offers.

    Attributes
    ----------
    SOURCE : {"project", "logic"}
        What it builds: a project that hls4ml wrote, or the folder of a traced network.
    OPEN : bool
        Whether PyPI has it, so that anybody can run it.
    READS : tuple of str
        What it reads of a traced network's folder.
    LOG_NAME : str
        File in the work folder, or below it, that keeps everything the tools printed.
    """

    SOURCE: Literal["project", "logic"]
    OPEN: bool
    READS: tuple[str, ...]
    LOG_NAME: str

    def find(self) -> Any:
        """Return the programs; raise `ToolNotFound` where one is missing."""

    def usable_version(self, tools: Any) -> str:
        """Return what numbers of this tool can be compared by; refuse a version that cannot."""

    def prepare(self, source: Path, folder: Path, part: str) -> None:
        """Make the folder that a run works in, from what is to be built."""

    def synthesise(
        self,
        project_dir: Path,
        *,
        tools: Any,
        timeout_s: float,
        on_line: Callable[[str], None] | None = None,
    ) -> Synthesis:
        """Run the tools in a prepared folder; `SynthesisError` unless a whole report is there."""

    def share_done(self, line: str) -> float | None:
        """Tell from a line of output how far a run is; None where it does not tell."""

    def parse(self, report: Path) -> Measurement:
        """Read a report; `ReportError` where it is not whole."""


TOOLCHAINS: Mapping[str, Toolchain] = {
    "da4ml": da4ml,
    "nextpnr": nextpnr,
    "oneapi": oneapi,
    "vitis": vitis,
    "vivado": vivado,
    "yosys": yosys,
}

_COMPILERS = {
    "icarus": (
        "iverilog",
        "HLSGATE_IVERILOG",
        "install it (Debian and Ubuntu: apt install iverilog)",
    ),
    # asked for by tests of its backend; no toolchain of it is here yet
    "quartus": ("i++", "HLSGATE_IXX", "source the Intel HLS compiler's init_hls.sh"),
}


def require(name: str) -> None:
    """Make sure that a toolchain is there.

    Raises
    ------
    ToolNotFound
        If a program of it is missing; the message says which, and what to do.
    SuiteError
        If there is no toolchain of that name.
    """
    if name in TOOLCHAINS:
        TOOLCHAINS[name].find()
    elif name in _COMPILERS:
        tool, variable, hint = _COMPILERS[name]
        require_tool(tool, env_var=variable, hint=hint)
    else:
        raise SuiteError(f"no toolchain {name!r}; known are {', '.join(names())}.")


def names() -> list[str]:
    """Return what can be required, in alphabetical order."""
    return sorted((*TOOLCHAINS, *_COMPILERS))
