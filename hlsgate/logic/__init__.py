"""A network as combinational logic: run exactly, counted, cut into pipeline stages, written.

da4ml (0.5.2) holds the logic. Its interpreter is bit-exact and, for narrow types, several times
as fast as hls4ml's emulation; its counts are exact, and equal on every machine.
"""

from __future__ import annotations

import decimal
import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate.infra.errors import EmulationError, TracingError
from hlsgate.spec.fixedpoint import Fixed, require_finite

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PACKAGES = ("da4ml",)
"""Distributions whose version moves the logic."""

MAX_BITS = 52
"""Widest value: da4ml keeps ranges in doubles, and returns doubles."""

LATENCY_CUTOFF = 5.0
"""Largest delay of a pipeline stage, in da4ml's unit: one adder."""

CHUNK_ROWS = 65_536
"""Rows that the interpreter takes at once, to bound its memory."""

TOP = "network"
"""Name of the top module."""

_LOGIC, _ABOUT = "logic.json", "about.json"


@dataclass(frozen=True)
class Logic:
    """A network as logic.

    Parameters
    ----------
    comb : da4ml.cmvm.types.CombLogic
        Combinational logic from inputs to outputs.
    input_type, output_type : Fixed
        Type of every input, and of every output.
    softmax_outside : bool
        Whether the network ends with a softmax that was left out: outputs are the logits only.
    """

    comb: Any
    input_type: Fixed
    output_type: Fixed
    softmax_outside: bool

    @property
    def inputs(self) -> int:
        """Number of inputs."""
        return int(self.comb.shape[0])

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        return int(self.comb.shape[1])

    def predict(self, x: NDArray[np.floating[Any]], *, threads: int = -1) -> NDArray[np.float64]:
        """Run rows through the logic, exactly.

        Parameters
        ----------
        x : ndarray, shape (n, inputs) or any that flattens to it
            Values off the input type's grid are brought into it as the firmware would.
        threads : int
            Threads to use; all processors where negative.

        Returns
        -------
        ndarray, shape (n, outputs), float64
            Exact values of the output type.

        Raises
        ------
        EmulationError
            If rows are of the wrong width, or not finite.
        """
        import numpy as np

        rows = np.asarray(x, np.float64).reshape(len(x), math.prod(np.shape(x)[1:]))
        if rows.shape[1] != self.inputs:
            raise EmulationError(
                f"rows hold {rows.shape[1]} values, the network takes {self.inputs}."
            )
        require_finite(rows)
        found = np.empty((len(rows), self.outputs), np.float64)
        for start in range(0, len(rows), CHUNK_ROWS):
            part = slice(start, start + CHUNK_ROWS)
            # da4ml would cut and wrap, whatever the type's modes
            on_grid = self.input_type.cast(rows[part])
            found[part] = self.comb.predict(on_grid, n_threads=threads)
        return found

    @cached_property
    def pipeline(self) -> Any:
        """The logic, cut into stages of at most `LATENCY_CUTOFF` with registers between them."""
        return self.cut(LATENCY_CUTOFF)

    def cut(self, latency_cutoff: float) -> Any:
        """Cut the logic into stages of a largest delay; returns da4ml's ``Pipeline``."""
        from da4ml.trace import to_pipeline

        with exact_and_deep():
            return to_pipeline(self.comb, latency_cutoff, retiming=True, verbose=False)

    def metrics(self) -> dict[str, int | float]:
        """Count what the pipelined logic is made of.

        Returns
        -------
        dict
            ``da_cost`` (about the number of full adders and multiplexers), ``register_bits``
            (those at inputs and outputs included), ``stages``, and ``latency_cycles``: from the
            clock edge that takes inputs in to the one that puts their outputs out.
        """
        stages = len(self.pipeline.solutions)
        return {
            "da_cost": float(self.pipeline.cost),
            "register_bits": int(self.pipeline.reg_bits),
            "stages": stages,
            "latency_cycles": stages,
        }

    def write_verilog(self, folder: Path) -> None:
        """Write the pipelined logic as Verilog-2005, for `verilog_sources`; top module is `TOP`.

        Ports are ``clk``, ``model_inp`` and ``model_out``; inputs and outputs lie side by side
        in these, the first in the lowest bits, each in the fewest bits that hold its range.
        """
        from da4ml.codegen import VerilogModel

        with exact_and_deep():
            VerilogModel(self.pipeline, TOP, folder, print_latency=False).write()

    def ports(self) -> Ports:
        """Return how values lie in the ports of the Verilog."""
        return Ports(*(kifs.T.tolist() for kifs in (self.comb.inp_kifs, self.comb.out_kifs)))

    def save(self, folder: Path) -> None:
        """Write the logic into a folder, for `load`."""
        self.comb.save(folder / _LOGIC)
        about = {
            "input_type": asdict(self.input_type),
            "output_type": asdict(self.output_type),
            "softmax_outside": self.softmax_outside,
        }
        (folder / _ABOUT).write_text(json.dumps(about, indent=1))


@dataclass(frozen=True)
class Ports:
    """How the values of a row lie side by side in the two ports of the Verilog.

    Parameters
    ----------
    inputs, outputs : list of [keep_negative, integer, fraction]
        For each value, the first in the lowest bits: its sign, integer and fraction bits.
    """

    inputs: list[list[int]]
    outputs: list[list[int]]

    @property
    def input_bits(self) -> int:
        """Width of ``model_inp``."""
        return sum(map(sum, self.inputs))

    @property
    def output_bits(self) -> int:
        """Width of ``model_out``."""
        return sum(map(sum, self.outputs))

    def pack(self, rows: NDArray[np.floating[Any]]) -> list[int]:
        """Return one word of `input_bits` for each row; values must be on their grids."""
        words = []
        for row in rows:
            word = at = 0
            for value, kif in zip(row, self.inputs, strict=True):
                scaled = math.floor(float(value) * 2.0 ** kif[2])
                word |= (scaled & ((1 << sum(kif)) - 1)) << at
                at += sum(kif)
            words.append(word)
        return words

    def unpack(self, words: list[int]) -> NDArray[np.float64]:
        """Return the values, shape (n, outputs), of words of `output_bits`."""
        import numpy as np

        found = np.zeros((len(words), len(self.outputs)))
        for row, word in enumerate(words):
            at = 0
            for column, (signed, integer, fraction) in enumerate(self.outputs):
                bits = signed + integer + fraction
                value = (word >> at) & ((1 << bits) - 1)
                if signed and value >> (bits - 1):
                    value -= 1 << bits
                found[row, column] = value * 2.0**-fraction
                at += bits
        return found


def verilog_sources(folder: Path) -> list[Path]:
    """Return the files that `Logic.write_verilog` wrote, sorted, without da4ml's own wrapper.

    Raises
    ------
    TracingError
        If there are none.
    """
    sources = folder / "src"
    found = sorted(set(sources.rglob("*.v")) - {sources / f"{TOP}_wrapper.v"})
    if not found:
        raise TracingError(f"{folder} holds no Verilog; trace the network again.")
    return found


def load(folder: Path) -> Logic:
    """Read logic that `Logic.save` wrote.

    Raises
    ------
    TracingError
        If it is damaged.
    """
    from da4ml.cmvm.types import CombLogic

    try:
        about = json.loads((folder / _ABOUT).read_text())
        types = {name: Fixed(**about[name]) for name in ("input_type", "output_type")}
        return Logic(
            CombLogic.load(folder / _LOGIC), **types, softmax_outside=about["softmax_outside"]
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise TracingError(
            f"the logic in {folder} is damaged ({error}); delete that folder and run again."
        ) from error


@contextmanager
def exact_and_deep() -> Iterator[None]:
    """Let da4ml's decimals be exact (28 digits are not) and its recursion as deep as the logic."""
    limit = sys.getrecursionlimit()
    with decimal.localcontext() as context:
        context.prec = 400
        sys.setrecursionlimit(max(limit, 100_000))
        try:
            yield
        finally:
            sys.setrecursionlimit(limit)
