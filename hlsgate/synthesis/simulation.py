"""Written Verilog, simulated by Icarus Verilog, to hold it against the logic."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate.infra import scratch
from hlsgate.infra.errors import SynthesisError, ToolNotFound
from hlsgate.infra.process import require_tool, run_logged
from hlsgate.infra.sandbox import Confinement
from hlsgate.logic import TOP, Logic
from hlsgate.synthesis.toolchains.synthesis import failure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TIMEOUT_S = 1800.0
"""Limit of compiling, and of running, in s."""

LOG_NAME = "simulation.log"

# Outputs are sampled after the clock edge; those of row r appear `stages` cycles after its own.
_TESTBENCH = """\
`timescale 1 ns / 1 ps
module testbench;
  reg clk = 0;
  reg [{input_bits} - 1:0] stored [0:{rows} - 1];
  reg [{input_bits} - 1:0] row;
  wire [{output_bits} - 1:0] found;
  integer cycle, file;
  {top} network_under_test(.clk(clk), .model_inp(row), .model_out(found));
  initial begin
    $readmemh("inputs.hex", stored);
    file = $fopen("outputs.hex", "w");
    for (cycle = 0; cycle < {rows} + {stages}; cycle = cycle + 1) begin
      row = stored[cycle < {rows} ? cycle : {rows} - 1];
      #1 clk = 1;
      #1 clk = 0;
      if (cycle >= {stages}) $fdisplay(file, "%h", found);
    end
    $finish;
  end
endmodule
"""


@dataclass(frozen=True)
class Icarus:
    """Compiler and runtime of Icarus Verilog.

    Parameters
    ----------
    iverilog, vvp : pathlib.Path
        The programs.
    version : str
        First line of ``iverilog -V``.
    """

    iverilog: Path
    vvp: Path
    version: str

    def identity(self) -> str:
        """Return what a simulation depends on."""
        return self.version


def find() -> Icarus:
    """Find ``iverilog`` and ``vvp`` (``HLSGATE_IVERILOG``, ``HLSGATE_VVP``, or PATH).

    Raises
    ------
    ToolNotFound
        If one is missing, or does not tell its version.
    """
    hint = "install Icarus Verilog (Debian and Ubuntu: apt install iverilog)"
    iverilog = require_tool("iverilog", env_var="HLSGATE_IVERILOG", hint=hint)
    vvp = require_tool("vvp", env_var="HLSGATE_VVP", hint=hint)
    try:
        asked = subprocess.run(
            [iverilog, "-V"], capture_output=True, text=True, check=False, timeout=60
        )
        (version, *_) = asked.stdout.splitlines()
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise ToolNotFound(f"{iverilog} does not tell its version; {hint}.") from error
    return Icarus(iverilog, vvp, version.strip())


def simulate(
    logic: Logic,
    sources: Sequence[Path],
    rows: NDArray[np.floating[Any]],
    folder: Path,
    icarus: Icarus,
) -> NDArray[np.float64]:
    """Clock rows through Verilog, one each cycle.

    Parameters
    ----------
    logic : Logic
        The network that the Verilog was written of: what its ports hold, and how many stages.
    sources : sequence of pathlib.Path
        The Verilog, with a module `hlsgate.logic.TOP`: as written, or a netlist and its cells.
    rows : ndarray, shape (n, inputs), float
        Inputs, on the grid of the logic's input type.
    folder : pathlib.Path
        Where to work; must exist.
    icarus : Icarus
        From `find`.

    Returns
    -------
    ndarray, shape (n, outputs), float64

    Raises
    ------
    SynthesisError
        If it does not compile, fails or takes too long, or if any output bit is undefined.
    """
    with scratch.told(SynthesisError, f"the simulation in {folder} cannot be run"):
        return _simulated(logic, sources, rows, folder, icarus)


def _simulated(
    logic: Logic,
    sources: Sequence[Path],
    rows: NDArray[np.floating[Any]],
    folder: Path,
    icarus: Icarus,
) -> NDArray[np.float64]:
    ports = logic.ports()
    bench = _TESTBENCH.format(
        top=TOP,
        rows=len(rows),
        stages=len(logic.pipeline.solutions),
        input_bits=ports.input_bits,
        output_bits=ports.output_bits,
    )
    (folder / "testbench.v").write_text(bench)
    (folder / "inputs.hex").write_text("\n".join(f"{word:x}" for word in ports.pack(rows)) + "\n")
    log = folder / LOG_NAME
    # only what the testbench uses is elaborated: of da4ml's modules some have no defaults
    options = ["-g2012", "-s", "testbench", "-o", "simulation.vvp"]
    _run([icarus.iverilog, *options, "testbench.v", *sources], folder, log)
    _run([icarus.vvp, "-n", "simulation.vvp"], folder, log)
    written = folder / "outputs.hex"
    words = written.read_text().split() if written.is_file() else []
    if len(words) != len(rows):
        raise failure(f"{len(words)} of {len(rows)} rows came out of the simulation.", log)
    try:
        return ports.unpack([int(word, 16) for word in words])
    except ValueError as error:  # x or z
        raise failure(f"the simulation has undefined bits ({error}).", log) from error


def _run(command: Sequence[str | Path], folder: Path, log: Path) -> None:
    confined = Confinement((folder,), TIMEOUT_S)
    ended = run_logged(command, cwd=folder, log=log, timeout_s=TIMEOUT_S, confined=confined)
    if not ended.ok:
        raise failure(f"{Path(command[0]).name} ended with {ended}; see its output.", log)
