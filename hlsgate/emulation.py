"""hls4ml projects become libraries, and libraries compute what the hardware would.

Plain g++ builds every backend. oneAPI projects, which Intel's compiler alone accepts as they
are, are built with the headers in ``host/include`` in place of SYCL; where ``icpx`` is on PATH it
builds them instead. Neither TensorFlow nor hls4ml is needed once a project is written.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate.cache import digest
from hlsgate.errors import EmulationError, SynthesisError, ToolNotFound
from hlsgate.fixedpoint import require_finite
from hlsgate.process import Completed, last_lines, own_module, require_tool, run_logged
from hlsgate.project import Project, project_digest
from hlsgate.toolchains import oneapi

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


HOST = Path(__file__).parent / "host"

FLAGS = ("-O3", "-fPIC", "-w", "-fno-gnu-unique")
"""Optimised as hls4ml does; templates of two libraries in one process are not to be merged."""

COMPILE_TIMEOUT_S = 1800.0
RUN_TIMEOUT_S = 1800.0


@dataclass(frozen=True)
class Compiler:
    """What builds emulation libraries.

    Parameters
    ----------
    path : pathlib.Path
        The program.
    kind : {"host", "icpx"}
        Plain C++ compiler with our own headers where needed, or Intel's.
    version : str
        First line of ``--version``.
    """

    path: Path
    kind: str
    version: str

    def __str__(self) -> str:
        return f"{self.path.name} ({self.version})"


@dataclass(frozen=True)
class Emulator:
    """A built emulation library: ``network.so``, and what it reads when it runs."""

    folder: Path
    project: Project


def find_compiler(backend: str) -> Compiler:
    """Find the compiler for a backend: a usable ``icpx`` for oneAPI, else g++.

    An icpx of 2025.1 or later, which cannot build for FPGAs, is passed over.

    Raises
    ------
    ToolNotFound
        If there is no g++ (``HLSGATE_CXX`` names another compiler), or ``HLSGATE_ICPX`` names
        something that is no program.
    """
    if backend == "oneAPI" and (os.environ.get("HLSGATE_ICPX") or shutil.which("icpx")):
        tools = oneapi.find()
        with contextlib.suppress(SynthesisError):
            return Compiler(tools.icpx, "icpx", oneapi.usable_version(tools))
    path = require_tool(
        "g++", env_var="HLSGATE_CXX", hint="install it (Debian and Ubuntu: apt install g++)"
    )
    return Compiler(path, "host", _version(path))


def _version(path: Path) -> str:
    problem = f"{path} does not tell its version; name a working compiler in HLSGATE_CXX."
    try:
        asked = subprocess.run(
            [path, "--version"], capture_output=True, text=True, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ToolNotFound(problem) from error
    lines = asked.stdout.splitlines()
    if not lines:
        raise ToolNotFound(problem)
    return lines[0]


def headers_digest(backend: str) -> str:
    """Return a hash over the headers that projects are built with but do not hold."""
    foreign = project_digest(_ac_types()) if backend == "oneAPI" else ""
    return digest([project_digest(HOST), foreign])


def compile_project(project: Project, compiler: Compiler, folder: Path) -> None:
    """Build a project's emulation library.

    The project itself is left as it is: building happens on a copy of its sources.

    Parameters
    ----------
    project : Project
        A written project.
    compiler : Compiler
        From `find_compiler`.
    folder : pathlib.Path
        Where the library and what it reads are put.

    Raises
    ------
    EmulationError
        If the compiler fails; the message names the log and ends with its last lines.
    """
    with tempfile.TemporaryDirectory(prefix="hlsgate-") as scratch:
        sources = Path(scratch) / "project"
        shutil.copytree(project.folder, sources, ignore=shutil.ignore_patterns("build"))
        if compiler.kind == "icpx":
            built = _build_with_icpx(project, sources, folder)
        else:
            built = _build_on_host(project, compiler, sources, folder)
        shutil.copy(built, folder / "network.so")
        weights = sources / "firmware" / "weights"
        if weights.is_dir():  # Vivado and Vitis libraries read weights from text when they start
            shutil.copytree(weights, folder / "weights", dirs_exist_ok=True)
    host = find_compiler("any")
    _run([[host.path, *FLAGS, "-shared", HOST / "batch.cpp", "-o", folder / "batch.so"]], folder)


def _build_on_host(project: Project, compiler: Compiler, sources: Path, folder: Path) -> Path:
    """Compile firmware and bridge side by side, then link."""
    root = sources / "src" if project.backend == "oneAPI" else sources
    includes = _includes(project.backend, root)
    if project.backend == "oneAPI":
        _loosen_weights(root / "firmware" / "weights")
    files = [root / "firmware" / f"{project.name}.cpp", root / f"{project.name}_bridge.cpp"]
    objects = [folder / f"{file.stem}.o" for file in files]
    options = ["-std=c++17", *FLAGS, "-DFPGA_EMULATOR", '-DWEIGHTS_DIR="weights"', *includes]
    commands: list[list[str | Path]] = [
        [compiler.path, *options, "-c", file, "-o", out]
        for file, out in zip(files, objects, strict=True)
    ]
    _run(commands, folder)
    library = sources / "network.so"
    _run([[compiler.path, *FLAGS, "-shared", *objects, "-o", library]], folder)
    for out in objects:
        out.unlink()
    return library


def _includes(backend: str, root: Path) -> list[str]:
    folders = [root, root / "firmware"]
    if backend == "oneAPI":
        folders += [HOST / "include", _ac_types()]
    else:
        folders += [root / "firmware" / "ac_types", root / "firmware" / "ap_types"]
    return [f"-I{folder}" for folder in folders]


def _ac_types() -> Path:
    """Return the ac_types headers that hls4ml ships for its Quartus backend."""
    spec = find_spec("hls4ml")
    if spec is None or spec.origin is None:
        raise EmulationError("hls4ml is not installed; install hlsgate with its stack.")
    return Path(spec.origin).parent / "templates" / "quartus" / "ac_types"


def _loosen_weights(folder: Path) -> None:
    """Make weight tables ``const``.

    hls4ml writes them ``constexpr``, which Mentor's ac_fixed, unlike Intel's, cannot be: it has
    no constexpr constructor. The values stay the same.
    """
    for file in folder.glob("*.h"):
        text = file.read_text()
        file.write_text(text.replace("static constexpr ", "static const "))


def _build_with_icpx(project: Project, sources: Path, folder: Path) -> Path:
    """Build as hls4ml would, with the project's own CMake file."""
    build = sources / "build"
    build.mkdir()
    cmake = require_tool("cmake", env_var="HLSGATE_CMAKE", hint="install it")
    make = require_tool("make", env_var="HLSGATE_MAKE", hint="install it")
    log = folder / "compile.log"
    commands: tuple[tuple[str | Path, str], ...] = ((cmake, ".."), (make, "lib"))
    for command in commands:
        ended = run_logged(command, cwd=build, log=log, timeout_s=COMPILE_TIMEOUT_S)
        if not ended.ok:
            raise _failed(log, str(ended))
    return build / f"lib{project.name}-{project.stamp}.so"


def _run(commands: Sequence[Sequence[str | Path]], folder: Path) -> None:
    """Run compiler commands side by side; any failure is an error with the log's end."""
    from concurrent.futures import ThreadPoolExecutor

    logs = [folder / f"compile_{Path(command[-1]).stem}.log" for command in commands]

    def run(command: Sequence[str | Path], log: Path) -> Completed:
        return run_logged(command, cwd=folder, log=log, timeout_s=COMPILE_TIMEOUT_S)

    with ThreadPoolExecutor(len(commands)) as pool:
        ended = list(pool.map(run, commands, logs))
    for result, log in zip(ended, logs, strict=True):
        if not result.ok:
            raise _failed(log, str(result))


def _failed(log: Path, how: str) -> EmulationError:
    kept = Path(tempfile.mkdtemp(prefix="hlsgate-compile-")) / log.name
    shutil.copy(log, kept)  # the folder that it was written to is about to go
    return EmulationError(
        f"compiling the emulation failed ({how}); its last lines are below, all in {kept}.\n"
        f"{last_lines(log)}"
    )


def emulate(emulator: Emulator, x: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Run rows through an emulation library, in a process of its own.

    Parameters
    ----------
    emulator : Emulator
        From `compile_project`.
    x : ndarray, shape (n, inputs), float
        Inputs. Values off the input type's grid are cut by the firmware as its type says.

    Returns
    -------
    ndarray, shape (n, outputs), float64
        Exact values of the output type.

    Raises
    ------
    EmulationError
        If a row is not finite, or the library crashes.
    """
    import numpy as np

    require_finite(x)
    with tempfile.TemporaryDirectory(prefix="hlsgate-") as scratch:
        source, target, log = (Path(scratch) / name for name in ("x.npy", "y.npy", "run.log"))
        np.save(source, np.asarray(x, np.float64))
        program, env = own_module("hlsgate.emulation_worker")
        command: list[str | Path] = [
            *program, emulator.folder / "network.so", emulator.folder / "batch.so",
            f"{emulator.project.name}_double", source, target, str(emulator.project.outputs),
        ]  # fmt: skip
        ended = run_logged(command, cwd=emulator.folder, log=log, timeout_s=RUN_TIMEOUT_S, env=env)
        if not ended.ok:
            raise EmulationError(
                f"the emulation in {emulator.folder} ended with {ended}:\n{last_lines(log)}"
            )
        outputs: NDArray[np.float64] = np.load(target, allow_pickle=False)
        return outputs
