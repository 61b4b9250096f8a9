"""Claim: hls4ml's bit-accurate emulation computes what Keras computes."""

from __future__ import annotations

import numpy as np
import pytest

from fixtures.verdicts import require, same_outputs
from hlsgate.diagnosis import catalogue, softmax_table
from hlsgate.facts import equality
from hlsgate.infra.errors import EmulationError
from hlsgate.judge import networks
from hlsgate.pipeline.making.jobs import LAYERED_ROWS, PREDICTED_ROWS
from hlsgate.spec import architecture
from hlsgate.suites import suite


@pytest.mark.makes("emulation")
def test_logits_equal_keras(typed, any_backend, emulate, pipeline, record):
    """With quantised weights, every logit of every test row is Keras', bit for bit.

    Keras computes with what hls4ml declares: inputs on the input type's grid, and ReLUs without
    a quantizer cut to the default type. A failure shows where it begins, layer by layer.
    """
    checkpoint = pipeline.frozen(typed)
    expected = pipeline.keras_logits(typed, checkpoint, as_hardware=True)
    observed = emulate(typed, any_backend, softmax=False)
    found = equality.compare(observed, expected, lsb=typed.conversion.precision.lsb)
    record("variants", typed.key, "emulation", {any_backend.key: {"exact": found.as_json()}})
    claims = networks.same_outputs("exact", typed, any_backend.key, found.as_json())
    if not found.equal:
        told = pipeline.diagnosis(typed, checkpoint, any_backend).text()
        pytest.fail(f"{claims[0].text}; {found.shown()}\n\n{told}", pytrace=False)
    require(claims)


@pytest.mark.makes("layers")
def test_layers_differ_for_known_causes(traced, emulate, pipeline, record):
    """Layer by layer against Keras itself: what differs does so for causes that are expected.

    None, before the softmax's table and the declared type of the logits, where weights and
    activations are quantised; where weights alone are, the default type of the ReLUs; in float
    networks any in the catalogue. Of dense networks: probes know no other layers.
    """
    variant = traced
    backend = suite.active().probed
    emulate(variant, backend, softmax=True)  # says what built it
    layers = pipeline.layer_errors(variant, pipeline.frozen(variant), backend, LAYERED_ROWS)
    facts = {"layers": layers, "unexpected": _unexpected(variant, pipeline.layers(variant), layers)}
    record("variants", variant.key, "emulation", {backend.key: facts})
    require(networks.layers(variant, backend.key, facts["unexpected"]))


def _unexpected(variant, declared, layers):
    """Say of each layer what nobody expects of it."""
    cut = architecture.relu_casts(variant, declared)
    expected = _expected_causes(variant, cut)
    odd = {one["layer"]: sorted(set(one["causes"]) - expected) for one in layers}
    found = {name: ", ".join(causes) for name, causes in odd.items() if causes}
    if variant.exact and not cut:
        logits = architecture.logits_layer(declared).name
        before = [one["layer"] for one in layers].index(logits)
        for one in layers[:before]:
            if one["rows_different"]:
                found.setdefault(one["layer"], f"{one['rows_different']:,} rows are not Keras'")
    return found


def _expected_causes(variant, cut):
    if not variant.exact:
        return set(catalogue.CATALOGUE) - {catalogue.UNKNOWN}
    known = {catalogue.COARSE_TABLE}
    known |= {catalogue.RESULT_TYPE} if variant.conversion.logits else set()
    return known | ({catalogue.DEFAULT_ACTIVATION} if cut else set())


@pytest.mark.makes("emulation")
def test_edge_rows(typed, any_backend, emulate, pipeline, record):
    """On rows made to be hard, too, every logit is Keras', bit for bit.

    Ends of the input's range, values beside its grid and beside every rounding edge of the first
    activation that can be reached, zeros, and values beyond the range. Of the latter is claimed
    what the input type says: hls4ml's inputs wrap, they do not saturate, so that the network sees
    the wrapped value; logits saturate where their type does.
    """
    checkpoint, rows = pipeline.frozen(typed), pipeline.edge_rows(typed)
    expected = pipeline.keras_logits(typed, checkpoint, as_hardware=True, rows=rows)
    observed = emulate(typed, any_backend, softmax=False, rows=rows)
    require(same_outputs(record, typed, any_backend.key, "edges", (observed, expected)))


@pytest.mark.makes("weights", "trace")
@pytest.mark.da4ml
def test_interpreter_on_edge_rows(traced_typed, emulate, pipeline, record):
    """The traced logic, too, computes Keras' logits of these rows, bit for bit."""
    checkpoint, rows = pipeline.frozen(traced_typed), pipeline.edge_rows(traced_typed)
    expected = pipeline.keras_logits(traced_typed, checkpoint, as_hardware=True, rows=rows)
    backend = suite.active().traced
    observed = emulate(traced_typed, backend, softmax=False, engine="dais", rows=rows)
    where = networks.INTERPRETER
    require(same_outputs(record, traced_typed, where, "edges", (observed, expected)))


@pytest.mark.makes("one_emulation")
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf], ids=["nan", "inf", "minus_inf"])
def test_refuses_what_is_no_number(value, example, emulate, pipeline):
    """Rows with NaN or infinity are refused in a sentence that names the first one."""
    rows = np.zeros((3, pipeline.dataset(example).x_test.shape[1]))
    rows[1, 2] = value
    with pytest.raises(EmulationError, match=r"^row 1 \(and 0 more\) holds NaN or infinity"):
        emulate(example, suite.active().emulated[0], softmax=False, rows=rows)


@pytest.mark.makes("emulation")
def test_firmware_is_as_declared(variant, any_backend, pipeline, record):
    """What is declared is what was written: types, sizes, factors, weights, part and clock.

    Every variant on every backend, with and without streams, read from the generated sources. On
    oneAPI and Quartus dense layers are built by the Resource strategy whatever is declared, and
    that is what is looked for there.
    """
    checkpoint, parallel = pipeline.frozen(variant), any_backend in suite.active().emulated
    layers = pipeline.layers(variant)
    found = pipeline.firmware(variant, checkpoint, any_backend, softmax=parallel)
    facts = {"facts": found["facts"], "wrong": found["wrong"], "layers": len(layers)}
    record("variants", variant.key, "emulation", {any_backend.key: {"firmware": facts}})
    require(networks.firmware(variant, any_backend.key, facts))


@pytest.mark.makes("emulation")
def test_hardware_against_plain_keras(variant, backend, emulate, pipeline, baselines, record):
    """What the conversion chose, types left open and saturation included, costs next to nothing.

    Plain Keras is the model whose accuracy is judged; so that verdict holds for the hardware too.
    """
    tolerance = baselines.emulation["hardware"]["max_lsb"]
    expected = pipeline.keras_logits(variant, pipeline.frozen(variant))
    observed = emulate(variant, backend, softmax=False)
    lsb = variant.conversion.precision.lsb
    found = equality.compare(observed, expected, lsb=lsb, tolerance_lsb=tolerance)
    truth = pipeline.dataset(variant).y_test
    accuracy = float(np.mean(observed.argmax(1) == truth))
    drop = float(np.mean(expected.argmax(1) == truth)) - accuracy
    scores = {"accuracy": accuracy, "accuracy_drop": drop, "tolerance_lsb": tolerance}
    drift = {**found.as_json(), **scores}
    record("variants", variant.key, "emulation", {backend.key: {"drift": drift}})
    require(networks.drift(variant, backend.key, drift, baselines))


@pytest.mark.makes("emulation")
def test_softmax_table(variant, backend, emulate, pipeline, baselines, record):
    """The softmax table, judged apart from the logits that it gets, stays within its bounds.

    Mean and largest error against the true softmax, rows that change class, the distance between
    two entries of the table, and the share of its range that the logits' differences use.
    """
    logits = emulate(variant, backend, softmax=False)
    observed = emulate(variant, backend, softmax=True)
    written = pipeline.firmware(variant, pipeline.frozen(variant), backend, softmax=True)
    facts = softmax_table.measure(observed, logits, written["softmax_range"]).as_json()
    record("variants", variant.key, "emulation", {backend.key: {"softmax": facts}})
    require(networks.softmax(variant, backend.key, facts, baselines))


@pytest.mark.makes("emulation")
def test_backends_agree(variant, emulate, record):
    """Every backend computes the same logits, bit for bit, for every variant.

    With quantised weights, those with streams between layers too.
    """
    first, *others = suite.active().emulated
    if variant.exact:
        others += suite.active().streamed
    expected = emulate(variant, first, softmax=False)
    claims = []
    for other in others:
        observed = emulate(variant, other, softmax=False)
        outputs, beside = (observed, expected), {"with": first.key}
        claims += same_outputs(record, variant, other.key, "agreement", outputs, **beside)
    if not others:
        pytest.skip("the suite emulates on one backend, so there is no other to agree with.")
    require(claims)


@pytest.mark.makes("traced_emulation")
@pytest.mark.da4ml
def test_interpreter_equals_emulation(traced, emulate, record):
    """The traced logic computes the logits of hls4ml's own code, on every test row."""
    backend = suite.active().traced
    expected = emulate(traced, backend, softmax=False)
    observed = emulate(traced, backend, softmax=False, engine="dais")
    where = networks.INTERPRETER
    record("variants", traced.key, "emulation", {where: {"compiler": "da4ml"}})
    require(same_outputs(record, traced, where, "exact", (observed, expected)))


@pytest.mark.makes("refusal")
@pytest.mark.da4ml
def test_untraced_cannot_be_traced(untraced, pipeline, request):
    """A variant that is declared to be none that can be traced is none, still."""
    refused = pipeline.refusal(untraced, pipeline.frozen(untraced), suite.active().traced)
    assert refused is not None, f"{untraced.key} can be traced; take its declaration away"
    note = f"not traced, so not counted: {refused} Declared: "
    known = untraced.known_failure("logic").reason
    request.node.user_properties.append(("note", note + known))


@pytest.mark.makes("own_code")
def test_own_code_is_the_same(example, backend, emulate, record):
    """hls4ml's sources, compiled exactly as it wrote them, give the logits that we compute.

    Our emulation sums dense layers in integers, fills tables in loops and unrolls otherwise
    (`hlsgate.emulation.adapting`), to be quick; here nothing is replaced, on every backend and
    test row.
    """
    expected = emulate(example, backend, softmax=False)
    observed = emulate(example, backend, softmax=False, as_written=True)
    require(same_outputs(record, example, backend.key, "as_written", (observed, expected)))


@pytest.mark.makes("prediction")
@pytest.mark.oneapi
def test_hls4ml_predict_is_the_same(own_example, emulate, pipeline, record):
    """hls4ml's own compile and predict, with our plug-in, give the logits that we compute.

    They load what was compiled into this process, so a saved model, which may come from anybody,
    is left out.
    """
    backend, weights = suite.active().emulated[0], pipeline.frozen(own_example)
    expected = emulate(own_example, backend, softmax=False)[:PREDICTED_ROWS]
    observed = pipeline.predicted_by_hls4ml(own_example, weights, backend, PREDICTED_ROWS)
    require(same_outputs(record, own_example, backend.key, "predicted", (observed, expected)))
