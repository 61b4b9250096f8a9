"""The command that trains a recipe from several seeds."""

from __future__ import annotations

import time
from pathlib import Path

import click

from hlsgate.cli.options import CACHE, SUITE
from hlsgate.cli.shared import require


@click.command(short_help="Train recipes from several seeds.")
@click.argument("variants", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every variant that has a recipe.")
@click.option(
    "--seeds",
    type=click.IntRange(min=2),
    default=8,
    show_default=True,
    help="So many, from the first that no variant declares; at least 8 to be recorded.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Processes.  [default: one a core]")
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=Path("results/seeds.json"),
    show_default=True,
    help="Where to write what each seed gave.",
)
@CACHE
@SUITE
def seeds(
    variants: tuple[str, ...],
    every: bool,
    seeds: int,
    workers: int | None,
    results: Path,
    cache: Path | None,
) -> None:
    """Train the recipes of VARIANTS from several seeds, on all cores, and write what they give.

    Example: python -m hlsgate seeds digits-q5_p75

    What is trained is kept in the cache: interrupted, the command goes on where it was. Then
    'record VARIANT --results results/seeds.json' records the draws, by which a network that is
    trained on another kind of processor is judged. docs/recipes.md says how.
    """
    from hlsgate.suites import suite
    from hlsgate.sweep import draws

    known = [one.key for one in suite.active().variants if one.recipe is not None]
    keys = known if every else list(variants)
    require(keys, "name a variant, or --all")
    started = time.monotonic()

    def told(done: int, total: int, key: str, seed: int, accuracy: float) -> None:
        seconds = time.monotonic() - started
        click.echo(
            f"{done} of {total}, after {seconds:.0f} s: {key}, seed {seed}: accuracy "
            f"{accuracy:.4f}",
            err=True,
        )

    draws.write(keys, draws.seeds_of(keys, seeds), results, cache, workers, told)
    click.echo(results)
