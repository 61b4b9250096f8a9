"""What every toolchain's run leaves behind."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from hlsgate.infra.errors import SynthesisError
from hlsgate.infra.process import last_lines


@dataclass(frozen=True)
class Synthesis:
    """What a synthesis run left.

    Parameters
    ----------
    report : pathlib.Path
        Folder with everything that `parse` reads.
    log : pathlib.Path
        Everything that the tools printed.
    note : str
        One sentence on how the run ended, where that was odd; else ``""``.
    """

    report: Path
    log: Path
    note: str = ""


def failure(what: str, log: Path) -> SynthesisError:
    """Return an error that ends with the last lines of the log."""
    return SynthesisError(f"{what} Its last lines:\n{last_lines(log)}\n", log)


def keep_log(written: Path, kept: Path) -> None:
    """Copy a log out of a folder that is about to go."""
    if written.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(written, kept)


def naming(error: SynthesisError, kept: Path) -> SynthesisError:
    """Return an error that names the log where it was kept, not where it was written."""
    return SynthesisError(str(error).replace(str(error.log), str(kept)))


def untold(_line: str) -> float | None:
    """Be the `share_done` of tools whose output does not tell how far they are."""
    return None
