"""Does the hardware compute what Keras computes: whole networks, and layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hlsgate.judge.changes import number
from hlsgate.report import tables
from hlsgate.report.page.blocks import Block, Grid, Section, Text
from hlsgate.suites import suite

_NONE = "-"

_HEADS = ("variant", "backend", "layer", "type", "rows", "rows different", "worst, LSB",
          "by the layer itself", "beyond the type", "cause")  # fmt: skip

_NOTES = (
    "against Keras itself, on the first test jets, cut to the input's grid; LSB: of the layer's "
    "result type",
    "rows different: of a softmax, those of another class; by the layer itself: rows in which it "
    "does not give what it ideally would for what the emulation gave it",
    "beyond the type: values that wrapped or saturated",
)


def section(content: Mapping[str, Any]) -> Section:
    """Show every emulation's differences; by layer, where results have them."""
    table = tables.emulation(content)
    blocks: list[Block] = []
    if table.rows:
        blocks.append(Grid("Emulation against Keras", table.heads, table.rows, (1, 2), table.notes))
    else:
        blocks.append(Text("These results hold no emulation; run the main job, whole."))
    return Section("emulation", "Emulation", [*blocks, *_layers(content)])


def _layers(content: Mapping[str, Any]) -> Iterator[Block]:
    """Show errors by layer, on the backend on which the main job looks into the network."""
    rows = [
        [variant.key, backend, *_cells(layer)]
        for variant in suite.active().variants
        for backend, found in content["variants"].get(variant.key, {}).get("emulation", {}).items()
        for layer in found.get("layers", ())
    ]
    if rows:
        yield Grid("Errors layer by layer", _HEADS, rows, (1, 2, 3, 9), _NOTES)


def _cells(layer: Mapping[str, Any]) -> list[str]:
    worst = layer["worst_lsb"]
    return [
        layer["layer"],
        layer["precision"],
        f"{layer['rows']:,}",
        number(layer["rows_different"]),
        number(None if worst is None else float(f"{worst:.6g}")),
        number(layer["own_rows"]),
        f"{layer['wrapped'] + layer['saturated']:,}",
        ", ".join(layer["causes"]) or _NONE,
    ]
