"""hls4ml projects become libraries.

Plain g++ builds every backend. oneAPI projects, which Intel's compiler alone accepts as they
are, are built with the headers in ``host/include`` in place of SYCL; where ``icpx`` is on PATH it
builds them instead. What each step brings in time is in docs/emulation-speed.md.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from hlsgate.emulation.adapting import adapt
from hlsgate.emulation.compilers import FLAGS, Compiler, find_compiler
from hlsgate.emulation.precompiled import common_header
from hlsgate.infra import jobs, scratch
from hlsgate.infra.cache import digest
from hlsgate.infra.errors import EmulationError
from hlsgate.infra.process import require_tool
from hlsgate.spec.project import Project, project_digest

if TYPE_CHECKING:
    from hlsgate.infra.cache import Cache

HOST = Path(__file__).parent / "host"
LIBRARY, RUNNER = "network.so", "run"

_OPTIONS = (*FLAGS, "-DFPGA_EMULATOR", '-DWEIGHTS_DIR="weights"')


@functools.cache
def headers_digest(backend: str) -> str:
    """Return a hash over the headers that projects are built with but do not hold."""
    foreign = project_digest(_ac_types()) if backend == "oneAPI" else ""
    return digest([project_digest(HOST), foreign])


def compile_project(
    project: Project,
    compiler: Compiler,
    folder: Path,
    cache: Cache | None = None,
    *,
    as_written: bool = False,
) -> None:
    """Build a project's emulation library, and the program that runs rows through it.

    The project itself is left as it is: building happens on a copy of its sources.

    Parameters
    ----------
    project : Project
        A written project.
    compiler : Compiler
        From `find_compiler`.
    folder : pathlib.Path
        Where the library and what it reads are put.
    cache : Cache, optional
        Where headers that projects have in common are kept, precompiled; without it, each
        project reads them as text.
    as_written : bool
        Compile hls4ml's sources as they are, but for what g++ would refuse
        (`hlsgate.emulation.adapting.adapt`); icpx always does.

    Raises
    ------
    EmulationError
        If the compiler fails, or says that it did not and left nothing; the message names the
        log and ends with its last lines. If a file cannot be written.
    """
    what = f"the emulation of {project.name} cannot be built in {folder}"
    with scratch.told(EmulationError, what), scratch.folder() as work:
        sources = work / "project"
        shutil.copytree(project.folder, sources, ignore=shutil.ignore_patterns("build"))
        if compiler.kind == "icpx":
            built = _build_with_icpx(project, sources)
        else:
            root = _root(project, sources)
            adapt(root / "firmware", as_written=as_written)
            files = _as_written(project, root) if as_written else _joined(project, root)
            built = _build_on_host(project, compiler, sources, folder, files, cache)
        runner = _runner(compiler, work, cache)
        shutil.copy(runner, folder / RUNNER)
        shutil.copy(built, folder / LIBRARY)
        weights = sources / "firmware" / "weights"
        if weights.is_dir():  # Vivado and Vitis libraries read weights when they start
            shutil.copytree(weights, folder / "weights", dirs_exist_ok=True)


def _root(project: Project, sources: Path) -> Path:
    """Return the folder that holds ``firmware``."""
    return sources / "src" if project.backend == "oneAPI" else sources


def _as_written(project: Project, root: Path) -> list[Path]:
    """Return hls4ml's two files."""
    return [root / "firmware" / f"{project.name}.cpp", root / f"{project.name}_bridge.cpp"]


def _joined(project: Project, root: Path) -> list[Path]:
    """Return one file that includes both, so that their headers are compiled once."""
    joined = root / f"{project.name}.cpp"
    names = (file.relative_to(root) for file in _as_written(project, root))
    joined.write_text("".join(f'#include "{name}"\n' for name in names))
    return [joined]


def _build_on_host(
    project: Project,
    compiler: Compiler,
    sources: Path,
    folder: Path,
    files: list[Path],
    cache: Cache | None,
) -> Path:
    """Compile a project's files side by side, then link."""
    root = _root(project, sources)
    types = _types(project.backend, root)
    options = [*_OPTIONS, *(f"-I{place}" for place in (root, root / "firmware", *types))]
    objects = [sources / f"{file.stem}.o" for file in files]

    def commands(*more: str | Path) -> Mapping[Path, jobs.Command]:
        return {
            out: [compiler.path, *options, *more, "-c", file, "-o", out]
            for file, out in zip(files, objects, strict=True)
        }

    common = common_header(compiler, _OPTIONS, types, cache) if cache else None
    if common is None or jobs.run(commands("-include", common), folder, sources) is not None:
        # as text, in case the compiled header is at fault
        jobs.require(commands(), folder, sources)
    library = sources / LIBRARY
    link: jobs.Command = [compiler.path, *FLAGS, "-shared", *objects, "-o", library]
    jobs.require({library: link}, folder, sources)
    return library


def _runner(compiler: Compiler, folder: Path, cache: Cache | None) -> Path:
    """Return the program that runs rows through a library: compiled once for each compiler."""
    source = HOST / "run.cpp"

    def make(place: Path) -> None:
        host = find_compiler("any") if compiler.kind == "icpx" else compiler
        made = place / RUNNER
        jobs.require({made: [host.path, *FLAGS, source, "-o", made, "-ldl"]}, place)

    if cache is None:
        make(folder)
        return folder / RUNNER
    key = {"compiler": compiler.identity(), "flags": list(FLAGS), "text": source.read_text()}
    return cache.entry("runner", key, make) / RUNNER


def _types(backend: str, root: Path) -> list[Path]:
    """Return the folders whose headers define number types."""
    if backend == "oneAPI":
        return [HOST / "include", _ac_types()]
    own = (root / "firmware" / "ac_types", root / "firmware" / "ap_types")
    return [folder for folder in own if folder.is_dir()]


def _ac_types() -> Path:
    """Return the ac_types headers that hls4ml ships for its Quartus backend."""
    spec = find_spec("hls4ml")
    if spec is None or spec.origin is None:
        raise EmulationError("hls4ml is not installed; install hlsgate with its stack.")
    return Path(spec.origin).parent / "templates" / "quartus" / "ac_types"


def _build_with_icpx(project: Project, sources: Path) -> Path:
    """Build as hls4ml would, with the project's own CMake file."""
    build = sources / "build"
    build.mkdir()
    cmake = require_tool("cmake", env_var="HLSGATE_CMAKE", hint="install it")
    make = require_tool("make", env_var="HLSGATE_MAKE", hint="install it")
    library = build / f"lib{project.name}-{project.stamp}.so"
    jobs.require({build: [cmake, ".."]}, build, sources)
    jobs.require({library: [make, "lib"]}, build, sources)
    return library
