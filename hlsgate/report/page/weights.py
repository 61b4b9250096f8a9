"""What compression did to the weights themselves, read from the frozen ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hlsgate.facts import compression
from hlsgate.infra.errors import CheckpointError
from hlsgate.judge.kinds import short
from hlsgate.models import checkpoints
from hlsgate.models.checkpoints import Checkpoint
from hlsgate.report.figures import weights
from hlsgate.report.figures.kept import Figures
from hlsgate.report.page.accuracy import scores_of
from hlsgate.report.page.blocks import (
    Block,
    Folded,
    Grid,
    Heading,
    Listing,
    Picture,
    Row,
    Section,
    Text,
)
from hlsgate.spec import architecture
from hlsgate.spec.declarations import Variant
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.spec.suites import Benchmark
from hlsgate.suites import suite

_HEADS = ("variant", "array", "declared type", "values", "zeros", "distinct values",
          "bits in use", "largest")  # fmt: skip
_NOTE = (
    "Bits in use: of the smallest fixed-point type that holds every value of the array, sign "
    "included; a declared type with more bits than that has bits to spare."
)


def section(content: Mapping[str, Any], folder: Path, figures: Figures) -> Section:
    """Draw the weights that these results are of, where `folder` has them."""
    blocks: list[Block] = []
    notes: list[str] = []
    rows: list[list[str]] = []
    for benchmark in suite.active().benchmarks:
        shown = _known(content, folder, benchmark, notes)
        if shown:
            kernels = _kernels(shown)
            blocks += [
                Heading(benchmark.key),
                Row([_picture(variant, found, figures) for variant, found in shown]),
                Grid(f"Bits in use by kernel, and zeros: {benchmark.key}", ("variant", *kernels),
                     [_by_kernel(variant, found, kernels) for variant, found in shown],
                     range(1, len(kernels) + 1), (_NOTE,)),
            ]  # fmt: skip
        rows += [row for variant, found in shown for row in _rows(variant, found)]
    if rows:
        grid = Grid("Arrays of weights", _HEADS, rows, (1, 2))
        blocks.append(Folded(f"All {len(rows)} arrays", [grid]))
    blocks += [Text("Not shown:"), Listing(notes)] if notes else []
    return Section("weights", "Weights", blocks or [Text("No weights are known.")])


def _known(
    content: Mapping[str, Any], folder: Path, benchmark: Benchmark, notes: list[str]
) -> list[tuple[Variant, Checkpoint]]:
    """Return the variants whose weights are those that the results are of; note the others."""
    shown = []
    for variant in suite.active().variants_of(benchmark.key):
        wanted = scores_of(content, variant.key).get("weights_sha256")
        if wanted is None:
            continue
        try:
            found = checkpoints.load(folder / f"{variant.key}.npz", variant)
        except CheckpointError as error:
            notes.append(str(error))
            continue
        if found.sha256 == wanted:
            shown.append((variant, found))
        else:
            notes.append(
                f"{variant.key}: {folder} has weights {short(found.sha256)}, these results are of "
                f"{short(wanted)}"
            )
    return shown


def _kernels(shown: Sequence[tuple[Variant, Checkpoint]]) -> list[str]:
    """Return the kernels of all variants, in order; networks may differ."""
    names = [name for _, found in shown for name in found.weights if compression.is_kernel(name)]
    return list(dict.fromkeys(name.removesuffix("/kernel") for name in names))


def _types(variant: Variant) -> Mapping[str, Fixed]:
    """Return declared types; a model that has to be asked for them is shown as if of floats."""
    return architecture.weight_types(architecture.declared(variant) or [])


def _picture(variant: Variant, found: Checkpoint, figures: Figures) -> Picture:
    import numpy as np

    kernels = [
        values.ravel() for name, values in found.weights.items() if compression.is_kernel(name)
    ]
    types = set(_types(variant).values())
    declared = types.pop() if len(types) == 1 else None
    title = f"Histogram of the kernel weights of {variant.key}"
    name = f"weights-{variant.key.replace('_', '-')}"
    shown = (variant.key, np.concatenate(kernels), declared)
    svg = figures.inline(weights.draw, shown, name, title, {})
    zeros, every = sum(int((one == 0).sum()) for one in kernels), sum(one.size for one in kernels)
    return Picture(svg, f"{declared or 'float'}; {zeros:,} of {every:,} are zero (hatched).")


def _by_kernel(variant: Variant, found: Checkpoint, kernels: Sequence[str]) -> list[str]:
    cells = {}
    for layer in compression.inspect(_types(variant), found.weights):
        if compression.is_kernel(layer.name):
            zeros = f"{100 * layer.zeros / layer.size:.0f} % zero"
            told = f"float, {zeros}"
            if layer.type is not None:
                bits = compression.bits_in_use(found.weights[layer.name], layer.type)
                told = f"{bits} of {layer.type.width} bits, {zeros}"
            cells[layer.name.removesuffix("/kernel")] = told
    return [variant.key, *(cells.get(name, "-") for name in kernels)]


def _rows(variant: Variant, found: Checkpoint) -> list[list[str]]:
    import numpy as np

    rows = []
    for layer in compression.inspect(_types(variant), found.weights):
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
