"""How numba compiles da4ml, and where it keeps that: a minute of work, beside what hlsgate keeps.

By itself numba writes into the installed package or the user's home. Where neither can be written,
da4ml cannot be imported at all; where they are new, everything is compiled anew.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

VARIABLE = "NUMBA_CACHE_DIR"
"""Read once, when numba is imported; processes that are started later inherit it."""

FOLDER = "numba"

LEVEL = "1"
"""Of optimisation (``NUMBA_OPT``): two thirds of the time that compiling takes at numba's own, 3;
what is compiled runs 15 % longer, and decides the same."""


def apply(root: Path) -> None:
    """Set numba up for this process and those that it starts, but for what is set already.

    Parameters
    ----------
    root : pathlib.Path
        hlsgate's cache; where it cannot be written, a temporary folder is used, which is removed
        at the end of this process.
    """
    os.environ.setdefault("NUMBA_OPT", LEVEL)
    if os.environ.get(VARIABLE):
        return
    place = root.absolute() / FOLDER
    if not _writable(place):
        place = Path(tempfile.mkdtemp(prefix="hlsgate-numba-"))
        atexit.register(_remove, place, os.getpid())
    os.environ[VARIABLE] = str(place)


def _writable(place: Path) -> bool:
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            return True
    except OSError:
        return False


def _remove(place: Path, maker: int) -> None:
    """Remove a folder, unless this is a fork of the process that made it."""
    if os.getpid() == maker:
        shutil.rmtree(place, ignore_errors=True)
