"""Headers that all projects of a backend include, compiled once for each compiler and kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hlsgate.infra import jobs
from hlsgate.infra.errors import EmulationError
from hlsgate.infra.sources import source_digest
from hlsgate.spec.project import project_digest

if TYPE_CHECKING:
    from hlsgate.emulation.compilers import Compiler
    from hlsgate.infra.cache import Cache

_TYPES = (
    "ac_int.h",
    "ac_fixed.h",
    "ap_fixed.h",
    "ap_int.h",
    "hls_stream.h",
    "sycl/sycl.hpp",
    "sycl/ext/intel/experimental/task_sequence.hpp",
)
"""Headers of types, of which each backend has some."""

_STANDARD = (
    "algorithm", "array", "cmath", "cstddef", "cstdio", "deque", "fstream", "iostream", "map",
    "sstream", "string", "tuple", "vector",
)  # fmt: skip
"""What hls4ml 1.3.0's own headers include besides."""

_NAME = "common.hpp"


def common_header(
    compiler: Compiler, options: Sequence[str], types: Sequence[Path], cache: Cache
) -> Path | None:
    """Return a header to be included before all others, with its compiled form beside it.

    Where the compiled form does not suit (another compiler, another option), g++ reads the text,
    which says the same. Two processes that want it at once wait for one another.

    Parameters
    ----------
    compiler : Compiler
        Which compiles it, and is to use it.
    options : sequence of str
        Flags and definitions that are used with it.
    types : sequence of pathlib.Path
        Folders of headers that define number types; part of the identity, by content.
    cache : Cache
        Where it is kept.

    Returns
    -------
    pathlib.Path or None
        None where there is nothing to precompile, or it cannot be.
    """
    names = [name for name in _TYPES if any((folder / name).is_file() for folder in types)]
    if not names:
        return None
    text = "".join(f"#include <{name}>\n" for name in (*_STANDARD, *names))
    key = {
        "compiler": compiler.identity(),
        "options": list(options),
        "text": text,
        "types": [project_digest(folder) for folder in types],
        "source": source_digest("emulation.precompiled"),
    }

    def make(folder: Path) -> None:
        header, made = folder / _NAME, folder / f"{_NAME}.gch"
        header.write_text(text)
        includes = [f"-I{place}" for place in types]
        command: jobs.Command = [
            compiler.path,
            *options,
            *includes,
            "-x",
            "c++-header",
            header,
            "-o",
            made,
        ]
        jobs.require({made: command}, folder)

    try:
        return cache.entry("headers", key, make) / _NAME
    except EmulationError:  # what is wrong with the headers, the project's own compilation tells
        return None
