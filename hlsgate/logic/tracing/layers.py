"""Layers of an hls4ml graph, traced with the arithmetic of its backend's C++.

Sources: hls4ml 1.3.0, ``templates/{vivado/nnet_utils,quartus/firmware/nnet_utils,
oneapi/firmware/nnet_utils}``, files ``nnet_dense_latency.h``, ``nnet_dense_resource.h``,
``nnet_dense.h``, ``nnet_mult.h``, ``nnet_batchnorm.h`` and ``nnet_activation.h``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hlsgate.logic.tracing.casts import cast, constant, fraction, is_constant, saturate, wrap
from hlsgate.logic.tracing.types import data_type, fixed_type, refusal, result_type
from hlsgate.spec.fixedpoint import Fixed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_FRACTION = 32
"""Finest constant, as a number of fraction bits (da4ml's ``_const_f`` looks no further)."""

MAX_WEIGHT_BITS = 24
"""Bits of a weight's significand: da4ml's solver takes float32."""

PASSED_ON = ("Reshape", "Repack")
"""Layers that move no values: rows are stored flat, last index fastest."""

Vector = list[Any]
"""Values of a tensor, flat, each a ``da4ml.trace.FixedVariable``."""


def trace_inputs(layer: Any, options: dict[str, Any]) -> tuple[Any, Vector]:
    """Return da4ml's inputs, and their values in the input type."""
    from da4ml.trace import FixedVariableArrayInput, HWConfig

    kind = result_type(layer)
    size = math.prod(layer.get_output_variable().shape)
    inputs = FixedVariableArrayInput((size,), HWConfig(1, -1, -1), solver_options=options)
    values = inputs.quantize(int(kind.signed), kind.integer - kind.signed, kind.fraction)
    return list(values._vars), list(values._vars)


def trace_layer(layer: Any, x: Vector, options: dict[str, Any]) -> Vector:
    """Trace one layer."""
    if layer.class_name in PASSED_ON or layer.class_name == "Softmax":
        return x
    if layer.class_name == "Dense":
        return _dense(layer, x, options)
    if layer.class_name in ("BatchNormalization", "ApplyAlpha"):
        return _scaled(layer, x)
    if layer.class_name == "Activation":
        return _activation(layer, x)
    raise refusal(layer, "its kind is not supported")


def _activation(layer: Any, x: Vector) -> Vector:
    """Trace ReLU and quantised or plain linear activations."""
    name = layer.get_attr("activation")
    kind = result_type(layer)
    if name == "relu":
        return [cast(_relu(value), kind) for value in x]
    if name == "linear":
        return [cast(value, kind) for value in x]
    raise refusal(layer, f"activation {name!r} is not supported")


def _relu(value: Any) -> Any:
    return value if value.low >= 0 else value.relu()


def _scaled(layer: Any, x: Vector) -> Vector:
    """Trace ``x * scale + bias``, cast once (``nnet_batchnorm.h``, ``normalize``)."""
    kind = result_type(layer)
    scale, bias = _written(layer, "scale"), _written(layer, "bias")
    channels = layer.get_attr("n_filt")
    channels = len(x) if channels in (None, -1) else channels
    if len(scale) != channels or len(bias) != channels:
        raise refusal(layer, f"{channels} channels do not go with {len(scale)} scales")
    return [
        cast(_plus(_times(value, scale[at % channels], layer), bias[at % channels], layer), kind)
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
        raise refusal(layer, f"{name} is not stored as plain numbers ({error})") from None
    values = kind.cast(written)
    _check_constants(layer, name, values)
    integer = "Integer" in type(variable.type.precision).__name__
    if integer and kind == Fixed(2, 2) and values.min() < -1:
        # nnet_mult.h, weight_ternary, takes -2 for 1.
        raise refusal(layer, f"{name} of type {kind} holds -2, which is not ternary")
    return values


def _check_constants(layer: Any, name: str, values: NDArray[np.float64]) -> None:
    import numpy as np

    steps = values * 2.0**MAX_FRACTION
    if (steps != np.floor(steps)).any():
        raise refusal(layer, f"{name} has more than {MAX_FRACTION} fraction bits")
    mantissas = np.frexp(values)[0] * 2.0**MAX_WEIGHT_BITS
    if (mantissas != np.floor(mantissas)).any():
        raise refusal(layer, f"{name} has more than {MAX_WEIGHT_BITS} significant bits")


def _dense(layer: Any, x: Vector, options: dict[str, Any]) -> Vector:
    """Trace a dense layer.

    In every backend each product is cast to the accumulator's type, and so is the bias; then,
    from the first input to the last, each product is added and the sum cast again.
    """
    weights, bias = _dense_weights(layer, len(x)), _written(layer, "bias")
    accumulator = data_type(layer, layer.get_attr("accum_t").precision)
    result = result_type(layer)
    if accumulator.saturation == "WRAP":
        sums = _wrapping_sums(layer, x, weights, accumulator.cast(bias), accumulator, options)
    else:
        sums = _ordered_sums(layer, x, weights, accumulator.cast(bias), accumulator)
    return [cast(value, result) for value in sums]


def _dense_weights(layer: Any, inputs: int) -> NDArray[np.float64]:
    """Return a dense layer's weights, shape (inputs, outputs), as the firmware reads them."""
    _check_strategy(layer)
    n_in, n_out = layer.get_attr("n_in"), layer.get_attr("n_out")
    weights = _written(layer, "weight")
    if n_in != inputs or weights.size != n_in * n_out:
        raise refusal(layer, f"{weights.size} weights do not go with {inputs} to {n_out} values")
    if layer.get_attr("_weights_transposed"):
        return weights.reshape(n_out, n_in).T
    return weights.reshape(n_in, n_out)


def _check_strategy(layer: Any) -> None:
    """Refuse strategies whose order of additions, or storage of weights, is another."""
    strategy = str(layer.get_attr("strategy")).lower()
    if strategy not in ("latency", "resource"):
        raise refusal(layer, f"strategy {strategy!r} is not supported")
    reuse = layer.get_attr("reuse_factor")
    if reuse not in (None, 1) and strategy == "resource":
        raise refusal(layer, f"reuse factor {reuse} is not 1")
    if layer.model.config.get_compression(layer):
        raise refusal(layer, "compressed weights are not supported")


def _wrapping_sums(
    layer: Any,
    x: Vector,
    weights: NDArray[np.float64],
    bias: NDArray[np.float64],
    accumulator: Fixed,
    options: dict[str, Any],
) -> Vector:
    """Sum in an accumulator that wraps: the order of additions is free.

    Products that have no more fraction bits than the accumulator lose nothing before the end, so
    that they go through da4ml's matrix product; the others are cast one by one.
    """
    import numpy as np

    constant = np.array([is_constant(value) for value in x], bool)
    known = np.array([float(value.low) if is_constant(value) else 0.0 for value in x])
    bias = bias + accumulator.cast(known[:, None] * weights).sum(axis=0)
    places = np.array([fraction(value) for value in x])
    exact = places[:, None] + fractions(weights) <= accumulator.fraction
    together = np.where(exact & ~constant[:, None], weights, 0.0)
    apart = np.where(exact | constant[:, None], 0.0, weights)
    products = _Products(layer, x, accumulator)
    return [
        wrap(
            _plus(_total([first, *products.of(apart[:, at])], accumulator), bias[at], layer),
            accumulator,
        )
        for at, first in enumerate(_matrix_product(x, together, options))
    ]


def _ordered_sums(
    layer: Any,
    x: Vector,
    weights: NDArray[np.float64],
    bias: NDArray[np.float64],
    accumulator: Fixed,
) -> Vector:
    """Sum in an accumulator that saturates, in the firmware's order."""
    products = _Products(layer, x, accumulator)
    sums = []
    for at, start in enumerate(bias):
        total: Any = constant(start, x[0])
        for product in products.of(weights[:, at]):
            total = saturate(total + product, accumulator)
        sums.append(total)
    return sums


@dataclass
class _Products:
    """Products of values and weights, each in the accumulator's type, each made once."""

    layer: Any
    x: Vector
    accumulator: Fixed

    def __post_init__(self) -> None:
        self._made: dict[tuple[int, float], Any] = {}

    def of(self, weights: NDArray[np.float64]) -> Vector:
        """Return the products with a column of weights, but those with zero."""
        return [self._one(at, float(weight)) for at, weight in enumerate(weights) if weight]

    def _one(self, at: int, weight: float) -> Any:
        if (at, weight) not in self._made:
            product = _times(self.x[at], weight, self.layer)
            self._made[at, weight] = cast(product, self.accumulator)
        return self._made[at, weight]


def _matrix_product(x: Vector, weights: NDArray[np.float64], options: dict[str, Any]) -> Vector:
    """Return ``x @ weights`` by da4ml's solver; inputs and outputs without weights are left out."""
    import numpy as np
    from da4ml.trace import FixedVariableArray

    rows, columns = weights.any(axis=1), weights.any(axis=0)
    sums = [constant(0.0, x[0]) for _ in range(weights.shape[1])]
    if rows.any():
        used = np.array([value for value, use in zip(x, rows, strict=True) if use], object)
        product = FixedVariableArray(used, options) @ weights[np.ix_(rows, columns)]
        for at, value in zip(np.flatnonzero(columns), product._vars, strict=True):
            sums[at] = value
    return sums


def _total(values: Vector, accumulator: Fixed) -> Any:
    """Add values, shallowest first; bits above the accumulator's are of no use, so each wraps."""
    values = sorted(values, key=lambda value: float(value.latency))
    while len(values) > 1:
        pairs = zip(values[::2], values[1::2], strict=False)
        left = values[-1:] if len(values) % 2 else []
        values = [wrap(first + second, accumulator) for first, second in pairs] + left
    return values[0]


def fractions(numbers: NDArray[np.float64]) -> NDArray[np.int64]:
    """Count the fraction bits that numbers need, at most `MAX_FRACTION`; zero needs none."""
    import numpy as np

    whole = np.rint(np.abs(numbers) * 2.0**MAX_FRACTION).astype(np.int64)
    lowest = np.log2(np.maximum(whole & -whole, 1)).astype(np.int64)
    return np.where(whole == 0, -(2**15), MAX_FRACTION - lowest)


def _times(value: Any, number: float, layer: Any) -> Any:
    """Multiply, exactly."""
    if number == 0:
        return constant(0.0, value)
    if is_constant(value):
        return _checked_constant(float(value.low) * float(number), value, layer)
    return value * float(number)


def _plus(value: Any, number: float, layer: Any) -> Any:
    """Add a number, exactly."""
    if is_constant(value):
        return _checked_constant(float(value.low) + float(number), value, layer)
    return value + float(number)


def _checked_constant(number: float, like: Any, layer: Any) -> Any:
    if not (number * 2.0**MAX_FRACTION).is_integer():
        raise refusal(layer, f"a constant has more than {MAX_FRACTION} fraction bits")
    return constant(number, like)
