"""Vivado, after Vitis HLS: what a design comes to when its Verilog is synthesised.

A toolchain of its own, since its numbers are of another stage than the estimate; one run makes
both, by the step ``vsynth`` of the same script, which calls Vivado by that name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hlsgate.infra.errors import SynthesisError, ToolNotFound
from hlsgate.infra.process import require_tool
from hlsgate.synthesis.reports.vivado import FILE
from hlsgate.synthesis.reports.vivado import parse_vivado as parse
from hlsgate.synthesis.toolchains import vitis
from hlsgate.synthesis.toolchains.synthesis import Synthesis
from hlsgate.synthesis.toolchains.vitis import prepare, share_done

__all__ = [
    "LOG_NAME", "OPEN", "READS", "SOURCE", "Vivado", "find", "parse", "prepare", "share_done",
    "synthesise", "usable_version",
]  # fmt: skip

SOURCE: Literal["project", "logic"] = "project"
OPEN = False
READS: tuple[str, ...] = ()
LOG_NAME = vitis.LOG_NAME

_STEPS = ("reset", "synth", "vsynth")
_SCRIPT = "vivado_synth.tcl"
_BANNER = re.compile(r"(?:\*+ )?[Vv]ivado v(\d{4}(?:\.\d+)+) \(64-bit\)", re.ASCII)


@dataclass(frozen=True)
class Vivado:
    """The programs that a run needs.

    Parameters
    ----------
    vivado : pathlib.Path
        Full path.
    vitis : Vitis
        What writes the Verilog, and calls Vivado.
    """

    vivado: Path
    vitis: vitis.Vitis


def find() -> Vivado:
    """Find vivado, by HLSGATE_VIVADO or on PATH, and Vitis HLS.

    Raises
    ------
    ToolNotFound
        If one is absent, or the variable names a program of another name.
    """
    hint = "install Vivado and source its settings64.sh"
    program = require_tool("vivado", env_var="HLSGATE_VIVADO", hint=hint)
    if program.name != "vivado":
        reason = "a project's build_prj.tcl asks for vivado by that name"
        raise ToolNotFound(
            f"HLSGATE_VIVADO must name a file called vivado, not {program}: {reason}."
        )
    return Vivado(program, vitis.find())


def usable_version(tools: Vivado) -> str:
    """Ask both programs; for example ``"2023.2, Vitis HLS 2023.2"``.

    Source: "Vivado v2022.2 (64-bit)", its first line; "vivado v2024.1 (64-bit)" later.

    Raises
    ------
    SynthesisError
        If one fails, takes over a minute, or prints anything else.
    """
    version = vitis.ask_version(tools.vivado, ["-version"], _BANNER, "Vivado")
    return f"{version}, Vitis HLS {vitis.usable_version(tools.vitis)}"


def synthesise(
    project_dir: Path,
    *,
    tools: Vivado,
    timeout_s: float,
    on_line: Callable[[str], None] | None = None,
) -> Synthesis:
    """Compile a project to Verilog, synthesise that, and gather both reports.

    Raises
    ------
    SynthesisError
        If the project or a tool is unfit, a tool fails or runs out of time, or no whole report of
        either is there afterwards.
    """
    usable_version(tools)
    if not (project_dir / _SCRIPT).is_file():
        problem = f"{project_dir} holds no {_SCRIPT}, so Vivado would have nothing to run"
        raise SynthesisError(f"{problem}; convert the model with hls4ml's Vitis backend.")
    folders = [str(tools.vivado.parent), os.environ.get("PATH", os.defpath)]
    env = {**os.environ, "PATH": os.pathsep.join(folders)}
    vitis.run_steps(project_dir, tools.vitis, _STEPS, timeout_s=timeout_s, env=env, on_line=on_line)
    return vitis.collect(project_dir, parse, FILE)
