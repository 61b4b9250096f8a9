"""Jobs made side by side: as many as there are cores, the longest chains first."""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from typing import Any, Protocol

from hlsgate.infra.cache import NotMade
from hlsgate.infra.errors import HlsgateError
from hlsgate.pipeline.hardware import Hardware
from hlsgate.pipeline.making import worker
from hlsgate.pipeline.making.jobs import Job
from hlsgate.pipeline.making.worker import Event, Made, Place

TRIES = 2
"""How often a job is begun whose process dies; then it is left to whoever asks for it."""

_PATIENCE_S = 10.0


class Display(Protocol):
    """Shows how the work goes on; called from one thread at a time."""

    def total(self, done: int, jobs: int) -> None:
        """Show how many jobs are done."""

    def event(self, event: Event) -> None:
        """Show what a worker tells."""


def closure(jobs: Iterable[Job]) -> list[Job]:
    """Return jobs and all that they need, each once."""
    found: dict[Job, None] = {}
    waiting = list(jobs)
    while waiting:
        job = waiting.pop(0)
        if job not in found:
            found[job] = None
            waiting += job.after
    return list(found)


def missing(jobs: Iterable[Job], hardware: Hardware) -> list[Job]:
    """Return the jobs whose products are not all in the cache."""
    # what else is wrong, the claim that needs it says
    return [job for job in jobs if isinstance(hindrance(job, hardware), NotMade)]


def hindrance(job: Job, hardware: Hardware) -> NotMade | HlsgateError | None:
    """Return what keeps a job's products from being read; None where all are in the cache.

    Parameters
    ----------
    job : Job
        The job.
    hardware : Hardware
        One that makes nothing (`hlsgate.pipeline.Pipeline.looking`).
    """
    try:
        job.do(hardware)
    except (NotMade, HlsgateError) as error:
        return error
    return None


def order(jobs: Sequence[Job]) -> list[Job]:
    """Return jobs by the time from their start to the end of all that waits for them."""
    followers: dict[Job, list[Job]] = {job: [] for job in jobs}
    for job in jobs:
        for before in job.after:
            if before in followers:
                followers[before].append(job)

    @functools.cache
    def chain(job: Job) -> float:
        return job.seconds + max(map(chain, followers[job]), default=0.0)

    return sorted(jobs, key=chain, reverse=True)


def critical_path(jobs: Sequence[Job]) -> float:
    """Return the estimated time of the longest chain, in s: no number of cores is faster."""

    @functools.cache
    def until(job: Job) -> float:
        return job.seconds + max((until(one) for one in job.after if one in jobs), default=0.0)

    return max(map(until, jobs), default=0.0)


@dataclass
class _Schedule:
    """What is to be done, what is being done, and what can start now."""

    waiting: list[Job]
    heavy_at_once: int
    running: dict[Future[Made], Job] = field(default_factory=dict)
    tries: dict[Job, int] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    """Kinds of which a job has ended."""

    def next(self) -> Job | None:
        """Take the first job that can start."""
        unfinished = {*self.waiting, *self.running.values()}
        for job in self.waiting:
            if unfinished.isdisjoint(job.after) and self._has_room(job):
                self.waiting.remove(job)
                return job
        return None

    def _has_room(self, job: Job) -> bool:
        """Whether a job may start beside those that run; one that saw a process die runs alone."""
        running = list(self.running.values())
        if any(one in self.tries for one in [job, *running]):
            return not running
        kinds = {one.kind for one in running}
        if job.first_alone and job.kind in kinds - self.ended:
            return False
        return not job.heavy or sum(one.heavy for one in running) < self.heavy_at_once

    def again(self, job: Job) -> None:
        """Let a job begin again whose process died; not too often."""
        self.tries[job] = self.tries.get(job, 0) + 1
        if self.tries[job] < TRIES:
            self.waiting.insert(0, job)


def run(
    jobs: Sequence[Job],
    place: Place,
    processes: int,
    display: Display,
    *,
    heavy_at_once: int,
) -> dict[str, HlsgateError]:
    """Make jobs in processes of their own.

    Parameters
    ----------
    jobs : sequence of Job
        From `missing` and `order`.
    place : Place
        Where workers find everything.
    processes : int
        How many work at once.
    display : Display
        Shows how it goes on.
    heavy_at_once : int
        How many heavy jobs fit into memory.

    Returns
    -------
    dict of str to HlsgateError
        Folders of cache entries that could not be made, and why.
    """
    context = multiprocessing.get_context("spawn")
    schedule = _Schedule(list(jobs), heavy_at_once)
    failed: dict[str, HlsgateError] = {}
    with _events(context, display) as events:
        while schedule.waiting:
            pool = ProcessPoolExecutor(
                processes, mp_context=context, initializer=worker.begin, initargs=(place, events)
            )
            with _ended(pool):
                _work(pool, schedule, processes, failed, functools.partial(_show, display, jobs))
    return failed


def _show(display: Display, jobs: Sequence[Job], schedule: _Schedule) -> None:
    left = len(schedule.waiting) + len(schedule.running)
    display.total(len(jobs) - left, len(jobs))


def _work(
    pool: ProcessPoolExecutor,
    schedule: _Schedule,
    processes: int,
    failed: dict[str, HlsgateError],
    show: Callable[[_Schedule], None],
) -> None:
    """Keep a pool busy until all is done, or until one of its processes dies."""
    while True:
        while len(schedule.running) < processes and (job := schedule.next()) is not None:
            try:
                schedule.running[pool.submit(worker.make, job)] = job
            except BrokenProcessPool:
                schedule.again(job)
                return _gave_up(schedule)
        show(schedule)
        if not schedule.running:
            return None
        done, _ = wait(schedule.running, return_when=FIRST_COMPLETED)
        for future in done:
            error = future.exception()
            if isinstance(error, BrokenProcessPool):
                return _gave_up(schedule)
            schedule.ended.add(schedule.running.pop(future).kind)
            if error is None:  # a fault of ours is seen again, whole, by the claim that asks for it
                failed.update(future.result().failed)


def _gave_up(schedule: _Schedule) -> None:
    """Nobody can say which of the running jobs killed a process; all begin again, one by one."""
    jobs = list(schedule.running.values())
    schedule.running.clear()
    for job in reversed(jobs):
        schedule.again(job)


@contextlib.contextmanager
def _ended(pool: ProcessPoolExecutor) -> Iterator[None]:
    """Leave no process behind: at once after an error or Ctrl-C, in peace otherwise."""
    children = set(multiprocessing.active_children())
    try:
        yield
        pool.shutdown()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        mine = [one for one in multiprocessing.active_children() if one not in children]
        for process in mine:
            process.terminate()
        for process in mine:
            process.join(_PATIENCE_S)
            if process.is_alive():
                process.kill()
                process.join()
        raise


@contextlib.contextmanager
def _events(context: Any, display: Display) -> Iterator[Any]:
    """Give workers a way to tell how far they are; a thread shows what comes."""
    events = context.Queue()

    def follow() -> None:
        while (event := events.get()) is not None:
            display.event(event)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield events
    finally:
        events.put(None)
        thread.join()
        events.close()
