"""Simulating Verilog: how rows are packed, and what each bad end of the simulator says."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlsgate.infra.errors import SynthesisError, ToolNotFound, TracingError
from hlsgate.logic import Ports, verilog_sources
from hlsgate.synthesis import simulation

KIFS = st.tuples(st.integers(0, 1), st.integers(0, 9), st.integers(0, 12)).map(list)


@given(kifs=st.lists(KIFS, min_size=1, max_size=6), data=st.data())
def test_packed_rows_come_back(kifs, data):
    """Whatever the widths, what is packed is what is unpacked."""
    ports = Ports(kifs, kifs)
    row = []
    for signed, integer, fraction in kifs:
        low = -(2 ** (integer + fraction)) if signed else 0
        steps = data.draw(st.integers(low, 2 ** (integer + fraction) - 1))
        row.append(steps * 2.0**-fraction)
    words = ports.pack(np.array([row]))
    assert 0 <= words[0] < 2**ports.input_bits
    assert ports.unpack(words).tolist() == [row]


def test_the_first_value_lies_in_the_lowest_bits():
    """-1 in three bits is 111, 2.5 in four is 0101 with one place: 101_111."""
    ports = Ports([[1, 2, 0], [0, 3, 1]], [])
    assert ports.pack(np.array([[-1.0, 2.5]])) == [0b0101111]


@pytest.fixture
def simulate(tmp_path):
    """Simulate two rows of a network with one input and one output, by stand-in programs."""
    ports = Ports([[1, 1, 0]], [[1, 1, 0]])
    logic = SimpleNamespace(ports=lambda: ports, pipeline=SimpleNamespace(solutions=[1, 2, 3]))

    def run(compiler="true", runtime="printf '1\\n3\\n' >outputs.hex"):
        for name, script in (("iverilog", compiler), ("vvp", runtime)):
            (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
            (tmp_path / name).chmod(0o755)
        icarus = simulation.Icarus(tmp_path / "iverilog", tmp_path / "vvp", "1")
        return simulation.simulate(logic, [], np.array([[1.0], [-1.0]]), tmp_path, icarus)

    return run


def test_rows_go_in_and_come_out(simulate, tmp_path):
    """Inputs are written as the testbench reads them, and outputs are signed again."""
    assert simulate().tolist() == [[1.0], [-1.0]]
    assert (tmp_path / "inputs.hex").read_text() == "1\n3\n"
    bench = (tmp_path / "testbench.v").read_text()
    assert "cycle < 2 + 3" in bench
    assert "if (cycle >= 3)" in bench


@pytest.mark.parametrize(
    ("tools", "sentence"),
    [
        ({"compiler": "echo syntax error; exit 2"}, r"iverilog ended with exit code 2 .*syntax"),
        ({"runtime": "exit 1"}, "vvp ended with exit code 1"),
        ({"runtime": "true"}, "0 of 2 rows came out"),
        ({"runtime": "echo 1 >outputs.hex"}, "1 of 2 rows came out"),
        ({"runtime": "printf '1\\nx\\n' >outputs.hex"}, "has undefined bits"),
    ],
)
def test_bad_ends_are_told(simulate, tools, sentence):
    """No run that says less than every bit of every row is taken for one."""
    with pytest.raises(SynthesisError, match=f"(?s){sentence}"):
        simulate(**tools)


def test_without_icarus(monkeypatch, tmp_path):
    """The sentence says how to get it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("HLSGATE_IVERILOG", raising=False)
    with pytest.raises(ToolNotFound, match=r"iverilog was not found .*apt install iverilog"):
        simulation.find()


def test_a_folder_without_verilog(tmp_path):
    """Nothing to synthesise is an error, not an empty design."""
    with pytest.raises(TracingError, match="holds no Verilog"):
        verilog_sources(tmp_path)
