"""Command line: ``python -m hlsgate``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hlsgate import __version__
from hlsgate.errors import HlsgateError

if TYPE_CHECKING:
    from hlsgate.commands import Change


class _Unusable(click.ClickException):
    """An error in one sentence, and exit code 2."""

    exit_code = 2


class _Group(click.Group):
    """Turns hlsgate's errors into one sentence."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except HlsgateError as error:
            raise _Unusable(str(error)) from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Freeze weights and record baselines; 'pytest benchmarks' does the measuring and judging.

    A new variant goes: declare it in hlsgate/suite.py, freeze it, run 'pytest benchmarks
    --results results/results.json', record it, and commit weights and baselines.
    """


@main.command()
@click.argument("variants", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every declared variant.")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="Checkout with fixtures/ below it.  [default: this folder]",
)
@click.option("--cache", type=click.Path(path_type=Path), help="Folder of finished work.")
@click.option("--fresh", is_flag=True, help="Train anew even if the cache has the weights.")
def freeze(
    variants: tuple[str, ...], every: bool, root: Path, cache: Path | None, fresh: bool
) -> None:
    """Train VARIANTS and store their weights in fixtures/checkpoints.

    Example: python -m hlsgate freeze jets-q6_p75
    """
    from hlsgate import commands, suite
    from hlsgate.cache import Cache, default_root

    keys = [variant.key for variant in suite.VARIANTS] if every else list(variants)
    _require(keys, "name a variant, or --all")
    store = Cache(cache or default_root(), fresh=fresh)
    _show(commands.freeze(keys, root, store, _bar))


@main.command()
@click.argument("keys", nargs=-1)
@click.option(
    "--results",
    "found",
    type=click.Path(path_type=Path),
    default=Path("results/results.json"),
    show_default=True,
    help="What a run with --results wrote.",
)
@click.option(
    "--baselines",
    type=click.Path(path_type=Path),
    default=Path("baselines.json"),
    show_default=True,
    help="What is changed.",
)
def record(keys: tuple[str, ...], found: Path, baselines: Path) -> None:
    """Copy what was measured of KEYS (variants or designs) into the baselines.

    Example: python -m hlsgate record jets-q6_p75 jets-q6_p75-oneapi_agilex7

    Commit the result by itself, with the table that is printed in the message.
    """
    from hlsgate import commands

    _require(list(keys), "name a variant or a design")
    _show(commands.record(keys, found, baselines))


def _require(keys: Sequence[str], what: str) -> None:
    if not keys:
        raise click.UsageError(f"nothing to do; {what}.")


def _show(changes: Sequence[Change]) -> None:
    from tabulate import tabulate

    rows = [(change.what, change.old, change.new) for change in changes]
    if rows:
        click.echo(tabulate(rows, ("metric", "old", "new"), "github", disable_numparse=True))
    else:
        click.echo("nothing changed")


@contextmanager
def _bar(title: str) -> Iterator[Callable[[float], None]]:
    with click.progressbar(length=100, label=title) as bar:
        yield lambda share: bar.update(round(100 * share) - bar.pos)


if __name__ == "__main__":
    main()
