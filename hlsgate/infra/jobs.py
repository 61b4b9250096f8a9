"""Commands that run side by side, each of which has to leave the file that it is run for."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from hlsgate.infra import scratch
from hlsgate.infra.errors import EmulationError
from hlsgate.infra.process import Completed, last_lines, run_logged
from hlsgate.infra.sandbox import Confinement

COMPILE_TIMEOUT_S = 1800.0

Command = Sequence[str | Path]


@dataclass(frozen=True)
class Failure:
    """What the first command that failed left: how it ended, and its log."""

    how: str
    log: Path


def run(commands: Mapping[Path, Command], logs: Path, *writable: Path) -> Failure | None:
    """Run commands side by side; when one fails, or this process is interrupted, end the others.

    Parameters
    ----------
    commands : mapping of pathlib.Path to command
        The file that each command has to leave, and the command.
    logs : pathlib.Path
        Folder in which they run and their logs are kept: ``compile_<name of the file>.log``.
    writable : pathlib.Path
        Folders that they may write to besides; without any, it is that one alone.

    Returns
    -------
    Failure or None
        None if all went well.
    """
    stop = threading.Event()
    failures: list[Failure] = []
    confined = Confinement((*writable, logs), COMPILE_TIMEOUT_S)

    def one(made: Path, command: Command) -> None:
        log = logs / f"compile_{made.stem}.log"
        ended = run_logged(
            command, cwd=logs, log=log, timeout_s=COMPILE_TIMEOUT_S, stop=stop, confined=confined
        )
        problem = _problem(ended, made)
        if problem and not stop.is_set():
            failures.append(Failure(problem, log))
            stop.set()

    with ThreadPoolExecutor(len(commands)) as pool:
        try:
            for running in [pool.submit(one, *item) for item in commands.items()]:
                running.result()
        except BaseException:
            stop.set()  # leaving the pool waits for its threads
            raise
    return failures[0] if failures else None


def _problem(ended: Completed, made: Path) -> str:
    if not ended.ok:
        return str(ended)
    if not made.exists() or (made.is_file() and not made.stat().st_size):
        return f"{ended}, but nothing in {made.name}"
    return ""


def require(commands: Mapping[Path, Command], logs: Path, *writable: Path) -> None:
    """Run commands as `run` does.

    Raises
    ------
    EmulationError
        If one fails; the message names its log, which is kept, and ends with its last lines.
    """
    failure = run(commands, logs, *writable)
    if failure is None:
        return
    last = last_lines(failure.log)
    full = f"; the disk is full: {scratch.NO_SPACE}" if "No space left on device" in last else ""
    raise EmulationError(
        f"compiling the emulation failed ({failure.how}){full}; its last lines are below, all in "
        f"{scratch.keep(failure.log)}.\n{last}"
    )
