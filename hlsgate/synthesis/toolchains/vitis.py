"""Vitis HLS: a project that hls4ml wrote, compiled to Verilog, and its resources estimated.

Source: hls4ml 1.3.0, whose projects hold ``build_prj.tcl``, the options that it reads in
``build_opt.tcl`` (no arguments: vitis-run cannot pass any), and name and part in ``project.tcl``.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hlsgate.infra import scratch
from hlsgate.infra.errors import ReportError, SynthesisError, ToolNotFound
from hlsgate.infra.process import require_tool, run_logged
from hlsgate.synthesis.reports.reading import only
from hlsgate.synthesis.reports.vitis import parse_vitis as parse
from hlsgate.synthesis.reports.vivado import FILE
from hlsgate.synthesis.toolchains.synthesis import Synthesis, failure
from hlsgate.synthesis.toolchains.synthesis import untold as share_done

__all__ = [
    "LOG_NAME", "OPEN", "READS", "SOURCE", "Vitis", "ask_version", "collect", "find", "parse",
    "prepare", "run_steps", "share_done", "synthesise", "usable_version",
]  # fmt: skip

SOURCE: Literal["project", "logic"] = "project"
OPEN = False
READS: tuple[str, ...] = ()
LOG_NAME = "hlsgate_synthesis.log"

REPORT = "report"
"""Folder, beside the project's files, that the report is gathered in."""

_STEPS = ("reset", "synth")
_BANNER = re.compile(
    r"(?:\*+ )?(?:Vitis HLS - High-Level Synthesis from C, C\+\+ and OpenCL|vitis-run) "
    r"v(\d{4}(?:\.\d+)+) \(64-bit\)",
    re.ASCII,
)
_ARGUMENTS = {  # how to be asked for the version, and how to run a script
    "vitis_hls": (["-version"], ["-f", "build_prj.tcl"]),
    "vitis-run": (["--version"], ["--mode", "hls", "--tcl", "build_prj.tcl"]),
}
_FILES = ("build_prj.tcl", "build_opt.tcl", "project.tcl")
_OPTION = re.compile(r"^ +(\w+) +[01]$", re.ASCII | re.MULTILINE)
_NAME = re.compile(r'^set project_name "(\w+)"$', re.ASCII | re.MULTILINE)
_PART = re.compile(r'^set part "[^"\n]*"$', re.MULTILINE)
_VERSION_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Vitis:
    """The program that a run needs.

    Parameters
    ----------
    program : pathlib.Path
        Full path of ``vitis_hls`` or of ``vitis-run``, which replaces it from 2024.2 on.
    """

    program: Path


def find() -> Vitis:
    """Find vitis_hls, or else vitis-run, by HLSGATE_VITIS_HLS or on PATH.

    Raises
    ------
    ToolNotFound
        If both are absent, or the variable names something else.
    """
    hint = "install Vitis and source its settings64.sh"
    try:
        program = require_tool("vitis_hls", env_var="HLSGATE_VITIS_HLS", hint=hint)
    except ToolNotFound:
        newer = shutil.which("vitis-run")
        if newer is None or os.environ.get("HLSGATE_VITIS_HLS"):
            raise
        program = Path(newer).absolute()
    if program.name not in _ARGUMENTS:
        names = " or ".join(_ARGUMENTS)
        reason = "their arguments differ"
        raise ToolNotFound(f"HLSGATE_VITIS_HLS must name {names}, not {program}: {reason}.")
    return Vitis(program)


def usable_version(tools: Vitis) -> str:
    """Ask for the version; for example ``"2023.2"``.

    Source: "Vitis HLS - High-Level Synthesis from C, C++ and OpenCL v2023.2 (64-bit)" or
    "vitis-run v2024.2 (64-bit)", after asterisks, in the first lines.

    Raises
    ------
    SynthesisError
        If the program fails, takes over a minute, or prints anything else.
    """
    return ask_version(tools.program, _ARGUMENTS[tools.program.name][0], _BANNER, "Vitis HLS")


def ask_version(program: Path, arguments: list[str], banner: re.Pattern[str], what: str) -> str:
    """Return what one line of a program's answer, its banner, states as its version.

    Raises
    ------
    SynthesisError
        If the program fails, takes over a minute, or does not print the banner exactly once.
    """
    with scratch.folder() as folder:
        lines: list[str] = []
        completed = run_logged(
            [program, *arguments],
            cwd=folder,
            log=folder / "version.log",
            timeout_s=_VERSION_TIMEOUT_S,
            on_line=lines.append,
        )
    found = [match[1] for line in lines if (match := banner.fullmatch(line.strip()))]
    if not completed.ok or len(found) != 1:
        printed = " | ".join(lines[:3])[:200] or "nothing"
        asked = f"{program} {arguments[0]} ended with {completed} and printed {printed!r}"
        raise SynthesisError(f"{asked}, which is not {what}; install it, or name another program.")
    return found[0]


def prepare(source: Path, folder: Path, part: str) -> None:
    """Copy a project and set the part that it is built for.

    Raises
    ------
    SynthesisError
        If it is no project of hls4ml's Vitis backend.
    """
    shutil.copytree(source, folder)
    _refuse_others(folder)
    script = folder / "project.tcl"
    text, count = _PART.subn(f'set part "{part}"', script.read_text(encoding="utf-8"))
    if count != 1:
        problem = f"{script} sets the part {count} times, not once"
        raise SynthesisError(f"{problem}; convert the model again, with hls4ml's Vitis backend.")
    script.write_text(text, encoding="utf-8")


def synthesise(
    project_dir: Path,
    *,
    tools: Vitis,
    timeout_s: float,
    on_line: Callable[[str], None] | None = None,
) -> Synthesis:
    """Compile a project to Verilog, without C simulation, and gather its report.

    What an earlier run left is removed first, so that no old report is taken for a new one.

    Raises
    ------
    SynthesisError
        If the project or the tool is unfit, the tool fails or runs out of time, or no whole report
        is there afterwards.
    """
    usable_version(tools)
    run_steps(project_dir, tools, _STEPS, timeout_s=timeout_s, on_line=on_line)
    return collect(project_dir, parse)


def run_steps(
    project_dir: Path,
    tools: Vitis,
    steps: tuple[str, ...],
    *,
    timeout_s: float,
    env: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] | None = None,
) -> None:
    """Run some of the steps of a project's script, and no other; raises as `synthesise` does."""
    _refuse_others(project_dir)
    _clean(project_dir)
    _choose(project_dir / "build_opt.tcl", steps)
    log = project_dir / LOG_NAME
    arguments = _ARGUMENTS[tools.program.name][1]
    ended = run_logged(
        [tools.program, *arguments],
        cwd=project_dir,
        log=log,
        timeout_s=timeout_s,
        env=env,
        on_line=on_line,
    )
    if ended.timed_out:
        fix = "allow more time with --synthesis-timeout, or shrink the design"
        raise failure(f"Vitis HLS ran into the time limit of {timeout_s:g} s; {fix}.", log)
    if not ended.ok:
        raise failure(f"Vitis HLS ended with {ended}; read its output to see why.", log)


def collect(project_dir: Path, parse: Callable[[Path], object], *others: str) -> Synthesis:
    """Copy the report of the top function, and other files, into one folder, and judge it whole.

    Raises
    ------
    SynthesisError
        If a file is missing or not whole.
    """
    log, report = project_dir / LOG_NAME, project_dir / REPORT
    top = _top(project_dir)
    pattern = f"{top}_prj/*/syn/report/{top}_csynth.xml"
    try:
        estimate = only(sorted(project_dir.glob(pattern)), project_dir, pattern)
        report.mkdir()
        for path in (estimate, *(project_dir / name for name in others)):
            if not path.is_file():
                raise ReportError(path, "file", "is not there.")
            shutil.copy(path, report)
        parse(report)
    except ReportError as error:
        what = f"Vitis HLS ended well, but left no complete report ({error})."
        raise failure(what, log) from error
    return Synthesis(report, log)


def _refuse_others(project_dir: Path) -> None:
    """Refuse a folder that hls4ml's Vitis backend did not write."""
    for name in _FILES:
        if not (project_dir / name).is_file():
            problem = (
                f"{project_dir} holds no {name}, so it is no project of hls4ml's Vitis backend"
            )
            raise SynthesisError(f"{problem}; convert the model with hls4ml 1.2 or later.")


def _top(project_dir: Path) -> str:
    """Return the project's name, which is also that of its top function."""
    script = project_dir / "project.tcl"
    names = _NAME.findall(script.read_text(encoding="utf-8"))
    if len(names) != 1:
        problem = f"{script} sets project_name {len(names)} times, not once"
        raise SynthesisError(f"{problem}; convert the model again, with hls4ml's Vitis backend.")
    return str(names[0])


def _clean(project_dir: Path) -> None:
    """Take away whatever an earlier run could be mistaken by."""
    left = (f"{_top(project_dir)}_prj", REPORT, FILE, LOG_NAME)
    try:
        for path in (project_dir / name for name in left):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    except OSError as error:
        problem = f"what an earlier run left in {project_dir} cannot be removed ({error})"
        raise SynthesisError(f"{problem}; remove it by hand.") from error


def _choose(options: Path, steps: tuple[str, ...]) -> None:
    """Turn some options of a build script on, and every other off."""
    names = _OPTION.findall(options.read_text(encoding="utf-8"))
    if missing := sorted(set(steps) - set(names)):
        problem = f"{options} has no option {missing[0]!r}"
        raise SynthesisError(f"{problem}; convert the model again, with hls4ml 1.2 or later.")
    chosen = "\n".join(f"    {name} {int(name in steps)}" for name in names)
    options.write_text(f"array set opt {{\n{chosen}\n}}\n", encoding="utf-8")
