"""The traced logic computes what hls4ml's own emulation computes, on every row.

Needs hls4ml, TensorFlow, da4ml and g++: minutes, not seconds. ``HLSGATE_TRACING_SEEDS=N`` tries N
random networks on each backend.
"""

import os
import tempfile
import time
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from hlsgate import conversion
from hlsgate.data import datasets
from hlsgate.emulation import hls4ml_plugin
from hlsgate.infra.cache import Cache
from hlsgate.infra.errors import EmulationError, TracingError
from hlsgate.infra.quiet import quietly
from hlsgate.logic import exact_and_deep, load
from hlsgate.logic.tracing import trace
from hlsgate.models import checkpoints
from hlsgate.models.keras2 import building, setup
from hlsgate.spec import targets
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.suites import suite

BACKENDS = ("oneAPI", "Quartus", "Vitis")
SEEDS = range(int(os.environ.get("HLSGATE_TRACING_SEEDS", "4")))
ROUNDINGS = ("TRN", "TRN_ZERO", "RND", "RND_ZERO", "RND_INF", "RND_MIN_INF", "RND_CONV")
SATURATIONS = ("WRAP", "SAT", "SAT_SYM", "SAT_ZERO")
ROWS = 1500
FEW = 8


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Do what training does; after the first model it would be too late."""
    quietly(setup.tensorflow)()


def convert(model, backend, folder, *, precisions, **options):
    """Convert, with types by layer and name; written, not compiled."""
    import hls4ml

    config = hls4ml.utils.config_from_keras_model(model, granularity="name", backend=backend)
    for layer, typed in precisions.items():
        config["LayerName"][layer]["Precision"] = {
            **_named(config["LayerName"][layer]["Precision"]),
            **typed,
        }
    config["Model"].update(options)
    return hls4ml.converters.convert_from_keras_model(
        model, hls_config=config, output_dir=str(folder), backend=backend, io_type="io_parallel"
    )


def _named(precision):
    return dict(precision) if isinstance(precision, dict) else {"result": str(precision)}


@quietly
def emulate(graph, x):
    """Compile with g++ and run hls4ml's own emulation."""
    hls4ml_plugin.install()
    graph.compile()
    return run(graph, x)


@quietly
def run(graph, x):
    return np.asarray(graph.predict(np.ascontiguousarray(x)), np.float64).reshape(len(x), -1)


def random_type(rng, integer, *, wide=False, signed=None, modes=True):
    """Draw a type of about so many integer bits; now and then of bits on one side only."""
    signed = bool(rng.integers(4)) if signed is None else signed
    width = int(rng.integers(10, 17) if wide else rng.integers(4, 11))
    integer = max(integer + int(rng.integers(-1, 2)), 1)
    if rng.integers(12) == 0:
        integer = int(rng.choice([-1, width + 1]))
    rounding = str(rng.choice(ROUNDINGS)) if modes else "TRN"
    likely = (0.4, 0.3, 0.15, 0.15)
    saturation = str(rng.choice(SATURATIONS, p=likely)) if modes else "WRAP"
    return f"{'' if signed else 'u'}fixed<{width},{integer},{rounding},{saturation}>"


def rows_for(kind, inputs, rng):
    """Make rows on the grid, between its points, on edges of the range and beyond it."""
    span = kind.high - kind.low + kind.lsb
    free = rng.uniform(kind.low - span / 4, kind.high + span / 4, (ROWS, inputs))
    steps = np.round(free / kind.lsb * 8) / 8 * kind.lsb  # eighths of a unit: ties, and beside
    grid = kind.cast(rng.uniform(kind.low, kind.high, (ROWS, inputs)))
    ends = rng.choice(
        [kind.low, kind.high, 0.0, kind.lsb, -kind.lsb, kind.high + kind.lsb, kind.low - kind.lsb],
        (ROWS // 3, inputs),
    )
    return np.concatenate([free, steps, grid, ends])


def some_weights(rng, shape, scale=1.0):
    """Draw weights, many of them zero."""
    return rng.normal(0, scale, shape) * (rng.random(shape) < rng.choice([0.3, 0.8, 1.0]))


@quietly
def random_network(rng, backend, folder):
    """Build plain layers whose types are all drawn, and end after any of them."""
    import tensorflow as tf

    layers = tf.keras.layers
    inputs, hidden, outputs = (int(n) for n in rng.integers(2, 7, 3))
    stack = [
        layers.InputLayer(input_shape=(inputs,), name="x"),
        layers.Dense(hidden, name="first"),
        layers.Activation("relu", name="positive"),
        layers.BatchNormalization(name="normal"),
        layers.Activation("linear", name="same"),
        layers.Dense(outputs, name="second"),
        layers.Activation("relu", name="positive2"),
    ]
    model = tf.keras.Sequential(stack[: int(rng.integers(2, len(stack) + 1))])
    for layer in model.layers:
        drawn = [some_weights(rng, np.shape(old)) for old in layer.get_weights()]
        if layer.name == "normal":
            drawn[0], drawn[3] = drawn[0] + 1, np.abs(drawn[3]) + 0.5
        layer.set_weights(drawn)
    modes = bool(rng.integers(2))
    types = {
        "Dense": {
            "result": random_type(rng, 5, wide=bool(rng.integers(2))),
            "weight": random_type(rng, 2, modes=modes, signed=True),
            "bias": random_type(rng, 2, signed=True),
            "accum": random_type(rng, 6, wide=True, signed=True, modes=modes),
        },
        "Activation": {"result": random_type(rng, 5)},
        "BatchNormalization": {
            "result": random_type(rng, 5),
            "scale": random_type(rng, 3, signed=True),
            "bias": random_type(rng, 3, signed=True),
        },
    }
    precisions = {layer.name: types[type(layer).__name__] for layer in model.layers}
    precisions["x"] = {"result": random_type(rng, 4)}
    return convert(model, backend, folder, precisions=precisions)


def telling_case(rng, backend, folder):
    """Draw networks until outputs are not all but constant; return graph, logic and rows."""
    for number in range(50):
        graph = random_network(rng, backend, folder / str(number))
        traced = trace(graph)
        x = rows_for(traced.input_type, traced.inputs, rng)
        distinct = [len(np.unique(column)) for column in traced.predict(x).T]
        if np.median(distinct) >= FEW:
            return graph, traced, x
    raise AssertionError("50 networks in a row said nothing")


@quietly
def quantised_network(seed, backend, folder):
    """Build what QKeras users build: quantised layers, scales found by QKeras, a softmax."""
    import tensorflow as tf
    from qkeras import QActivation, QDense, quantized_bits, quantized_relu

    rng = np.random.default_rng(1000 + seed)
    layers = tf.keras.layers
    bits = int(rng.integers(3, 8))

    def dense(units, name, alpha):
        return QDense(
            units,
            name=name,
            kernel_quantizer=quantized_bits(bits, 0, 1, alpha=alpha),
            bias_quantizer=quantized_bits(bits, 0, 1, alpha=1),
        )

    stack = [
        layers.InputLayer(input_shape=(2, 3), name="x"),
        layers.Flatten(name="flat"),
        dense(5, "first", 1),
        layers.BatchNormalization(name="normal"),
        QActivation(quantized_relu(bits, int(rng.integers(0, 3))), name="positive"),
        dense(4, "second", "auto" if seed % 2 else 1),
        QActivation(quantized_bits(bits, 1, 1, alpha=1), name="rounded"),
        dense(3, "logits", 1),
        layers.Activation("softmax", name="softmax"),
    ]
    model = tf.keras.Sequential(stack)
    for layer in model.layers:
        drawn = [some_weights(rng, np.shape(old), 0.5) for old in layer.get_weights()]
        if layer.name == "normal":
            drawn[3] = np.abs(drawn[3]) + 0.5
        layer.set_weights(drawn)
    precisions = {"x": {"result": random_type(rng, 3, signed=True)}}
    with_softmax = convert(model, backend, folder / "a", precisions=precisions)
    without = tf.keras.Sequential(
        [layers.InputLayer(input_shape=(2, 3), name="x"), *model.layers[:-1]]
    )
    return with_softmax, convert(without, backend, folder / "b", precisions=precisions), rng


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_random_types_and_modes(seed, backend, tmp_path):
    """Every output of a network of random types equals that of hls4ml's emulation."""
    rng = np.random.default_rng([seed, BACKENDS.index(backend)])
    graph, traced, x = telling_case(rng, backend, tmp_path)
    assert differing(traced.predict(x), emulate(graph, x)) == 0


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("seed", range(1, 3))
def test_quantised_networks(seed, backend, tmp_path):
    """What QKeras makes is traced alike, with the softmax left out and said to be."""
    whole, headless, rng = quantised_network(seed, backend, tmp_path)
    traced, bare = trace(whole), trace(headless)
    assert (traced.softmax_outside, bare.softmax_outside) == (True, False)
    x = rows_for(bare.input_type, bare.inputs, rng)
    found = emulate(headless, x.reshape(-1, 2, 3))
    assert differing(bare.predict(x.reshape(-1, 2, 3)), found) == 0
    assert traced.outputs == 3


def differing(found, wanted):
    """Count outputs that are not equal; a shape that differs is an error."""
    assert found.shape == wanted.shape
    return int((found != wanted).sum())


@pytest.mark.parametrize("seed", range(40))
def test_casts_of_every_mode(seed):
    """Logic casts as numbers do, from any type to any other: each value of the source is tried."""
    from da4ml.trace import FixedVariableArrayInput, HWConfig, comb_trace

    from hlsgate.logic.tracing.casts import cast

    rng = np.random.default_rng(seed)
    signed, width = bool(rng.integers(2)), int(rng.integers(1, 11))
    source = Fixed(width, int(rng.integers(-2, width + 3)), signed)
    grid = np.arange(source.low, source.high + source.lsb, source.lsb)
    kinds = []
    for rounding in ROUNDINGS:
        for saturation in SATURATIONS:
            signed, width = bool(rng.integers(2)), int(rng.integers(2, 12))
            integer = int(rng.integers(-2, width + 3))
            kinds.append(Fixed(width, integer, signed, rounding, saturation))
    with exact_and_deep():
        inputs = FixedVariableArrayInput((1,), HWConfig(1, -1, -1))
        i = source.integer - source.signed
        value = inputs.quantize(int(source.signed), i, source.fraction)._vars[0]
        for scale, shift in ((1.0, 0.0), (-1.0, 0.0), (0.75, source.lsb), (-1.5, -3 * source.lsb)):
            moved = value * scale + shift
            logic = comb_trace([value], [cast(moved, kind) for kind in kinds])
            found = logic.predict(grid[:, None])
            for at, kind in enumerate(kinds):
                wanted = kind.cast(grid * scale + shift)
                assert np.array_equal(found[:, at], wanted), (source, scale, shift, kind)


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("saturation", SATURATIONS)
def test_narrow_accumulators(rounding, saturation, tmp_path):
    """Products finer than the accumulator are cast one by one, in the firmware's order."""
    accumulator = f"fixed<7,3,{rounding},{saturation}>"
    rng = np.random.default_rng(7)
    graph = one_layer(rng, "Quartus", tmp_path, accum=accumulator)
    traced = trace(graph)
    weights = np.array([float(text) for text in graph.graph["only"].weights["weight"]])
    bias = np.array([float(text) for text in graph.graph["only"].weights["bias"]])
    x = rows_for(traced.input_type, 4, rng)
    assert differing(traced.predict(x), by_hand(traced, x, weights, bias, accumulator)) == 0


@quietly
def one_layer(rng, backend, folder, **precision):
    """Build one dense layer from four values to three."""
    import tensorflow as tf

    model = tf.keras.Sequential(
        [
            tf.keras.layers.InputLayer(input_shape=(4,), name="x"),
            tf.keras.layers.Dense(3, name="only"),
        ]
    )
    model.layers[-1].set_weights([rng.normal(0, 1.5, (4, 3)), rng.normal(0, 1, 3)])
    types = {"weight": "fixed<6,3>", "bias": "fixed<6,3>", "result": "fixed<12,6>"}
    precisions = {"x": {"result": "fixed<7,3>"}, "only": {**types, **precision}}
    precisions["only_linear"] = {"result": "fixed<12,6>"}
    return convert(model, backend, folder, precisions=precisions)


def by_hand(traced, x, weights, bias, accumulator):
    """Compute what ``nnet_dense.h`` does with numbers: cast products, add them in order."""
    parts = accumulator[len("fixed<") : -1].split(",")
    kind = Fixed(int(parts[0]), int(parts[1]), True, parts[2], parts[3])
    stored = Fixed(6, 3)
    weights = stored.cast(weights).reshape(3, 4).T
    sums = np.tile(kind.cast(stored.cast(bias)), (len(x), 1))
    for row, values in zip(weights, traced.input_type.cast(x).T, strict=True):
        sums = kind.cast(sums + kind.cast(values[:, None] * row))
    return traced.output_type.cast(sums)


def test_the_pipeline_computes_the_same(tmp_path):
    """Stages and registers are counted of logic that is still the network."""
    rng = np.random.default_rng(3)
    traced = trace(one_layer(rng, "Vitis", tmp_path))
    metrics = traced.metrics()
    assert metrics["latency_cycles"] == metrics["stages"] > 0
    assert metrics["da_cost"] == float(traced.comb.cost) > 0
    assert metrics == trace(one_layer(np.random.default_rng(3), "Vitis", tmp_path)).metrics()
    stages = traced.cut(2)
    assert len(stages.solutions) > 1
    x = traced.input_type.cast(rows_for(traced.input_type, 4, rng)[:50])
    staged = np.array([np.asarray(stages(row, quantize=True), np.float64) for row in x])
    assert differing(staged, traced.predict(x)) == 0


def test_what_is_saved_is_loaded(tmp_path):
    """Logic comes back from its folder as it was, and a damaged folder is an error in words."""
    rng = np.random.default_rng(4)
    traced = trace(one_layer(rng, "Quartus", tmp_path / "project"))
    traced.save(tmp_path)
    again = load(tmp_path)
    x = rows_for(traced.input_type, 4, rng)
    assert differing(again.predict(x), traced.predict(x)) == 0
    assert again.metrics() == traced.metrics()
    assert again.input_type == traced.input_type
    (tmp_path / "logic.json").write_text("[[4, 3], [0]")
    with pytest.raises(TracingError, match="damaged"):
        load(tmp_path)


def test_what_cannot_be_traced_is_said(tmp_path):
    """Each refusal names the layer and the reason."""
    rng = np.random.default_rng(5)
    graph = one_layer(rng, "Vitis", tmp_path)
    layer = graph.graph["only"]
    with refused(r"only \(Dense\).* strategy 'unrolled'"):
        with_attribute(graph, layer, "strategy", "unrolled")
    layer.set_attr("strategy", "latency")
    layer.weights["weight"].data = layer.weights["weight"].data[:2]
    with refused(r"only \(Dense\).*6 weights do not go with 4 to 3 values"):
        trace(graph)
    fine = one_layer(rng, "Vitis", tmp_path, weight="fixed<40,3>")
    for bits, reason in ((30, "24 significant bits"), (36, "32 fraction bits")):
        fine.graph["only"].weights["weight"].data = np.full((4, 3), 1 + 2.0**-bits)
        with refused(f"only .*weight has more than {reason}"):
            trace(fine)
    with refused("io_stream"):
        graph.config.config["IOType"] = "io_stream"
        trace(graph)


@quietly
def network_of(layers, backend, folder):
    """Convert a few Keras layers on four inputs."""
    import tensorflow as tf

    first = tf.keras.layers.InputLayer(input_shape=(4,), name="x")
    return convert(tf.keras.Sequential([first, *layers]), backend, folder, precisions={})


@pytest.mark.parametrize(
    ("kind", "arguments", "reason"),
    [
        ("Activation", {"activation": "tanh"}, "activation 'tanh' is not supported"),
        ("LeakyReLU", {"alpha": 0.1}, "its kind is not supported"),
    ],
)
def test_layers_that_cannot_be_traced(kind, arguments, reason, tmp_path):
    """A layer without exact logic is an error that names it."""
    import tensorflow as tf

    layer = getattr(tf.keras.layers, kind)(name="odd", **arguments)
    with refused(f"odd .*{reason}"):
        trace(network_of([layer], "Vitis", tmp_path))


def refused(reason):
    return pytest.raises(TracingError, match=reason)


def with_attribute(graph, layer, name, value):
    layer.set_attr(name, value)
    trace(graph)


def test_rows_that_no_logic_takes(tmp_path):
    """Rows of another width, and rows that are not finite, are errors."""
    traced = trace(one_layer(np.random.default_rng(1), "Vitis", tmp_path))
    with pytest.raises(EmulationError, match="rows hold 3 values, the network takes 4"):
        traced.predict(np.zeros((2, 3)))
    with pytest.raises(EmulationError, match=r"row 1 \(and 0 more\)"):
        traced.predict(np.array([[0.0] * 4, [np.nan] * 4]))
    assert traced.predict(np.zeros((0, 4))).shape == (0, 3)


@cache
def dataset(key):
    """Return a benchmark's rows; those that come with hlsgate need no cache."""
    with tempfile.TemporaryDirectory() as folder:
        return datasets.load(suite.benchmark(key), None, Cache(Path(folder)))


def converted(variant, backend, folder):
    """Convert a variant's committed weights as the suite does; return hls4ml's graph too."""
    from unittest import mock

    from hls4ml import converters

    kept, real = [], converters.convert_from_keras_model

    def keep(*arguments, **options):
        kept.append(real(*arguments, **options))
        return kept[-1]

    frozen = checkpoints.load(suite.active().checkpoints / f"{variant.key}.npz", variant)
    model = building.model_with(variant, frozen.weights, softmax=False)
    with mock.patch.object(converters, "convert_from_keras_model", keep):
        conversion.convert(variant, model, backend, folder)
    return kept[-1]


TRACED = [one for one in suite.active().variants if one.known_failure("logic") is None]


@pytest.mark.parametrize("backend", targets.BACKENDS, ids=lambda backend: backend.key)
@pytest.mark.parametrize("network", TRACED, ids=lambda network: network.key)
def test_committed_variants(network, backend, tmp_path, record_property):
    """Every logit of every test row equals that of hls4ml's emulation; the speeds are reported."""
    graph = converted(network, backend, tmp_path / "work" / "project")
    traced, trace_s = timed(lambda: trace(graph))
    x = network.input_type.round(dataset(network.benchmark).x_test)
    emulate(graph, x[:1])
    traced.predict(x[:1])
    wanted, their_s = timed(lambda: run(graph, x))
    found, our_s = timed(lambda: traced.predict(x))
    speeds = {"trace_s": trace_s, "rows_per_s": len(x) / our_s, "ratio_to_hls4ml": their_s / our_s}
    for name, value in speeds.items():
        record_property(name, value)
    print({"variant": network.key, "backend": backend.key, "rows": len(x), **speeds})
    assert differing(found, wanted) == 0


def timed(work):
    """Return what work returns, and its seconds."""
    started = time.perf_counter()
    return work(), time.perf_counter() - started
