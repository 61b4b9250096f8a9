"""Many tasks at once, by Dask: on this machine's cores, or on a cluster that is already there.

A worker that dies loses what it was doing, and that is started again elsewhere; what was done is
kept by the tasks themselves (the cache), so an interrupted sweep goes on where it ended.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from hlsgate.infra.errors import FrontierError

if TYPE_CHECKING:
    from distributed import Client

POLL_S = 1.0
PATIENCE_S = 60.0
"""Longest wait for a scheduler that is named, in s."""

CLOSING_S = 30.0
"""Longest wait for workers to end, in s; what is left ends with this process."""

DESERTED_S = 600.0
"""Longest time without any worker, in s."""

DEATHS = 3
"""Workers that one task may lose before it counts as failed."""

FULL_BYTES = 3 * 2**30
"""Memory at which a worker ends after its task, and starts anew.

TensorFlow 2.14 gives nothing back of what it compiled for a training: 75 to 90 MB each, whatever is
cleared (docs/frontier.md).
"""

Result = Mapping[str, Any]


@dataclass(frozen=True)
class Task:
    """A function and its arguments, both sent to a worker, and the name of the result."""

    key: str
    function: Callable[..., Result]
    arguments: tuple[Any, ...] = ()


class Watcher(Protocol):
    """Who is told how a sweep goes on."""

    def running(self, keys: Sequence[str]) -> None:
        """Take the keys of the tasks that workers are at."""

    def done(self, key: str, result: Result) -> None:
        """Take a result, or ``{"error": ...}``."""


SETTINGS = {
    "distributed.scheduler.allowed-failures": DEATHS - 1,
    # No task waits at a worker: it would be blamed for that worker's death.
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.worker.memory.terminate": False,
    "distributed.comm.timeouts.connect": f"{PATIENCE_S:g}s",
    # On a busy machine a killed worker takes long to come back; by default it has 15 s.
    "distributed.deploy.lost-worker-timeout": f"{DESERTED_S:g}s",
}
"""Of Dask, for a cluster that is started here."""


@contextmanager
def cluster(
    scheduler: str | None, workers: int | None, environment: Mapping[str, str]
) -> Iterator[Client]:
    """Connect to a scheduler, or start one here with a worker for each core.

    Parameters
    ----------
    scheduler : str or None
        Address of a running one, such as ``"tcp://login1:8786"``.
    workers : int or None
        Processes to start here; as many as cores where None.
    environment : mapping of str to str
        Of the workers that are started here, set before any library is loaded.

    Raises
    ------
    FrontierError
        If Dask is not installed, or the scheduler cannot be reached.
    """
    try:
        import dask
        import distributed  # noqa: F401
    except ImportError as error:
        raise FrontierError(
            "Dask is not installed; install hlsgate with its extra 'frontier', or run "
            "'tox run -e frontier'."
        ) from error
    before_start = {"distributed.nanny.pre-spawn-environ": dict(environment)}
    with dask.config.set(SETTINGS | before_start), ExitStack() as opened:
        yield _connected(scheduler, opened) if scheduler else _started(workers, opened)


def _connected(scheduler: str, opened: ExitStack) -> Client:
    from distributed import Client

    try:
        client = Client(scheduler, timeout=PATIENCE_S)
    except OSError as error:
        raise FrontierError(
            f"no Dask scheduler answers at {scheduler} ({error}); start one with 'dask "
            "scheduler', or leave --scheduler away."
        ) from error
    opened.callback(_end, client)
    return client


def _started(workers: int | None, opened: ExitStack) -> Client:
    from distributed import Client, LocalCluster

    local = LocalCluster(
        n_workers=workers or os.cpu_count() or 1,
        threads_per_worker=1,
        processes=True,
        dashboard_address="127.0.0.1:0",
        memory_limit=0,
        silence_logs=50,
    )
    opened.callback(_end, local)
    client = Client(local)
    opened.callback(_end, client)
    return client


def _end(part: Any) -> None:
    """Close what is no longer needed; no result may be lost because that takes too long."""
    with suppress(TimeoutError):
        part.close(timeout=CLOSING_S)


def run(tasks: Sequence[Task], client: Client, watcher: Watcher) -> dict[str, Result]:
    """Run tasks on a cluster's workers; one result for each, in no order.

    Parameters
    ----------
    tasks : sequence of Task
        Their keys must differ.
    client : distributed.Client
        From `cluster`.
    watcher : Watcher
        Is told of what begins and ends.

    Returns
    -------
    dict
        By key; ``{"error": ...}`` for a task that raised, or that killed too many workers.

    Raises
    ------
    FrontierError
        If there is no worker for `DESERTED_S` seconds.
    """
    waiting = {
        client.submit(_made, FULL_BYTES, task.function, *task.arguments, pure=False): task.key
        for task in tasks
    }
    found: dict[str, Result] = {}
    populated = time.monotonic()
    try:
        while waiting:
            populated = _populated(client, populated)
            done = [future for future in waiting if future.done()]
            for future in done:
                result = _result(future)
                # What is fetched is forgotten: a worker that ends would have to hand it over.
                key = waiting.pop(future)
                future.release()
                found[key] = result
                watcher.done(key, result)
            watcher.running(_running(client, waiting))
            if not done:
                time.sleep(POLL_S / 4)
    finally:
        client.cancel(list(waiting))
    return found


def _made(limit: int, function: Callable[..., Result], *arguments: Any) -> Result:
    """Run a task where a worker is; let the worker start anew if it has grown too large."""
    import psutil

    try:
        return function(*arguments)
    finally:
        if psutil.Process().memory_info().rss > limit:
            _renew_after_this()


def _renew_after_this() -> None:
    """Take no more tasks, and let the nanny restart this worker once the present one is done.

    Paused first, so that no task is begun only to be cut off; one that is there already, and not
    begun, goes to another worker. A worker without a nanny goes on: nobody would start it again.
    """
    from distributed import Status, get_worker

    worker = get_worker()
    if worker.nanny is None:
        return

    async def renew() -> None:
        worker.status = Status.paused
        while worker.state.executing:
            await asyncio.sleep(POLL_S / 4)
        await worker.close_gracefully(restart=True, reason="it has grown too large")

    worker.loop.add_callback(renew)


def _populated(client: Client, last: float) -> float:
    """Return when workers were last there; raise where that is too long ago."""
    now = time.monotonic()
    if client.nthreads():
        return now
    if now - last > DESERTED_S:
        raise FrontierError(
            f"the Dask cluster has had no worker for {DESERTED_S:g} s; start workers, then run "
            "the same command again, which goes on where this one ended."
        )
    return last


def _result(future: Any) -> Result:
    try:
        result: Result = future.result()
    except Exception as error:  # whatever a task raised there is reported here, by its key
        return {"error": f"{type(error).__name__}: {error}"}
    return result


def _running(client: Client, waiting: Mapping[Any, str]) -> list[str]:
    names = {future.key: key for future, key in waiting.items()}
    at = [keys[0] for keys in client.processing().values() if keys]
    return [names[key] for key in at if key in names]
