"""What compression saves, by every tool that says so; each tool by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hlsgate.judge.changes import number
from hlsgate.report.figures import savings as bars
from hlsgate.report.figures.kept import Figures
from hlsgate.report.page.blocks import Block, Grid, Heading, Picture, Row, Section, Text
from hlsgate.report.savings import METRICS, Saving, collect
from hlsgate.suites import suite

_NONE = "-"
_NAMES = {
    "alut": "ALUT", "lut": "LUT", "ff": "FF", "dsp": "DSP", "da_cost": "DA cost",
    "register_bits": "register bits", "fmax_mhz": "Fmax, MHz",
}  # fmt: skip
_ABOUT = Text(
    "Saved: share of the reference's value, by the same tool, release, part and stage. Tools are "
    "never compared with one another, nor ALUTs (Altera) with LUTs (AMD). 'Logits only' leaves the "
    "softmax out. Origin: measured in this run; replayed from a captured report; recorded, where a "
    "slow design's baseline stands in; or published, somebody's printed number of unknown weights."
)
_TOOLS = {
    "da4ml": "About the full adders and multiplexers (DA cost), counted exactly before synthesis.",
    "nextpnr": "The clock after place and route on an ECP5, to compare networks with one another.",
}


def section(content: Mapping[str, Any], published: Mapping[str, Any], figures: Figures) -> Section:
    """Show every number beside its reference's, and bars for those that take most room."""
    found = collect(content, published)
    blocks: list[Block] = [_ABOUT]
    for title, group in _by_kind(found):
        blocks += _kind(title, group, figures)
    if not found:
        blocks.append(Text("Nothing was synthesised or counted."))
    return Section("savings", "Savings", [*blocks, *_sizes(content)])


def _by_kind(found: Sequence[Saving]) -> list[tuple[str, list[Saving]]]:
    """Return groups of numbers that may be compared; those with anything measured first."""
    groups: dict[str, list[Saving]] = {}
    for one in found:
        groups.setdefault(_title(one), []).append(one)

    def not_measured(item: tuple[str, list[Saving]]) -> bool:
        return all(one.measurement.origin != "measured" for one in item[1])

    return sorted(groups.items(), key=not_measured)


def _title(one: Saving) -> str:
    found = one.measurement
    version = found.tool_version or "(version not stated)"
    part = "" if found.part in (None, "any") else f" for {found.part}"
    scope = "with softmax" if one.design.target.softmax else "logits only"
    return f"{found.toolchain} {version}{part}: {bars.stage(found)}, {scope}"


def _kind(title: str, group: Sequence[Saving], figures: Figures) -> Iterator[Block]:
    yield Heading(title)
    pictures = [_picture(one, figures) for one in bars.panels(group)]
    if pictures:
        yield Row(pictures)
    names = [name for name in METRICS if any(one.metric == name for one in group)]
    rows: dict[str, dict[str, Saving]] = {}
    for one in group:
        rows.setdefault(one.design.variant.key, {})[one.metric] = one
    heads = ["variant"]
    for name in names:
        heads += [_NAMES[name]] if name == "fmax_mhz" else [_NAMES[name], "saved"]
    cells = [[key, *_cells(names, found)] for key, found in rows.items()]
    toolchain = group[0].measurement.toolchain
    notes = [_TOOLS[toolchain]] if toolchain in _TOOLS else []
    told = (*notes, *_reasons(group))
    yield Grid(title, [*heads, "origin"], cells, (len(heads),), told, titled=True)


def _picture(one: bars.Panel, figures: Figures) -> Picture:
    title = f"{one.title}, as shares of {one.reference}'s"
    name = "savings-" + "".join(letter if letter.isalnum() else "-" for letter in one.title)
    svg = figures.inline(bars.draw, (one,), name, title, {})
    hatched = "Hatched: not measured in this run." if bars.hatched(one) else ""
    return Picture(svg, hatched)


def _cells(names: Sequence[str], found: Mapping[str, Saving]) -> Iterator[str]:
    for name in names:
        one = found.get(name)
        yield number(one.value) if one else _NONE
        if name != "fmax_mhz":
            yield f"{100 * one.saved:.1f} %" if one and one.saved is not None else _NONE
    first = next(iter(found.values())).measurement
    unknown = "" if first.weights_sha256 else ", weights unknown"
    yield f"{first.origin}{unknown}{f'; {first.note}' if first.note else ''}"


def _reasons(group: Sequence[Saving]) -> list[str]:
    """Say of which variants no saving can be told, and why."""
    reasons: dict[str, list[str]] = {}
    for one in group:
        if one.why and one.metric != "fmax_mhz":
            keys = reasons.setdefault(one.why, [])
            keys += [] if one.design.variant.key in keys else [one.design.variant.key]
    return [f"No saving of {', '.join(keys)}: {why}." for why, keys in reasons.items()]


def _sizes(content: Mapping[str, Any]) -> Iterator[Block]:
    """Show how much memory the kernels take, which no tool need say."""
    rows = []
    for variant in suite.active().variants:
        sizes = content["variants"].get(variant.key, {}).get("sizes")
        if sizes:
            base = content["variants"].get(variant.reference or "", {}).get("sizes", {})
            cells = [_size(sizes, base, name) for name in ("weights_nonzero", "weight_bits")]
            rows.append([variant.key, *cells[0], *cells[1]])
    if rows:
        yield Heading("Kernel weights, before any tool")
        heads = ("variant", "non-zero weights", "saved", "bits of these", "saved")
        yield Grid("Kernel weights", heads, rows, titled=True)


def _size(sizes: Mapping[str, int], base: Mapping[str, int], name: str) -> list[str]:
    if name not in sizes:
        return [_NONE, _NONE]
    saved = f"{100 * (1 - sizes[name] / base[name]):.1f} %" if base.get(name) else _NONE
    return [f"{sizes[name]:,}", saved]
