"""Command line of the frontier: ``python -m hlsgate frontier``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hlsgate.cli.options import BASELINES, CACHE, CHECKPOINTS, SUITE

if TYPE_CHECKING:
    from hlsgate.spec.suites import Benchmark
    from hlsgate.sweep.work import Place

_BENCHMARK = click.option(
    "--benchmark",
    "key",
    metavar="KEY",
    help="What is swept.  [default: the suite's first benchmark with a family]",
)
_RESULTS = click.option(
    "--results",
    "written",
    type=click.Path(path_type=Path),
    help="Results of the sweep.  [default: results/frontier-BENCHMARK.json]",
)
_STORED = click.option(
    "--stored",
    type=click.Path(path_type=Path),
    help="The stored frontier.  [default: the suite's of that benchmark]",
)
_DATASET = click.option(
    "--dataset", help="Another data set: openml, or a file.  [default: the benchmark's own]"
)
_SCHEDULER = click.option("--scheduler", metavar="ADDRESS", help="Dask scheduler to run on.")
_WORKERS = click.option(
    "--workers", type=click.IntRange(min=1), help="Processes here.  [default: one a core]"
)


def _swept(key: str | None) -> Benchmark:
    """Return the benchmark that is named, or the first that can be swept."""
    from hlsgate.infra.errors import SuiteError
    from hlsgate.suites import suite
    from hlsgate.sweep.points import family_of

    known = suite.active().families
    if key is None and not known:
        raise SuiteError(
            "no benchmark of this suite declares a family of points to sweep; declare one "
            "(hlsgate.spec.families.Family, docs/frontier.md)."
        )
    benchmark = known[0] if key is None else suite.benchmark(key)
    family_of(benchmark)
    return benchmark


def _place(
    benchmark: Benchmark,
    cache: Path | None,
    baselines: Path,
    checkpoints: Path,
    dataset: str | None,
) -> Place:
    from hlsgate.infra.cache import default_root
    from hlsgate.sweep.work import place_of

    return place_of(benchmark.key, cache or default_root(), baselines, checkpoints, dataset)


@click.group(
    invoke_without_command=True, short_help="Sweep networks: how far before accuracy drops?"
)
@_BENCHMARK
@click.option("--grid", "name", help="Name of a grid.  [default: the family's first, full]")
@click.option("--only", multiple=True, metavar="PATTERN", help="Groups, such as '*-w4_*'.")
@click.option("--no-synthesis", is_flag=True, help="Leave Yosys out.")
@click.option("--all", "every", is_flag=True, help="Show all groups, not the frontier only.")
@_RESULTS
@_STORED
@BASELINES
@CHECKPOINTS
@CACHE
@_DATASET
@_SCHEDULER
@_WORKERS
@SUITE
@click.pass_context
def frontier(
    context: click.Context,
    key: str | None,
    name: str | None,
    only: tuple[str, ...],
    no_synthesis: bool,
    every: bool,
    written: Path | None,
    stored: Path | None,
    baselines: Path,
    checkpoints: Path,
    cache: Path | None,
    dataset: str | None,
    scheduler: str | None,
    workers: int | None,
) -> None:
    """Sweep a grid of compressed networks, to see how far one can go before accuracy drops.

    Example: python -m hlsgate frontier --benchmark digits --grid trial

    What was made before is not made again, so an interrupted sweep goes on where it ended. The
    result of the family's first grid is held against the stored frontier; exit code 1 where that
    is worse, or where a point could not be made.
    """
    if context.invoked_subcommand is not None:
        return
    from hlsgate.suites import suite
    from hlsgate.sweep import documents, execution, sweep, tables, work
    from hlsgate.sweep.display import display
    from hlsgate.sweep.points import family_of

    benchmark = _swept(key)
    family = family_of(benchmark)
    grid = family.grid(name) if name else family.stored
    path = written or documents.results_of(benchmark.key)
    kept = stored or suite.active().frontier(benchmark.key)
    gated = not only and grid is family.stored and kept.is_file()
    points = execution.chosen(benchmark, grid, only)
    if gated:
        points = execution.with_stored(points, documents.read(kept), benchmark)
    place = _place(benchmark, cache, baselines, checkpoints, dataset)
    with (
        sweep.cluster(scheduler, workers, work.ONE_THREAD) as client,
        display(click.echo, terminal=sys.stdout.isatty()) as shown,
    ):
        content = execution.execute(
            points, grid.name, place, client, shown, synthesise=not no_synthesis
        )
        documents.write(path, content)
    content = documents.read(path)
    click.echo(tables.groups(content, every=every))
    click.echo(f"\n{tables.summary(content)}\n\nresults: {path}")
    closed = bool(content["failed"])
    if gated:
        closed |= _held(content, kept)
    sys.exit(1 if closed else 0)


def _held(content: Mapping[str, Any], stored: Path) -> bool:
    """Print what the gate finds; return whether it is closed."""
    from hlsgate.sweep import documents, gate, tables

    kept = documents.read(stored)
    found = gate.judge(kept, content, gate.slack_of(kept))
    click.echo(f"\nagainst {stored}:\n{tables.findings(found)}")
    return any(one.fails for one in found)


@frontier.command()
@_BENCHMARK
@click.option("--trials", type=click.IntRange(min=1), help="End after so many points.")
@click.option("--minutes", type=click.FloatRange(min=0), help="Begin no more after so long.")
@click.option("--keep", default=6, show_default=True, help="Best ones to make with all seeds.")
@click.option(
    "--storage",
    type=click.Path(path_type=Path),
    help="The search's file; it goes on where it ended.  [default: RESULTS, as .db]",
)
@_RESULTS
@BASELINES
@CHECKPOINTS
@CACHE
@_DATASET
@_SCHEDULER
@_WORKERS
@SUITE
def search(
    key: str | None,
    trials: int | None,
    minutes: float | None,
    keep: int,
    storage: Path | None,
    written: Path | None,
    baselines: Path,
    checkpoints: Path,
    cache: Path | None,
    dataset: str | None,
    scheduler: str | None,
    workers: int | None,
) -> None:
    """Look for better points than a sweep's, and add the best to its results.

    Example: python -m hlsgate frontier search --minutes 30

    Varied are bits of weights, activations and inputs, zeros, widths and the training's schedule,
    within the ranges that the benchmark's family declares; the same for all layers, but for the
    widths.
    """
    from hlsgate.sweep import documents, execution, sweep, tables, work
    from hlsgate.sweep import search as searching
    from hlsgate.sweep.display import display

    budget = searching.Budget(trials, minutes)
    benchmark = _swept(key)
    path = written or documents.results_of(benchmark.key)
    before = documents.read(path)
    place = _place(benchmark, cache, baselines, checkpoints, dataset)
    execution.refuse_other_data(before, place)
    study = searching.open_study(storage or path.with_suffix(".db"), before, benchmark)
    with (
        sweep.cluster(scheduler, workers, work.ONE_THREAD) as client,
        display(click.echo, terminal=sys.stdout.isatty()) as shown,
    ):
        content = execution.improve(before, study, budget, keep, place, client, shown)
        documents.write(path, content)
    click.echo(tables.groups(content))
    click.echo(f"\n{tables.summary(content)}\n\nresults: {path}")


def _run_and_stored(
    key: str | None, written: Path | None, stored: Path | None
) -> tuple[Path, Mapping[str, Any], Path]:
    """Return results with their file, and the stored frontier's, by what the results are of."""
    from hlsgate.suites import suite
    from hlsgate.sweep import documents

    path = written or documents.results_of(_swept(key).key)
    content = documents.read(path)
    return path, content, stored or suite.active().frontier(content["benchmark"])


@frontier.command(short_help="Hold results against the stored frontier.")
@_BENCHMARK
@_RESULTS
@_STORED
@SUITE
def check(key: str | None, written: Path | None, stored: Path | None) -> None:
    """Hold a sweep's results against the stored frontier; no tool is needed.

    Example: python -m hlsgate frontier check --results results/frontier-digits.json

    Exit code 1 where a stored point is missing, or dominated beyond the tolerance.
    """
    _, content, kept = _run_and_stored(key, written, stored)
    sys.exit(1 if _held(content, kept) else 0)


@frontier.command()
@_BENCHMARK
@_RESULTS
@_STORED
@click.option("--reason", help="Why; kept in the stored frontier.")
@SUITE
def record(key: str | None, written: Path | None, stored: Path | None, reason: str | None) -> None:
    """Make a sweep's results the stored frontier of their benchmark.

    Example: python -m hlsgate frontier record --benchmark digits

    Commit the file by itself, with the table that is printed in the message.
    """
    from hlsgate.judge import changes
    from hlsgate.sweep import documents

    path, _, kept = _run_and_stored(key, written, stored)
    changed = documents.record(path, kept, reason)
    click.echo(changes.table(changed) if changed else "nothing changed")
