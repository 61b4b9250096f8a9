"""Commands that make: frozen weights, reports to judge elsewhere, placements."""

from __future__ import annotations

from pathlib import Path

import click

from hlsgate.cli.options import CACHE, CHECKPOINTS, SUITE, TIMEOUT
from hlsgate.cli.shared import bar, known_toolchains, require, show_changes


@click.command(short_help="Train variants and store their weights.")
@click.argument("variants", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every declared variant.")
@CHECKPOINTS
@CACHE
@click.option("--fresh", is_flag=True, help="Train anew even if the cache has the weights.")
@SUITE
def freeze(
    variants: tuple[str, ...], every: bool, checkpoints: Path, cache: Path | None, fresh: bool
) -> None:
    """Train VARIANTS and store their weights in the suite's folder.

    Example: python -m hlsgate freeze jets-q6_p75
    """
    from hlsgate.cli import commands
    from hlsgate.infra.cache import Cache, default_root
    from hlsgate.suites import suite

    keys = [variant.key for variant in suite.active().variants] if every else list(variants)
    require(keys, "name a variant, or --all")
    store = Cache(cache or default_root(), fresh=fresh)
    show_changes(commands.freeze(keys, checkpoints, store, bar))


@click.command(short_help="Leave reports that are judged elsewhere.")
@click.argument("designs", nargs=-1)
@click.option("--toolchain", help="Every design of this toolchain.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Folder for the reports.",
)
@CHECKPOINTS
@CACHE
@TIMEOUT
@SUITE
def synthesise(
    designs: tuple[str, ...],
    toolchain: str | None,
    out: Path,
    checkpoints: Path,
    cache: Path | None,
    timeout: float,
) -> None:
    """Synthesise DESIGNS and leave their reports in a folder; nothing is judged.

    Example: python -m hlsgate synthesise --toolchain oneapi --out reports

    Elsewhere, 'pytest benchmarks/test_resources.py --reports reports' judges them.
    """
    from hlsgate.cli import commands
    from hlsgate.infra.cache import Cache, default_root
    from hlsgate.suites import suite

    keys = list(designs)
    if toolchain is not None:
        known_toolchains([toolchain])
        keys += [one.key for one in suite.active().designs if one.target.toolchain == toolchain]
    require(keys, "name a design, or --toolchain")
    store = Cache(cache or default_root())
    for folder in commands.synthesise(keys, checkpoints, store, out, timeout, bar):
        click.echo(folder)


@click.command(short_help="Tell how far a clock varies with the seed.")
@click.argument("design")
@click.option(
    "--seeds",
    type=click.IntRange(min=2),
    default=5,
    show_default=True,
    help="Placements, of seeds 1, 2, ...",
)
@CHECKPOINTS
@CACHE
@TIMEOUT
@SUITE
def spread(design: str, seeds: int, checkpoints: Path, cache: Path | None, timeout: float) -> None:
    """Place and route DESIGN from several seeds, and tell how far its clock varies.

    Example: python -m hlsgate spread jets-q4_p75-nextpnr_ecp5

    The tolerance on fmax_mhz in the baselines should cover it. Needs the extra 'timing'.
    """
    from hlsgate.cli import commands
    from hlsgate.infra.cache import Cache, default_root

    store = Cache(cache or default_root())
    clocks = commands.spread(design, range(1, seeds + 1), checkpoints, store, timeout, bar)
    for seed, clock in clocks.items():
        click.echo(f"seed {seed}: {clock:.2f} MHz")
    low, high = min(clocks.values()), max(clocks.values())
    click.echo(
        f"lowest {100 * (1 - low / clocks[1]):.1f} % below seed 1, highest "
        f"{100 * (high / clocks[1] - 1):.1f} % above it"
    )
