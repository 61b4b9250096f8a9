"""Yosys, as PyPI has it: a traced network synthesised for a Cyclone V.

The same build, script and relative paths give the same cells every time; another build of Yosys
does not (counts move by up to 12 %), so each is compared with itself only.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from hlsgate.infra.errors import ReportError, SynthesisError, ToolNotFound
from hlsgate.infra.process import last_lines, own_module, run_logged
from hlsgate.logic import TOP, verilog_sources
from hlsgate.synthesis.reports.yosys import FILE
from hlsgate.synthesis.reports.yosys import parse_yosys as parse
from hlsgate.synthesis.toolchains.da4ml import installed
from hlsgate.synthesis.toolchains.synthesis import Synthesis, failure

__all__ = [
    "LOG_NAME", "NETLIST", "OPEN", "READS", "SOURCE", "Yosys", "cells", "find", "parse",
    "prepare", "run_script", "share_done", "synthesise", "usable_version", "write_script",
]  # fmt: skip

SOURCE: Literal["project", "logic"] = "logic"
OPEN = True
READS: tuple[str, ...] = ("src",)
LOG_NAME = "hlsgate_synthesis.log"

SCRIPT = "synth.ys"
NETLIST = "netlist.v"
"""The synthesised network, in the report: cells of ``intel_alm`` and nothing else."""

MEMORY_GIB = 8.0
MEMORY_VARIABLE = "HLSGATE_YOSYS_MEMORY_GIB"

_REPORT = "report"
_PASS = re.compile(r"\d+\.(\d+)\.(?:\d+\.)* Executing ")
_PASSES = 60
"""Steps of ``synth_intel_alm`` that say their number (Yosys 0.70)."""

_NO_MEMORY = ("std::bad_alloc", "MemoryError", "Cannot allocate memory", "out of memory")


@dataclass(frozen=True)
class Yosys:
    """What runs Yosys.

    Parameters
    ----------
    version : str
        Of the PyPI distribution, which is that of Yosys, and of what wrote the Verilog.
    command : sequence of str
        Program and first arguments; a script and a number of bytes are added.
    env : mapping of str to str
        Environment of that program.
    """

    version: str
    command: Sequence[str]
    env: dict[str, str]


def find() -> Yosys:
    """Return the Yosys of this environment; raise `ToolNotFound` where it is not installed."""
    version = f"{installed('pyosys', 'yosys')}, da4ml {installed('da4ml', 'da')}"
    return Yosys(version, *own_module("hlsgate.synthesis.toolchains.yosys_worker"))


def usable_version(tools: Yosys) -> str:
    """Return the versions of Yosys and of da4ml, since both decide what is counted."""
    return tools.version


def prepare(source: Path, folder: Path, part: str) -> None:
    """Copy a network's Verilog and write the script that synthesises it for a family."""
    write_script(
        source,
        folder,
        [
            f"synth_intel_alm -family {part} -top {TOP} -noiopad -noclkbuf",
            f"tee -q -o {_REPORT}/{FILE} stat -json",
            "rename -hide w:* c:*",  # names tell each cell's ancestry, in a kilobyte each
            f"write_verilog -noattr {_REPORT}/{NETLIST}",
        ],
    )


def write_script(source: Path, folder: Path, commands: Sequence[str]) -> None:
    """Copy a network's Verilog, and write a script that reads it, in one order, and goes on."""
    names = []
    for path in verilog_sources(source):
        copied = folder / path.relative_to(source)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copied)
        names.append(copied.relative_to(folder).as_posix())
    (folder / _REPORT).mkdir()
    # -defer: da4ml's modules have parameters, some without usable defaults.
    lines = [f"read_verilog -defer {' '.join(names)}", *commands]
    (folder / SCRIPT).write_text("\n".join(lines) + "\n")


def synthesise(
    project_dir: Path,
    *,
    tools: Yosys,
    timeout_s: float,
    on_line: Callable[[str], None] | None = None,
) -> Synthesis:
    """Run the script in its folder and read what was counted.

    Raises
    ------
    SynthesisError
        If Yosys fails, runs out of time or memory, or leaves no whole report.
    """
    log = project_dir / LOG_NAME
    run_script(project_dir, tools, log, timeout_s, on_line)
    report = project_dir / _REPORT
    try:
        parse(report)
    except ReportError as error:
        raise failure(f"Yosys ended well, but left no complete report ({error}).", log) from error
    return Synthesis(report, log)


def run_script(
    folder: Path,
    tools: Yosys,
    log: Path,
    timeout_s: float,
    on_line: Callable[[str], None] | None = None,
) -> None:
    """Run a folder's script; `SynthesisError` unless Yosys ends well, in time and in memory."""
    limit = memory_limit()
    ended = run_logged(
        [*tools.command, SCRIPT, str(limit)],
        cwd=folder,
        log=log,
        timeout_s=timeout_s,
        env=tools.env,
        on_line=on_line,
    )
    if ended.timed_out:
        fix = "allow more time with --synthesis-timeout, or shrink the design"
        raise failure(f"Yosys ran into the time limit of {timeout_s:g} s; {fix}.", log)
    if not ended.ok and any(words in last_lines(log) for words in _NO_MEMORY):
        fix = f"allow more in {MEMORY_VARIABLE}, or shrink the design"
        raise failure(f"Yosys ran into the memory limit of {limit / 2**30:g} GiB; {fix}.", log)
    if not ended.ok:
        raise failure(f"Yosys ended with {ended}; read its output to see why.", log)


def cells() -> list[Path]:
    """Return Verilog that says what the cells of a netlist do; raise `ToolNotFound` without it."""
    spec = find_spec("pyosys")
    if spec is None or spec.origin is None:
        raise ToolNotFound("pyosys is not installed; install hlsgate with its extra 'yosys'.")
    return sorted(Path(spec.origin).parent.glob("share/intel_alm/common/*_sim.v"))


def memory_limit() -> int:
    """Return the limit of Yosys' address space, in bytes.

    Raises
    ------
    SynthesisError
        If `MEMORY_VARIABLE` is set to anything but a positive number.
    """
    stated = os.environ.get(MEMORY_VARIABLE, str(MEMORY_GIB))
    try:
        limit = float(stated)
        if not 0 < limit < float("inf"):
            raise ValueError
    except ValueError:
        raise SynthesisError(
            f"{MEMORY_VARIABLE} is {stated!r}; set it to a number of GiB, such as {MEMORY_GIB:g}."
        ) from None
    return int(limit * 2**30)


def share_done(line: str) -> float | None:
    """Tell from a heading of the log how many of the passes are done."""
    heading = _PASS.match(line)
    return min(int(heading[1]) / _PASSES, 1.0) if heading else None
