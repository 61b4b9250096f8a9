"""Every cause of the catalogue, planted in a small network, is named; a sound one has none.

Needs TensorFlow, hls4ml and g++: minutes. The tables go into docs/diagnosis.md, which is compared
with them; ``HLSGATE_WRITE_DOCS=1`` writes them there.
"""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hlsgate import conversion
from hlsgate.conversion import Settings
from hlsgate.diagnosis import catalogue, diagnosing
from hlsgate.diagnosis.diagnosing import Subject
from hlsgate.infra.errors import ConversionError, DiagnosisError
from hlsgate.infra.quiet import quietly
from hlsgate.spec import targets
from hlsgate.spec.fixedpoint import Fixed
from tests import catalogue_document

DOCUMENT = Path(__file__).parents[2] / "docs" / "diagnosis.md"
BACKENDS = (*targets.BACKENDS, *targets.STREAMED)
INPUTS = Fixed(12, 4)
FINE_INPUTS = Fixed(16, 6)
SOUND = {"inputs": {"result": str(INPUTS)}, "logits": {"result": "fixed<11,5,TRN,SAT>"}}
FINE = {"inputs": {"result": str(FINE_INPUTS)}, "logits": {"result": "fixed<16,5,TRN,SAT>"}}
ROWS = 500


def rows(kind=INPUTS, scale=1.0, seed=5):
    """Draw inputs of a type."""
    drawn = np.random.default_rng(seed).normal(0, scale, (ROWS, 6))
    return kind.round(drawn)


@quietly
def network(*, typed=True, relu="quantised", softmax="softmax", step=0.25, pruned=False):
    """Build 6-8-3 with weights drawn on a grid: QKeras' fixed<4,2>, or any step in plain Keras."""
    import tensorflow as tf
    from qkeras import QActivation, QDense, quantized_bits, quantized_relu

    layers = tf.keras.layers

    def dense(units, name):
        if not typed:
            return layers.Dense(units, name=name)
        quantizers = {
            f"{what}_quantizer": quantized_bits(4, 1, 1, alpha=1) for what in ("kernel", "bias")
        }
        return QDense(units, name=name, **quantizers)

    activation = (
        QActivation(quantized_relu(6, 3), name="relu1")
        if relu == "quantised"
        else layers.Activation(relu, name="relu1")
    )
    stack = [dense(8, "dense1"), activation, dense(3, "logits")]
    if pruned:
        from tensorflow_model_optimization.sparsity import keras as sparsity

        stack = [sparsity.prune_low_magnitude(one) if "relu" not in one.name else one
                 for one in stack]  # fmt: skip
    model = tf.keras.Sequential(
        [layers.InputLayer(input_shape=(6,), name="inputs"), *stack,
         layers.Activation("softmax", name=softmax)]
    )  # fmt: skip
    if not pruned:
        draw_weights(model, step)
    return model


def draw_weights(model, step):
    rng = np.random.default_rng(2)
    for layer in model.layers:
        drawn = [np.round(rng.normal(0, 0.5, np.shape(old)) / step) * step
                 for old in layer.get_weights()]  # fmt: skip
        layer.set_weights([np.clip(one, -1.75, 1.75) for one in drawn])


def diagnose(folder, model, x, *, backend=targets.QUARTUS, check=False, **settings):
    subject = Subject("planted", model, Settings(**{"types": SOUND, **settings}), backend)
    return diagnosing.run(subject, x, folder, check=check)


def with_type(layer, **types):
    return {**SOUND, layer: {**SOUND.get(layer, {}), **types}}


def with_logits(kind):
    """Give a type to the logits, and to the copy of them that the softmax gets."""
    return {**with_type("logits", result=kind), "logits_linear": {"result": kind}}


def documented(cause, found):
    """Compare a table with the document's, or write it there."""
    shown = found.text("github")
    if os.environ.get("HLSGATE_WRITE_DOCS"):
        catalogue_document.write_section(DOCUMENT, cause, shown)
    assert catalogue_document.section(DOCUMENT, cause) == catalogue_document.rendered(
        cause, shown
    ), f"docs/diagnosis.md shows another table for {cause!r}; HLSGATE_WRITE_DOCS=1 writes it"


def first(found):
    """Return where the first divergence is, and the causes there."""
    assert found.first is not None, found.text()
    return found.first.layer, [one.cause for one in found.first.findings]


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda backend: backend.key)
def test_sound(backend, tmp_path):
    """A sound network has an empty diagnosis on every backend, and probes change no output."""
    found = diagnose(tmp_path, network(), rows(), backend=backend, check=True)
    assert found.causes == [], found.text()
    different = [row.rows_different for row in found.layers]
    assert different[:-1] == [0] * (len(different) - 1)
    assert len(different) >= 5


def test_probes_that_change_outputs(tmp_path):
    """Outputs that the emulation is known to have are those of the build with probes, or else."""
    x = rows()
    subject = Subject("planted", network(), Settings(types=SOUND), targets.QUARTUS)
    with pytest.raises(DiagnosisError, match=r"with probes, 500 of 500 rows have other outputs"):
        diagnosing.run(subject, x, tmp_path, plain=np.full((ROWS, 3), 2.0))


@pytest.mark.parametrize(
    "backend", [targets.ONEAPI, targets.QUARTUS.streamed()], ids=lambda b: b.key
)
@pytest.mark.parametrize("reuse", [2, 24])
def test_sound_with_reuse(reuse, backend, tmp_path):
    """Multipliers that are used in turn, below and above a layer's inputs, change nothing."""
    found = diagnose(tmp_path, network(), rows(), backend=backend, reuse_factor=reuse)
    assert found.causes == [], found.text()
    written = (tmp_path / "project").rglob("parameters.h")
    assert f"reuse_factor = {reuse};" in next(written).read_text()


@pytest.mark.parametrize("backend", [targets.ONEAPI.streamed(), targets.VITIS], ids=lambda b: b.key)
def test_default_activation(backend, tmp_path):
    x, model = rows(FINE_INPUTS), network(relu="relu")
    found = diagnose(tmp_path, model, x, backend=backend, types=FINE)
    assert first(found) == ("relu1", [catalogue.DEFAULT_ACTIVATION])
    if backend is targets.VITIS:
        documented(catalogue.DEFAULT_ACTIVATION, found)


def test_accumulator(tmp_path):
    types = with_type("dense1", accum="fixed<10,3>", result="fixed<18,8>")
    found = diagnose(tmp_path, network(), rows(), types=types)
    assert first(found) == ("dense1", [catalogue.ACCUMULATOR])
    documented(catalogue.ACCUMULATOR, found)


def test_result_type(tmp_path):
    found = diagnose(tmp_path, network(), rows(), types=with_type("dense1", result="fixed<9,3>"))
    assert first(found) == ("dense1", [catalogue.RESULT_TYPE])
    documented(catalogue.RESULT_TYPE, found)


def test_input_range(tmp_path):
    x = rows()
    x[::10, 2] += 16
    found = diagnose(tmp_path, network(), x)
    assert first(found) == ("inputs", [catalogue.INPUT_RANGE])
    assert found.layers[0].rows_different == len(x[::10])
    documented(catalogue.INPUT_RANGE, found)


def test_input_grid(tmp_path):
    x = rows()
    x[::5] += np.float32(INPUTS.lsb / 4)
    found = diagnose(tmp_path, network(), x)
    assert first(found) == ("inputs", [catalogue.INPUT_GRID])
    documented(catalogue.INPUT_GRID, found)


@pytest.mark.parametrize("backend", [targets.QUARTUS, targets.VITIS], ids=lambda b: b.key)
def test_coarse_table(backend, tmp_path):
    types = with_logits("fixed<20,14>")
    found = diagnose(tmp_path, network(), rows(), backend=backend, types=types)
    assert first(found) == ("softmax", [catalogue.COARSE_TABLE])
    if backend is targets.VITIS:
        documented(catalogue.COARSE_TABLE, found)


@pytest.mark.parametrize("backend", [targets.ONEAPI, targets.QUARTUS], ids=lambda b: b.key)
def test_renamed_softmax(backend, tmp_path):
    types = with_logits("fixed<13,8,TRN,SAT>")
    model = network(softmax="probabilities")
    found = diagnose(tmp_path, model, rows(), backend=backend, types=types)
    assert first(found) == ("probabilities", [catalogue.RENAMED_SOFTMAX])
    if backend is targets.ONEAPI:
        documented(catalogue.RENAMED_SOFTMAX, found)


def test_weights_off_grid(tmp_path):
    model = network(typed=False, step=2.0**-6)
    types = with_type("dense1", weight="fixed<4,2>", bias="fixed<16,6>", accum="fixed<24,8>",
                      result="fixed<24,8>")  # fmt: skip
    found = diagnose(tmp_path, model, rows(), types=types)
    assert first(found) == ("dense1", [catalogue.WEIGHTS_OFF_GRID])
    documented(catalogue.WEIGHTS_OFF_GRID, found)


def test_granularity(tmp_path):
    x, model = rows(FINE_INPUTS), network()
    found = diagnose(tmp_path, model, x, granularity="model", types={})
    assert first(found) == ("dense1", [catalogue.GRANULARITY])
    documented(catalogue.GRANULARITY, found)


def test_pruning_wrapper(tmp_path):
    """The wrapper is named before hls4ml refuses; stripped, the same model is sound."""
    from tensorflow_model_optimization.sparsity import keras as sparsity

    model = network(typed=False, pruned=True)
    with pytest.raises(ConversionError):
        conversion.convert_model(
            model, Settings(), targets.QUARTUS, tmp_path / "refused", "refused"
        )
    found = diagnose(tmp_path, model, rows())
    assert found.first is not None
    assert found.causes == [catalogue.PRUNING_WRAPPER]
    documented(catalogue.PRUNING_WRAPPER, found)
    stripped = quietly(sparsity.strip_pruning)(model)
    draw_weights(stripped, 0.25)
    assert diagnose(tmp_path / "stripped", stripped, rows()).causes == []


def test_unknown(tmp_path):
    """What has no arithmetic here is said to be unknown, not guessed."""
    found = diagnose(tmp_path, network(relu="tanh"), rows())
    assert first(found) == ("relu1", [catalogue.UNKNOWN])
    documented(catalogue.UNKNOWN, found)


def test_two_causes_at_once(tmp_path):
    """Where one cut does not explain a layer, all that it takes are named."""
    types = with_type("dense1", accum="fixed<10,3>", result="fixed<8,4>")
    found = diagnose(tmp_path, network(), rows(), types=types)
    assert first(found) == ("dense1", [catalogue.ACCUMULATOR, catalogue.RESULT_TYPE])


def test_probes_are_checked(tmp_path, monkeypatch):
    """A probed build whose outputs are other ones is refused."""
    from hlsgate.infra.errors import DiagnosisError

    real = diagnosing._emulated

    def wrong(project, x, folder, cache):
        return real(project, x, folder, cache) + (folder.name == "library")

    monkeypatch.setattr(diagnosing, "_emulated", wrong)
    with pytest.raises(DiagnosisError, match="500 of 500 rows have other outputs"):
        diagnose(tmp_path, network(), rows(), backend=replace(targets.QUARTUS), check=True)
