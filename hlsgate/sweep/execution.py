"""A whole sweep: references, every point, then cells of the best; from a grid to a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

from hlsgate.infra.errors import FrontierError
from hlsgate.spec.families import Grid
from hlsgate.spec.suites import Benchmark
from hlsgate.suites import suite
from hlsgate.sweep import documents, search, sweep, work
from hlsgate.sweep.display import Display
from hlsgate.sweep.points import Point, point_of, points_of
from hlsgate.sweep.sweep import Result, Task
from hlsgate.sweep.work import Place

if TYPE_CHECKING:
    from distributed import Client
    from optuna import Study


def chosen(benchmark: Benchmark, grid: Grid, only: Sequence[str]) -> list[Point]:
    """Return a grid's points, or those of groups that fit a pattern such as ``jets-w4_*``.

    Raises
    ------
    FrontierError
        If no group fits.
    """
    points = points_of(benchmark, grid)
    fitting = [
        point for point in points if not only or any(fnmatch(point.group, one) for one in only)
    ]
    if not fitting:
        known = ", ".join(dict.fromkeys(point.group for point in points))
        raise FrontierError(
            f"no group of {benchmark.key}, grid {grid.name}, fits {', '.join(only)}; there "
            f"are {known}."
        )
    return fitting


def with_stored(
    points: Sequence[Point], stored: Mapping[str, Any] | None, benchmark: Benchmark
) -> list[Point]:
    """Add the points that a search found, and that the stored frontier keeps, to a grid's."""
    known = {point.key for point in points}
    found = stored["points"] if stored else []
    kept = [point_of(facts, benchmark) for facts in found if facts["source"] == "search"]
    return [*points, *(point for point in kept if point.key not in known)]


def execute(
    points: Sequence[Point],
    name: str,
    place: Place,
    client: Client,
    display: Display,
    *,
    synthesise: bool = True,
) -> documents.Content:
    """Make every point, then synthesise those on the frontier, and put it all together.

    Parameters
    ----------
    points : sequence of Point
        Each group with all its seeds.
    name : str
        Of the grid that they are of.
    place : Place
        Where the workers find everything.
    client : distributed.Client
        From `hlsgate.sweep.sweep.cluster`.
    display : Display
        Shows how it goes on.
    synthesise : bool
        Whether to run Yosys.

    Raises
    ------
    FrontierError
        If the references could not be made, or no point could.
    """
    common = work.head(place)
    references = _references(place, client, display)
    found = made(points, place, client, display)
    failed = failures(found)
    whole = [result for result in found.values() if "error" not in result]
    if not whole:
        raise FrontierError(f"no point could be made; the first failed so: {failed[0]['error']}")

    def together() -> documents.Content:
        return documents.assemble(
            common,
            references,
            whole,
            root=suite.active().home,
            grid={"name": name, "keys": _declared(points)},
            seeds=sorted({point.seed for point in points}),
            failed=failed,
        )

    if synthesise:
        counted = cells(_wanted(together(), points), place, client, display)
        failed += failures(counted)
        whole = with_cells(whole, counted)
    return together()


def improve(
    content: Mapping[str, Any],
    study: Study,
    budget: search.Budget,
    keep: int,
    place: Place,
    client: Client,
    display: Display,
) -> documents.Content:
    """Search for better points, and add the best, with all seeds and cells, to a sweep.

    Call `refuse_other_data` before.
    """

    def make(points: Sequence[Point]) -> Mapping[str, Result]:
        return made(points, place, client, display)

    at_once = 2 * max(len(client.nthreads()), 1)
    search.search(study, budget, make, at_once, place.declared)
    points = search.promising(study, content, keep, place.declared)
    found = make(points)
    whole = [one for one in found.values() if "error" not in one]
    more = search.joined(content, whole, failures(found))
    counted = cells(_wanted(more, points), place, client, display)
    return search.joined(
        content, with_cells(whole, counted), [*failures(found), *failures(counted)]
    )


def refuse_other_data(content: Mapping[str, Any], place: Place) -> None:
    """Raise `FrontierError` if a sweep is of other data than a search at a place would be."""
    here = work.head(place)
    odd = [name for name in here if content[name] != here[name]]
    if odd:
        raise FrontierError(
            f"the results to improve are of another {', '.join(odd)}; sweep first, with the same "
            "options."
        )


def _declared(points: Sequence[Point]) -> list[str]:
    return list(dict.fromkeys(point.group for point in points if point.source == "grid"))


def _wanted(content: Mapping[str, Any], points: Sequence[Point]) -> list[Point]:
    declared = {point.key: point for point in points}
    return [declared[key] for key in documents.to_synthesise(content) if key in declared]


def _references(place: Place, client: Client, display: Display) -> Result:
    display.phase("references", 1)
    task = Task("references", work.told, (work.references, place))
    found = sweep.run([task], client, display)["references"]
    if "error" in found:
        raise FrontierError(f"the references could not be made: {found['error']}")
    return found


def made(
    points: Sequence[Point], place: Place, client: Client, display: Display
) -> dict[str, Result]:
    """Make points; ``{"error": ...}`` for those that could not be."""
    display.phase("points", len(points))
    tasks = [Task(point.key, work.told, (work.point, point, place)) for point in points]
    return sweep.run(tasks, client, display)


def cells(
    points: Sequence[Point], place: Place, client: Client, display: Display
) -> dict[str, Result]:
    """Synthesise points; ``{"error": ...}`` for those that could not be."""
    display.phase("synthesis", len(points))
    tasks = [Task(point.key, work.told, (work.cells, point, place)) for point in points]
    return sweep.run(tasks, client, display)


def with_cells(points: Sequence[Result], counted: Mapping[str, Result]) -> list[Mapping[str, Any]]:
    """Add to points the cells that were counted of them."""
    found = {key: one for key, one in counted.items() if "error" not in one}
    return [{**point, **found.get(point["key"], {})} for point in points]


def failures(found: Mapping[str, Result]) -> list[dict[str, Any]]:
    """Return what could not be made, and why, for the document."""
    return [{"key": key, "error": one["error"]} for key, one in found.items() if "error" in one]
