"""How many runs of a synthesis tool fit into memory side by side."""

from __future__ import annotations

import os
from pathlib import Path

HEAVY_BYTES = 4 * 2**30
"""What one run may take; Yosys takes 1 to 3 GB for the networks that ship."""

_MEMINFO = Path("/proc/meminfo")


def heavy_at_once() -> int:
    """Return how many heavy jobs fit into the memory that is free; at least one."""
    return max(1, free_bytes() // HEAVY_BYTES)


def free_bytes() -> int:
    """Return the memory that can be had, in bytes; all of it where no system file says more."""
    try:
        lines = _MEMINFO.read_text().splitlines()
    except OSError:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    (available,) = (line.split()[1] for line in lines if line.startswith("MemAvailable:"))
    return int(available) * 1024
