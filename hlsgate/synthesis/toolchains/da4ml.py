"""Counts on the traced network, before any synthesis: exact, and made when it was traced."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from hlsgate.infra.errors import ToolNotFound
from hlsgate.infra.packages import version
from hlsgate.synthesis.reports.da4ml import FILE
from hlsgate.synthesis.reports.da4ml import parse_da4ml as parse
from hlsgate.synthesis.toolchains.synthesis import Synthesis
from hlsgate.synthesis.toolchains.synthesis import untold as share_done

__all__ = [
    "LOG_NAME", "OPEN", "READS", "SOURCE", "find", "installed", "parse", "prepare",
    "share_done", "synthesise", "usable_version",
]  # fmt: skip

SOURCE: Literal["project", "logic"] = "logic"
OPEN = True
READS: tuple[str, ...] = (FILE,)
LOG_NAME = "hlsgate_synthesis.log"


def find() -> str:
    """Return da4ml's version; raise `ToolNotFound` where it is not installed."""
    return installed("da4ml", "da")


def installed(package: str, extra: str) -> str:
    """Return the version of a package that an extra of hlsgate brings; or raise `ToolNotFound`."""
    found = version(package)
    if found is None:
        raise ToolNotFound(
            f"{package} is not installed; install hlsgate with its extra {extra!r}, or run "
            "'tox run -e open'."
        )
    return found


def usable_version(tools: str) -> str:
    """Return da4ml's version."""
    return tools


def prepare(source: Path, folder: Path, part: str) -> None:
    """Copy the counts; they are of no part in particular."""
    del part
    folder.mkdir()
    shutil.copy(source / FILE, folder)


def synthesise(
    project_dir: Path,
    *,
    tools: str,
    timeout_s: float,
    on_line: Callable[[str], None] | None = None,
) -> Synthesis:
    """Hand the counts over; there is nothing left to run."""
    del tools, timeout_s, on_line
    return Synthesis(project_dir, project_dir / LOG_NAME)
