"""What is declared of a network's layers, and what makes it the network that it is."""

from __future__ import annotations

import functools
import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hlsgate.infra.errors import SuiteError
from hlsgate.spec import architecture
from hlsgate.spec.declarations import Built, Conversion, Quantizer, Recipe, Saved, Topology, Variant
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.spec.layers import KerasLayer
from hlsgate.suites.convolution import small_convolution

TYPED = Variant(
    "mine-typed", "mine", Topology(4, (3,), 2),
    Recipe(100, 1e-3, weights=Quantizer(4, 1), activations=Quantizer(5, 2)),
    Conversion(logits=Fixed(10, 6)),
)  # fmt: skip
PLAIN = replace(TYPED, recipe=Recipe(100, 1e-3), conversion=Conversion(precision=Fixed(18, 8)))
RELU = Fixed(5, 2, signed=False, rounding="RND_CONV", saturation="SAT")
WEIGHTS = {
    "dense1/kernel": np.ones((4, 3), np.float32),
    "dense1/bias": np.zeros(3, np.float32),
}


def test_layers_of_a_typed_perceptron():
    """Names, kinds and types are those that Keras and QKeras give."""
    layers = architecture.declared(TYPED)
    assert [(one.name, one.kind, one.function) for one in layers] == [
        ("inputs", "InputLayer", None), ("dense1", "QDense", None),
        ("relu1", "QActivation", "relu"), ("logits", "QDense", None),
        ("softmax", "Activation", "softmax"),
    ]  # fmt: skip
    assert layers[2].quantizer == RELU
    assert architecture.weight_types(layers) == dict.fromkeys(
        ("dense1/kernel", "dense1/bias", "logits/kernel", "logits/bias"), Fixed(4, 2)
    )
    assert architecture.logits_layer(layers).name == "logits"


def test_layers_of_a_plain_perceptron():
    """Without quantizers nothing has a type of its own."""
    layers = architecture.declared(PLAIN)
    assert [one.kind for one in layers] == [
        "InputLayer", "Dense", "Activation", "Dense", "Activation",
    ]  # fmt: skip
    assert architecture.weight_types(layers) == {}
    assert all(one.quantizer is None for one in layers)


def test_a_model_of_its_own_has_to_be_asked():
    """Nothing is declared of what a function builds, or of a file."""
    assert architecture.declared(replace(TYPED, network=Built(small_convolution))) is None
    saved = replace(TYPED, network=Saved(Path("m.keras")), recipe=None)
    assert architecture.declared(saved) is None


def test_casts():
    """ReLUs without a quantizer are cut to hls4ml's type, and logits to theirs, saturating."""
    typed, plain = architecture.declared(TYPED), architecture.declared(PLAIN)
    assert architecture.relu_casts(TYPED, typed) == {}
    assert architecture.relu_casts(PLAIN, plain) == {"relu1": Fixed(18, 8)}
    assert architecture.casts(TYPED, typed) == {"logits": Fixed(10, 6, saturation="SAT")}
    assert architecture.casts(PLAIN, plain) == {"relu1": Fixed(18, 8)}


def test_layers_survive_json():
    """What the cache keeps of layers is all of them."""
    for variant in (TYPED, PLAIN):
        layers = [*architecture.declared(variant), KerasLayer("odd", "QConv2D", activation="relu")]
        stored = json.loads(json.dumps(architecture.as_json(layers)))
        assert architecture.from_json(stored) == layers


def test_the_first_layer_if_it_is_dense():
    """Kernel, bias and the type of the ReLU; of a plain ReLU, the one it gets."""
    for variant, kind in ((TYPED, RELU), (PLAIN, Fixed(18, 8))):
        layers = architecture.declared(variant)
        kernel, bias, relu = architecture.first_dense(layers, WEIGHTS, Fixed(18, 8))
        assert (kernel.shape, bias.shape, relu) == ((4, 3), (3,), kind)


INPUTS, DENSE, ACTIVE, LAST, SOFTMAX = architecture.declared(TYPED)
NO_BIAS = replace(DENSE, weights=("kernel",))
CONVOLUTION = replace(DENSE, kind="QConv2D")
FLAT = KerasLayer("flat", "Flatten")


@pytest.mark.parametrize(
    "layers",
    [
        [INPUTS, CONVOLUTION, ACTIVE, LAST, SOFTMAX],
        [INPUTS, FLAT, DENSE, ACTIVE, LAST, SOFTMAX],
        [INPUTS, NO_BIAS, ACTIVE, LAST, SOFTMAX],
        [INPUTS, DENSE, FLAT, ACTIVE, LAST, SOFTMAX],
        [INPUTS, LAST, SOFTMAX],
        [INPUTS, LAST],
    ],
    ids=["convolution", "flattened", "no bias", "no ReLU after it", "softmax only", "nothing"],
)
def test_a_first_layer_of_another_kind(layers):
    """Edges are sought for dense layers with a bias and a ReLU, and for no others."""
    weights = {**WEIGHTS, "logits/kernel": np.ones((4, 2)), "logits/bias": np.zeros(2)}
    assert architecture.first_dense(layers, weights, Fixed(16, 6)) is None


# --- identity -------------------------------------------------------------------------------------


def test_identity_of_a_perceptron():
    """Its layers and its recipe; hls4ml's part is none of Keras'."""
    assert architecture.identity(TYPED) == architecture.identity(replace(TYPED, about="else"))
    assert architecture.identity(TYPED) == architecture.identity(
        replace(TYPED, conversion=Conversion())
    )
    others = [PLAIN, replace(TYPED, network=Topology(4, (4,), 2)), replace(TYPED, recipe=None)]
    assert all(architecture.identity(one) != architecture.identity(TYPED) for one in others)
    json.dumps(architecture.identity(TYPED))


def test_identity_of_a_saved_model(tmp_path):
    """It is what the file holds, wherever the file is."""
    first, second = tmp_path / "a.keras", tmp_path / "b.keras"
    first.write_bytes(b"weights")
    second.write_bytes(b"weights")
    saved = replace(TYPED, network=Saved(first), recipe=None)
    before = architecture.identity(saved)
    assert architecture.identity(replace(saved, network=Saved(second))) == before
    first.write_bytes(b"others")
    assert architecture.identity(saved) != before
    first.unlink()
    with pytest.raises(SuiteError, match=r"a\.keras cannot be read \(No such file"):
        architecture.identity(saved)


def test_identity_of_a_built_model(tmp_path):
    """It changes with the function's name, and with the code of the file that it is written in."""
    path = tmp_path / "mine.py"
    path.write_text("def one():\n    pass\n\ndef other():\n    pass\n")
    spec = importlib.util.spec_from_file_location("mine_of_this_test", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    built = replace(TYPED, network=Built(module.one))
    before = architecture.identity(built)
    assert architecture.identity(replace(TYPED, network=Built(module.other))) != before
    path.write_text(path.read_text() + "# a comment\n")
    assert architecture.identity(built) == before
    path.write_text(path.read_text() + "CHANGED = 1\n")
    assert architecture.identity(built) != before


@pytest.mark.parametrize("build", [functools.partial(small_convolution), len])
def test_what_is_no_function_has_no_identity(build):
    """What a partial is called with is in no file, so that a change of it would go unseen."""
    with pytest.raises(SuiteError, match="is written in no file; build models by a function"):
        Built(build).identity()
