"""Folders for work that is thrown away, all in one place, which no killed run leaves full.

Each folder is locked by the process that made it; the system drops the lock when that process ends,
in whatever way. The next process that needs a folder removes those that nobody holds.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hlsgate.infra.errors import HlsgateError

NO_SPACE = "free some space, or name other places with --cache DIR and in TMPDIR"

_LOGS, _WORK = "logs", "work-"
_LOGS_KEPT = 20

_swept: set[tuple[Path, int]] = set()


@contextlib.contextmanager
def told(error: type[HlsgateError], what: str) -> Iterator[None]:
    """Turn what the system says of files into one sentence that begins with `what`."""
    try:
        yield
    except OSError as problem:
        named = f": {problem.filename}" if problem.filename else ""
        raise error(f"{what} ({problem.strerror or problem}{named}); {NO_SPACE}.") from problem


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """Give an empty folder, which is removed when the work in it ends.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    place = _place()
    with _locked(place):
        if (place, os.getpid()) not in _swept:
            _swept.add((place, os.getpid()))
            _sweep(place)
        made = Path(tempfile.mkdtemp(prefix=_WORK, dir=place))
        held = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(held, fcntl.LOCK_EX)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(held)


def keep(log: Path) -> Path:
    """Copy a log to where it stays after its folder is gone; the oldest of many make room."""
    logs = _place() / _LOGS
    logs.mkdir(exist_ok=True)
    with contextlib.suppress(OSError):  # another process may do the same
        for old in sorted(logs.iterdir(), key=_age)[: -_LOGS_KEPT + 1 or None]:
            shutil.rmtree(old)
    kept = Path(tempfile.mkdtemp(dir=logs)) / log.name
    shutil.copy(log, kept)
    return kept


def _age(path: Path) -> float:
    return path.stat().st_mtime


def _place() -> Path:
    """Return the folder of this user's scratch folders; nobody else's is used."""
    place = Path(tempfile.gettempdir()) / f"hlsgate-{os.getuid()}"
    place.mkdir(mode=0o700, exist_ok=True)
    found = place.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise PermissionError(0, "it is not a folder that this user alone writes to", str(place))
    return place


@contextlib.contextmanager
def _locked(place: Path) -> Iterator[None]:
    """Let no other process make or remove folders meanwhile."""
    held = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _sweep(place: Path) -> None:
    """Remove the folders whose makers have ended."""
    for left in place.glob(f"{_WORK}*"):
        with contextlib.suppress(OSError):
            held = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(held)
