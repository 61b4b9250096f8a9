"""Projects, compiled, and rows that are run through them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from hlsgate import emulation
from hlsgate.emulation import Compiler, Emulator
from hlsgate.infra.errors import CacheError
from hlsgate.pipeline.product import Content, Product, Work
from hlsgate.pipeline.stages import values
from hlsgate.spec.declarations import UNNAMED
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.spec.project import Project, project_digest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Library(Product):
    """A project's emulation library.

    Parameters
    ----------
    project : Project
        What is compiled.
    compiler : Compiler
        By what.
    headers : str
        Digest of the headers that projects are built with but do not hold.
    as_written : bool
        Compile hls4ml's sources as they are (`hlsgate.emulation.adapting.adapt`).
    """

    KIND: ClassVar[str] = "library"

    project: Project
    compiler: Compiler
    headers: str
    as_written: bool

    def make(self, folder: Path, work: Work) -> None:
        """Compile."""
        if project_digest(self.project.folder) != self.project.digest:
            raise CacheError(
                f"the cache entry {self.project.folder.parent} is not what was stored; delete that "
                "folder and run again."
            )
        # Types that are not adapted share no precompiled header with those that are.
        headers = None if self.as_written else work.cache
        emulation.compile_project(
            self.project, self.compiler, folder, headers, as_written=self.as_written
        )


@dataclass(frozen=True)
class Emulated(Product):
    """What a library computes from rows, shape (n, outputs), float64.

    Parameters
    ----------
    library : Library
        What is run.
    rows : Content of ndarray, shape (n, inputs)
        Inputs.
    inputs : Fixed or None
        Type that rows are rounded to before; None gives them to the firmware as they are.
    """

    KIND: ClassVar[str] = "emulated"

    library: Library
    rows: Content[NDArray[np.floating[Any]]]
    inputs: Fixed | None

    def make(self, folder: Path, work: Work) -> None:
        """Run."""
        emulator = Emulator(work.made(self.library, "", UNNAMED), self.library.project)
        x = self.rows.get()
        x = x if self.inputs is None else self.inputs.round(x)
        values.save(folder, emulation.emulate(emulator, x, work.workers))
