"""The command that finds where an emulation leaves Keras."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hlsgate.cli.options import CACHE, CHECKPOINTS, SUITE
from hlsgate.cli.shared import timed

if TYPE_CHECKING:
    from hlsgate.cli import explaining


@click.command(short_help="Find where an emulation leaves Keras, and why.")
@click.argument("name", required=False)
@click.option("--model", type=click.Path(path_type=Path), help="A saved model: .keras or .h5.")
@click.option("--data", type=click.Path(path_type=Path), help="Its rows: .npz with array 'x'.")
@click.option(
    "--backend", help="oneapi, quartus, vitis or vivado.  [default: the design's, oneapi]"
)
@click.option(
    "--io-type",
    type=click.Choice(["io_parallel", "io_stream"]),
    default="io_parallel",
    show_default=True,
    help="How values pass between layers.",
)
@click.option("--rows", default=10_000, show_default=True, help="At most so many rows.")
@click.option(
    "--precision", default="fixed<16,6>", show_default=True, help="Default type of MODEL."
)
@click.option(
    "--granularity",
    type=click.Choice(["name", "model"]),
    default="name",
    show_default=True,
    help="hls4ml's granularity for MODEL.",
)
@click.option("--type", "types", multiple=True, metavar="LAYER=TYPE", help="Result type in MODEL.")
@click.option("--raw-inputs", is_flag=True, help="Do not round DATA to the input type's grid.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--out", type=click.Path(path_type=Path), help="Write text, Markdown, JSON, picture.")
@CHECKPOINTS
@CACHE
@SUITE
def explain(
    name: str | None,
    model: Path | None,
    data: Path | None,
    checkpoints: Path,
    cache: Path | None,
    out: Path | None,
    as_json: bool,
    **how: Any,
) -> None:
    """Find the first layer in which an emulation leaves Keras, and why: exit code 0 either way.

    NAME is a variant or a design of the suite; or name a saved MODEL and its DATA.

    Example: python -m hlsgate explain jets-q4_exercise --backend vitis --rows 2000

    Example: python -m hlsgate explain --model mine.h5 --data rows.npz --out explained

    One row a layer: rows that differ from Keras, the worst difference in LSB, rows that the layer
    makes different by itself, values that did not fit, and the likely cause. docs/diagnosis.md
    has the catalogue of causes. Takes two compilations with g++, some seconds each.
    """
    import json

    from hlsgate.cli import commands, explaining

    request = _request(**how)
    if name is not None and model is None and data is None:
        found = commands.explain(name, checkpoints, cache, request, timed)
    elif name is None and model is not None and data is not None:
        found = explaining.from_outside(model, data, request, timed)
    else:
        raise click.UsageError("name a variant or a design, or both --model and --data.")
    click.echo(json.dumps(found.as_json(), indent=1) if as_json else found.text())
    if out is not None:
        for path in explaining.write(found, out):
            click.echo(path, err=True)


def _request(
    types: Sequence[str], precision: str, granularity: str, **how: Any
) -> explaining.Request:
    from hlsgate.cli import explaining
    from hlsgate.conversion import Settings

    pairs = [text.partition("=") for text in types]
    if not all(mark and kind for _, mark, kind in pairs):
        raise click.UsageError("--type wants LAYER=TYPE, for example logits=fixed<12,4>.")
    declared = {layer: {"result": kind} for layer, _, kind in pairs}
    kind = explaining.parse_type(precision)
    return explaining.Request(**how, settings=Settings(granularity, kind, declared))
