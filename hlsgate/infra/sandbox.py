"""What comes from a network of outside is compiled and run with few rights, where that is possible.

Limits of memory, of CPU time and of the size of files hold everywhere. On Linux, and without any
privilege, Landlock leaves write access to the folders of the work alone, and seccomp leaves no
sockets, no other process's memory and no way out of the group that is ended together. What a
system lacks is told by `described`; docs/threat-model.md says what that means.
"""

from __future__ import annotations

import functools
import math
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SWITCH = "HLSGATE_SANDBOX"
"""Environment variable; ``off`` takes the protection away, for tools that cannot do with it."""

_HELPER = Path(__file__).with_name("confined.py")
_LARGEST_FILE = 4 * 2**30
_ASK_TIMEOUT_S = 60

_SECRET = re.compile("TOKEN|SECRET|PASSW|CREDENTIAL|AUTH|(^|_)KEY", re.IGNORECASE)


@dataclass(frozen=True)
class Confinement:
    """Rights that a process is left.

    Parameters
    ----------
    writable : tuple of pathlib.Path
        Folders that it may write to; the first is its home and its place for temporary files.
    cpu_s : float
        Processor time of each of its processes, in s.
    """

    writable: tuple[Path, ...]
    cpu_s: float

    def command(self, argv: list[str]) -> list[str]:
        """Return the command that gives up all other rights and becomes `argv`."""
        if _switched_off():
            return argv
        # Whole seconds, beyond the time limit of the run, which tells what happened in words.
        limits = {
            "CORE": 0,
            "CPU": math.ceil(self.cpu_s) + 1,
            "FSIZE": _LARGEST_FILE,
            "AS": _memory(),
        }
        orders = [f"limit={name}:{value}" for name, value in limits.items()]
        orders += [f"write={folder}" for folder in self.writable]
        return [sys.executable, "-I", "-S", str(_HELPER), *orders, "--", *argv]

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return an environment without what looks like a secret."""
        kept = {name: value for name, value in given.items() if not _SECRET.search(name)}
        place = str(self.writable[0])
        return kept if _switched_off() else {**kept, "HOME": place, "TMPDIR": place}


def _memory() -> int:
    """Return the machine's memory in bytes: beyond it, a process would take that of others."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _switched_off() -> bool:
    return os.environ.get(SWITCH) == "off"


@functools.lru_cache
def described() -> str:
    """Say how networks are compiled and run here, in a line."""
    if _switched_off():
        return f"networks are compiled and run with all rights, since {SWITCH} is off"
    files, calls = _offered()
    has = ["limits of memory, time and file size"]
    has += [f"writing to their own folders only (Landlock {files})"] if files else []
    has += ["no network (seccomp)"] if calls else []
    lacks = [] if files else ["this system has no Landlock, so they may write anywhere"]
    lacks += [] if calls else ["seccomp is not at hand, so they may reach the network"]
    told = f"networks are compiled and run with {', '.join(has)}"
    return "; ".join([told, *lacks])


def _offered() -> tuple[int, bool]:
    """Return Landlock's version, 0 for none, and whether calls can be denied."""
    try:
        asked = subprocess.run(
            [sys.executable, "-I", "-S", _HELPER],
            capture_output=True, text=True, check=True, timeout=_ASK_TIMEOUT_S,
        )  # fmt: skip
        files, calls = asked.stdout.split()
        return int(files), calls == "1"
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0, False
