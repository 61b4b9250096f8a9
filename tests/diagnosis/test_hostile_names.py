"""Names of a model reach no source that is compiled, whatever kind of model they are in.

Needs TensorFlow, hls4ml and g++: minutes.
"""

import json

import numpy as np
import pytest

pytest.importorskip("hls4ml")

from hlsgate import conversion
from hlsgate.conversion import Settings, renaming
from hlsgate.conversion.naming import is_safe
from hlsgate.diagnosis import diagnosing
from hlsgate.diagnosis.diagnosing import Subject
from hlsgate.infra.errors import ConversionError
from hlsgate.infra.quiet import quietly
from hlsgate.models.keras2 import setup
from hlsgate.spec import targets
from hlsgate.suites import suite

ATTACK = 'inputs\n#ifdef PARAMETERS_H_\n#define w4 (system("touch {}"), w4)\n#endif\n'
TYPE = "fixed<16,6>"


def rows(shape):
    drawn = np.random.default_rng(5).normal(0, 1, (50, *shape))
    return np.round(drawn * 16) / 16


def weighted(model):
    """Give weights on a grid."""
    rng = np.random.default_rng(2)
    model.set_weights(
        [np.round(rng.normal(0, 1, np.shape(old))) / 4 for old in model.get_weights()]
    )
    return model


@quietly
def models(inputs, layers):
    """Make a small model of each kind, with these names."""
    keras = setup.tensorflow().keras
    dense, given = keras.layers.Dense, keras.layers.InputLayer
    first, second, third = layers

    def sequential():
        return keras.Sequential(
            [given(input_shape=(4,), name=inputs), dense(6, name=first, activation="relu"),
             dense(3, name=second), keras.layers.Activation("relu", name=third)]
        )  # fmt: skip

    def functional():
        x = keras.Input((4,), name=inputs)
        left, right = dense(5, name=first)(x), dense(5, name=second)(x)
        return keras.Model(x, keras.layers.Add(name=third)([left, right]))

    def nested():
        inner = keras.Sequential([dense(5, name=first), dense(4, name=second)], name="in/ner")
        inner.build((None, 4))
        x = keras.Input((4,), name=inputs)
        return keras.Model(x, dense(3, name=third)(inner(x)))

    def wrapped():
        cell = keras.layers.Dense(3, name=first)
        return keras.Sequential(
            [given(input_shape=(2, 4), name=inputs),
             keras.layers.TimeDistributed(cell, name=second),
             keras.layers.Flatten(name=third)]
        )  # fmt: skip

    return {make.__name__: make for make in (sequential, functional, nested, wrapped)}


KINDS = ("sequential", "functional", "nested", "wrapped")


def _emulated(model, folder, backend):
    named = {model.input_names[0]: {"result": TYPE}}
    settings = Settings(types=named)
    project, graph = conversion.convert_model(model, settings, backend, folder / "p", "net")
    shape = model.input_shape[1:]
    return project, diagnosing._emulated(project, rows(shape), folder / "library", None), graph


@pytest.mark.parametrize(
    ("kind", "backend"),
    [*((kind, targets.QUARTUS) for kind in KINDS[:3]), ("wrapped", targets.VITIS)],
    ids=KINDS,
)  # hls4ml 1.3.0 has TimeDistributed for AMD's backends only
def test_every_kind_of_model(kind, backend, tmp_path):
    """A model with hostile names gives the very project that it gives with plain ones."""
    canary = tmp_path / "canary"
    hostile = quietly(models(ATTACK.format(canary), ("1/a.b", "c-d", "e.class"))[kind])()
    plain = quietly(models("renamed1", ("renamed2", "renamed3", "renamed4"))[kind])()
    weighted(plain)
    plain.set_weights(weighted(hostile).get_weights())
    project, outputs, graph = _emulated(hostile, tmp_path / "hostile", backend)
    _, wanted, _ = _emulated(plain, tmp_path / "plain", backend)
    assert np.array_equal(outputs, wanted)
    assert outputs.any()
    assert not canary.exists()
    assert [name for name in graph.graph if not is_safe(name)] == []
    for file in project.folder.rglob("*"):
        assert file.is_dir() or b"touch" not in file.read_bytes(), file


WORDS = [
    ("layer2_out", "class", "EOF", "w2"),
    ("input_t", "linux", "config2", "layer3_t"),
    ("DEFINES_H_", "nnet", "result_t", "s2"),
    ("std", "M_PI", "int", "renamed1"),
]
"""Keywords, macros of the C library and of hls4ml's headers, and what hls4ml calls its own things:
names that any network may have, and that only C++ stumbles over."""


@pytest.mark.parametrize("backend", suite.shipped().emulated, ids=lambda one: one.key)
def test_words_that_mean_something_to_the_compiler(backend, tmp_path):
    """Under such names a network is compiled on every backend, and computes the same."""
    plain = weighted(
        quietly(models("renamed1", ("renamed2", "renamed3", "renamed4"))["sequential"])()
    )
    _, wanted, _ = _emulated(plain, tmp_path / "plain", backend)
    assert wanted.any()
    for number, (first, *others) in enumerate(WORDS):
        odd = quietly(models(first, others)["sequential"])()
        odd.set_weights(plain.get_weights())
        _, outputs, _ = _emulated(odd, tmp_path / str(number), backend)
        assert np.array_equal(outputs, wanted), (first, *others)


def test_people_read_the_models_own_names(tmp_path):
    """The diagnosis of a renamed model is that of its names, those in control characters told."""
    canary = tmp_path / "canary"
    model = weighted(
        quietly(models(ATTACK.format(canary), ("1/a.b", "c-d", "e-f"))["sequential"])()
    )
    settings = Settings(types={model.input_names[0]: {"result": TYPE}})
    subject = Subject("hostile", model, settings, targets.QUARTUS)
    found = diagnosing.run(subject, rows((4,)).astype("float32"), tmp_path / "work")
    layers = [row.layer for row in found.layers]
    assert layers[0].startswith("inputs\\n#ifdef PARAMETERS_H_\\n")
    assert layers[1:] == ["1/a.b", "1/a.b_relu", "c-d", "e-f"]
    assert [row.rows_different for row in found.layers] != [None] * 5, "Keras' were found"
    assert "renamed" not in found.text() + json.dumps(found.as_json())
    assert not canary.exists()


def test_text_that_no_layer_needs(tmp_path):
    """What stands in a configuration besides names is refused before hls4ml sees it."""
    model = quietly(models("inputs", ("a", "b", "c"))["sequential"])()

    class Odd:
        input_names = model.input_names

        def to_json(self):
            return model.to_json().replace('"relu"', '"relu;{}"', 1)

    with pytest.raises(ConversionError, match=r"configuration holds 'relu;\{\}'"):
        renaming.names_in(Odd())
