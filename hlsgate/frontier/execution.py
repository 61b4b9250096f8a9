"""A whole sweep: references, every point, then cells of the best; from a grid to a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

from hlsgate.errors import FrontierError
from hlsgate.frontier import documents, sweep, work
from hlsgate.frontier.display import Display
from hlsgate.frontier.grid import Grid, Point
from hlsgate.frontier.sweep import Result, Task
from hlsgate.frontier.work import Place

if TYPE_CHECKING:
    from distributed import Client


def chosen(grid: Grid, only: Sequence[str]) -> list[Point]:
    """Return a grid's points, or those of groups that fit a pattern such as ``jets-w4_*``.

    Raises
    ------
    FrontierError
        If no group fits.
    """
    points = grid.points()
    fitting = [
        point for point in points if not only or any(fnmatch(point.group, one) for one in only)
    ]
    if not fitting:
        known = ", ".join(dict.fromkeys(point.group for point in points))
        raise FrontierError(f"no group of {grid.name} fits {', '.join(only)}; there are {known}.")
    return fitting


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
        From `hlsgate.frontier.sweep.cluster`.
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
    failed = _failed(found)
    whole = [result for result in found.values() if "error" not in result]
    if not whole:
        raise FrontierError(f"no point could be made; the first failed so: {failed[0]['error']}")

    def together() -> documents.Content:
        return documents.assemble(
            common,
            references,
            whole,
            root=place.root,
            grid={"name": name, "keys": list(dict.fromkeys(point.group for point in points))},
            seeds=sorted({point.seed for point in points}),
            failed=failed,
        )

    if synthesise:
        declared = {point.key: point for point in points}
        wanted = [declared[key] for key in documents.to_synthesise(together())]
        counted = cells(wanted, place, client, display)
        failed += _failed(counted)
        whole = with_cells(whole, counted)
    return together()


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


def _failed(found: Mapping[str, Result]) -> list[dict[str, Any]]:
    return [{"key": key, "error": one["error"]} for key, one in found.items() if "error" in one]
