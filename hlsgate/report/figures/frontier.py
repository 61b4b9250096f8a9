"""Accuracy against cost: a sweep, its frontier, and the suite's variants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hlsgate.report.figures import MARKS, PALETTE, Look, panel, plain_numbers
from hlsgate.report.tradeoff import Mark, Tradeoff
from hlsgate.suites import suite

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AXES = {
    "alut": "ALUTs (Yosys, Cyclone V, logits only)",
    "da_cost": "da4ml cost: full adders and multiplexers (logits only)",
}
_SHAPES = {"pass": "o", "fail": "x", "cannot tell": "d"}
_TELLS = {"pass": "parity", "fail": "no parity", "cannot tell": "cannot tell"}
_VARIANT_COLOURS = ("ink", "red", "amber", "violet", "teal", "green")


def draw(tradeoff: Tradeoff, *, width: float = 5.2, height: float = 4.6) -> Figure:
    """Draw accuracy, with its interval, against cost; identifiers of points are their numbers."""
    figure, axes = panel(width, height)
    _line(axes, tradeoff)
    shown: set[str] = set()
    for number, mark in enumerate(tradeoff.points):
        _point(axes, mark, f"point-{number}", shown, answer=mark.key == tradeoff.answer)
    for number, mark in enumerate(tradeoff.variants):
        _variant(axes, mark, f"variant-{number}")
    axes.set_xscale("log")
    plain_numbers(axes.xaxis)
    axes.set_xlabel(AXES[tradeoff.metric])
    axes.set_ylabel("accuracy, %")
    figure.legend(loc="outside lower left", ncols=2)
    return figure


def tips(tradeoff: Tradeoff) -> dict[str, str]:
    """Return what the points are, by the identifiers that `draw` gives them."""
    return {
        **{f"point-{number}": mark.text for number, mark in enumerate(tradeoff.points)},
        **{f"variant-{number}": mark.text for number, mark in enumerate(tradeoff.variants)},
    }


def _line(axes: Axes, tradeoff: Tradeoff) -> None:
    if tradeoff.limit is not None:
        label = "one margin below the reference"
        limit = 100 * tradeoff.limit
        axes.axhline(limit, color=PALETTE["faint"], linestyle=(0, (4, 3)), lw=1, label=label)
    if tradeoff.line:
        costs, shares = zip(*tradeoff.line, strict=True)
        accuracy = [100 * share for share in shares]
        look: Look = {"color": PALETTE["blue"], "lw": 1.3, "alpha": 0.7, "zorder": 2}
        axes.step(costs, accuracy, where="post", label="frontier (means over seeds)", **look)


def _point(axes: Axes, mark: Mark, gid: str, shown: set[str], *, answer: bool) -> None:
    colour = PALETTE["blue" if mark.best else "faint"]
    kind = f"{'frontier' if mark.best else 'sweep'}: {_TELLS[mark.verdict]}"
    label = "_" if kind in shown else kind
    shown.add(kind)
    _interval(axes, mark, colour, 0.8)
    face = colour if mark.best else "none"
    look: Look = {
        "marker": _SHAPES[mark.verdict],
        "ms": 5.5,
        "mec": colour,
        "ls": "none",
        "zorder": 3,
    }
    axes.plot(mark.cost, 100 * mark.accuracy, mfc=face, label=label, gid=gid, **look)
    if answer:
        ring: Look = {"marker": "o", "ms": 13, "mfc": "none", "mec": PALETTE["blue"], "mew": 1.6}
        axes.plot(mark.cost, 100 * mark.accuracy, ls="none", label="the answer", **ring)


def _variant(axes: Axes, mark: Mark, gid: str) -> None:
    variants = suite.active().variants_of(suite.variant(mark.key).benchmark)
    number = [variant.key for variant in variants].index(mark.key)
    colour = PALETTE[_VARIANT_COLOURS[number % len(_VARIANT_COLOURS)]]
    verdict = _TELLS.get(mark.verdict, mark.verdict or "not judged")
    shape: Look = {
        "marker": MARKS[number % len(MARKS)],
        "ms": 12 if number == 0 else 8,
        "mec": colour,
    }
    _interval(axes, mark, colour, 1.2)
    label = f"{mark.key} ({verdict})"
    look: Look = {"mfc": colour, "ls": "none", "zorder": 4}
    axes.plot(mark.cost, 100 * mark.accuracy, label=label, gid=gid, **shape, **look)


def _interval(axes: Axes, mark: Mark, colour: str, width: float) -> None:
    ends = (100 * mark.low, 100 * mark.high)
    axes.vlines(mark.cost, *ends, color=colour, lw=width, alpha=0.45, zorder=1)
