"""Libraries compute what the hardware would, rows side by side on every core.

Neither TensorFlow nor hls4ml is needed once a project is written.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate.emulation.compilers import FLAGS, Compiler, find_compiler
from hlsgate.emulation.compiling import HOST, LIBRARY, RUNNER, compile_project, headers_digest
from hlsgate.infra import scratch
from hlsgate.infra.errors import EmulationError
from hlsgate.infra.process import run_logged
from hlsgate.infra.sandbox import Confinement
from hlsgate.spec.fixedpoint import require_finite
from hlsgate.spec.project import Project

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "FLAGS", "HOST", "Compiler", "Emulator", "compile_project", "cores", "emulate",
    "find_compiler", "headers_digest",
]  # fmt: skip

RUN_TIMEOUT_S = 1800.0

ROWS_A_WORKER = 1000
"""Fewer rows are done sooner than another worker has started."""

_SHOWN = 3


@dataclass(frozen=True)
class Emulator:
    """A built emulation library: ``network.so``, what it reads, and what runs it."""

    folder: Path
    project: Project


def cores() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # macOS


def emulate(
    emulator: Emulator, x: NDArray[np.floating[Any]], workers: int | None = None
) -> NDArray[np.float64]:
    """Run rows through an emulation library, in processes of its own.

    Parameters
    ----------
    emulator : Emulator
        From `compile_project`.
    x : ndarray, shape (n, inputs), float
        Inputs. Values off the input type's grid are cut by the firmware as its type says.
    workers : int, optional
        Processes to share the rows among; by default one for each available core, but none for
        fewer than `ROWS_A_WORKER` rows.

    Returns
    -------
    ndarray, shape (n, outputs), float64
        Exact values of the output type, in the order of the rows.

    Raises
    ------
    EmulationError
        If a row is not finite, or the library crashes, throws or hangs; the message says in
        which row. If the disk is full.
    """
    import numpy as np

    require_finite(x)
    outputs = np.empty((len(x), emulator.project.outputs), np.float64)
    if not outputs.size:
        return outputs
    rows = np.asarray(x, np.float64).reshape(len(x), -1)
    workers = workers or min(cores(), -(-len(rows) // ROWS_A_WORKER))
    what = f"{len(rows)} rows for the emulation in {emulator.folder} cannot be written"
    with scratch.told(EmulationError, what), scratch.folder() as work:
        _run(emulator, rows, outputs, workers, work)
    return outputs


def _run(
    emulator: Emulator,
    rows: NDArray[np.float64],
    outputs: NDArray[np.float64],
    workers: int,
    work: Path,
) -> None:
    """Fill `outputs`; the files that go between are as plain as the memory that they are mapped to.

    The outputs' file has its full size before, so that a full disk is told here, not by a signal.
    """
    import numpy as np

    source, target, log = (work / name for name in ("x", "y", "run.log"))
    source.write_bytes(rows.tobytes())
    target.write_bytes(bytes(outputs.nbytes))
    command: list[str | Path] = [
        emulator.folder / RUNNER, emulator.folder / LIBRARY,
        f"{emulator.project.name}_double", source, target,
        *map(str, (len(rows), rows.shape[1], outputs.shape[1], min(workers, len(rows)))),
    ]  # fmt: skip
    said: list[str] = []
    ended = run_logged(
        command, cwd=emulator.folder, log=log, timeout_s=RUN_TIMEOUT_S, on_line=said.append,
        confined=Confinement((work,), RUN_TIMEOUT_S),
    )  # fmt: skip
    if not ended.ok:
        last = "; ".join(said[-_SHOWN:]) or "it said nothing"
        raise EmulationError(f"the emulation in {emulator.folder} ended with {ended}: {last}.")
    outputs[:] = np.fromfile(target).reshape(outputs.shape)
