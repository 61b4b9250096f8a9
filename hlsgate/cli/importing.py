"""Command line of the importer: ``python -m hlsgate import-hls4ml``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from hlsgate.cli.options import BASELINES, SUITE


@click.command("import-hls4ml", short_help="Take over hls4ml's own synthesis baselines.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--map",
    "designs",
    multiple=True,
    metavar="TEST=DESIGN",
    help="What a test is of; its file's name, or the end of its path, without .json.",
)
@click.option("--part", help="Device that the tests were synthesised for.")
@click.option(
    "--clock",
    "clock_mhz",
    type=click.FloatRange(min=0, min_open=True),
    metavar="MHZ",
    help="Clock that was aimed at, where files do not state it (oneAPI).",
)
@click.option(
    "--weights",
    multiple=True,
    metavar="DESIGN=SHA256",
    help="Weights that a design's numbers are of.",
)
@click.option("--ceiling", is_flag=True, help="Take numbers of unknown weights, as ceilings.")
@click.option("--slack", is_flag=True, help="Take hls4ml's tolerances over, one-sided.")
@SUITE
@BASELINES
def import_hls4ml(
    folder: Path,
    designs: tuple[str, ...],
    part: str | None,
    clock_mhz: float | None,
    weights: tuple[str, ...],
    ceiling: bool,
    slack: bool,
    baselines: Path,
) -> None:
    """Take over hls4ml's synthesis baselines from FOLDER, its test/pytest/baselines.

    Example: python -m hlsgate import-hls4ml hls4ml/test/pytest/baselines

    Without --map, it lists what there is, and writes nothing. hls4ml's files state neither part nor
    weights, so both must be said; docs/migrating.md shows it. What could not be taken is listed.
    """
    from hlsgate.judge import changes, hls4ml_folder, importing

    if not designs:
        click.echo(hls4ml_folder.listing(folder))
        return
    if part is None:
        raise click.UsageError("hls4ml's files do not state the part; add --part.")
    told = importing.Told(
        _pairs("--map", "TEST=DESIGN", designs),
        part,
        clock_mhz,
        dict(_pairs("--weights", "DESIGN=SHA256", weights)),
        ceiling=ceiling,
        slack=slack,
    )
    revision = importing.take(folder, told, baselines)
    click.echo(changes.table(revision.changes))
    for note in revision.notes:
        click.echo(f"- {note}")


def _pairs(option: str, form: str, texts: Sequence[str]) -> list[tuple[str, str]]:
    pairs = [text.partition("=") for text in texts]
    if not all(left and right for left, _, right in pairs):
        raise click.UsageError(f"{option} wants {form}.")
    return [(left, right) for left, _, right in pairs]
