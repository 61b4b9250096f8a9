"""How a sweep goes on, on a terminal: a bar, what runs, and a live table of the best points."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

from hlsgate.sweep.groups import Facts
from hlsgate.sweep.sweep import Result

SHOWN = 10
"""Points in the live table."""

Echo = Callable[[str], None]


class Display(Protocol):
    """What a sweep is watched by; open it as a context."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        """End."""

    def phase(self, title: str, total: int) -> None:
        """Begin so many tasks."""

    def running(self, keys: Sequence[str]) -> None:
        """See `hlsgate.sweep.sweep.Watcher`."""

    def done(self, key: str, result: Result) -> None:
        """See `hlsgate.sweep.sweep.Watcher`."""


class Lines:
    """One line for each point that is done; where there is no terminal.

    Parameters
    ----------
    echo : callable
        Takes a line.
    """

    def __init__(self, echo: Echo) -> None:
        self._echo = echo
        self._title, self._total, self._done, self._started = "", 0, 0, time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def phase(self, title: str, total: int) -> None:
        """Begin so many tasks."""
        self._title, self._total, self._done = title, total, 0
        self._started = time.monotonic()

    def running(self, keys: Sequence[str]) -> None:
        """Leave out what runs: it would be a line a second."""

    def done(self, key: str, result: Result) -> None:
        """Print a line: how far, how long, what came out."""
        self._done += 1
        elapsed = time.monotonic() - self._started
        left = elapsed / self._done * (self._total - self._done)
        clock = f"{elapsed:.0f} s, about {left:.0f} s left"
        self._echo(f"{self._title} {self._done}/{self._total} ({clock}): {key}: {told(result)}")


def told(result: Result) -> str:
    """Return what came out, in a few words."""
    if "error" in result:
        return f"FAILED: {result['error']}"
    if "accuracy" in result:
        text = f"{100 * result['accuracy']:.2f} %, parity {result['parity']}"
        return f"{text}, cost {result['da_cost']:,.0f}"
    if "alut" in result:
        return f"{result['alut']:,} ALUTs, {result['ff']:,} FFs"
    return "done"


class Live:
    """A bar, and a table that changes as points come in."""

    def __init__(self) -> None:
        from rich.live import Live as RichLive
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[running]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False),
        )
        self._points: dict[str, dict[str, Any]] = {}
        self._failed: dict[str, str] = {}
        self._task: Any = None
        # last: it draws at once
        self._live = RichLive(get_renderable=self._draw, refresh_per_second=2)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def phase(self, title: str, total: int) -> None:
        """Begin so many tasks."""
        self._task = self._bar.add_task(title, total=total, running="")

    def running(self, keys: Sequence[str]) -> None:
        """Show how many tasks run, and which."""
        shown = f"{len(keys)} running: {', '.join(keys[:2])}" if keys else "0 running"
        self._bar.update(self._task, running=shown)

    def done(self, key: str, result: Result) -> None:
        """Take a result into the table."""
        if "error" in result:
            self._failed[key] = result["error"]
        else:
            self._points.setdefault(key, {}).update(result)
        self._bar.advance(self._task)

    def _draw(self) -> Any:
        from rich.console import Group
        from rich.table import Table

        table = Table(title="best points so far", title_justify="left")
        heads = ("point", "accuracy %", "loss, points", "parity", "cost", "ALUT")
        for head in heads:
            table.add_column(head, justify="left" if head == "point" else "right")
        for point in best(list(self._points.values()))[:SHOWN]:
            table.add_row(*_cells(point))
        lines = [f"FAILED {key}: {why}" for key, why in self._failed.items()]
        return Group(table, *lines, self._bar)


def best(points: Sequence[Facts]) -> list[Facts]:
    """Return the points that no other one dominates, those with parity and the cheapest first."""
    whole = [point for point in points if "accuracy" in point]
    front, top = [], float("-inf")
    for point in sorted(whole, key=lambda one: (one["da_cost"], -one["accuracy"])):
        if point["accuracy"] > top:
            front.append(point)
            top = point["accuracy"]
    return sorted(front, key=lambda one: (one["parity"] != "pass", one["da_cost"]))


def _cells(point: Facts) -> list[str]:
    return [
        point["key"],
        f"{100 * point['accuracy']:.2f}",
        f"{100 * point['loss']:.2f} (to {100 * point['loss_upper']:.2f})",
        point["parity"],
        f"{point['da_cost']:,.0f}",
        "-" if point["alut"] is None else f"{point['alut']:,}",
    ]


def display(echo: Echo, *, terminal: bool) -> Display:
    """Return what shows a sweep where its output goes."""
    return Live() if terminal else Lines(echo)
