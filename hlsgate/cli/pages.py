"""Commands that show results: the page, and pictures for papers."""

from __future__ import annotations

from pathlib import Path

import click

from hlsgate.cli.options import BASELINES, CHECKPOINTS, SUITE

_FRONTIERS = click.option(
    "--frontier",
    "frontiers",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A sweep, as 'hlsgate frontier' writes it; may be given for each benchmark.  [default: "
    "the suite's stored frontiers]",
)


@click.command(short_help="Write results as one page of HTML.")
@click.argument("results", type=click.Path(path_type=Path))
@_FRONTIERS
@BASELINES
@CHECKPOINTS
@click.option("--out", type=click.Path(path_type=Path), help="[default: RESULTS, as .html]")
@SUITE
def report(
    results: Path,
    frontiers: tuple[Path, ...],
    baselines: Path,
    checkpoints: Path,
    out: Path | None,
) -> None:
    """Write RESULTS as one page of HTML that needs nothing else to be read.

    Example: python -m hlsgate report results/results.json --frontier results/frontier-digits.json
    """
    from hlsgate.cli import commands

    page = out or results.with_suffix(".html")
    click.echo(commands.report(results, page, baselines, checkpoints, frontiers))


@click.command(short_help="Draw results for papers.")
@click.argument("results", type=click.Path(path_type=Path))
@_FRONTIERS
@BASELINES
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("docs/pictures"),
    show_default=True,
    help="Folder for the pictures.",
)
@SUITE
def pictures(results: Path, frontiers: tuple[Path, ...], baselines: Path, out: Path) -> None:
    """Draw RESULTS for papers: savings, and accuracy against cost, as PNG and as SVG.

    Example: python -m hlsgate pictures results/results.json

    Equal results give equal files.
    """
    from hlsgate.cli import commands

    for path in commands.pictures(results, out, baselines, frontiers):
        click.echo(path)
