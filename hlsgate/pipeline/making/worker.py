"""A process that makes jobs: what it is given at its start, and what it tells while it works."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hlsgate.data import datasets
from hlsgate.infra import determinism
from hlsgate.infra.cache import Cache
from hlsgate.infra.errors import HlsgateError
from hlsgate.logic import numba_cache
from hlsgate.pipeline.hardware import Hardware
from hlsgate.pipeline.making.jobs import Job
from hlsgate.pipeline.pipeline import Pipeline
from hlsgate.suites import suite

Event = tuple[str, str, float]
"""What happened ("begin", "share" or "end"), the title of the work, and the share or seconds."""


@dataclass(frozen=True)
class Place:
    """Where a worker finds everything; the same for all of them.

    Parameters
    ----------
    suite : pathlib.Path or None
        File of the suite; hlsgate's own without it.
    cache : pathlib.Path
        Folder of finished work.
    since : float
        What was made before this time is made again, in s since the epoch.
    checkpoints : pathlib.Path
        Folder of frozen weights.
    datasets : dict of str to str
        Other data sets, as in ``--dataset``.
    timeout_s : float
        Time limit of one run of a synthesis tool, in s.
    workers : int
        Processes that rows of an emulation are shared among.
    """

    suite: Path | None
    cache: Path
    since: float
    checkpoints: Path
    datasets: dict[str, str]
    timeout_s: float
    workers: int = 1


@dataclass
class Made:
    """What became of a job: entries that could not be made, with why, and seconds it took."""

    failed: dict[str, HlsgateError] = field(default_factory=dict)
    seconds: float = 0.0


_state: dict[str, Any] = {}


def begin(place: Place, events: Any) -> None:
    """Make this process ready for jobs."""
    # The whole group gets Ctrl-C; workers end when they are told to, and clean up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    determinism.apply()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if suite.file() != place.suite:
        suite.choose(place.suite)
    _state["hardware"] = hardware(place, functools.partial(_telling, events.put))


def hardware(place: Place, step: Any) -> Hardware:
    """Return what makes everything at a place."""
    cache = Cache(place.cache, since=place.since)
    numba_cache.apply(cache.root)

    def load(key: str) -> datasets.Dataset:
        return datasets.load(suite.benchmark(key), place.datasets.get(key), cache, step)

    pipeline = Pipeline(load, cache, place.checkpoints, step, place.workers)
    return Hardware(pipeline, place.timeout_s)


@contextmanager
def _telling(tell: Callable[[Event], None], title: str) -> Iterator[Callable[[float], None]]:
    started = time.monotonic()
    tell(("begin", title, 0.0))
    try:
        yield lambda share: tell(("share", title, share))
    finally:
        tell(("end", title, time.monotonic() - started))


def make(job: Job) -> Made:
    """Make a job in this process; what fails is told, not raised, as the claims will ask again."""
    started, doing = time.monotonic(), _state["hardware"]
    # Workers share the terminal with the display; hls4ml prints there what nobody asked for.
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(HlsgateError):
        try:
            job.do(doing)
        except SystemExit as told:  # a pool's process would take it for a result, and live on
            os._exit(int(told.code or 0))
    return Made(dict(doing.pipeline.cache.failed), time.monotonic() - started)
