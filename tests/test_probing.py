"""Probes go behind every layer and into the bridge, or an error says where they could not."""

import numpy as np
import pytest

from hlsgate.diagnosis import probing
from hlsgate.diagnosis.graphs import counterparts
from hlsgate.infra.errors import DiagnosisError
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.spec.layers import HardwareLayer, KerasLayer
from tests.written_firmware import write_firmware

KIND = Fixed(8, 4)
LAYERS = [
    HardwareLayer("inputs", "Input", "inputs", 2, KIND),
    HardwareLayer("dense1", "Dense", "layer2_out", 3, KIND),
    HardwareLayer("relu1", "Activation", "layer4_out", 3, KIND),
    HardwareLayer("logits", "Dense", "layer5_out", 2, KIND),
]


@pytest.fixture
def project(tmp_path):
    return write_firmware(tmp_path / "project")


def test_a_line_behind_every_layer(project, tmp_path):
    before = project.digest
    probed = probing.probe(project, LAYERS, tmp_path / "probed")
    text = (tmp_path / "probed/firmware/small.cpp").read_text()
    lines = [line.strip() for line in text.splitlines()]
    found = [line for line in lines if line.startswith("hlsgate::probe")]
    assert found == [
        "hlsgate::probe(0, 2, inputs);",
        "hlsgate::probe(2, 3, layer2_out);",
        "hlsgate::probe(5, 3, layer4_out);",
        "hlsgate::probe(8, 2, layer5_out);",
    ]
    assert (
        lines.index(found[1])
        == next(at for at, line in enumerate(lines) if line.startswith("nnet::dense<input_t")) + 1
    )
    assert probed.project.outputs == 12
    assert project.digest == before


def test_the_bridge_appends_them(project, tmp_path):
    probing.probe(project, LAYERS, tmp_path / "probed")
    text = (tmp_path / "probed/small_bridge.cpp").read_text()
    double = text.partition("small_double")[2]
    assert "layer5_out[2 + i] = hlsgate::probed[i];" in double
    assert "hlsgate::probed" not in text.partition("small_double")[0]
    assert "probed[10]" in (tmp_path / "probed/firmware/hlsgate_probe.h").read_text()


def test_rows_are_taken_apart(project, tmp_path):
    probed = probing.probe(project, LAYERS, tmp_path / "probed")
    outputs, values = probed.split(np.arange(24.0).reshape(2, 12))
    assert outputs.tolist() == [[0, 1], [12, 13]]
    assert values["relu1"].tolist() == [[7, 8, 9], [19, 20, 21]]


def test_a_layer_that_is_not_called(project, tmp_path):
    path = project.folder / "firmware/small.cpp"
    path.write_text(path.read_text().replace("nnet::relu<", "other::relu<"))
    with pytest.raises(DiagnosisError, match=r"small.cpp: nothing computes layer4_out, .* relu1"):
        probing.probe(project, LAYERS[:3], tmp_path / "probed")


def test_another_bridge(project, tmp_path):
    (project.folder / "small_bridge.cpp").write_text("void other() {\n}\n")
    with pytest.raises(DiagnosisError, match="small_double has not the form"):
        probing.probe(project, LAYERS, tmp_path / "probed")


def named(*layers):
    return [KerasLayer(name, "Dense") for name in layers]


def test_counterparts():
    """Parts of a Keras layer, casts behind it, and layers that were folded into it."""
    hardware = [("a", None), ("a_relu", "relu"), ("b", None), ("b_linear", "linear"), ("b2", None)]
    found = counterparts(hardware, named("a", "a_norm", "b", "b2"))
    assert found == {"a_relu": "a_norm", "b": "b", "b_linear": "b", "b2": "b2"}


def test_a_layer_that_moves_nothing_is_probed(tmp_path):
    """hls4ml writes a Flatten or Reshape as another name of the array before it."""
    project = write_firmware(tmp_path / "project")
    firmware = project.folder / "firmware" / "small.cpp"
    text = firmware.read_text().replace("// relu1", "// relu1\n    auto& flat_out = layer4_out;")
    firmware.write_text(text)
    flat = HardwareLayer("flat", "Reshape", "flat_out", 3, KIND)
    found = probing.probed_firmware(firmware, [*LAYERS[:3], flat, LAYERS[3]]).splitlines()
    at = next(n for n, line in enumerate(found) if "auto& flat_out" in line)
    assert found[at + 1].strip() == "hlsgate::probe(8, 3, flat_out);"
