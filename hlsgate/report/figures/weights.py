"""Histograms of weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hlsgate.report.figures import PALETTE, Look, panel, plain_numbers

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from hlsgate.spec.fixedpoint import Fixed

_BINS = 41
_MOST_LEVELS = 128


def draw(
    variant: str,
    weights: NDArray[np.floating[Any]],
    declared: Fixed | None,
    *,
    width: float = 3.6,
    height: float = 2.5,
) -> Figure:
    """Draw how often each value occurs among kernel weights; zero apart, as pruning makes many.

    Parameters
    ----------
    variant : str
        For the title.
    weights : ndarray of float
        Every kernel weight.
    declared : Fixed or None
        Their type: one bar for each of its values; None for float weights.
    width, height : float
        In inches.
    """
    import numpy as np

    figure, axes = panel(width, height)
    nonzero = weights[weights != 0]
    edges = _edges(nonzero, declared)
    counts, _ = np.histogram(nonzero, edges)
    bar = 0.85 * (edges[1] - edges[0])
    axes.bar((edges[:-1] + edges[1:]) / 2, counts, width=bar, color=PALETTE["blue"])
    look: Look = {"facecolor": "none", "edgecolor": PALETTE["faint"], "hatch": "///"}
    zeros = int(weights.size - nonzero.size)
    if zeros:
        axes.bar(0.0, zeros, width=bar, zorder=0, linewidth=1, **look)
    axes.set_yscale("log")
    axes.set_ylim(bottom=0.8)
    plain_numbers(axes.yaxis, (1,))
    axes.set_xlabel("weight")
    axes.set_ylabel("how many")
    axes.set_title(variant)
    return figure


def _edges(nonzero: NDArray[np.floating[Any]], declared: Fixed | None) -> NDArray[np.float64]:
    """Return the edges of bars: around each value of the type, where they are not too many."""
    import numpy as np

    levels = round((declared.high - declared.low) / declared.lsb) + 1 if declared else 0
    if declared and levels <= _MOST_LEVELS:
        half = declared.lsb / 2
        return np.linspace(declared.low - half, declared.high + half, levels + 1)
    end = float(np.abs(nonzero).max(initial=0.0)) or 1.0
    return np.linspace(-end, end, _BINS + 1)
