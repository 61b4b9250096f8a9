"""Claim: the Verilog that is synthesised computes what the logic does, bit for bit."""

from __future__ import annotations

import pytest

from hlsgate import equality, suite
from hlsgate.errors import ToolNotFound

ROWS = 1000
NETLIST_ROWS = 32
"""A netlist simulates a hundred times more slowly: half a second for each row, here."""

NETLISTS = [suite.design("jets-q4_p75-yosys_cyclonev")]
"""Larger ones, or those of fewer and deeper stages, take minutes."""

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


def test_verilog_equals_interpreter(compressed, pipeline, emulate, simulated):
    """The written Verilog, clocked at one jet a cycle, gives the interpreter's logits."""
    expected = emulate(compressed, suite.QUARTUS, softmax=False, engine="dais")[:ROWS]
    weights = pipeline.frozen(compressed)
    observed = simulated(pipeline.simulated, compressed, weights, suite.QUARTUS, ROWS)
    found = equality.compare(observed, expected, lsb=compressed.emulation.precision.lsb)
    assert found.rows == ROWS
    assert found.equal, f"{compressed.key}: Verilog against interpreter: {found.describe()}"


@pytest.mark.yosys
@pytest.mark.parametrize("netlist", NETLISTS, ids=lambda design: design.key)
def test_netlist_equals_interpreter(netlist, hardware, emulate, simulated):
    """What Yosys made of the Verilog still gives the interpreter's logits."""
    variant = netlist.variant
    expected = emulate(variant, suite.QUARTUS, softmax=False, engine="dais")[:NETLIST_ROWS]
    observed = simulated(hardware.simulated_netlist, netlist, NETLIST_ROWS)
    found = equality.compare(observed, expected, lsb=variant.emulation.precision.lsb)
    assert found.equal, f"{netlist.key}: netlist against interpreter: {found.describe()}"
