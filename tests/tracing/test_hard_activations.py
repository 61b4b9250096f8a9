"""Hard sigmoid and hard tanh of the oneAPI backend are compiled by g++, and as Quartus has them.

hls4ml writes their slope and shift as Intel's compiler alone takes them.
"""

import numpy as np
import pytest

pytest.importorskip("hls4ml")

from hlsgate import conversion
from hlsgate.conversion import Settings
from hlsgate.emulation import Emulator, compile_project, emulate, find_compiler
from hlsgate.infra.quiet import quietly
from hlsgate.models.keras2 import setup
from hlsgate.spec import targets


@quietly
def network():
    """Build a network with both, on their own grids."""
    keras = setup.tensorflow().keras
    from qkeras import QActivation, quantized_sigmoid, quantized_tanh

    return keras.Sequential(
        [
            keras.layers.InputLayer(input_shape=(6,), name="inputs"),
            QActivation(quantized_sigmoid(6), name="sigmoid"),
            QActivation(quantized_tanh(6), name="tanh"),
        ]
    )


def emulated(model, backend, folder, x):
    project, _ = conversion.convert_model(model, Settings(), backend, folder / "project", "net")
    assert any("hard_tanh" in file.read_text() for file in project.folder.rglob("parameters.h"))
    library = folder / "library"
    library.mkdir()
    compile_project(project, find_compiler("any"), library)
    return emulate(Emulator(library, project), x)


@pytest.mark.parametrize(
    "backend", [targets.ONEAPI, targets.ONEAPI.streamed()], ids=lambda b: b.key
)
def test_hard_activations(backend, tmp_path):
    """Both backends of Intel's types give the same values, which are not all one."""
    model, x = network(), np.random.default_rng(1).normal(0, 2, (200, 6)).round(2)
    found = emulated(model, backend, tmp_path / "oneapi", x)
    assert np.array_equal(found, emulated(model, targets.QUARTUS, tmp_path / "quartus", x))
    assert len(np.unique(found)) > 3
