"""What compression did to the weights themselves, read from the frozen ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hlsgate import checkpoints, compression, suite
from hlsgate.checkpoints import Checkpoint
from hlsgate.declarations import Variant
from hlsgate.errors import CheckpointError
from hlsgate.figures import style, weights
from hlsgate.figures.svg import inline
from hlsgate.gates.kinds import short
from hlsgate.page.accuracy import scores_of
from hlsgate.page.blocks import Block, Folded, Grid, Listing, Picture, Row, Section, Text

_HEADS = ("variant", "array", "declared type", "values", "zeros", "distinct values",
          "bits in use", "largest")  # fmt: skip
_NOTE = (
    "Bits in use: of the smallest fixed-point type that holds every value of the array, sign "
    "included; a declared type with more bits than that has bits to spare."
)


def section(content: Mapping[str, Any], folder: Path) -> Section:
    """Draw the weights that these results are of, where `folder` has them."""
    blocks: list[Block] = []
    pictures, rows, layers, notes = [], [], [], []
    for variant in suite.VARIANTS:
        wanted = scores_of(content, variant.key).get("weights_sha256")
        if wanted is None:
            continue
        try:
            found = checkpoints.load(folder / f"{variant.key}.npz", variant)
        except CheckpointError as error:
            notes.append(str(error))
            continue
        if found.sha256 != wanted:
            notes.append(
                f"{variant.key}: {folder} has weights {short(found.sha256)}, these results are of "
                f"{short(wanted)}"
            )
            continue
        pictures.append(_picture(variant, found))
        rows += _rows(variant, found)
        layers.append([variant.key, *_by_layer(variant, found)])
    if rows:
        names = [name for name, *_ in suite.VARIANTS[0].topology.dense_layers]
        blocks += [
            Row(pictures),
            Grid("Bits in use by kernel, and zeros", ("variant", *names), layers,
                 range(1, len(names) + 1), (_NOTE,)),
            Folded(f"All {len(rows)} arrays", [Grid("Arrays of weights", _HEADS, rows, (1, 2))]),
        ]  # fmt: skip
    blocks += [Text("Not shown:"), Listing(notes)] if notes else []
    return Section("weights", "Weights", blocks or [Text("No weights are known.")])


def _picture(variant: Variant, found: Checkpoint) -> Picture:
    import numpy as np

    kernels = [values.ravel() for name, values in found.weights.items() if name.endswith("/kernel")]
    declared = variant.recipe.weights.weight_type if variant.recipe.weights else None
    title = f"Histogram of the kernel weights of {variant.key}"
    name = f"weights-{variant.key.replace('_', '-')}"
    with style(name):
        svg = inline(weights.draw(variant.key, np.concatenate(kernels), declared), name, title, {})
    zeros, every = sum(int((one == 0).sum()) for one in kernels), sum(one.size for one in kernels)
    return Picture(svg, f"{declared or 'float'}; {zeros:,} of {every:,} are zero (hatched).")


def _by_layer(variant: Variant, found: Checkpoint) -> list[str]:
    cells = []
    for layer in compression.inspect(variant, found.weights):
        if layer.name.endswith("/kernel"):
            zeros = f"{100 * layer.zeros / layer.size:.0f} % zero"
            if layer.type is None:
                cells.append(f"float, {zeros}")
            else:
                bits = compression.bits_in_use(found.weights[layer.name], layer.type)
                cells.append(f"{bits} of {layer.type.width} bits, {zeros}")
    return cells


def _rows(variant: Variant, found: Checkpoint) -> list[list[str]]:
    import numpy as np

    rows = []
    for layer in compression.inspect(variant, found.weights):
        values = found.weights[layer.name]
        bits = compression.bits_in_use(values, layer.type) if layer.type else None
        rows.append([
            variant.key,
            layer.name,
            str(layer.type or "float"),
            f"{layer.size:,}",
            f"{100 * layer.zeros / layer.size:.1f} %",
            f"{len(np.unique(values)):,}",
            "float" if bits is None else str(bits),
            f"{np.abs(values).max():.4g}",
        ])  # fmt: skip
    return rows
