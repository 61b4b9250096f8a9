"""hls4ml graphs become logic: adders and shifts that da4ml knows how to write as Verilog.

The logic computes, bit for bit, what the C++ of the graph's backend computes. da4ml (0.5.2) has
truncation, wrapping, comparison and addition; every other mode of rounding and saturation is built
from these, and what cannot be built is an error. da4ml's interpreter runs the logic faster than
hls4ml's emulation.

Sources: hls4ml 1.3.0, ``templates/{vivado/nnet_utils,quartus/firmware/nnet_utils,
oneapi/firmware/nnet_utils}``, files ``nnet_dense_latency.h``, ``nnet_dense_resource.h``,
``nnet_dense.h``, ``nnet_mult.h``, ``nnet_batchnorm.h`` and ``nnet_activation.h``; rounding and
saturation as in the ``ac_types`` and ``ap_types`` that hls4ml ships.
"""

from __future__ import annotations

import decimal
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hlsgate.errors import EmulationError, HlsgateError
from hlsgate.fixedpoint import Fixed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PACKAGES = ("da4ml",)
"""Distributions whose version moves the logic."""

BACKENDS = ("oneAPI", "Quartus", "Vitis", "Vivado")
"""hls4ml backends whose arithmetic is known here."""

MAX_BITS = 52
"""Widest value: da4ml keeps ranges in doubles, and returns doubles."""

MAX_FRACTION = 32
"""Finest constant, as a number of fraction bits (da4ml's ``_const_f`` looks no further)."""

MAX_WEIGHT_BITS = 24
"""Bits of a weight's significand: da4ml's solver takes float32."""

CHUNK_ROWS = 65_536
"""Rows that the interpreter takes at once, to bound its memory."""

_ROUNDINGS = ("TRN", "TRN_ZERO", "RND", "RND_ZERO", "RND_INF", "RND_MIN_INF", "RND_CONV")
_SATURATIONS = ("WRAP", "SAT", "SAT_SYM", "SAT_ZERO")


class TracingError(HlsgateError):
    """A graph holds something that cannot be traced exactly; the message names the layer."""


@dataclass(frozen=True)
class FixedType(Fixed):
    """A fixed-point type with the way that values are brought into it.

    Parameters
    ----------
    rounding : str
        ``TRN`` (down), ``TRN_ZERO`` (towards zero), or to the nearest with ties up (``RND``),
        towards zero, away from zero, down or to even (``RND_ZERO``, ``RND_INF``,
        ``RND_MIN_INF``, ``RND_CONV``).
    saturation : str
        ``WRAP``, or what lies outside goes to the nearest end (``SAT``), to the nearest of two
        ends of equal size (``SAT_SYM``), or to zero (``SAT_ZERO``).
    """

    rounding: str = "TRN"
    saturation: str = "WRAP"

    def __str__(self) -> str:
        return f"{super().__str__()[:-1]},{self.rounding},{self.saturation}>"

    @property
    def low(self) -> float:
        """Smallest value."""
        return -self.high if self.signed and self.saturation == "SAT_SYM" else super().low

    def cast(self, values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Bring numbers into the type, as the type says.

        Parameters
        ----------
        values : ndarray of float
            Any shape; must be finite.

        Returns
        -------
        ndarray of float64, same shape
            Exact for types of up to 52 bits.
        """
        import numpy as np

        exact = np.asarray(values, np.float64) / self.lsb
        return self._saturated(_rounded(exact, self.rounding) * self.lsb)

    def _saturated(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        import numpy as np

        if not values.size or (values.min() >= self.low and values.max() <= self.high):
            return values
        if self.saturation == "WRAP":
            span, low = 2.0**self.integer, self.low
            wrapped: NDArray[np.float64] = np.mod(np.mod(values, span) - low, span) + low
            return wrapped
        if self.saturation == "SAT_ZERO":
            return np.where((values < self.low) | (values > self.high), 0.0, values)
        return np.clip(values, self.low, self.high)


def _rounded(values: NDArray[np.float64], mode: str) -> NDArray[np.float64]:
    """Round to integers."""
    import numpy as np

    down = np.floor(values)
    if mode == "TRN":
        return down
    if mode == "TRN_ZERO":
        return np.trunc(values)
    ties = {
        "RND": np.full(values.shape, True),
        "RND_MIN_INF": np.full(values.shape, False),
        "RND_INF": values > 0,
        "RND_ZERO": values < 0,
        "RND_CONV": down % 2 == 1,
    }[mode]
    half = 0.5
    up = (values - down > half) | ((values - down == half) & ties)
    return np.where(up, down + 1, down)


@dataclass(frozen=True)
class Traced:
    """A network as logic.

    Parameters
    ----------
    logic : da4ml.cmvm.types.CombLogic
        Combinational logic from inputs to outputs.
    input_types, output_types : tuple of FixedType
        Type of every input and output, in order.
    softmax_outside : bool
        Whether the graph ends with a softmax that was left out: outputs are the logits only.
    """

    logic: Any
    input_types: tuple[FixedType, ...]
    output_types: tuple[FixedType, ...]
    softmax_outside: bool

    @property
    def inputs(self) -> int:
        """Number of inputs."""
        return len(self.input_types)

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        return len(self.output_types)

    @property
    def cost(self) -> float:
        """da4ml's cost: about the number of full adders and multiplexers."""
        return float(self.logic.cost)

    def predict(self, x: NDArray[np.floating[Any]], *, threads: int = -1) -> NDArray[np.float64]:
        """Run rows through the logic, exactly.

        Parameters
        ----------
        x : ndarray, shape (n, inputs) or any that flattens to it
            Values off the input type's grid are brought into it as the firmware would.
        threads : int
            Threads to use; all processors where negative.

        Returns
        -------
        ndarray, shape (n, outputs), float64
            Exact values of the output type.

        Raises
        ------
        EmulationError
            If rows are of the wrong width, or not finite.
        """
        import numpy as np

        rows = np.asarray(x, np.float64).reshape(len(x), math.prod(np.shape(x)[1:]))
        if rows.shape[1] != self.inputs:
            raise EmulationError(
                f"rows hold {rows.shape[1]} values, the network takes {self.inputs}."
            )
        bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
        if len(bad):
            raise EmulationError(
                f"row {bad[0]} (and {len(bad) - 1} more) holds NaN or infinity, which no "
                "fixed-point type can hold; clean the inputs first."
            )
        found = np.empty((len(rows), self.outputs), np.float64)
        for start in range(0, len(rows), CHUNK_ROWS):
            part = slice(start, start + CHUNK_ROWS)
            found[part] = self.logic.predict(self._on_grid(rows[part]), n_threads=threads)
        return found

    def _on_grid(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Bring rows into the input types; da4ml would cut and wrap whatever their modes."""
        import numpy as np

        if len(set(self.input_types)) == 1:
            return self.input_types[0].cast(rows)
        columns = [kind.cast(rows[:, at]) for at, kind in enumerate(self.input_types)]
        return np.stack(columns, axis=1)


def pipeline_metrics(traced: Traced, latency_cutoff: float = 5) -> dict[str, float]:
    """Cut logic into pipeline stages, as da4ml does for its Verilog, and count.

    Parameters
    ----------
    traced : Traced
        From `trace`.
    latency_cutoff : float
        Largest delay of a stage, in da4ml's unit: one adder.

    Returns
    -------
    dict
        ``cost`` (see `Traced.cost`), ``register_bits`` (those at inputs and outputs included),
        ``stages``, and ``latency_cycles``: from the clock edge that takes inputs in to the one
        that puts their outputs out; inputs are registered, and so is every stage's end.
    """
    from da4ml.trace import to_pipeline

    with _exact_and_deep():
        pipeline = to_pipeline(traced.logic, latency_cutoff, retiming=True, verbose=False)
    stages = len(pipeline.solutions)
    return {
        "cost": float(pipeline.cost),
        "register_bits": float(pipeline.reg_bits),
        "stages": float(stages),
        "latency_cycles": float(stages),
    }


def trace(graph: Any, *, depth_slack: int = 2) -> Traced:
    """Trace a graph into logic.

    Parameters
    ----------
    graph : hls4ml.model.graph.ModelGraph
        Of a backend in `BACKENDS`, parallel, with one input and one output; converted, so that
        every type is known. It need not be written or compiled.
    depth_slack : int
        How many adders deeper than the shallowest a matrix product may get, to save adders.

    Raises
    ------
    TracingError
        If a layer, a type or a mode cannot be traced exactly; the message says which, and why.
    """
    from da4ml.trace import comb_trace

    _check(graph)
    options = {"hard_dc": depth_slack}
    values: dict[str, _Vector] = {}
    types: dict[str, FixedType] = {}
    inputs: Any = None
    softmax: str | None = None
    with _exact_and_deep():
        for layer in graph.get_layers():
            if softmax is not None:
                raise _refusal(layer, f"it comes after {softmax}, which stays outside the logic")
            if layer.class_name in _INPUTS:
                inputs, vector = _inputs(layer, options)
            else:
                source = layer.inputs[0]
                vector = _layer(layer, values[source], options)
            if layer.class_name == "Softmax":
                softmax = layer.name
                types[layer.outputs[0]] = types[layer.inputs[0]]
            elif layer.class_name in _PASSED_ON:
                types[layer.outputs[0]] = types[layer.inputs[0]]
            else:
                types[layer.outputs[0]] = _result_type(layer)
            values[layer.outputs[0]] = vector
        name = graph.outputs[0]
        logic = comb_trace(inputs, values[name])
    _check_widths(logic)
    in_type, out_type = types[graph.inputs[0]], types[name]
    return Traced(
        logic, (in_type,) * len(inputs), (out_type,) * len(values[name]), softmax is not None
    )


_Vector = list[Any]
"""Values of a tensor, flat, each a ``da4ml.trace.FixedVariable``."""

_INPUTS = ("Input", "InputLayer")
_PASSED_ON = ("Reshape", "Repack")
"""Layers that move no values: rows are stored flat, last index fastest."""


@contextmanager
def _exact_and_deep() -> Iterator[None]:
    """Let da4ml's decimals be exact (28 digits are not) and its recursion as deep as the logic."""
    limit = sys.getrecursionlimit()
    with decimal.localcontext() as context:
        context.prec = 400
        sys.setrecursionlimit(max(limit, 100_000))
        try:
            yield
        finally:
            sys.setrecursionlimit(limit)


def _refusal(layer: Any, reason: str) -> TracingError:
    return TracingError(f"layer {layer.name} ({layer.class_name}) cannot be traced: {reason}.")


def _check(graph: Any) -> None:
    """Refuse graphs of another shape than one input, one output, all values side by side."""
    backend = graph.config.backend.name
    known = {name.lower(): name for name in BACKENDS}
    if backend.lower() not in known:
        raise TracingError(f"graphs of {backend} cannot be traced, those of {BACKENDS} can.")
    style = graph.config.get_config_value("IOType")
    if style != "io_parallel":
        raise TracingError(f"the graph is {style}; only io_parallel can be traced.")
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise TracingError(
            f"the graph has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs; "
            "only one of each can be traced."
        )


def _check_widths(logic: Any) -> None:
    """Refuse logic in which the interpreter would lose bits."""
    from da4ml.cmvm.types import _minimal_kif

    widest = max(sum(_minimal_kif(op.qint)) for op in logic.ops)
    if widest > MAX_BITS:
        raise TracingError(
            f"the graph has a value of {widest} bits; exact are at most {MAX_BITS}. "
            "Narrow the types of weights, inputs or accumulators."
        )


def fixed_type(layer: Any, precision: Any) -> FixedType:
    """Read an hls4ml precision.

    Source: hls4ml 1.3.0, ``model/types.py``.

    Raises
    ------
    TracingError
        If it is no fixed-point or integer type, or one of an unknown mode.
    """
    kind = type(precision).__name__
    if not kind.endswith(("FixedPrecisionType", "IntegerPrecisionType")):
        raise _refusal(layer, f"its type {precision} ({kind}) is not fixed-point")
    rounding = str(precision.rounding_mode).rpartition(".")[2]
    saturation = str(precision.saturation_mode).rpartition(".")[2]
    if rounding not in _ROUNDINGS or saturation not in _SATURATIONS:
        raise _refusal(layer, f"modes {rounding}, {saturation} of {precision} are unknown")
    if precision.saturation_bits:
        raise _refusal(layer, f"saturation bits of {precision} are not supported")
    if saturation == "SAT_SYM" and precision.signed and precision.width == 1:
        raise _refusal(layer, f"{precision} has one bit, which leaves no value but zero")
    return FixedType(
        int(precision.width), int(precision.integer), bool(precision.signed), rounding, saturation
    )


def _data_type(layer: Any, precision: Any) -> FixedType:
    """Read the type of values that flow; integers have casts of their own, not built here."""
    if "Integer" in type(precision).__name__:
        raise _refusal(layer, f"values of type {precision} are integers; declare fixed-point")
    return fixed_type(layer, precision)


def _result_type(layer: Any) -> FixedType:
    return _data_type(layer, layer.get_output_variable().type.precision)


def _inputs(layer: Any, options: dict[str, Any]) -> tuple[Any, _Vector]:
    """Return da4ml's inputs, and their values in the input type."""
    from da4ml.trace import FixedVariableArrayInput, HWConfig

    kind = _result_type(layer)
    size = math.prod(layer.get_output_variable().shape)
    inputs = FixedVariableArrayInput((size,), HWConfig(1, -1, -1), solver_options=options)
    values = inputs.quantize(int(kind.signed), kind.integer - kind.signed, kind.fraction)
    return list(values._vars), list(values._vars)


def _layer(layer: Any, x: _Vector, options: dict[str, Any]) -> _Vector:
    """Trace one layer."""
    if layer.class_name in _PASSED_ON or layer.class_name == "Softmax":
        return x
    if layer.class_name == "Dense":
        return _dense(layer, x, options)
    if layer.class_name in ("BatchNormalization", "ApplyAlpha"):
        return _scaled(layer, x)
    if layer.class_name == "Activation":
        return _activation(layer, x)
    raise _refusal(layer, "its kind is not supported")


def _activation(layer: Any, x: _Vector) -> _Vector:
    """Trace ReLU and quantised or plain linear activations."""
    name = layer.get_attr("activation")
    kind = _result_type(layer)
    if name == "relu":
        return [_cast(_relu(value), kind) for value in x]
    if name == "linear":
        return [_cast(value, kind) for value in x]
    raise _refusal(layer, f"activation {name!r} is not supported")


def _relu(value: Any) -> Any:
    return value if value.low >= 0 else value.relu()


def _scaled(layer: Any, x: _Vector) -> _Vector:
    """Trace ``x * scale + bias``, cast once (``nnet_batchnorm.h``, ``normalize``)."""
    kind = _result_type(layer)
    scale, bias = _written(layer, "scale"), _written(layer, "bias")
    channels = layer.get_attr("n_filt")
    channels = len(x) if channels in (None, -1) else channels
    if len(scale) != channels or len(bias) != channels:
        raise _refusal(layer, f"{channels} channels do not go with {len(scale)} scales")
    return [
        _cast(_plus(_times(value, scale[at % channels], layer), bias[at % channels], layer), kind)
        for at, value in enumerate(x)
    ]


def _written(layer: Any, name: str) -> NDArray[np.float64]:
    """Read constants as the firmware does.

    hls4ml writes each with as many decimals as its type has fraction bits (``WeightVariable``
    in ``model/types.py``); the C++ type then rounds and saturates what is written.
    """
    import numpy as np

    variable = layer.weights[name]
    kind = fixed_type(layer, variable.type.precision)
    try:
        written = np.array([float(text) for text in variable], np.float64)
    except (TypeError, ValueError) as error:
        raise _refusal(layer, f"{name} is not stored as plain numbers ({error})") from None
    values = kind.cast(written)
    _check_constants(layer, name, values)
    integer = "Integer" in type(variable.type.precision).__name__
    if integer and kind == FixedType(2, 2) and values.min() < -1:
        # nnet_mult.h, weight_ternary, takes -2 for 1.
        raise _refusal(layer, f"{name} of type {kind} holds -2, which is not ternary")
    return values


def _check_constants(layer: Any, name: str, values: NDArray[np.float64]) -> None:
    import numpy as np

    steps = values * 2.0**MAX_FRACTION
    if (steps != np.floor(steps)).any():
        raise _refusal(layer, f"{name} has more than {MAX_FRACTION} fraction bits")
    mantissas = np.frexp(values)[0] * 2.0**MAX_WEIGHT_BITS
    if (mantissas != np.floor(mantissas)).any():
        raise _refusal(layer, f"{name} has more than {MAX_WEIGHT_BITS} significant bits")


def _dense(layer: Any, x: _Vector, options: dict[str, Any]) -> _Vector:
    """Trace a dense layer.

    In every backend each product is cast to the accumulator's type, and so is the bias; then,
    from the first input to the last, each product is added and the sum cast again.
    """
    weights, bias = _dense_weights(layer, len(x)), _written(layer, "bias")
    accumulator = _data_type(layer, layer.get_attr("accum_t").precision)
    result = _result_type(layer)
    if accumulator.saturation == "WRAP":
        sums = _wrapping_sums(layer, x, weights, accumulator.cast(bias), accumulator, options)
    else:
        sums = _ordered_sums(layer, x, weights, accumulator.cast(bias), accumulator)
    return [_cast(value, result) for value in sums]


def _dense_weights(layer: Any, inputs: int) -> NDArray[np.float64]:
    """Return a dense layer's weights, shape (inputs, outputs), as the firmware reads them."""
    _check_strategy(layer)
    n_in, n_out = layer.get_attr("n_in"), layer.get_attr("n_out")
    weights = _written(layer, "weight")
    if n_in != inputs or weights.size != n_in * n_out:
        raise _refusal(layer, f"{weights.size} weights do not go with {inputs} to {n_out} values")
    if layer.get_attr("_weights_transposed"):
        return weights.reshape(n_out, n_in).T
    return weights.reshape(n_in, n_out)


def _check_strategy(layer: Any) -> None:
    """Refuse strategies whose order of additions, or storage of weights, is another."""
    strategy = str(layer.get_attr("strategy")).lower()
    if strategy not in ("latency", "resource"):
        raise _refusal(layer, f"strategy {strategy!r} is not supported")
    reuse = layer.get_attr("reuse_factor")
    if reuse not in (None, 1) and strategy == "resource":
        raise _refusal(layer, f"reuse factor {reuse} is not 1")
    if layer.model.config.get_compression(layer):
        raise _refusal(layer, "compressed weights are not supported")


def _wrapping_sums(
    layer: Any,
    x: _Vector,
    weights: NDArray[np.float64],
    bias: NDArray[np.float64],
    accumulator: FixedType,
    options: dict[str, Any],
) -> _Vector:
    """Sum in an accumulator that wraps: the order of additions is free.

    Products that have no more fraction bits than the accumulator lose nothing before the end, so
    that they go through da4ml's matrix product; the others are cast one by one.
    """
    import numpy as np

    constant = np.array([_is_constant(value) for value in x], bool)
    known = np.array([float(value.low) if _is_constant(value) else 0.0 for value in x])
    bias = bias + accumulator.cast(known[:, None] * weights).sum(axis=0)
    fraction = np.array([_fraction(value) for value in x])
    exact = fraction[:, None] + _fractions(weights) <= accumulator.fraction
    together = np.where(exact & ~constant[:, None], weights, 0.0)
    apart = np.where(exact | constant[:, None], 0.0, weights)
    products = _Products(layer, x, accumulator)
    return [
        _wrap(
            _plus(_total([first, *products.of(apart[:, at])], accumulator), bias[at], layer),
            accumulator,
        )
        for at, first in enumerate(_matrix_product(x, together, options))
    ]


def _ordered_sums(
    layer: Any,
    x: _Vector,
    weights: NDArray[np.float64],
    bias: NDArray[np.float64],
    accumulator: FixedType,
) -> _Vector:
    """Sum in an accumulator that saturates, in the firmware's order."""
    products = _Products(layer, x, accumulator)
    sums = []
    for at, start in enumerate(bias):
        total: Any = _constant(start, x[0])
        for product in products.of(weights[:, at]):
            total = _saturate(total + product, accumulator)
        sums.append(total)
    return sums


@dataclass
class _Products:
    """Products of values and weights, each in the accumulator's type, each made once."""

    layer: Any
    x: _Vector
    accumulator: FixedType

    def __post_init__(self) -> None:
        self._made: dict[tuple[int, float], Any] = {}

    def of(self, weights: NDArray[np.float64]) -> _Vector:
        """Return the products with a column of weights, but those with zero."""
        return [self._one(at, float(weight)) for at, weight in enumerate(weights) if weight]

    def _one(self, at: int, weight: float) -> Any:
        if (at, weight) not in self._made:
            product = _times(self.x[at], weight, self.layer)
            self._made[at, weight] = _cast(product, self.accumulator)
        return self._made[at, weight]


def _matrix_product(x: _Vector, weights: NDArray[np.float64], options: dict[str, Any]) -> _Vector:
    """Return ``x @ weights`` by da4ml's solver; inputs and outputs without weights are left out."""
    import numpy as np
    from da4ml.trace import FixedVariableArray

    rows, columns = weights.any(axis=1), weights.any(axis=0)
    sums = [_constant(0.0, x[0]) for _ in range(weights.shape[1])]
    if rows.any():
        used = np.array([value for value, use in zip(x, rows, strict=True) if use], object)
        product = FixedVariableArray(used, options) @ weights[np.ix_(rows, columns)]
        for at, value in zip(np.flatnonzero(columns), product._vars, strict=True):
            sums[at] = value
    return sums


def _total(values: _Vector, accumulator: FixedType) -> Any:
    """Add values, shallowest first; bits above the accumulator's are of no use, so each wraps."""
    values = sorted(values, key=lambda value: float(value.latency))
    while len(values) > 1:
        pairs = zip(values[::2], values[1::2], strict=False)
        left = values[-1:] if len(values) % 2 else []
        values = [_wrap(first + second, accumulator) for first, second in pairs] + left
    return values[0]


def _is_constant(value: Any) -> bool:
    return bool(value.low == value.high)


def _constant(number: float, like: Any) -> Any:
    """Return a number as a value of the same hardware as another."""
    from da4ml.trace import FixedVariable

    return FixedVariable.from_const(float(number), hwconf=like.hwconf)


def _fraction(value: Any) -> int:
    """Count a value's fraction bits (negative: whole bits at the end that are always zero)."""
    return -int(math.log2(value.step))


def _fractions(numbers: NDArray[np.float64]) -> NDArray[np.int64]:
    """Count the fraction bits that numbers need, at most `MAX_FRACTION`; zero needs none."""
    import numpy as np

    whole = np.rint(np.abs(numbers) * 2.0**MAX_FRACTION).astype(np.int64)
    lowest = np.log2(np.maximum(whole & -whole, 1)).astype(np.int64)
    return np.where(whole == 0, -(2**15), MAX_FRACTION - lowest)


def _times(value: Any, number: float, layer: Any) -> Any:
    """Multiply, exactly."""
    if number == 0:
        return _constant(0.0, value)
    if _is_constant(value):
        return _checked_constant(float(value.low) * float(number), value, layer)
    return value * float(number)


def _plus(value: Any, number: float, layer: Any) -> Any:
    """Add a number, exactly."""
    if _is_constant(value):
        return _checked_constant(float(value.low) + float(number), value, layer)
    return value + float(number)


def _checked_constant(number: float, like: Any, layer: Any) -> Any:
    if not (number * 2.0**MAX_FRACTION).is_integer():
        raise _refusal(layer, f"a constant has more than {MAX_FRACTION} fraction bits")
    return _constant(number, like)


def _cast(value: Any, kind: FixedType) -> Any:
    """Bring a value into a type: round, then saturate."""
    import numpy as np

    if _is_constant(value):
        return _constant(float(kind.cast(np.array(float(value.low)))), value)
    return _saturate(_round(value, kind), kind)


def _round(value: Any, kind: FixedType) -> Any:
    """Drop fraction bits, by adding what the mode asks for and rounding down."""
    dropped = _fraction(value) - kind.fraction
    if dropped <= 0:
        return value
    unit, half, least = kind.lsb, kind.lsb / 2, 2.0 ** -_fraction(value)
    added: dict[str, Callable[[], Any]] = {
        "TRN": lambda: value,
        "TRN_ZERO": lambda: value + _sign(value) * (unit - least),
        "RND": lambda: value + half,
        "RND_MIN_INF": lambda: value + (half - least),
        "RND_INF": lambda: value + half + _sign(value) * -least,
        "RND_ZERO": lambda: value + (half - least) + _sign(value) * least,
        "RND_CONV": lambda: value + (half - least) + _odd(value, kind) * (least / unit),
    }
    return _floor(added[kind.rounding](), kind.fraction)


def _floor(value: Any, fraction: int) -> Any:
    """Drop fraction bits, rounding down.

    da4ml takes a type of no bits for zero, but a negative value of few bits rounds to -1 unit: so
    there must be room for that.
    """
    signed, integer, _ = value.kif
    return value.quantize(int(signed), max(integer, -fraction), fraction, "WRAP", "TRN")


def _sign(value: Any) -> Any:
    """Return 1 where a value is negative, else 0."""
    if value.low >= 0:
        return _constant(0.0, value)
    if value.high < 0:
        return _constant(1.0, value)
    _, integer, _ = value.kif
    return value.quantize(0, integer + 1, -integer, "WRAP", "TRN") * 2.0**-integer


def _odd(value: Any, kind: FixedType) -> Any:
    """Return one unit of a type where a value, rounded down to the type, is odd, else 0."""
    return value.quantize(0, 1 - kind.fraction, kind.fraction, "WRAP", "TRN")


def _saturate(value: Any, kind: FixedType) -> Any:
    """Bring a value, on the type's grid already, into the type's range."""
    if value.low >= kind.low and value.high <= kind.high:
        return value
    if _is_constant(value):
        return _cast(value, kind)
    if kind.saturation == "WRAP":
        return _wrap(value, kind)
    if kind.saturation == "SAT_ZERO":
        return _zero_outside(value, kind)
    return value.max_of(decimal.Decimal(kind.low)).min_of(decimal.Decimal(kind.high))


def _wrap(value: Any, kind: FixedType) -> Any:
    """Keep a type's bits of a value that is on its grid.

    da4ml's own wrap to an unsigned type extends no sign: from one bit more than the value has on,
    upper bits would stay zero. Adding a multiple of the range first makes the value positive.
    """
    if value.low >= kind.low and value.high <= kind.high:
        return value
    if _is_constant(value):
        return _cast(value, kind)
    if value.low < 0 and not kind.signed and kind.integer > value.kif[1] + 1:
        span = decimal.Decimal(2) ** kind.integer
        value = value + math.ceil(-value.low / span) * span
        if value.high <= kind.high:
            return value
    signed = int(kind.signed)
    return value.quantize(signed, kind.integer - signed, kind.fraction, "WRAP", "TRN")


def _zero_outside(value: Any, kind: FixedType) -> Any:
    """Put zero in place of what lies outside a type's range.

    da4ml swaps the branches of a multiplexer whose key is negated, which is wrong at zero, so
    keys are half a unit off the grid; and its zero has the grid of whole numbers, which the
    result must not be coarser than.
    """
    zero, step = decimal.Decimal(0), value.step
    low = math.ceil(decimal.Decimal(kind.low) / step) * step
    high = math.floor(decimal.Decimal(kind.high) / step) * step
    if value.low > high or value.high < low:
        return _constant(0.0, value)
    original, finest = value, min(step, decimal.Decimal(1))
    if original.high > high:
        bounds = (min(value.low, zero), max(high, zero), finest)
        value = (original - (high + step / 2)).msb_mux(value, zero, bounds)
    if original.low < low:
        bounds = (min(low, zero), max(value.high, zero), finest)
        value = (original - (low - step / 2)).msb_mux(zero, value, bounds)
    return _floor(value, kind.fraction)
