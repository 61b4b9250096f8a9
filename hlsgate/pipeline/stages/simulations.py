"""Rows that are run through Verilog, simulated."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from hlsgate import logic
from hlsgate.pipeline.product import Content, Product, Work
from hlsgate.pipeline.stages import values
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.synthesis import simulation
from hlsgate.synthesis.simulation import Icarus
from hlsgate.synthesis.toolchains.synthesis import keep_log

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Simulated(Product):
    """What Verilog computes from the first rows, by Icarus: shape (count, classes), float64.

    Parameters
    ----------
    logic : Content of pathlib.Path
        Folder of the logic that the Verilog is of.
    sources : Content of list of pathlib.Path
        The Verilog.
    icarus : Icarus
        The programs.
    rows, inputs, count
        First test rows, and the type that they are rounded to.
    log : pathlib.Path
        Where what the tools printed is kept.
    """

    KIND: ClassVar[str] = "simulated"

    logic: Content[Path]
    sources: Content[list[Path]]
    icarus: Icarus
    rows: Content[NDArray[np.float32]]
    inputs: Fixed
    count: int
    log: Path = field(compare=False)

    def make(self, folder: Path, work: Work) -> None:  # noqa: ARG002
        """Compile and run."""
        x = self.inputs.round(self.rows.get()[: self.count])
        traced, sources = logic.load(self.logic.get()), self.sources.get()
        try:
            found = simulation.simulate(traced, sources, x, folder, self.icarus)
        finally:
            keep_log(folder / simulation.LOG_NAME, self.log)
        values.save(folder, found)
