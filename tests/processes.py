"""Looking after processes that a test made a tool start."""

from __future__ import annotations

import os
import time
from pathlib import Path


def assert_gone(pid_file: Path) -> None:
    """Assert that the process whose number is in the file has ended, or does within 5 s."""
    pid = int(pid_file.read_text())
    limit = time.monotonic() + 5
    while _is_running(pid):
        assert time.monotonic() < limit, f"process {pid} is still running"
        time.sleep(0.02)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except FileNotFoundError:  # ended meanwhile, or a system without /proc
        return Path("/proc/self/stat").exists() is False
    return state != "Z"  # dead, and not yet collected by whoever adopted it


def quick_then_slow(key: str, seed: int, root: Path) -> dict[str, str]:
    """Stand in for a training: the first seed is done at once, others take a minute."""
    if seed:
        time.sleep(60)
    (root / f"{key}-{seed}").touch()
    return {}
