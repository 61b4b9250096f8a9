"""Reading a stranger's file in a process of its own, with limits of memory, time and output.

The C libraries of HDF5 and parquet may crash, or allocate what a file claims. What a reader finds,
it writes anew, in a plain form, into a scratch folder; nothing else of the file goes any further.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hlsgate.infra.process import own_module, run_logged

TIMEOUT_S = 120.0
_MEMORY = 2**30
"""Bytes that Python and its libraries take for themselves, mapped and not used included."""

_LEAST_S, _BYTES_A_SECOND = 15, 20 * 2**20
"""Processor time of a reader: to begin with, and for what it reads."""

_REFUSED = 3
_WHY = "refused"


class Refused(Exception):
    """A file is not what may be read; the message says why, as a clause that can be printed.

    Libraries quote what they read, so what is no text is escaped here.
    """

    def __init__(self, why: str) -> None:
        plain = (one if one.isprintable() else ascii(one)[1:-1] for one in why)
        super().__init__("".join(plain))


def run(module: str, arguments: list[str | Path]) -> None:
    """Run a reader, which is a module that ends with `answer`.

    Parameters
    ----------
    module : str
        Its name.
    arguments : list
        Passed to it.

    Raises
    ------
    Refused
        If the reader refuses the file, crashes, or reaches a limit.
    """
    command, environment = own_module(module)
    environment |= {
        "ARROW_DEFAULT_MEMORY_POOL": "system",  # others map a GiB before they need it
        "HDF5_PLUGIN_PRELOAD": "::",  # no filter is loaded from a folder
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    with tempfile.TemporaryDirectory(prefix="hlsgate-reader-") as folder:
        why, log = Path(folder) / _WHY, Path(folder) / "log"
        ended = run_logged(
            [*command, why, *arguments],
            cwd=Path(folder),
            log=log,
            timeout_s=TIMEOUT_S,
            env=environment,
        )
        if ended.ok:
            return
        if ended.exit_code == _REFUSED and why.is_file():
            raise Refused(why.read_text("utf-8"))
    raise Refused(f"reading it ended with {ended}, so it is damaged")


def answer(read: Callable[..., None]) -> None:
    """Be the whole program of a reader: read, and say why not where a file is refused."""
    why, *arguments = sys.argv[1:]
    try:
        read(*map(Path, arguments))
    except Refused as refusal:
        told = str(refusal)
    except MemoryError:
        told = "it needs more memory than its size allows"
    except Exception as error:  # whatever a library raises over a damaged file
        lines = str(error).splitlines() or [type(error).__name__]
        told = f"it is damaged ({lines[0][:300]})"
    else:
        return
    Path(why).write_text(told, "utf-8", errors="backslashreplace")
    sys.exit(_REFUSED)


def limit(size: int) -> None:
    """Limit this process: memory and files by what a file of some size can need, time, no children.

    Parameters
    ----------
    size : int
        Bytes that the content takes, unpacked.
    """
    _lower(resource.RLIMIT_AS, _MEMORY + 4 * size)
    _lower(resource.RLIMIT_FSIZE, 2**20 + 2 * size)
    # what is damaged may keep the C libraries going round; plain reading takes a tenth of this
    _lower(resource.RLIMIT_CPU, min(int(TIMEOUT_S), _LEAST_S + size // _BYTES_A_SECOND))
    _lower(resource.RLIMIT_CORE, 0)


def _lower(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    with suppress(ValueError, OSError):  # macOS knows no limit of address space
        resource.setrlimit(kind, (most, hard))
