"""Compilers that can build emulations: found, and held against what the sources need."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hlsgate.infra.cache import digest
from hlsgate.infra.errors import SynthesisError, ToolNotFound
from hlsgate.infra.process import require_tool
from hlsgate.synthesis.toolchains import oneapi

FLAGS = ("-std=c++17", "-O2", "-funroll-loops", "-fPIC", "-w", "-fno-gnu-unique")
"""By measurement (docs/emulation-speed.md); no instruction that a processor may lack, so a library
runs on every machine that shares a cache, and contracts no multiplication with an addition.
Templates of two libraries in one process are not to be merged."""

_NEEDED = (
    "__cpp_deduction_guides",
    "__cpp_inline_variables",
    "__cpp_nontype_template_parameter_auto",
)
"""What the SYCL headers in ``host/include`` use of C++17, as feature-test macros.

GCC defines all three from release 8 on (``gcc/c-family/c-cppbuiltin.c``); the types of AMD and of
Mentor ask for less, C++11.
"""

_ASK_TIMEOUT_S = 60


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
    target : str
        Hash over what it predefines under `FLAGS`: version, processor, instructions, sizes. Part
        of the identity of all that it builds; empty for icpx, whose releases say it all.
    """

    path: Path
    kind: str
    version: str
    target: str = ""

    def identity(self) -> list[str]:
        """Return what the bits that it makes depend on."""
        return [str(self.path), self.kind, self.version, self.target]

    def __str__(self) -> str:
        return f"{self.path.name} ({self.version})"


def find_compiler(backend: str) -> Compiler:
    """Find the compiler for a backend: a usable ``icpx`` for oneAPI, else g++.

    An icpx of 2025.1 or later, which cannot build for FPGAs, is passed over.

    Raises
    ------
    ToolNotFound
        If there is no g++ (``HLSGATE_CXX`` names another compiler), if it is too old, or if
        ``HLSGATE_ICPX`` names something that is no program.
    """
    if backend == "oneAPI" and (os.environ.get("HLSGATE_ICPX") or shutil.which("icpx")):
        tools = oneapi.find()
        with contextlib.suppress(SynthesisError):
            return Compiler(tools.icpx, "icpx", oneapi.usable_version(tools))
    path = require_tool(
        "g++", env_var="HLSGATE_CXX", hint="install it (Debian and Ubuntu: apt install g++)"
    )
    return _examined(path, path.stat().st_mtime_ns)


@functools.lru_cache
def _examined(path: Path, _changed_ns: int) -> Compiler:
    """Ask a compiler what it is; once for each program and its time of change."""
    lines = _asked(path, "--version").splitlines()
    if not lines:
        raise ToolNotFound(_silent(path))
    macros = sorted(_asked(path, *FLAGS, "-x", "c++", "-dM", "-E", os.devnull).splitlines())
    defined = {line.split()[1] for line in macros if line.startswith("#define ")}
    missing = [name for name in _NEEDED if name not in defined]
    if missing:
        raise ToolNotFound(_too_old(path, lines[0], f"it lacks {', '.join(missing)}"))
    return Compiler(path, "host", lines[0], digest(macros)[:16])


def _asked(path: Path, *options: str) -> str:
    try:
        asked = subprocess.run(
            [path, *options], capture_output=True, text=True, check=True, timeout=_ASK_TIMEOUT_S
        )
    except subprocess.CalledProcessError as error:
        if options[0] == "--version":
            raise ToolNotFound(_silent(path)) from error
        said = (error.stderr.strip().splitlines() or ["no reason given"])[0]
        raise ToolNotFound(_too_old(path, "", f"it refuses {FLAGS[0]}: {said}")) from error
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise ToolNotFound(_silent(path)) from error
    return asked.stdout


def _silent(path: Path) -> str:
    return f"{path} does not tell its version; name a working compiler in HLSGATE_CXX."


def _too_old(path: Path, version: str, reason: str) -> str:
    named = f"{path} ({version})" if version else str(path)
    return (
        f"{named} cannot build emulations, which need C++17 as g++ has it since release 8 "
        f"({reason}); install a newer one or name it in HLSGATE_CXX."
    )
