"""Running an outside tool: its whole output kept, its time limited, nothing of it left behind."""

from __future__ import annotations

import os
import select
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hlsgate.infra import guardian
from hlsgate.infra.errors import ToolNotFound
from hlsgate.infra.sandbox import Confinement

GRACE_S = 2.0
_POLL_S = 0.05
_LONGEST_LINE = 64 * 1024


@dataclass(frozen=True)
class Completed:
    """How a tool ended.

    Parameters
    ----------
    exit_code : int or None
        None if a signal ended it.
    signal_name : str or None
        For example ``"SIGSEGV"``; None if it exited by itself.
    timed_out : bool
        Whether the time limit ended it.
    seconds : float
        Wall-clock time, in s.
    """

    exit_code: int | None
    signal_name: str | None
    timed_out: bool
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether it exited by itself with code 0, in time."""
        return self.exit_code == 0 and not self.timed_out

    def __str__(self) -> str:
        """Say how it ended, in words."""
        if self.timed_out:
            return f"time limit after {self.seconds:.1f} s"
        how = f"signal {self.signal_name}" if self.signal_name else f"exit code {self.exit_code}"
        return f"{how} after {self.seconds:.1f} s"


def require_tool(name: str, *, env_var: str, hint: str) -> Path:
    """Find a program, by a variable that names it or else on PATH.

    Parameters
    ----------
    name : str
        Name of the program.
    env_var : str
        Environment variable that overrides PATH, for example ``"HLSGATE_ICPX"``.
    hint : str
        The step that makes the program available, as a clause after "or".

    Returns
    -------
    pathlib.Path
        Absolute; symbolic links are kept, since compilers look at the name they are called by.

    Raises
    ------
    ToolNotFound
        In one sentence: which tool, where it was looked for, and what fixes it.
    """
    if named := os.environ.get(env_var):
        if found := shutil.which(named):
            return Path(found).absolute()
        problem = f"{env_var} is {named!r}, which is no program that can be run"
        raise ToolNotFound(f"{name} was not found, because {problem}; correct or unset it.")
    if found := shutil.which(name):
        return Path(found).absolute()
    folders = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    where = f"in any of the {len(folders)} folders on PATH" if folders else "as PATH is empty"
    raise ToolNotFound(f"{name} was not found {where}; set {env_var} to its full path, or {hint}.")


def run_logged(
    argv: Sequence[str | Path],
    *,
    cwd: Path,
    log: Path,
    timeout_s: float,
    env: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] | None = None,
    stop: threading.Event | None = None,
    confined: Confinement | None = None,
) -> Completed:
    """Run a tool in a session of its own and append all it prints to a log, as it comes.

    When this function ends, in whatever way (exit, time limit, Ctrl-C, an error in `on_line`),
    every process that the tool left in its process group is ended too: SIGTERM, then SIGKILL
    after `GRACE_S` seconds. So it is, by SIGKILL, where this process is itself killed.

    Parameters
    ----------
    argv : sequence of str or pathlib.Path
        Program and arguments; no shell is involved, and standard input is empty.
    cwd, log : pathlib.Path
        Where to run, and the file to append to.
    timeout_s : float
        Time limit in s; reaching it is told by the result, not by an exception.
    env : mapping of str to str, optional
        The whole environment; by default this process's own.
    on_line : callable, optional
        Called with each line of output, decoded, without its end.
    stop : threading.Event, optional
        Set by another thread, it ends the tool.
    confined : Confinement, optional
        Rights that it is left; by default all of this process's own.

    Raises
    ------
    ToolNotFound
        If the program cannot be started.
    """
    command = [str(arg) for arg in argv]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab", buffering=0) as file:
        file.write(f"$ {shlex.join(command)}\n".encode(errors="replace"))
        started = time.monotonic()
        process = _start(command, cwd, env, confined)
        with guardian.watching(process.pid):
            try:
                timed_out = _follow(process, started + timeout_s, _Output(file, on_line), stop)
            finally:
                _end_group(process)
        completed = _completed(process.returncode, timed_out, time.monotonic() - started)
        file.write(f"[{completed}]\n".encode())
    return completed


class _Output:
    """Where a tool's output goes: the log at once, `on_line` when a line is whole."""

    def __init__(self, log: BinaryIO, on_line: Callable[[str], None] | None) -> None:
        self._log = log
        self._on_line = on_line
        self._pending = b""

    def write(self, chunk: bytes) -> None:
        self._log.write(chunk)
        if self._on_line is None:
            return
        *lines, self._pending = (self._pending + chunk).split(b"\n")
        if len(self._pending) > _LONGEST_LINE:  # progress without line ends must not pile up
            lines.append(self._pending)
            self._pending = b""
        for line in lines:
            self._on_line(line.decode(errors="replace"))

    def finish(self) -> None:
        if self._pending:
            self.write(b"\n")


def own_module(name: str) -> tuple[list[str], dict[str, str]]:
    """Return command and environment that run a module of this hlsgate in another process."""
    root = Path(__file__).parents[2]
    path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    return [sys.executable, "-m", name], {**os.environ, "PYTHONPATH": path}


def last_lines(log: Path, count: int = 15) -> str:
    """Return the last lines of a log, indented for a message."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _LONGEST_LINE))
        lines = file.read().decode(errors="replace").splitlines()
    return "\n".join(f"    {line}" for line in lines[-count:])


def _start(
    command: list[str], cwd: Path, env: Mapping[str, str] | None, confined: Confinement | None
) -> subprocess.Popen[bytes]:
    started = command
    if confined is not None:
        _require_program(command[0])
        started, env = confined.command(command), confined.environment(env or os.environ)
    try:
        return subprocess.Popen(
            started,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        problem = f"{command[0]} cannot be started in {cwd} ({error.strerror})"
        raise ToolNotFound(f"{problem}; check that both exist and can be used.") from error


def _require_program(name: str) -> None:
    if shutil.which(name) is None:
        raise ToolNotFound(f"{name} is no program that can be started; check that it is there.")


def _follow(
    process: subprocess.Popen[bytes],
    deadline: float,
    output: _Output,
    stop: threading.Event | None,
) -> bool:
    """Pass output on until the tool has ended or is to; return whether the deadline came first."""
    assert process.stdout is not None
    pipe, poller, open_pipe = process.stdout.fileno(), select.poll(), True
    poller.register(pipe, select.POLLIN)
    ended = False
    while True:
        # Asked before the pipe is read, so that nothing printed before the end is missed.
        if not ended and process.poll() is not None:
            ended = True
            deadline = min(deadline, time.monotonic() + GRACE_S)
        if open_pipe and poller.poll(0 if ended else _POLL_S * 1000):
            chunk = os.read(pipe, 65536)
            open_pipe = bool(chunk)
            output.write(chunk)
        elif ended:  # the pipe may still be held open by a process that the tool left behind
            break
        elif not open_pipe:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_POLL_S)  # most end as soon as they have closed their output
        if stop is not None and stop.is_set():
            return False
        if time.monotonic() > deadline:
            break
    output.finish()
    return not ended


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a tool's process group, and collect the tool itself."""
    try:
        _signal_group(process, signal.SIGTERM)
        patience = time.monotonic() + GRACE_S
        while _signal_group(process, 0) and time.monotonic() < patience:
            process.poll()  # a dead leader that is not collected would still count as alive
            time.sleep(_POLL_S / 5)
    finally:  # a second Ctrl-C must not leave anything running
        _signal_group(process, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _signal_group(process: subprocess.Popen[bytes], number: int) -> bool:
    """Send a signal to the tool's process group; return whether the group is there."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)  # the group's number is its leader's, as it has a session
        return True
    return False


def _completed(returncode: int, timed_out: bool, seconds: float) -> Completed:
    if returncode >= 0:
        return Completed(returncode, None, timed_out, seconds)
    try:
        name = signal.Signals(-returncode).name
    except ValueError:  # real-time signals have no names
        name = f"SIG{-returncode}"
    return Completed(None, name, timed_out, seconds)
