"""What a run needs is made side by side, in the right order, whatever becomes of a process."""

import multiprocessing
import os
import signal
import threading
import time

import pytest

from hlsgate.infra.errors import ReportError, SynthesisError
from hlsgate.pipeline.making import jobs, runner
from hlsgate.pipeline.making.jobs import Job, Kind
from hlsgate.pipeline.making.worker import Place
from hlsgate.suites import suite

SUITE = """
import os, pathlib, signal, sys, time
from hlsgate.infra.errors import ReportError, SynthesisError
from hlsgate.pipeline.making import jobs
from hlsgate.spec.suites import Suite
from hlsgate.spec.targets import BACKENDS

HERE = pathlib.Path(__file__).parent

def note(word, job):
    with (HERE / "log").open("a") as log:
        log.write(f"{word} {job.subject} {time.time()}\\n")

def work(hardware, job):
    note("start", job)
    time.sleep(0.3)
    note("end", job)

def after(job):
    return [jobs.Job("work", job.backend)] if job.backend else []

def fail(hardware, job):
    def make(folder):
        if job.backend == "report":
            raise ReportError(HERE / "summary.ndjson", "row", "is not there")
        raise SynthesisError("Yosys ended with exit code 1.", HERE / "log")
    hardware.pipeline.cache.entry("failing", {"subject": job.subject}, make)

def die(hardware, job):
    note("start", job)
    if job.backend == "always" or not (HERE / "died").exists():
        (HERE / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)

def hang(hardware, job):
    note("start", job)
    time.sleep(600)

def bug(hardware, job):
    raise ZeroDivisionError("a fault of ours")

jobs.KINDS |= {
    "work": jobs.Kind(work, lambda job: 1.0, after),
    "heavy": jobs.Kind(work, lambda job: 1.0, heavy=True),
    "compile": jobs.Kind(work, lambda job: 1.0, first_alone=True),
    "fail": jobs.Kind(fail, lambda job: 1.0),
    "die": jobs.Kind(die, lambda job: 1.0),
    "hang": jobs.Kind(hang, lambda job: 1.0),
    "bug": jobs.Kind(bug, lambda job: 1.0),
}
SUITE = Suite((), (), (), HERE, BACKENDS)
"""


class Quiet:
    """A display that remembers."""

    def __init__(self):
        self.counts = []

    def total(self, done, jobs):
        self.counts.append((done, jobs))

    def event(self, event):
        raise AssertionError(f"no stage ran, so nothing is to be told: {event}")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Write a suite whose workers know kinds of jobs that are quick; so does this process."""
    (tmp_path / "suite.py").write_text(SUITE)
    monkeypatch.setattr(jobs, "KINDS", dict(jobs.KINDS))
    suite.load(tmp_path / "suite.py")
    return Place(tmp_path / "suite.py", tmp_path / "cache", 0.0, tmp_path, {}, 60.0)


def make(wanted, place, processes=2, heavy=2):
    display = Quiet()
    failed = runner.run(wanted, place, processes, display, heavy_at_once=heavy)
    return failed, display


def log(place):
    lines = (place.checkpoints / "log").read_text().splitlines()
    return [(word, subject, float(when)) for word, subject, when in map(str.split, lines)]


def test_jobs_run_side_by_side(place):
    """Two processes do two pieces of work at once, and all are counted."""
    wanted = [Job("work", name) for name in "abcd"]
    failed, display = make(wanted, place)
    started = {subject: when for word, subject, when in log(place) if word == "start"}
    ended = {subject: when for word, subject, when in log(place) if word == "end"}
    assert not failed
    assert started.keys() == ended.keys() == set("abcd")
    assert max(started["a"], started["b"]) < min(ended["a"], ended["b"])
    assert display.counts[-1] == (4, 4)


def test_what_is_needed_comes_first(place):
    """A job starts when what it needs has ended; what nobody waits for fills the gap."""
    wanted = runner.order(runner.closure([Job("work", "b", "a"), Job("work", "c")]))
    make(wanted, place)
    times = {(word, subject): when for word, subject, when in log(place)}
    assert times["start", "b"] > times["end", "a"]
    assert times["start", "c"] < times["end", "a"]


def test_heavy_jobs_take_turns(place):
    """No more heavy jobs at once than fit into memory; others go on beside them."""
    make([Job("heavy", "a"), Job("heavy", "b"), Job("work", "c")], place, heavy=1)
    times = {(word, subject): when for word, subject, when in log(place)}
    assert times["start", "b"] > times["end", "a"]
    assert times["start", "c"] < times["end", "a"]


def test_the_first_compiles_for_all(place):
    """Of a kind that compiles, one runs alone; when it has ended, the others run side by side."""
    make([*(Job("compile", name) for name in "abc"), Job("work", "d")], place)
    times = {(word, subject): when for word, subject, when in log(place)}
    assert times["start", "d"] < times["end", "a"]
    assert min(times["start", "b"], times["start", "c"]) > times["end", "a"]
    assert max(times["start", "b"], times["start", "c"]) < times["end", "b"]


def test_errors_come_back_whole(place):
    """What could not be made is told by entry, with the error that its stage raised."""
    failed, _ = make([Job("fail", "a", "report"), Job("fail", "b")], place)
    kinds = {type(error): error for error in failed.values()}
    assert kinds.keys() == {ReportError, SynthesisError}
    assert kinds[ReportError].field == "row"
    assert str(kinds[ReportError]).endswith("summary.ndjson: row: is not there")
    assert kinds[SynthesisError].log == place.checkpoints / "log"
    assert all(folder.startswith(str(place.cache)) for folder in failed)


def test_a_fault_of_ours_ends_no_run(place):
    """Other errors are left to whoever asks for the product, who shows them whole."""
    failed, display = make([Job("bug", "a"), Job("work", "b")], place)
    assert not failed
    assert display.counts[-1] == (2, 2)


def test_a_process_that_is_killed_is_replaced(place):
    """What ran when a process died begins again, and the rest is made."""
    make([Job("die", "a"), *(Job("work", name) for name in "bc")], place)
    started = [subject for word, subject, _ in log(place) if word == "start"]
    ended = {subject for word, subject, _ in log(place) if word == "end"}
    assert started.count("a") == 2
    assert ended == {"b", "c"}


def test_a_job_that_kills_is_given_up(place):
    """It is begun twice, not for ever."""
    make([Job("die", "a", "always"), Job("work", "b")], place)
    started = [subject for word, subject, _ in log(place) if word == "start"]
    assert started.count("a") == runner.TRIES
    assert "b" in started


def test_an_interrupt_leaves_no_process(place):
    """Ctrl-C ends the workers, too."""

    def interrupt():
        while not (place.checkpoints / "log").is_file():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    # a shell's background jobs ignore SIGINT, and what they start inherits that
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=interrupt, daemon=True).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            make([Job("hang", "a"), Job("hang", "b")], place)
    finally:
        signal.signal(signal.SIGINT, before)
    assert not multiprocessing.active_children()


def test_order_is_by_what_waits(monkeypatch):
    """The longest chain starts first, however short its first job is."""

    def kind(seconds, *needed):
        return Kind(lambda *_: None, lambda _: seconds, lambda _: [Job(n, "x") for n in needed])

    kinds = {"short": kind(1), "long": kind(50, "short"), "middle": kind(20)}
    monkeypatch.setattr(jobs, "KINDS", kinds)
    wanted = runner.closure([Job("middle", "x"), Job("long", "x")])
    assert [job.kind for job in runner.order(wanted)] == ["short", "long", "middle"]
    assert runner.critical_path(wanted) == 51


def test_every_kind_knows_the_shipped_suite():
    """Every job of the suite has an estimate and known needs, and no need is circular."""
    declared = suite.active()
    wanted = [Job("train", one.key) for one in declared.variants if one.recipe]
    wanted += [Job("evaluate", one.key) for one in declared.variants]
    wanted += [Job("synthesise", one.key) for one in declared.designs]
    wanted += [Job("simulate netlist", one.key) for one in declared.designs if one.netlist]
    wanted += [Job("simulate", one.key) for one in declared.variants]
    for one in declared.variants:
        wanted += [Job("layer", one.key, declared.probed.key), Job("try to trace", one.key)]
    found = runner.order(runner.closure(wanted))
    assert {job.kind for job in found} == jobs.KINDS.keys() - {"predict", "emulate as written"}
    assert all(job.seconds > 0 for job in found)
    places = {job: place for place, job in enumerate(found)}
    assert all(places[before] < places[job] for job in found for before in job.after)
