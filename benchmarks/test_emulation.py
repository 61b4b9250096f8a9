"""Claim: hls4ml's bit-accurate emulation computes what Keras computes."""

from __future__ import annotations

import numpy as np
import pytest

from fixtures.gate import Bound
from hlsgate import architecture, equality, suite
from hlsgate.diagnosis import catalogue, softmax_table
from hlsgate.errors import EmulationError
from hlsgate.making.jobs import LAYERED_ROWS, PREDICTED_ROWS


@pytest.mark.makes("emulation")
def test_logits_equal_keras(typed, any_backend, emulate, pipeline, record):
    """With quantised weights, every logit of every test row is Keras', bit for bit.

    Keras computes with what hls4ml declares: inputs on the input type's grid, and ReLUs without
    a quantizer cut to the default type. A failure shows where it begins, layer by layer.
    """
    checkpoint = pipeline.frozen(typed)
    expected = pipeline.keras_logits(typed, checkpoint, as_hardware=True)
    observed = emulate(typed, any_backend, softmax=False)
    found = equality.compare(observed, expected, lsb=typed.emulation.precision.lsb)
    record("variants", typed.key, "emulation", {any_backend.key: {"exact": found.as_json()}})
    if not found.equal:
        told = pipeline.diagnosis(typed, checkpoint, any_backend).text()
        pytest.fail(
            f"{typed.key} on {any_backend.key}: {found.describe()}\n\n{told}", pytrace=False
        )


@pytest.mark.makes("layers")
def test_layers_differ_for_known_causes(traced, emulate, pipeline, record):
    """Layer by layer against Keras itself: what differs does so for causes that are expected.

    None, before the softmax's table and the declared type of the logits, where weights and
    activations are quantised; where weights alone are, the default type of the ReLUs; in float
    networks any in the catalogue. Of dense networks: probes know no other layers.
    """
    variant = traced
    backend = suite.active().looked_into
    emulate(variant, backend, softmax=True)  # says what built it
    layers = pipeline.layer_errors(variant, pipeline.frozen(variant), backend, LAYERED_ROWS)
    record("variants", variant.key, "emulation", {backend.key: {"layers": layers}})
    cut = architecture.relu_casts(variant, pipeline.layers(variant))
    expected = _expected_causes(variant, cut)
    odd = {one["layer"]: one["causes"] for one in layers if set(one["causes"]) - expected}
    assert not odd, f"{variant.key} on {backend.hls4ml} differs from Keras in {odd}"
    if variant.exact and not cut:
        logits = architecture.logits_layer(pipeline.layers(variant)).name
        before = [one["layer"] for one in layers].index(logits)
        different = [one["layer"] for one in layers[:before] if one["rows_different"]]
        assert not different, f"{variant.key} on {backend.hls4ml}: {different} are not Keras'"


def _expected_causes(variant, cut):
    if not variant.exact:
        return set(catalogue.CATALOGUE) - {catalogue.UNKNOWN}
    known = {catalogue.COARSE_TABLE}
    known |= {catalogue.RESULT_TYPE} if variant.emulation.logits else set()
    return known | ({catalogue.DEFAULT_ACTIVATION} if cut else set())


@pytest.mark.makes("emulation")
def test_edge_rows(typed, any_backend, emulate, pipeline):
    """On rows made to be hard, too, every logit is Keras', bit for bit.

    Ends of the input's range, values beside its grid and beside every rounding edge of the first
    activation that can be reached, zeros, and values beyond the range. Of the latter is claimed
    what the input type says: hls4ml's inputs wrap, they do not saturate, so that the network sees
    the wrapped value; logits saturate where their type does.
    """
    checkpoint, rows = pipeline.frozen(typed), pipeline.edge_rows(typed)
    expected = pipeline.keras_logits(typed, checkpoint, as_hardware=True, rows=rows)
    observed = emulate(typed, any_backend, softmax=False, rows=rows)
    found = equality.compare(observed, expected, lsb=typed.emulation.precision.lsb)
    assert found.equal, f"edge rows of {typed.key} on {any_backend.key}: {found.describe()}"


@pytest.mark.makes("weights", "trace")
@pytest.mark.da4ml
def test_interpreter_on_edge_rows(traced_typed, emulate, pipeline):
    """The traced logic, too, computes Keras' logits of these rows, bit for bit."""
    checkpoint, rows = pipeline.frozen(traced_typed), pipeline.edge_rows(traced_typed)
    expected = pipeline.keras_logits(traced_typed, checkpoint, as_hardware=True, rows=rows)
    backend = suite.active().traced
    observed = emulate(traced_typed, backend, softmax=False, engine="dais", rows=rows)
    found = equality.compare(observed, expected, lsb=traced_typed.emulation.precision.lsb)
    assert found.equal, f"edge rows of {traced_typed.key}, interpreter: {found.describe()}"


@pytest.mark.makes("one_emulation")
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf], ids=["nan", "inf", "minus_inf"])
def test_refuses_what_is_no_number(value, example, emulate, pipeline):
    """Rows with NaN or infinity are refused in a sentence that names the first one."""
    rows = np.zeros((3, pipeline.dataset(example).x_test.shape[1]))
    rows[1, 2] = value
    with pytest.raises(EmulationError, match=r"^row 1 \(and 0 more\) holds NaN or infinity"):
        emulate(example, suite.active().emulated[0], softmax=False, rows=rows)


@pytest.mark.makes("emulation")
def test_firmware_is_as_declared(variant, any_backend, pipeline):
    """What is declared is what was written: types, sizes, factors, weights, part and clock.

    Every variant on every backend, with and without streams, read from the generated sources. On
    oneAPI and Quartus dense layers are built by the Resource strategy whatever is declared, and
    that is what is looked for there.
    """
    checkpoint, parallel = pipeline.frozen(variant), any_backend in suite.active().emulated
    layers = pipeline.layers(variant)
    found = pipeline.firmware(variant, checkpoint, any_backend, softmax=parallel)
    assert found["facts"] > len(layers)
    assert not found["wrong"], f"the firmware is not as declared: {'; '.join(found['wrong'])}"


@pytest.mark.makes("emulation")
@pytest.mark.gate("hardware")
def test_hardware_against_plain_keras(variant, backend, emulate, pipeline, baselines, record, gate):
    """What the conversion chose, types left open and saturation included, costs next to nothing.

    Plain Keras is the model whose accuracy is judged; so that verdict holds for the hardware too.
    """
    bounds = baselines.emulation["hardware"]
    expected = pipeline.keras_logits(variant, pipeline.frozen(variant))
    observed = emulate(variant, backend, softmax=False)
    found = equality.compare(
        observed, expected, lsb=variant.emulation.precision.lsb, tolerance_lsb=bounds["max_lsb"]
    )
    truth = pipeline.dataset(variant).y_test
    accuracy = float(np.mean(observed.argmax(1) == truth))
    drop = float(np.mean(expected.argmax(1) == truth)) - accuracy
    drift = {**found.as_json(), "accuracy": accuracy, "accuracy_drop": drop}
    record("variants", variant.key, "emulation", {backend.key: {"drift": drift}})
    where = f"{variant.key} on {backend.hls4ml} against plain Keras"
    beyond, lost = found.rows_beyond / found.rows, bounds["max_accuracy_drop"]
    text = (
        f"{where}: {beyond:.2%} of rows differ by more than {bounds['max_lsb']:g} LSB of "
        f"{variant.emulation.precision}, allowed {bounds['max_share_beyond']:.2%}; "
        f"{found.describe()}"
    )
    dropped = f"{where}: accuracy drops by {drop:.4f}, allowed {lost:g}"
    rows = Bound(beyond <= bounds["max_share_beyond"], text, beyond, "rows")
    gate.require([rows, Bound(drop <= lost, dropped, drop, "accuracy")])


@pytest.mark.makes("emulation")
@pytest.mark.gate("softmax")
def test_softmax_table(variant, backend, emulate, pipeline, baselines, record, gate):
    """The softmax table, judged apart from the logits that it gets, stays within its bounds.

    Mean and largest error against the true softmax, rows that change class, the distance between
    two entries of the table, and the share of its range that the logits' differences use.
    """
    bounds = baselines.emulation["softmax"]
    logits = emulate(variant, backend, softmax=False)
    observed = emulate(variant, backend, softmax=True)
    written = pipeline.firmware(variant, pipeline.frozen(variant), backend, softmax=True)
    facts = softmax_table.measure(observed, logits, written["softmax_range"])
    told = {"rows": len(logits), "step": facts.step, "range_used": facts.range_used}
    told |= {name: getattr(facts, name) for name in ("mean_error", "max_error", "flips")}
    record("variants", variant.key, "emulation", {backend.key: {"softmax": told}})
    where = f"softmax of {variant.key} on {backend.hls4ml}"
    flips = facts.flips / len(logits)
    held = (
        ("mean error", "mean error", facts.mean_error, bounds["max_mean_error"]),
        ("flips", "share of rows that change class", flips, bounds["max_flips"]),
        ("largest error", "largest error", facts.max_error, bounds["max_error"]),
        ("step", "distance between two entries of its table", facts.step, bounds["max_step"]),
        ("range", "share of its table's range in use", facts.range_used, bounds["max_range_used"]),
    )
    texts = [
        f"{where}: {what} {value:.4g}, allowed {bound:g} ({facts.describe()})"
        for _, what, value, bound in held
    ]
    gate.require(
        [
            Bound(value <= bound, text, value, name)
            for (name, _, value, bound), text in zip(held, texts, strict=True)
        ]
    )


@pytest.mark.makes("emulation")
def test_backends_agree(variant, emulate):
    """Every backend computes the same logits, bit for bit, for every variant.

    With quantised weights, those with streams between layers too.
    """
    first, *others = suite.active().emulated
    if variant.exact:
        others += suite.active().streamed
    expected = emulate(variant, first, softmax=False)
    for other in others:
        observed = emulate(variant, other, softmax=False)
        found = equality.compare(observed, expected, lsb=variant.emulation.precision.lsb)
        assert found.equal, f"{variant.key}: {other.key} against {first.key}: {found.describe()}"


@pytest.mark.makes("traced_emulation")
@pytest.mark.da4ml
def test_interpreter_equals_emulation(traced, emulate, record):
    """The traced logic computes the logits of hls4ml's own code, on every test row."""
    backend = suite.active().traced
    expected = emulate(traced, backend, softmax=False)
    observed = emulate(traced, backend, softmax=False, engine="dais")
    found = equality.compare(observed, expected, lsb=traced.emulation.precision.lsb)
    facts = {"compiler": "da4ml", "exact": found.as_json()}
    record("variants", traced.key, "emulation", {"dais": facts})
    where = f"{traced.key}: interpreter against {backend.hls4ml} emulation"
    assert found.equal, f"{where}: {found.describe()}"


@pytest.mark.makes("refusal")
@pytest.mark.da4ml
def test_untraced_cannot_be_traced(untraced, pipeline, request):
    """A variant that is declared to be none that can be traced is none, still."""
    refused = pipeline.refusal(untraced, pipeline.frozen(untraced), suite.active().traced)
    assert refused is not None, f"{untraced.key} can be traced; take its declaration away"
    note = f"not traced, so not counted: {refused} Declared: "
    known = untraced.shortfall("logic").reason
    request.node.user_properties.append(("note", note + known))


@pytest.mark.makes("prediction")
@pytest.mark.oneapi
def test_hls4ml_predict_is_the_same(own_example, emulate, pipeline):
    """hls4ml's own compile and predict, with our plug-in, give the logits that we compute.

    They load what was compiled into this process, so a saved model, which may come from anybody,
    is left out.
    """
    backend, weights = suite.active().emulated[0], pipeline.frozen(own_example)
    expected = emulate(own_example, backend, softmax=False)[:PREDICTED_ROWS]
    observed = pipeline.predicted_by_hls4ml(own_example, weights, backend, PREDICTED_ROWS)
    found = equality.compare(observed, expected, lsb=own_example.emulation.precision.lsb)
    assert found.equal, f"hls4ml's predict against our emulation: {found.describe()}"
