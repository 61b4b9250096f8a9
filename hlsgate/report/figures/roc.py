"""ROC curves: share of background that is let through, against share of signal that is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from hlsgate.report.figures import PALETTE, SERIES, Look, panel, plain_numbers, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(
    name: str,
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    width: float = 4.2,
    height: float = 4.3,
) -> Figure:
    """Draw the curves of one class.

    Parameters
    ----------
    name : str
        The class that is signal.
    curves : mapping of str to (sequence of float, sequence of float)
        By variant: shares of background, and of signal.
    width, height : float
        In inches.
    """
    name = shortened(name)
    figure, axes = panel(width, height)
    for number, (variant, (background, signal)) in enumerate(curves.items()):
        colour, dashes = SERIES[number % len(SERIES)]
        look: Look = {"color": PALETTE[colour], "ls": dashes, "lw": 1.4}
        axes.plot([100 * x for x in signal], [100 * y for y in background], label=variant, **look)
    axes.set_yscale("log")
    axes.set_xlim(0, 100)
    axes.set_ylim(0.1, 100)
    plain_numbers(axes.yaxis)
    axes.set_xlabel(f"{name} kept, %")
    axes.set_ylabel("others let through, %")
    axes.set_title(f"{name} against the rest")
    figure.legend(loc="outside lower left", ncols=2)
    return figure
