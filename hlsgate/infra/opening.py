"""Opening files that may come from strangers: regular files only, of a size that is known.

A pipe never ends, a device never fills up, and a name may be another file a moment later. So a file
is opened once, looked at by its descriptor, and never waited for.
"""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from typing import BinaryIO


class NoRegularFileError(OSError):
    """What a name stands for is a folder, a pipe, a socket or a device."""

    def __init__(self, path: Path, kind: str) -> None:
        super().__init__(0, f"it is {kind}, not a regular file", str(path))


class TooLargeError(OSError):
    """A file has more bytes than are read."""

    def __init__(self, path: Path, limit: int) -> None:
        super().__init__(0, f"it has more than {limit:,} bytes, which is the most", str(path))


_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def regular(path: Path, limit: int) -> BinaryIO:
    """Open a regular file of at most `limit` bytes for reading.

    Raises
    ------
    OSError
        If it cannot be opened; `NoRegularFileError` or `TooLargeError`, which say why, where it is
        not to be read.
    """
    try:
        # NONBLOCK: a pipe that nobody writes to is opened at once, and then refused
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:  # a name with a null character
        raise OSError(0, str(error), str(path)) from error
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise NoRegularFileError(path, _KINDS.get(stat.S_IFMT(found.st_mode), "something else"))
        if found.st_size > limit:
            raise TooLargeError(path, limit)
        return io.BufferedReader(io.FileIO(descriptor))
    except BaseException:
        os.close(descriptor)
        raise


def read(path: Path, limit: int) -> bytes:
    """Return the bytes of a regular file; errors are those of `regular`."""
    with regular(path, limit) as file:
        content = file.read(limit + 1)  # it may have grown meanwhile
    if len(content) > limit:
        raise TooLargeError(path, limit)
    return content
