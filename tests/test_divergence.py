"""A layer's cause is told by evidence, in numpy alone: no TensorFlow, no hls4ml."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hlsgate.diagnosis import catalogue, divergence
from hlsgate.diagnosis.arithmetic import compute
from hlsgate.diagnosis.causes import Context
from hlsgate.facts import results
from hlsgate.infra.errors import ResultsError
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.spec.layers import HardwareLayer

WIDE = Fixed(30, 12)
KERNEL = np.array([[0.25, -1.5, 0.75], [1.75, 0.5, -0.25]])
BIAS = np.array([0.5, -0.25, 0.0])
INPUTS = HardwareLayer("inputs", "Input", "inputs", 2, Fixed(12, 4), keras="inputs")
DENSE = HardwareLayer(
    "dense1", "Dense", "layer2_out", 3, WIDE, source="inputs", keras="dense1",
    types={"accum": WIDE, "weight": Fixed(4, 2), "bias": Fixed(4, 2)},
    weights={"weight": KERNEL, "bias": BIAS}, written={"weight": KERNEL, "bias": BIAS},
)  # fmt: skip
RELU = HardwareLayer(
    "relu1", "Activation", "layer3_out", 3, WIDE, source="dense1", keras="relu1", activation="relu"
)
SOFTMAX = HardwareLayer(
    "softmax", "Softmax", "layer4_out", 3, Fixed(16, 6), source="relu1", keras="softmax",
    table_size=1024,
)  # fmt: skip
KERAS_OF = {"inputs": "inputs", "dense1": "dense1", "relu1": "relu1"}


def rows(kind=None, n=200):
    kind = kind or Fixed(12, 4)
    return kind.cast(np.random.default_rng(1).uniform(-4, 4, (n, 2)))


def keras(x, meant=None):
    dense = x @ KERNEL + BIAS
    relu = np.maximum(dense, 0)
    return {"inputs": x, "dense1": dense, "relu1": meant.cast(relu) if meant else relu}


def emulated(layers, x):
    values = {"inputs": layers[0].result.cast(x)}
    for layer in layers[1:]:
        values[layer.name] = compute(layer, values[layer.source])
    return values


def diagnose(layers, x, *, wrong=None, context=None, wanted=None):
    found = emulated(layers, x)
    for name, change in (wrong or {}).items():
        found[name] = found[name] + change
    context = context or Context(Fixed(16, 6), keras_of=KERAS_OF)
    return divergence.diagnose("t", layers, x, found, wanted or keras(x), context)


def only(found):
    assert found.first is not None
    return found.first.layer, [one.cause for one in found.first.findings]


def test_sound():
    found = diagnose([INPUTS, DENSE, RELU], rows())
    assert found.first is None
    assert found.causes == []
    assert "no layer differs from Keras on 200 rows" in found.text()


def test_default_activation():
    relu = replace(RELU, result=Fixed(16, 6))
    x = rows(Fixed(20, 6))
    found = diagnose([replace(INPUTS, result=Fixed(20, 6)), DENSE, relu], x)
    assert only(found) == ("relu1", [catalogue.DEFAULT_ACTIVATION])
    assert 0 < found.layers[2].worst_lsb < 1
    assert "quantized_relu" in found.text()


def test_result_type_counts_wraps_and_saturations():
    x = rows()
    wraps = diagnose([INPUTS, replace(DENSE, result=Fixed(12, 3))], x)
    assert only(wraps) == ("dense1", [catalogue.RESULT_TYPE])
    beyond = np.floor((x @ KERNEL + BIAS) * 2**9) / 2**9
    count = int(((beyond < -4) | (beyond > 4 - 2**-9)).sum())
    assert count > 0
    assert (wraps.layers[1].wrapped, wraps.layers[1].saturated) == (count, 0)
    clips = diagnose([INPUTS, replace(DENSE, result=Fixed(12, 3, saturation="SAT"))], x)
    assert (clips.layers[1].wrapped, clips.layers[1].saturated) == (0, count)


def test_accumulator():
    dense = replace(DENSE, types={**DENSE.types, "accum": Fixed(20, 3)})
    found = diagnose([INPUTS, dense], rows())
    assert only(found) == ("dense1", [catalogue.ACCUMULATOR])
    assert "sums beyond its range" in found.summary()


def test_weights_off_grid():
    cut = Fixed(3, 2).cast(KERNEL)
    dense = replace(DENSE, written={"weight": cut, "bias": BIAS},
                    types={**DENSE.types, "weight": Fixed(3, 2)})  # fmt: skip
    found = diagnose([INPUTS, dense], rows())
    assert only(found) == ("dense1", [catalogue.WEIGHTS_OFF_GRID])
    assert f"{int((cut != KERNEL).sum())} of 6 weight" in found.summary()


def test_two_causes():
    dense = replace(DENSE, result=Fixed(12, 6), types={**DENSE.types, "accum": Fixed(20, 3)})
    found = diagnose([INPUTS, dense], rows())
    assert only(found) == ("dense1", [catalogue.ACCUMULATOR, catalogue.RESULT_TYPE])


def test_input_range_and_grid():
    x = rows()
    x[3, 0], x[5, 1] = 9.0, 0.001
    found = diagnose([INPUTS, DENSE], x)
    assert only(found) == ("inputs", [catalogue.INPUT_RANGE, catalogue.INPUT_GRID])
    assert found.layers[0].own_rows == 2


def test_granularity():
    narrow = replace(DENSE, result=Fixed(16, 6), types={**DENSE.types, "accum": Fixed(12, 6)})
    context = Context(Fixed(16, 6), "model", by_name={"dense1": DENSE}, keras_of=KERAS_OF)
    found = diagnose([INPUTS, narrow], rows(), context=context)
    assert only(found) == ("dense1", [catalogue.GRANULARITY])
    assert f"accum fixed<12,6>, by name {WIDE}" in found.summary()


def test_granularity_is_not_blamed_for_what_it_does_not_explain():
    cut = Fixed(3, 2).cast(KERNEL)
    dense = replace(DENSE, written={"weight": cut, "bias": BIAS})
    context = Context(Fixed(16, 6), "model", by_name={"dense1": dense}, keras_of=KERAS_OF)
    found = diagnose([INPUTS, replace(dense, result=Fixed(29, 12))], rows(), context=context)
    assert only(found)[1] == [catalogue.WEIGHTS_OFF_GRID]


def test_inherited_differences_have_no_cause_of_their_own():
    found = diagnose([INPUTS, replace(DENSE, result=Fixed(9, 6)), RELU], rows())
    assert found.layers[2].rows_different > 0
    assert found.layers[2].own_rows == 0
    assert found.layers[2].findings == ()


def test_what_types_do_not_explain_is_unknown():
    found = diagnose([INPUTS, DENSE, RELU], rows(), wrong={"dense1": WIDE.lsb})
    assert only(found) == ("dense1", [catalogue.UNKNOWN])


def test_another_keras_is_unknown():
    """Where Keras' layer is not the one written down here, no cut is blamed."""
    x = rows()
    other = {**keras(x), "dense1": keras(x)["dense1"] * 2}
    found = diagnose([INPUTS, replace(DENSE, result=Fixed(9, 6))], x, wanted=other)
    assert only(found) == ("dense1", [catalogue.UNKNOWN])


def test_another_keras_is_seen_where_the_hardware_does_as_it_says():
    """A table that shows differences is never headed by 'no layer differs'."""
    x = rows()
    other = {**keras(x), "relu1": keras(x)["relu1"] + 0.5}
    found = diagnose([INPUTS, DENSE, RELU], x, wanted=other)
    assert only(found) == ("relu1", [catalogue.UNKNOWN])
    assert found.layers[2].own_rows == 0
    assert "no layer differs" not in found.text()


def test_differences_of_no_layer_are_told():
    """Where Keras' own values of a layer's input are not known, the sentence says what is shown."""
    x = rows()
    other = {name: one for name, one in keras(x).items() if name != "inputs"}
    other["dense1"] = other["dense1"] + 0.5
    found = diagnose([INPUTS, DENSE, RELU], x, wanted={**other, "relu1": other["dense1"].clip(0)})
    assert found.first is None
    assert "no layer makes a difference by itself, but dense1 differs from Keras on 200 of 200" in (
        found.summary()
    )


def test_unknown_kind():
    tanh = replace(RELU, activation="tanh")
    found = emulated([INPUTS, DENSE], rows()) | {"relu1": np.zeros((200, 3))}
    told = divergence.diagnose("t", [INPUTS, DENSE, tanh], rows(), found, keras(rows()),
                               Context(Fixed(16, 6), keras_of=KERAS_OF))  # fmt: skip
    assert only(told) == ("relu1", [catalogue.UNKNOWN])
    assert told.layers[2].own_rows is None


def test_a_models_own_quantizer_is_no_cut():
    meant = Fixed(4, 2, False, "RND_CONV", "SAT")
    context = Context(Fixed(16, 6), meant={"relu1": meant}, keras_of=KERAS_OF)
    x = rows()
    found = diagnose(
        [INPUTS, DENSE, replace(RELU, result=meant)], x, context=context, wanted=keras(x, meant)
    )
    assert found.first is None
    assert found.layers[2].saturated > 0


def softmaxed(kind, model, *, name="softmax", built):
    """Diagnose a softmax whose table does what a model of one does."""
    layer = replace(SOFTMAX, name=name)
    x = rows(n=500)
    layers = [INPUTS, DENSE, replace(RELU, result=kind), layer]
    found = emulated(layers[:3], x)
    found[name] = model(found["relu1"])
    context = Context(Fixed(16, 6), keras_of=KERAS_OF, table_ranges={name: built})
    return divergence.diagnose("t", layers, x, found, keras(x), context)


def exact(x, scale=1.0):
    e = np.exp((x - x.max(axis=1, keepdims=True)) * scale)
    return e / e.sum(axis=1, keepdims=True)


def test_softmax_within_bounds():
    found = softmaxed(Fixed(20, 6), lambda x: exact(x) + 0.001, built=32)
    assert found.layers[-1].findings == ()
    assert found.softmax.mean_error == pytest.approx(0.001)
    assert (found.softmax.built_for, found.softmax.step) == (32, 1 / 32)


def test_coarse_table():
    kind = Fixed(24, 14)  # differences up to 8192, 8 apart: every input looks the same
    found = softmaxed(kind, lambda x: np.full(x.shape, 1 / 3), built=8192)
    assert [one.cause for one in found.layers[-1].findings] == [catalogue.COARSE_TABLE]


def test_renamed_softmax():
    kind = Fixed(14, 4)
    found = softmaxed(kind, lambda x: exact(x, 4.0), name="probabilities", built=32)
    assert [one.cause for one in found.layers[-1].findings] == [catalogue.RENAMED_SOFTMAX]
    same_name = softmaxed(kind, lambda x: exact(x, 4.0), built=32)
    assert [one.cause for one in same_name.layers[-1].findings] == [catalogue.UNKNOWN]


def test_unexplained_softmax():
    found = softmaxed(Fixed(20, 6), lambda x: exact(x)[:, ::-1], built=32)
    assert [one.cause for one in found.layers[-1].findings] == [catalogue.UNKNOWN]


def test_as_json():
    found = diagnose([INPUTS, replace(DENSE, result=Fixed(9, 6))], rows()).as_json()
    assert found["first"] == "dense1"
    assert found["layers"][1]["findings"][0]["cause"] == catalogue.RESULT_TYPE


def test_rows_for_results():
    """Each layer is told as results keep it, with the causes by name and nothing else."""
    inputs, relu = replace(INPUTS, result=Fixed(20, 6)), replace(RELU, result=Fixed(16, 6))
    found = diagnose([inputs, DENSE, relu], rows(Fixed(20, 6)))
    told = found.layers_as_json()
    assert [one["layer"] for one in told] == ["inputs", "dense1", "relu1"]
    assert told[2]["causes"] == [one.cause for one in found.layers[2].findings] != []
    assert told[2]["rows_different"] == found.layers[2].rows_different > 0
    assert {one["rows"] for one in told} == {200}
    content = results.empty()
    results.put(content, "variants", "jets-x", "emulation", {"quartus": {"layers": told}})
    head = {
        "schema": 2, "hlsgate": "0", "created": "", "commit": None, "machine": "", "versions": {},
    }  # fmt: skip
    results.checked({**head, **content}, Path("results.json"))
    told[0]["rows"] = 0
    with pytest.raises(ResultsError, match="layers/0/rows"):
        results.checked({**head, **content}, Path("results.json"))


def test_markdown():
    text = diagnose([INPUTS, DENSE], rows()).text("github")
    assert "| layer   | kind" in text


def test_scales_that_are_not_keras_are_not_blamed_on_a_type():
    """hls4ml splits a layer with a scale in two; Keras has values of the second alone."""
    x = rows()
    given = {"scale": np.array([1.0, 1.0, 1.0]), "bias": np.zeros(3)}
    alpha = HardwareLayer(
        "dense1_alpha", "ApplyAlpha", "layer3_out", 3, Fixed(6, 4), None, "dense1", "dense1",
        weights=given, written=given,
    )  # fmt: skip
    scaled = {**keras(x), "dense1": keras(x)["dense1"] * 2}
    context = Context(Fixed(16, 6), keras_of={**KERAS_OF, "dense1_alpha": "dense1"})
    del context.keras_of["dense1"]
    found = diagnose([INPUTS, replace(DENSE, keras=None), alpha], x, context=context, wanted=scaled)
    assert only(found) == ("dense1_alpha", [catalogue.UNKNOWN])
    assert "scales that hls4ml wrote are not those of Keras" in found.summary()
    same = diagnose([INPUTS, replace(DENSE, keras=None), alpha], x, context=context)
    assert only(same) == ("dense1_alpha", [catalogue.RESULT_TYPE])
