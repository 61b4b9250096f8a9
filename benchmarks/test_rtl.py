"""Claim: the Verilog that is synthesised computes what the logic does, bit for bit."""

from __future__ import annotations

import pytest

from fixtures.verdicts import require
from hlsgate.facts import equality
from hlsgate.infra.errors import ToolNotFound
from hlsgate.judge import networks
from hlsgate.pipeline.making.jobs import NETLIST_ROWS, simulated_rows
from hlsgate.suites import suite

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
def test_verilog_equals_interpreter(traced_compressed, pipeline, emulate, simulated, record):
    """The written Verilog, clocked at one row a cycle, gives the interpreter's logits."""
    weights, backend = pipeline.frozen(traced_compressed), suite.active().traced
    every = emulate(traced_compressed, backend, softmax=False, engine="dais")
    rows = min(simulated_rows(traced_compressed), len(every))
    expected = every[:rows]
    observed = simulated(pipeline.simulated, traced_compressed, weights, backend, rows)
    lsb = traced_compressed.conversion.precision.lsb
    found = equality.compare(observed, expected, lsb=lsb).as_json()
    record("variants", traced_compressed.key, "simulation", found)
    require(networks.simulation(traced_compressed.key, "Verilog", found))


@pytest.mark.makes("netlist")
@pytest.mark.yosys
def test_netlist_equals_interpreter(netlist, hardware, emulate, simulated, record):
    """What Yosys made of the Verilog still gives the interpreter's logits."""
    variant = netlist.variant
    expected = emulate(variant, suite.active().traced, softmax=False, engine="dais")[:NETLIST_ROWS]
    observed = simulated(hardware.simulated_netlist, netlist, NETLIST_ROWS)
    found = equality.compare(observed, expected, lsb=variant.conversion.precision.lsb).as_json()
    record("variants", variant.key, "netlists", {netlist.key: found})
    require(networks.simulation(netlist.key, "netlist", found))
