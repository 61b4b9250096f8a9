"""Command line of the frontier: ``python -m hlsgate frontier``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hlsgate.frontier.work import Place

_DEFAULT_RESULTS = Path("results/frontier.json")
_STORED = Path("fixtures/frontier.json")

_RESULTS = click.option(
    "--results",
    "written",
    type=click.Path(path_type=Path),
    default=_DEFAULT_RESULTS,
    show_default=True,
    help="Results of the sweep.",
)
_STORED_OPTION = click.option(
    "--stored",
    type=click.Path(path_type=Path),
    default=_STORED,
    show_default=True,
    help="The stored frontier.",
)
_ROOT = click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="Checkout with fixtures/ below it.  [default: this folder]",
)
_CACHE = click.option("--cache", type=click.Path(path_type=Path), help="Folder of finished work.")
_DATASET = click.option(
    "--dataset", help="Another data set: openml, or a file.  [default: the benchmark's own]"
)
_SCHEDULER = click.option("--scheduler", metavar="ADDRESS", help="Dask scheduler to run on.")
_WORKERS = click.option(
    "--workers", type=click.IntRange(min=1), help="Processes here.  [default: one a core]"
)


def _place(root: Path, cache: Path | None, dataset: str | None) -> Place:
    from hlsgate.cache import default_root
    from hlsgate.frontier.work import Place

    return Place(root.resolve(), (cache or default_root()).resolve(), dataset)


@click.group(
    invoke_without_command=True, short_help="Sweep networks: how far before accuracy drops?"
)
@click.option("--grid", "name", default="full", show_default=True, help="full or trial.")
@click.option("--only", multiple=True, metavar="PATTERN", help="Groups, such as 'jets-w4_*'.")
@click.option("--no-synthesis", is_flag=True, help="Leave Yosys out.")
@click.option("--all", "every", is_flag=True, help="Show all groups, not the frontier only.")
@_RESULTS
@_STORED_OPTION
@_ROOT
@_CACHE
@_DATASET
@_SCHEDULER
@_WORKERS
@click.pass_context
def frontier(
    context: click.Context,
    name: str,
    only: tuple[str, ...],
    no_synthesis: bool,
    every: bool,
    written: Path,
    stored: Path,
    root: Path,
    cache: Path | None,
    dataset: str | None,
    scheduler: str | None,
    workers: int | None,
) -> None:
    """Sweep a grid of compressed networks, to see how far one can go before accuracy drops.

    Example: python -m hlsgate frontier --grid trial

    What was made before is not made again, so an interrupted sweep goes on where it ended. The full
    grid's result is held against the stored frontier; exit code 1 where that is worse, or where a
    point could not be made.
    """
    if context.invoked_subcommand is not None:
        return
    from hlsgate.frontier import documents, execution, sweep, tables, work
    from hlsgate.frontier.display import display
    from hlsgate.frontier.grid import GRIDS

    if name not in GRIDS:
        raise click.UsageError(f"no grid {name!r}; there are {', '.join(GRIDS)}.")
    points = execution.chosen(GRIDS[name], only)
    if not only and name == "full" and stored.is_file():
        points = execution.with_stored(points, documents.read(stored))
    place = _place(root, cache, dataset)
    with (
        sweep.cluster(scheduler, workers, work.ONE_THREAD) as client,
        display(click.echo, terminal=sys.stdout.isatty()) as shown,
    ):
        content = execution.execute(points, name, place, client, shown, synthesise=not no_synthesis)
        documents.write(written, content)
    content = documents.read(written)
    click.echo(tables.groups(content, every=every))
    click.echo(f"\n{tables.summary(content)}\n\nresults: {written}")
    closed = bool(content["failed"])
    if not only and name == "full" and stored.is_file():
        closed |= _held(written, stored)
    sys.exit(1 if closed else 0)


def _held(written: Path, stored: Path) -> bool:
    """Print what the gate finds; return whether it is closed."""
    from hlsgate.frontier import documents, gate, tables

    kept = documents.read(stored)
    found = gate.judge(kept, documents.read(written), gate.slack_of(kept))
    click.echo(f"\nagainst {stored}:\n{tables.findings(found)}")
    return any(one.fails for one in found)


@frontier.command()
@click.option("--trials", type=click.IntRange(min=1), help="End after so many points.")
@click.option("--minutes", type=click.FloatRange(min=0), help="Begin no more after so long.")
@click.option("--keep", default=6, show_default=True, help="Best ones to make with all seeds.")
@click.option(
    "--storage",
    type=click.Path(path_type=Path),
    default=Path("results/frontier-search.db"),
    show_default=True,
    help="The search's file; it goes on where it ended.",
)
@_RESULTS
@_ROOT
@_CACHE
@_DATASET
@_SCHEDULER
@_WORKERS
def search(
    trials: int | None,
    minutes: float | None,
    keep: int,
    storage: Path,
    written: Path,
    root: Path,
    cache: Path | None,
    dataset: str | None,
    scheduler: str | None,
    workers: int | None,
) -> None:
    """Look for better points than a sweep's, and add the best to its results.

    Example: python -m hlsgate frontier search --minutes 30

    Varied are bits of weights, activations and inputs, zeros, widths and the training's schedule;
    the same for all layers, but for the widths.
    """
    from hlsgate.frontier import documents, execution, sweep, tables, work
    from hlsgate.frontier import search as searching
    from hlsgate.frontier.display import display

    budget = searching.Budget(trials, minutes)
    before = documents.read(written)
    study = searching.open_study(storage, before)
    place = _place(root, cache, dataset)
    with (
        sweep.cluster(scheduler, workers, work.ONE_THREAD) as client,
        display(click.echo, terminal=sys.stdout.isatty()) as shown,
    ):
        content = execution.improve(before, study, budget, keep, place, client, shown)
        documents.write(written, content)
    click.echo(tables.groups(content))
    click.echo(f"\n{tables.summary(content)}\n\nresults: {written}; trials: {storage}")


@frontier.command(short_help="Hold results against the stored frontier.")
@_RESULTS
@_STORED_OPTION
def check(written: Path, stored: Path) -> None:
    """Hold a sweep's results against the stored frontier; no tool is needed.

    Example: python -m hlsgate frontier check --results results/frontier.json

    Exit code 1 where a stored point is missing, or dominated beyond the tolerance.
    """
    sys.exit(1 if _held(written, stored) else 0)


@frontier.command()
@_RESULTS
@_STORED_OPTION
@click.option("--reason", help="Why; kept in the stored frontier.")
def record(written: Path, stored: Path, reason: str | None) -> None:
    """Make a sweep's results the stored frontier.

    Example: python -m hlsgate frontier record

    Commit the file by itself, with the table that is printed in the message.
    """
    from hlsgate.frontier import documents
    from hlsgate.gates import changes

    changed = documents.record(written, stored, reason)
    click.echo(changes.table(changed) if changed else "nothing changed")
