"""Claim: the Verilog that is synthesised computes what the logic does, bit for bit."""

from __future__ import annotations

import pytest

from hlsgate import equality, suite
from hlsgate.errors import ToolNotFound
from hlsgate.making.jobs import NETLIST_ROWS, simulated_rows

pytestmark = pytest.mark.rtl


@pytest.fixture
def simulated(missing):
    """Run a simulation; skip, or fail if they were required, where tools are absent."""

    def run(simulate, *args):
        try:
            return simulate(*args)
        except ToolNotFound as error:
            missing("icarus", error)

    return run


@pytest.mark.makes("simulation")
def test_verilog_equals_interpreter(traced_compressed, pipeline, emulate, simulated):
    """The written Verilog, clocked at one row a cycle, gives the interpreter's logits."""
    weights, backend = pipeline.frozen(traced_compressed), suite.active().traced
    every = emulate(traced_compressed, backend, softmax=False, engine="dais")
    rows = min(simulated_rows(traced_compressed), len(every))
    expected = every[:rows]
    observed = simulated(pipeline.simulated, traced_compressed, weights, backend, rows)
    found = equality.compare(observed, expected, lsb=traced_compressed.emulation.precision.lsb)
    assert found.rows == rows
    assert found.equal, f"{traced_compressed.key}: Verilog against interpreter: {found.describe()}"


@pytest.mark.makes("netlist")
@pytest.mark.yosys
def test_netlist_equals_interpreter(netlist, hardware, emulate, simulated):
    """What Yosys made of the Verilog still gives the interpreter's logits."""
    variant = netlist.variant
    expected = emulate(variant, suite.active().traced, softmax=False, engine="dais")[:NETLIST_ROWS]
    observed = simulated(hardware.simulated_netlist, netlist, NETLIST_ROWS)
    found = equality.compare(observed, expected, lsb=variant.emulation.precision.lsb)
    assert found.equal, f"{netlist.key}: netlist against interpreter: {found.describe()}"
