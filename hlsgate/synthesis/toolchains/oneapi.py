"""Intel's oneAPI FPGA compiler: found, asked for its version, run, and judged by its report."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hlsgate.infra import scratch
from hlsgate.infra.errors import ReportError, SynthesisError, ToolNotFound
from hlsgate.infra.process import Completed, last_lines, require_tool, run_logged
from hlsgate.synthesis.reports.oneapi import parse_oneapi as parse
from hlsgate.synthesis.reports.reading import only, read_rows
from hlsgate.synthesis.toolchains.synthesis import Synthesis, failure
from hlsgate.synthesis.toolchains.synthesis import untold as share_done

__all__ = [
    "LOG_NAME", "OPEN", "READS", "SOURCE", "OneAPI", "find", "parse", "prepare", "share_done",
    "synthesise", "usable_version",
]  # fmt: skip

SOURCE: Literal["project", "logic"] = "project"
OPEN = False
READS: tuple[str, ...] = ()
LOG_NAME = "build/hlsgate_synthesis.log"

ANY_VERSION = "HLSGATE_ICPX_ANY_VERSION"

_FIRST_WITHOUT_FPGA = (2025, 1)
_USABLE = "oneAPI 2024.1 to 2025.0 with its FPGA add-on"
_VERSION_LINE = re.compile(
    r"Intel\(R\) oneAPI DPC\+\+/C\+\+ Compiler (\d+(?:\.\d+)+) \([\w.]+\)", re.ASCII
)
_VERSION_TIMEOUT_S = 60.0
_CRASH = re.compile(r"Segmentation fault|Aborted|Bus error|Illegal instruction|Killed")
_LEFT_BEHIND = ("CMakeCache.txt", "CMakeFiles", Path(LOG_NAME).name)
_REPORT_FILES = ("summary", "loop_attr", "info", "quartus")
# CMAKE_GENERATOR could choose another tool than make; the rest are options of a make that runs us.
_FOREIGN_SETTINGS = ("CMAKE_GENERATOR", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")


@dataclass(frozen=True)
class OneAPI:
    """The programs that a synthesis run needs.

    Parameters
    ----------
    icpx, cmake, make : pathlib.Path
        Full paths.
    """

    icpx: Path
    cmake: Path
    make: Path

    def version(self) -> str:
        """Ask ``icpx --version``; for example ``"2025.0.4"``.

        Source: "Intel(R) oneAPI DPC++/C++ Compiler 2025.0.4 (2025.0.4.20241205)", its first line.

        Raises
        ------
        SynthesisError
            If it fails, takes over a minute, or prints anything else.
        """
        with scratch.folder() as folder:
            lines: list[str] = []
            completed = run_logged(
                [self.icpx, "--version"],
                cwd=folder,
                log=folder / "version.log",
                timeout_s=_VERSION_TIMEOUT_S,
                on_line=lines.append,
            )
        found = [match[1] for line in lines if (match := _VERSION_LINE.fullmatch(line.strip()))]
        if not completed.ok or len(found) != 1:
            printed = " | ".join(lines[:3])[:200] or "nothing"
            problem = f"{self.icpx} --version ended with {completed} and printed {printed!r}"
            raise SynthesisError(f"{problem}, which is not Intel's compiler; install {_USABLE}.")
        return found[0]


def find() -> OneAPI:
    """Find icpx, cmake and make, by HLSGATE_ICPX, HLSGATE_CMAKE, HLSGATE_MAKE or on PATH.

    Raises
    ------
    ToolNotFound
        If one is absent; the message says how to get it.
    """
    hint = f"install {_USABLE} and source its setvars.sh"
    icpx = require_tool("icpx", env_var="HLSGATE_ICPX", hint=hint)
    if icpx.name != "icpx":
        reason = "a project's CMakeLists.txt asks for icpx by that name"
        raise ToolNotFound(f"HLSGATE_ICPX must name a file called icpx, not {icpx}: {reason}.")
    return OneAPI(
        icpx=icpx,
        cmake=require_tool("cmake", env_var="HLSGATE_CMAKE", hint="install CMake"),
        make=require_tool("make", env_var="HLSGATE_MAKE", hint="install GNU make"),
    )


def prepare(source: Path, folder: Path, part: str) -> None:
    """Copy a project; the part that it is for stands in its CMakeLists.txt."""
    del part
    shutil.copytree(source, folder)


def synthesise(
    project_dir: Path,
    *,
    tools: OneAPI,
    timeout_s: float = 3600,
    on_line: Callable[[str], None] | None = None,
) -> Synthesis:
    """Run ``cmake ..`` and ``make report`` in ``<project_dir>/build`` and read the report.

    Earlier reports, their link outputs and CMake's cache are removed first, so that no old report
    is taken for a new one and no flag of an earlier run stays in force.

    Parameters
    ----------
    project_dir : pathlib.Path
        A written project, with ``CMakeLists.txt``.
    tools : OneAPI
        From `find`.
    timeout_s : float
        Limit in s for both commands together.
    on_line : callable, optional
        Called with each line that the tools print.

    Raises
    ------
    SynthesisError
        If the project or the compiler is unfit, a command fails or runs out of time, or no complete
        report is there afterwards. A failure of ``make report`` AFTER a complete report is no
        error; the result says that it crashed.
    """
    usable_version(tools)
    build = _clean_build(project_dir)
    log = project_dir / LOG_NAME
    env = _environment(tools)
    started = time.monotonic()

    def run(title: str, *argv: str | Path) -> Completed:
        left = timeout_s - (time.monotonic() - started)
        done = run_logged(argv, cwd=build, log=log, timeout_s=left, env=env, on_line=on_line)
        if done.timed_out:
            fix = "allow more time, or shrink the design"
            raise failure(f"{title} ran into the time limit of {timeout_s:g} s; {fix}.", log)
        return done

    configured = run("cmake", tools.cmake, "..")
    if not configured.ok:
        raise failure(f"cmake ended with {configured}; correct what it complains about.", log)
    made = run("make report", tools.make, "report")
    report_dir = _judge(build, made, log)
    kept = build / "report"
    kept.mkdir()
    report_dir.rename(kept / report_dir.name)
    return Synthesis(kept, log, "" if made.ok else _crash_note(made, log))


def usable_version(tools: OneAPI) -> str:
    """Ask for the version; refuse one without FPGA support, before an hour is lost on it.

    Raises
    ------
    SynthesisError
        If the version cannot be told, or is 2025.1 or later.
    """
    version = tools.version()
    number = tuple(int(part) for part in version.split("."))
    if number >= _FIRST_WITHOUT_FPGA and os.environ.get(ANY_VERSION) != "1":
        problem = f"icpx {version} has no FPGA support (-fintelfpga was removed in 2025.1)"
        fix = f"use {_USABLE}, or set {ANY_VERSION}=1 to try it all the same"
        raise SynthesisError(f"{problem}; {fix}.")
    return version


def _clean_build(project_dir: Path) -> Path:
    """Make the build folder and take away whatever an earlier run could be mistaken by."""
    if not (project_dir / "CMakeLists.txt").is_file():
        problem = f"{project_dir} holds no CMakeLists.txt, so it is no written oneAPI project"
        raise SynthesisError(f"{problem}; convert the model first.")
    build = project_dir / "build"
    try:
        build.mkdir(exist_ok=True)
        # *.report is what make links; if it stayed, make would find nothing to do.
        stale = [*build.glob("*.report.prj"), *build.glob("*.report"), build / "report"]
        for path in [*stale, *(build / name for name in _LEFT_BEHIND)]:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    except OSError as error:
        problem = f"what an earlier run left in {build} cannot be removed ({error})"
        raise SynthesisError(f"{problem}; remove that folder by hand.") from error
    return build


def _environment(tools: OneAPI) -> dict[str, str]:
    """Return our environment with this icpx first on PATH; CMakeLists.txt asks for it by name."""
    env = {key: value for key, value in os.environ.items() if key not in _FOREIGN_SETTINGS}
    env["PATH"] = os.pathsep.join([str(tools.icpx.parent), env.get("PATH", os.defpath)])
    return env


def _judge(build: Path, made: Completed, log: Path) -> Path:
    """Judge a run by the files that it left; its exit code alone proves nothing."""
    try:
        report_dir = only(list(build.glob("*.report.prj")), build, "*.report.prj")
        parse(report_dir)
        # After a crash be stricter: an optional file that is absent was perhaps not yet written.
        for name in () if made.ok else _REPORT_FILES:
            read_rows(report_dir / "reports" / "resources" / "json" / f"{name}.ndjson")
    except ReportError as error:
        what = f"make report ended with {made} and left no complete report ({error})"
        raise failure(f"{what}; read its output to see why.", log) from error
    return report_dir


def _crash_note(made: Completed, log: Path) -> str:
    said = _CRASH.findall(last_lines(log))
    cause = f" ({said[-1]!r} in its output)" if said else ""
    what = f"make report ended with {made}{cause}, but only after its report was complete"
    return f"{what}; the report is judged as it stands. Log: {log}"
