"""What compression saves: a bar for each variant, one panel for each tool and metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hlsgate.report.figures import PALETTE, Look, panel, shortened
from hlsgate.report.savings import Saving
from hlsgate.spec.measurement import Measurement

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = ("alut", "lut", "ff", "da_cost")
_NAMES = {"alut": "ALUTs", "lut": "LUTs", "ff": "flip-flops", "da_cost": "da4ml cost"}
_STAGES = {"hls_estimate": "HLS estimate"}
_COLUMNS = 2
_LONGEST_TITLE = 60
_ROW_HEIGHT, _FRAME = 0.32, 0.95
_HATCHES = {"published": "//", "replayed": "..", "recorded": "\\\\"}
"""What was not measured here is hatched."""


@dataclass(frozen=True)
class Panel:
    """Bars of one target and one metric; of one kind, so that they may share an axis.

    Parameters
    ----------
    name : str
        Metric, in words.
    kind : str
        Tool, part, stage and scope.
    reference : str
        The variant that is 100 %.
    bars : tuple of (str, float, float, str)
        Variant, value, share of the reference's, origin; the reference first.
    """

    name: str
    kind: str
    reference: str
    bars: tuple[tuple[str, float, float, str], ...]

    @property
    def title(self) -> str:
        """Name and kind."""
        return f"{self.name}: {self.kind}"


def panels(savings: Sequence[Saving]) -> list[Panel]:
    """Return a panel for each target, metric and reference that anything is saved of."""
    groups: dict[tuple[str, str, str], list[Saving]] = {}
    for one in savings:
        if one.saved is not None and one.metric in SHOWN:
            reference = one.design.variant.reference or ""
            groups.setdefault((one.design.target.key, one.metric, reference), []).append(one)
    return [_panel(reference, name, group) for (_, name, reference), group in groups.items()]


def _panel(reference: str, name: str, group: Sequence[Saving]) -> Panel:
    base = group[0].base
    assert base is not None, "a group holds only what something is saved against"
    bars = [(reference, base.values[name], 1.0, base.origin)]
    for one in group:
        bars.append(
            (one.design.variant.key, one.value, 1 - (one.saved or 0), one.measurement.origin)
        )
    return Panel(_NAMES[name], kind(group[0]), reference, tuple(bars))


def kind(saving: Saving) -> str:
    """Say what a number is a number of, in a few words."""
    found: Measurement = saving.measurement
    scope = "" if saving.design.target.softmax else ", logits only"
    part = "" if found.part in (None, "any") else f", {found.part}"
    return f"{found.toolchain}{part}, {stage(found)}{scope}"


def stage(found: Measurement) -> str:
    """Name the stage of a measurement."""
    return _STAGES.get(found.stage, found.stage)


def hatched(one: Panel) -> bool:
    """Tell whether any of its bars stands for something that was not measured in this run."""
    return any(origin in _HATCHES for _, _, _, origin in one.bars)


def draw(one: Panel, *, width: float = 4.6) -> Figure:
    """Draw one panel, below a heading that says its kind."""
    figure, axes = panel(width, _height(one))
    _bars(axes, one, one.name)
    return figure


def draw_all(found: Sequence[Panel], *, width: float = 11.5) -> Figure:
    """Draw all panels as one figure, for papers: a row for each tool, stage and reference."""
    from matplotlib.figure import Figure

    rows: dict[tuple[str, str], list[Panel]] = {}
    for one in sorted(found, key=_not_measured):
        rows.setdefault((one.reference, one.kind), []).append(one)
    columns = max(map(len, rows.values()))
    heights = [_height(row[0]) for row in rows.values()]
    figure = Figure(figsize=(width * columns / _COLUMNS, sum(heights)), layout="constrained")
    places = figure.add_gridspec(len(rows), columns, height_ratios=heights)
    for number, row in enumerate(rows.values()):
        for column, one in enumerate(row):
            _bars(figure.add_subplot(places[number, column]), one, one.title)
    return figure


def _not_measured(one: Panel) -> bool:
    return all(origin != "measured" for _, _, _, origin in one.bars)


def _height(one: Panel) -> float:
    return _FRAME + _ROW_HEIGHT * len(one.bars)


def _bars(axes: Axes, one: Panel, title: str) -> None:
    for row, (variant, value, share, origin) in enumerate(one.bars):
        colour = PALETTE["faint" if variant == one.reference else "blue"]
        look: Look = {"height": 0.62, "edgecolor": colour, "hatch": _HATCHES.get(origin, "")}
        face = "none" if look["hatch"] else colour
        axes.barh(row, 100 * share, facecolor=face, **look)
        label = f"{value:,.10g}"
        if variant != one.reference:
            label += f"  ({100 * share:.1f} %)"
        if origin != "measured":
            label += f", {origin}"
        inside = share > 0.5 and not look["hatch"]  # noqa: PLR2004 -- half the axis
        axes.annotate(
            label,
            (100 * share, row),
            xytext=(-5 if inside else 5, 0),
            textcoords="offset points",
            va="center",
            ha="right" if inside else "left",
            fontsize=8.5,
            color=PALETTE["paper" if inside else "ink"],
        )
    axes.set_yticks(range(len(one.bars)), [bar[0] for bar in one.bars])
    axes.invert_yaxis()
    axes.set_xlim(0, 100 * max(1.0, *(bar[2] for bar in one.bars)) * 1.02)
    axes.set_xlabel(f"% of {one.reference}'s")
    axes.set_title(shortened(title, _LONGEST_TITLE))
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
