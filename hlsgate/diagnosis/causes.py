"""Why a layer differs: evidence for each cause is a recomputation in which it is absent."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING

from hlsgate.diagnosis import catalogue as of
from hlsgate.diagnosis.arithmetic import (
    ACCUMULATOR,
    EXACT,
    LIFTABLE,
    RESULT,
    WEIGHTS,
    compute,
    known,
)
from hlsgate.diagnosis.catalogue import Finding
from hlsgate.spec.layers import HardwareLayer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.spec.fixedpoint import Fixed

SOFTMAX_NAME = "softmax"
"""The one name for which hls4ml's oneAPI and Quartus writers size the tables (1.3.0)."""

_NOISE = 1e-5
"""Largest relative difference between Keras' float32 and float64."""

_CLOSER = 0.5
"""How much closer than the true softmax a model of the table must come to explain the outputs."""


@dataclass(frozen=True)
class Context:
    """What is known of a conversion besides its layers.

    Parameters
    ----------
    default : Fixed
        hls4ml's default type.
    granularity : {"model", "name"}
        As the conversion was told.
    meant : mapping of str to Fixed
        Types that the model itself gives to outputs, by Keras layer.
    by_name : mapping of str to HardwareLayer
        The same layers with the types that ``granularity="name"`` gives; empty where it is that.
    table_ranges : mapping of str to float
        Largest difference of inputs that a softmax's table was filled for, by layer.
    keras_of : mapping of str to str
        Keras layer that each layer of the hardware stands for.
    rounds_up : bool
        Whether differences between inputs of a softmax go to the next larger table entry, as on
        Intel's backends, which keep them negative; else to the next smaller one.
    """

    default: Fixed
    granularity: str = "name"
    meant: dict[str, Fixed] = field(default_factory=dict)
    by_name: dict[str, HardwareLayer] = field(default_factory=dict)
    table_ranges: dict[str, float] = field(default_factory=dict)
    keras_of: dict[str, str] = field(default_factory=dict)
    rounds_up: bool = False


def ideal(layer: HardwareLayer, x: NDArray[np.float64], context: Context) -> NDArray[np.float64]:
    """Compute what a layer would give if nothing were cut that the model does not cut."""
    return compute(layer, x, EXACT, context.meant.get(layer.keras or ""))


def of_input(
    layer: HardwareLayer, x: NDArray[np.float64], emulated: NDArray[np.float64]
) -> list[Finding]:
    """Tell why inputs differ from what was given."""
    kind = layer.result
    if kind is None or (kind.cast(x) != emulated).any():
        return [Finding(of.UNKNOWN, f"inputs are not as {kind} casts them")]
    outside = ((x < kind.low) | (x > kind.high)).any(axis=1)
    different = (x != emulated).any(axis=1)
    found = []
    if outside.any():
        beyond = f"{int(outside.sum())} rows beyond [{kind.low:g}, {kind.high:g}]"
        found.append(Finding(of.INPUT_RANGE, f"{beyond} of {kind}"))
    if (different & ~outside).any():
        count = int((different & ~outside).sum())
        found.append(Finding(of.INPUT_GRID, f"{count} rows in the range are no values of {kind}"))
    return found


def of_layer(
    layer: HardwareLayer,
    x: NDArray[np.float64],
    emulated: NDArray[np.float64],
    context: Context,
) -> list[Finding]:
    """Tell why a layer gives something else than `ideal` for the same inputs.

    Parameters
    ----------
    layer : HardwareLayer
        The layer.
    x, emulated : ndarray, shape (n, values), float64
        What the emulation gave it and what it made of that.
    context : Context
        The conversion.

    Returns
    -------
    list of Finding
        The fewest cuts without which the difference vanishes.
    """
    if not known(layer):
        return [Finding(of.UNKNOWN, f"no arithmetic is written down for {layer.kind}")]
    meant = context.meant.get(layer.keras or "")
    wanted = ideal(layer, x, context)
    if (compute(layer, x) != emulated).any():
        return [Finding(of.UNKNOWN, "its own types do not explain what it gives")]
    other = context.by_name.get(layer.name)
    if other is not None and _types_differ(layer, other) and _vanishes(other, x, wanted):
        return [Finding(of.GRANULARITY, _overridden(layer, other))]
    for count in range(1, len(LIFTABLE) + 1):
        for lifted in combinations(LIFTABLE, count):
            if (compute(layer, x, frozenset(lifted), meant) == wanted).all():
                found = [_finding(layer, one, x, context) for one in lifted]
                return found[::-1]  # weights first, since other cuts follow from theirs
    raise AssertionError("with everything lifted a layer is its ideal")


def _vanishes(other: HardwareLayer, x: NDArray[np.float64], wanted: NDArray[np.float64]) -> bool:
    return bool((compute(other, x) == wanted).all())


def _types_differ(layer: HardwareLayer, other: HardwareLayer) -> bool:
    return layer.result != other.result or layer.types != other.types


def _overridden(layer: HardwareLayer, other: HardwareLayer) -> str:
    pairs = [("result", layer.result, other.result)]
    pairs += [(name, kind, other.types.get(name)) for name, kind in layer.types.items()]
    told = [f"{name} {ours}, by name {theirs}" for name, ours, theirs in pairs if ours != theirs]
    return "; ".join(told)


def _finding(
    layer: HardwareLayer, lifted: str, x: NDArray[np.float64], context: Context
) -> Finding:
    if lifted == ACCUMULATOR:
        kind = layer.types["accum"]
        sums = compute(layer, x, frozenset({RESULT, ACCUMULATOR}))
        count = int(((sums < kind.low) | (sums > kind.high)).sum())
        lost = f"{count} sums beyond its range" if count else "fraction bits of products are cut"
        return Finding(of.ACCUMULATOR, f"accum is {kind}: {lost}")
    if lifted == WEIGHTS:
        return Finding(of.WEIGHTS_OFF_GRID, _off_grid(layer))
    default = layer.kind == "Activation" and layer.result == context.default
    key = of.DEFAULT_ACTIVATION if default else of.RESULT_TYPE
    return Finding(key, f"{layer.result} cuts what is there")


def _off_grid(layer: HardwareLayer) -> str:
    told = []
    for name, values in layer.weights.items():
        count = int((values != layer.written[name]).sum())
        if count:
            told.append(f"{count} of {values.size} {name} are no values of {layer.types[name]}")
    return "; ".join(told)


def softmax_model(
    x: NDArray[np.float64],
    kind: Fixed,
    built: float,
    entries: int | None,
    *,
    rounds_up: bool = False,
) -> NDArray[np.float64]:
    """Return the softmax of inputs as a table of a given range sees them.

    The table is addressed by the upper bits of the input type, whose differences span half of its
    range; what it holds is for differences up to `built`. Without `entries` nothing is cut.
    """
    import numpy as np
    from scipy.special import softmax

    span = 2.0 ** (kind.integer - 1)
    apart = x.max(axis=1, keepdims=True) - x
    if entries is not None:
        step = span / entries
        cut = np.ceil if rounds_up else np.floor
        apart = np.clip(cut(apart / step), 0, entries - 1) * step
    exact: NDArray[np.float64] = softmax(-apart * (built / span), axis=1)
    return exact


def of_softmax(
    layer: HardwareLayer,
    kind: Fixed | None,
    x: NDArray[np.float64],
    emulated: NDArray[np.float64],
    context: Context,
) -> list[Finding]:
    """Tell why a softmax's table is worse than its bounds allow.

    Parameters
    ----------
    layer : HardwareLayer
        The softmax.
    kind : Fixed or None
        Type of its inputs.
    x, emulated : ndarray, shape (n, classes), float64
        What it was given and what it made of that.
    context : Context
        The conversion.

    Returns
    -------
    list of Finding
        Of the models of a table (built for another range, cut to its step, both), the first one
        that comes to within half of the error.
    """
    built, entries = context.table_ranges.get(layer.name), layer.table_size
    if kind is None or built is None or entries is None:
        return [Finding(of.UNKNOWN, "the range of its table is not known")]
    span = 2.0 ** (kind.integer - 1)
    step = span / entries
    renamed = Finding(
        of.RENAMED_SOFTMAX,
        f"its table is for differences up to {built:g}, those of {kind} reach {span:g}",
    )
    coarse = Finding(of.COARSE_TABLE, f"{entries} entries are {step:g} apart, {kind} {kind.lsb:g}")
    tried = []
    if built != span and layer.name != SOFTMAX_NAME:
        tried.append(([renamed], softmax_model(x, kind, built, None)))
    if step > kind.lsb:
        up = context.rounds_up
        tried.append(([coarse], softmax_model(x, kind, span, entries, rounds_up=up)))
        if built != span and layer.name != SOFTMAX_NAME:
            both = softmax_model(x, kind, built, entries, rounds_up=up)
            tried.append(([renamed, coarse], both))
    error = _distance(emulated, softmax_model(x, kind, span, None))
    for findings, model in tried:
        left = _distance(emulated, model)
        if left <= _CLOSER * error:
            seen = f"; mean error {error:.4f}, from such a softmax {left:.4f}"
            return [replace(one, seen=one.seen + seen) for one in findings]
    return [Finding(of.UNKNOWN, f"mean error {error:.4f}, which no model of its table halves")]


def _distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(abs(one - other).mean())


def explains_keras(found: NDArray[np.float64], keras: NDArray[np.float64]) -> bool:
    """Tell whether a layer's ideal arithmetic is Keras', float32's rounding apart."""
    import numpy as np

    if found.shape != keras.shape:
        return False
    bound = _NOISE * np.maximum(np.abs(keras).max(), 1.0)
    return bool((np.abs(found - keras) <= bound).all())
