"""Where numba keeps what it compiled of da4ml: two minutes of work, beside what hlsgate keeps.

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


def apply(root: Path) -> None:
    """Name numba's folder for this process and those that it starts, unless one is named.

    Parameters
    ----------
    root : pathlib.Path
        hlsgate's cache; where it cannot be written, a temporary folder is used, which is removed
        at the end of this process.
    """
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
