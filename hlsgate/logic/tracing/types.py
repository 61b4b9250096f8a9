"""hls4ml's types, read and checked; refusals that name the layer."""

from __future__ import annotations

from typing import Any

from hlsgate.infra.errors import TracingError
from hlsgate.spec.fixedpoint import ROUNDINGS, SATURATIONS, Fixed


def refusal(layer: Any, reason: str) -> TracingError:
    """Return the error that says why a layer cannot be traced."""
    return TracingError(f"layer {layer.name} ({layer.class_name}) cannot be traced: {reason}.")


def fixed_type(layer: Any, precision: Any) -> Fixed:
    """Read an hls4ml precision.

    Source: hls4ml 1.3.0, ``model/types.py``.

    Raises
    ------
    TracingError
        If it is no fixed-point or integer type, or one of an unknown mode.
    """
    kind = type(precision).__name__
    if not kind.endswith(("FixedPrecisionType", "IntegerPrecisionType")):
        raise refusal(layer, f"its type {precision} ({kind}) is not fixed-point")
    rounding = str(precision.rounding_mode).rpartition(".")[2]
    saturation = str(precision.saturation_mode).rpartition(".")[2]
    if rounding not in ROUNDINGS or saturation not in SATURATIONS:
        raise refusal(layer, f"modes {rounding}, {saturation} of {precision} are unknown")
    if precision.saturation_bits:
        raise refusal(layer, f"saturation bits of {precision} are not supported")
    if saturation == "SAT_SYM" and precision.signed and precision.width == 1:
        raise refusal(layer, f"{precision} has one bit, which leaves no value but zero")
    return Fixed(
        int(precision.width), int(precision.integer), bool(precision.signed), rounding, saturation
    )


def data_type(layer: Any, precision: Any) -> Fixed:
    """Read the type of values that flow; integers have casts of their own, not built here."""
    if "Integer" in type(precision).__name__:
        raise refusal(layer, f"values of type {precision} are integers; declare fixed-point")
    return fixed_type(layer, precision)


def result_type(layer: Any) -> Fixed:
    """Read the type of a layer's outputs."""
    return data_type(layer, layer.get_output_variable().type.precision)
