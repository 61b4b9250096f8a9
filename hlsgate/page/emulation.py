"""Does the hardware compute what Keras computes: whole networks, and layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hlsgate import suite, tables
from hlsgate.gates.changes import number
from hlsgate.page.blocks import Block, Grid, Section, Text

_NONE = "-"


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
    """Show errors by layer under whatever names the diagnosis gives them."""
    lines = []
    for variant in suite.active().variants:
        emulated = content["variants"].get(variant.key, {}).get("emulation", {})
        for backend, found in emulated.items():
            for layer in _told(found.get("layers")):
                lines.append(({"variant": variant.key, "backend": backend}, layer))
    if not lines:
        return
    names = list(dict.fromkeys(name for _, layer in lines for name in layer))
    rows = [
        [*where.values(), *(_cell(layer.get(name)) for name in names)] for where, layer in lines
    ]
    words = [1, *(place for place, name in enumerate(names, 2) if _wordy(lines, name))]
    heads = ("variant", "backend", *(name.replace("_", " ") for name in names))
    yield Grid("Errors layer by layer", heads, rows, words)


def _told(layers: Any) -> list[Mapping[str, Any]]:
    """Return layers as a list, whether results hold them by name or in order."""
    if isinstance(layers, Mapping):
        layers = [
            {"layer": name, **(found if isinstance(found, Mapping) else {"error": found})}
            for name, found in layers.items()
        ]
    return [one for one in layers or () if isinstance(one, Mapping)]


def _wordy(lines: Sequence[tuple[Any, Mapping[str, Any]]], name: str) -> bool:
    return any(isinstance(layer.get(name), str) for _, layer in lines)


def _cell(value: Any) -> str:
    if value is None:
        return _NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value) if isinstance(value, int | float) else str(value)
