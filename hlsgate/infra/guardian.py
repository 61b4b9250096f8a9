"""No tool outlives the process that started it, not even where that one is killed.

Beside this process stands a shell that is told which process groups run. Its standard input ends
with this process, in whatever way that ends; then it kills the groups that are left. What was
started in the very last moment, and not told yet, escapes it.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator

_SCRIPT = """
exec 3<&0
(
    watched=' '
    while read -r sign group; do
        case $sign in
            +) watched="$watched$group " ;;
            -) watched="${watched%% $group *} ${watched#* $group }" ;;
        esac
    done
    for group in $watched; do kill -KILL "-$group"; done
) <&3 3<&- &
"""
"""The loop goes on in the background; a job there would have no input unless it is given one."""

_lock = threading.Lock()
_pipe: int | None = None


@contextlib.contextmanager
def watching(group: int) -> Iterator[None]:
    """Have a process group killed if this process ends meanwhile."""
    _tell(f"+ {group}\n")
    try:
        yield
    finally:
        _tell(f"- {group}\n")


def _tell(line: str) -> None:
    """Write one line to the shell, which is started when it is first needed, or was ended."""
    global _pipe  # noqa: PLW0603 (one for each process)
    with _lock:
        for _ in range(2):
            if _pipe is None:
                _pipe = _started()
            try:
                os.write(_pipe, line.encode())  # a short line goes through a pipe in one piece
            except BrokenPipeError:
                os.close(_pipe)
                _pipe = None
            else:
                return


def _started() -> int:
    """Start the shell, in a session of its own; return the writing end of its input."""
    reading, writing = os.pipe()
    try:
        subprocess.run(
            ["/bin/sh", "-c", _SCRIPT],
            stdin=reading,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            check=True,
        )
    finally:
        os.close(reading)
    return writing
