"""Rows that are hard for fixed-point hardware: ends of ranges, edges of rounding, overflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.spec.fixedpoint import Fixed

FirstLayer = tuple["NDArray[np.float32]", "NDArray[np.float32]", "Fixed"]
"""Kernel (inputs, units) and bias (units,) of a dense first layer, and its activation's type."""

_RANDOM = 1000
_FINE = 1024
"""Parts of a unit, by which rows lie beside the input type's grid."""


def edge_rows(
    kind: Fixed,
    inputs: int,
    first: FirstLayer | None = None,
    *,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Make rows for a network's inputs.

    Parameters
    ----------
    kind : Fixed
        Type of the inputs.
    inputs : int
        Values in a row.
    first : FirstLayer or None
        Kernel and bias of the first layer, where that is dense, and the type of its activation.
    seed : int
        For the rows that are drawn.

    Returns
    -------
    ndarray, shape (n, inputs), float64
        Zeros; every input alone, and all, at and beside the ends of the range, and beyond it; rows
        on the grid and a 1024th of a unit beside it; rows that bring every unit of a dense first
        layer onto, and one LSB of an input to each side of, every rounding edge of its activation
        that its lightest input can reach; random rows up to four times the range.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    ends = (kind.low, kind.high, kind.lsb, -kind.lsb, kind.high + kind.lsb, kind.low - kind.lsb,
            kind.high * 2 + kind.lsb, kind.low * 3)  # fmt: skip
    grid = kind.cast(rng.uniform(kind.low, kind.high, (_RANDOM, inputs)))
    parts = [np.zeros((1, inputs))]
    parts += [end * np.eye(inputs) for end in ends]
    parts += [np.full((1, inputs), end) for end in ends]
    parts += [rng.choice(ends, (_RANDOM, inputs)), grid]
    parts += [grid + side * kind.lsb / _FINE for side in (-1, 1)]
    if first is not None:
        parts.append(rounding_edges(kind, *first, rng))
    parts.append(rng.uniform(4 * kind.low, 4 * kind.high, (_RANDOM, inputs)))
    return np.concatenate(parts)


def rounding_edges(
    kind: Fixed,
    kernel: NDArray[np.float32],
    bias: NDArray[np.float32],
    activation: Fixed,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return rows at, and one LSB of one input to each side of, edges of a unit's rounding.

    For each unit one small row is drawn; the input of the smallest weight is then moved to where
    the unit's sum meets each edge, as far as the input's range allows.
    """
    import numpy as np

    kernel, bias = np.asarray(kernel, np.float64), np.asarray(bias, np.float64)
    half = 0.0 if activation.rounding.startswith("TRN") else activation.lsb / 2
    edges = np.arange(min(2.0**activation.width, 64)) * activation.lsb + half
    rows = []
    for unit in range(kernel.shape[1]):
        used = np.flatnonzero(kernel[:, unit])
        if not len(used):
            continue
        base = kind.cast(rng.uniform(-1, 1, kernel.shape[0]))
        moved = used[np.argmin(np.abs(kernel[used, unit]))]
        total = base @ kernel[:, unit] + bias[unit]
        steps = np.round((edges - total) / (kernel[moved, unit] * kind.lsb))
        for side in (-1, 0, 1):
            near = np.tile(base, (len(edges), 1))
            near[:, moved] += (steps + side) * kind.lsb
            rows.append(near[(near[:, moved] >= kind.low) & (near[:, moved] <= kind.high)])
    return np.concatenate(rows)
