"""Casts, of every mode of rounding and saturation, built from what da4ml has.

da4ml (0.5.2) has truncation, wrapping, comparison and addition; rounding and saturation are as
in the ``ac_types`` and ``ap_types`` that hls4ml ships. Values are da4ml's ``FixedVariable``.
"""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable
from typing import Any

from hlsgate.spec.fixedpoint import Fixed


def is_constant(value: Any) -> bool:
    """Tell whether a value is the same whatever the inputs are."""
    return bool(value.low == value.high)


def constant(number: float, like: Any) -> Any:
    """Return a number as a value of the same hardware as another."""
    from da4ml.trace import FixedVariable

    return FixedVariable.from_const(float(number), hwconf=like.hwconf)


def fraction(value: Any) -> int:
    """Count a value's fraction bits (negative: whole bits at the end that are always zero)."""
    return -int(math.log2(value.step))


def cast(value: Any, kind: Fixed) -> Any:
    """Bring a value into a type: round, then saturate."""
    import numpy as np

    if is_constant(value):
        return constant(float(kind.cast(np.array(float(value.low)))), value)
    return saturate(_round(value, kind), kind)


def _round(value: Any, kind: Fixed) -> Any:
    """Drop fraction bits, by adding what the mode asks for and rounding down."""
    dropped = fraction(value) - kind.fraction
    if dropped <= 0:
        return value
    unit, half, least = kind.lsb, kind.lsb / 2, 2.0 ** -fraction(value)
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
        return constant(0.0, value)
    if value.high < 0:
        return constant(1.0, value)
    _, integer, _ = value.kif
    return value.quantize(0, integer + 1, -integer, "WRAP", "TRN") * 2.0**-integer


def _odd(value: Any, kind: Fixed) -> Any:
    """Return one unit of a type where a value, rounded down to the type, is odd, else 0."""
    return value.quantize(0, 1 - kind.fraction, kind.fraction, "WRAP", "TRN")


def saturate(value: Any, kind: Fixed) -> Any:
    """Bring a value, on the type's grid already, into the type's range."""
    if value.low >= kind.low and value.high <= kind.high:
        return value
    if is_constant(value):
        return cast(value, kind)
    if kind.saturation == "WRAP":
        return wrap(value, kind)
    if kind.saturation == "SAT_ZERO":
        return _zero_outside(value, kind)
    return value.max_of(decimal.Decimal(kind.low)).min_of(decimal.Decimal(kind.high))


def wrap(value: Any, kind: Fixed) -> Any:
    """Keep a type's bits of a value that is on its grid.

    da4ml's own wrap to an unsigned type extends no sign: from one bit more than the value has on,
    upper bits would stay zero. Adding a multiple of the range first makes the value positive.
    """
    if value.low >= kind.low and value.high <= kind.high:
        return value
    if is_constant(value):
        return cast(value, kind)
    if value.low < 0 and not kind.signed and kind.integer > value.kif[1] + 1:
        span = decimal.Decimal(2) ** kind.integer
        value = value + math.ceil(-value.low / span) * span
        if value.high <= kind.high:
            return value
    signed = int(kind.signed)
    return value.quantize(signed, kind.integer - signed, kind.fraction, "WRAP", "TRN")


def _zero_outside(value: Any, kind: Fixed) -> Any:
    """Put zero in place of what lies outside a type's range.

    da4ml swaps the branches of a multiplexer whose key is negated, which is wrong at zero, so
    keys are half a unit off the grid; and its zero has the grid of whole numbers, which the
    result must not be coarser than.
    """
    zero, step = decimal.Decimal(0), value.step
    low = math.ceil(decimal.Decimal(kind.low) / step) * step
    high = math.floor(decimal.Decimal(kind.high) / step) * step
    if value.low > high or value.high < low:
        return constant(0.0, value)
    original, finest = value, min(step, decimal.Decimal(1))
    if original.high > high:
        bounds = (min(value.low, zero), max(high, zero), finest)
        value = (original - (high + step / 2)).msb_mux(value, zero, bounds)
    if original.low < low:
        bounds = (min(low, zero), max(value.high, zero), finest)
        value = (original - (low - step / 2)).msb_mux(zero, value, bounds)
    return _floor(value, kind.fraction)
