"""Reports of toolchains on what they synthesised."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from hlsgate.pipeline.product import Content, Product, Work
from hlsgate.spec.declarations import Target
from hlsgate.synthesis.toolchains import TOOLCHAINS
from hlsgate.synthesis.toolchains.synthesis import keep_log

_REPORT, _NOTE = "report", "note.txt"


@dataclass(frozen=True)
class Synthesised(Product):
    """A toolchain's report, and how its run ended where that was unusual.

    Parameters
    ----------
    project : Content of pathlib.Path
        What is synthesised: a project, or logic.
    target : Target
        Toolchain, part and stage.
    tool_version : str
        Of the toolchain.
    tools : object
        Its programs.
    timeout_s : float
        Time limit, in s.
    log : pathlib.Path
        Where what the tools printed is kept.
    """

    KIND: ClassVar[str] = "synthesised"

    project: Content[Path]
    target: Target
    tool_version: str
    tools: Any = field(compare=False)
    timeout_s: float = field(compare=False)
    log: Path = field(compare=False)

    def modules(self) -> tuple[str, ...]:
        """Return this module, and the one of the toolchain, which a registry chooses."""
        return (*super().modules(), f"synthesis.toolchains.{self.target.toolchain}")

    def make(self, folder: Path, work: Work) -> None:
        """Synthesise."""
        toolchain = TOOLCHAINS[self.target.toolchain]
        place = folder / "work"
        toolchain.prepare(self.project.get(), place, self.target.part)

        def follow(line: str) -> None:
            share = toolchain.share_done(line)
            if share is not None:
                work.progress(share)

        try:
            done = toolchain.synthesise(
                place, tools=self.tools, timeout_s=self.timeout_s, on_line=follow
            )
        finally:  # the folder that the log is written to goes, whatever happens
            keep_log(place / toolchain.LOG_NAME, self.log)
        shutil.copytree(done.report, folder / _REPORT)
        (folder / _NOTE).write_text(done.note)
        shutil.rmtree(place)


def report(folder: Path) -> Path:
    """Return the folder of what `Synthesised` made that the toolchain's parser reads."""
    return folder / _REPORT


def note(folder: Path) -> str:
    """Return how the run ended, where that was unusual; else ""."""
    return (folder / _NOTE).read_text()
