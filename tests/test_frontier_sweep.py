"""A sweep in parallel: a dead worker loses its task only, and that is made again."""

import io
import os
import signal
import time

import pytest

pytest.importorskip("distributed")

from hlsgate.infra.cache import Cache
from hlsgate.infra.errors import FrontierError
from hlsgate.sweep import sweep
from hlsgate.sweep.display import Lines, Live, best, told
from hlsgate.sweep.sweep import Task
from tests.frontiers import point


class Notes:
    """Keeps what a watcher is told."""

    def __init__(self):
        self.ended, self.seen = [], set()

    def running(self, keys):
        self.seen |= set(keys)

    def done(self, key, _result):
        self.ended.append(key)


@pytest.fixture(scope="module")
def client():
    """Two workers, as on the smallest machine."""
    with pytest.MonkeyPatch.context() as patch:
        # each death takes a second or more
        patch.setitem(sweep.SETTINGS, "distributed.scheduler.allowed-failures", 1)
        with sweep.cluster(None, 2, {"OMP_NUM_THREADS": "1", "HLSGATE_TEST": "set"}) as client:
            yield client


def test_a_killed_worker_loses_its_task_only(client, tmp_path):
    """The task of a worker that is killed is made again; the others are made once, and kept."""
    cache = Cache(tmp_path / "cache")

    def make(key):
        def fill(_folder):
            with (tmp_path / key).open("a") as begun:
                begun.write(f"{os.getpid()}\n")
            time.sleep(0.1)
            if key == "victim" and not (tmp_path / "killed").exists():
                (tmp_path / "killed").touch()
                os.kill(os.getpid(), signal.SIGKILL)

        return {"entry": cache.entry("made", {"key": key}, fill).name}

    keys = ["a", "b", "victim", "c", "d", "e"]
    tasks = [Task(key, make, (key,)) for key in keys]
    notes = Notes()
    found = sweep.run(tasks, client, notes)
    assert all("entry" in found[key] for key in keys), found
    assert sorted(notes.ended) == sorted(keys)
    times = {key: len((tmp_path / key).read_text().split()) for key in keys}
    assert times == {"a": 1, "b": 1, "victim": 2, "c": 1, "d": 1, "e": 1}
    again = sweep.run(tasks, client, Notes())
    assert again == found
    assert {key: len((tmp_path / key).read_text().split()) for key in keys} == times


def test_errors_and_killers_are_results(client, tmp_path):
    """What raises, or kills every worker that it is given, fails by its key; the rest is made."""

    def make(key):
        if key == "killer":
            os._exit(1)
        if key == "raises":
            raise ValueError("not this one")
        return {"fine": True}

    keys = ["killer", "raises", "fine"]
    found = sweep.run([Task(key, make, (key,)) for key in keys], client, Notes())
    assert found["fine"] == {"fine": True}
    assert found["raises"]["error"] == "ValueError: not this one"
    assert "KilledWorker" in found["killer"]["error"]


def test_two_at_once_with_one_thread_each(client):
    """Both workers work at the same time, in an environment set before libraries are loaded."""

    def make():
        time.sleep(0.5)
        return {"pid": os.getpid(), "threads": os.environ["OMP_NUM_THREADS"],
                "ours": os.environ["HLSGATE_TEST"]}  # fmt: skip

    client.wait_for_workers(2, timeout=60)  # another test may have killed one
    notes = Notes()
    found = sweep.run([Task(str(one), make) for one in range(4)], client, notes)
    assert len({one["pid"] for one in found.values()}) == 2
    assert {(one["threads"], one["ours"]) for one in found.values()} == {("1", "set")}
    assert notes.seen


def test_a_worker_that_has_grown_starts_anew(client, monkeypatch):
    """Beyond its limit, a worker ends after its task; the others are made by new ones, once."""

    def make():
        time.sleep(0.1)
        return {"pid": os.getpid()}

    monkeypatch.setattr(sweep, "FULL_BYTES", 1)
    client.wait_for_workers(2, timeout=60)
    notes = Notes()
    found = sweep.run([Task(str(one), make) for one in range(5)], client, notes)
    assert sorted(notes.ended) == [str(one) for one in range(5)]
    assert len({one["pid"] for one in found.values()}) == 5
    monkeypatch.undo()
    client.wait_for_workers(2, timeout=60)
    again = sweep.run([Task(str(one), make) for one in range(6)], client, Notes())
    assert len({one["pid"] for one in again.values()}) <= 4  # of the last renewed, and the new


def test_no_scheduler_there(monkeypatch):
    """A wrong address is one sentence."""
    monkeypatch.setattr(sweep, "PATIENCE_S", 0.5)
    with (
        pytest.raises(FrontierError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1"),
        sweep.cluster("tcp://127.0.0.1:1", None, {}),
    ):
        pass


def test_a_cluster_without_workers(monkeypatch):
    """Nobody waits for ever for workers that do not come."""
    from distributed import LocalCluster

    monkeypatch.setattr(sweep, "DESERTED_S", 0.5)
    with (
        LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0") as empty,
        sweep.cluster(empty.scheduler_address, None, {}) as client,
        pytest.raises(FrontierError, match=r"no worker for 0\.5 s; start workers"),
    ):
        sweep.run([Task("any", dict)], client, Notes())


def test_slow_ends_lose_nothing(monkeypatch):
    """Workers that do not end in time are left to the end of the process."""

    class Part:
        closed = False

        def close(self, timeout):
            Part.closed = True
            raise TimeoutError(timeout)

    sweep._end(Part())
    assert Part.closed


def test_a_running_scheduler_is_used(client):
    """With an address, work goes to the workers that are there."""
    with sweep.cluster(client.scheduler.address, None, {}) as other:
        assert len(other.scheduler_info()["workers"]) == 2


def test_without_dask_one_sentence(monkeypatch):
    """Where the extra is not installed, the message names it."""
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(FrontierError, match="extra 'frontier'"), sweep.cluster(None, 1, {}):
        pass


def test_lines_tell_how_far():
    """Without a terminal: a line for each point, with the time that is left."""
    said = []
    lines = Lines(said.append)
    lines.phase("points", 2)
    whole = {"accuracy": 0.75, "parity": "pass", "da_cost": 9000.0}
    lines.done("jets-a_s0", whole)
    lines.done("jets-b_s0", {"error": "diverged"})
    assert said[0].startswith("points 1/2 (")
    assert said[0].endswith("jets-a_s0: 75.00 %, parity pass, cost 9,000")
    assert "about 0 s left): jets-b_s0: FAILED: diverged" in said[1]


def test_every_kind_of_result_is_told():
    """Points, cells, references and errors each have their words."""
    assert told({"alut": 12_000, "ff": 1_700, "yosys": "0.70"}) == "12,000 ALUTs, 1,700 FFs"
    assert told({"reference": {"accuracy": 0.7427}}) == "done"
    assert told({"equal": True, "text": "equal"}) == "done"


def test_the_live_table_takes_every_kind_of_result():
    """On a terminal: best points, what runs and failures are drawn."""
    from rich.console import Console

    live = Live()
    live.phase("references", 1)
    live.done("references", {"reference": {"accuracy": 0.7427}})
    live.phase("points", 3)
    live.running(["jets-b_s0"])
    live.done("jets-a_s0", point("jets-a", 0, 0.25, 9_000))
    live.done("jets-c_s0", {"error": "diverged"})
    live.phase("synthesis", 1)
    live.done("jets-a_s0", {"alut": 12_345, "ff": 1_700, "yosys": "0.70"})
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(live._draw())
    drawn = console.export_text()
    for part in ("jets-a_s0", "74.02", "12,345", "FAILED jets-c_s0: diverged", "2/3"):
        assert part in drawn, part


def test_best_points_first():
    """The live table begins with the cheapest that has parity, and has nothing dominated."""
    points = [
        {"key": "dear", "accuracy": 0.76, "da_cost": 20, "parity": "pass"},
        {"key": "cheap", "accuracy": 0.75, "da_cost": 10, "parity": "pass"},
        {"key": "bad", "accuracy": 0.70, "da_cost": 5, "parity": "fail"},
        {"key": "dominated", "accuracy": 0.74, "da_cost": 15, "parity": "pass"},
        {"alut": 5},
    ]
    assert [one["key"] for one in best(points)] == ["cheap", "dear", "bad"]
