"""A plan says what would be made and why, and makes nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from hlsgate.infra.cache import Cache, NotMade
from hlsgate.infra.errors import ToolNotFound
from hlsgate.pipeline.making import jobs, plan
from hlsgate.pipeline.making.jobs import Job, Kind

ROOT = Path(__file__).parents[1]
KEY = {"variant": "jets-q4_p75", "recipe": {"steps": 5, "seed": 1}, "source": "abc"}


def reason(cache, key):
    """Return why an entry is not there."""
    with pytest.raises(NotMade) as missing:
        cache.looking().entry("trained", key, lambda _: None)
    return missing.value.reason()


def test_the_nearest_entry_says_what_is_new(tmp_path):
    """The parts of the key in which it differs, with their place; of several, of the nearest."""
    cache = Cache(tmp_path)
    assert reason(cache, KEY) == "trained: nothing like it was made"
    cache.entry("trained", {**KEY, "recipe": {"steps": 4, "seed": 2}}, lambda _: None)
    assert reason(cache, KEY) == "trained: other recipe/seed, recipe/steps"
    cache.entry("trained", {**KEY, "source": "xyz"}, lambda _: None)
    assert reason(cache, KEY) == "trained: other source"


def test_many_differences_are_counted(tmp_path):
    """A line stays one; something that shares little is nothing like it."""
    cache, wide = Cache(tmp_path), {str(number): number for number in range(20)}
    cache.entry("trained", {**wide, **{str(number): -1 for number in range(7)}}, lambda _: None)
    assert reason(cache, wide) == "trained: other 0, 1, 2, 3 and 3 more"
    assert reason(cache, {"x": 1, "y": 2, "z": 3}) == "trained: nothing like it was made"


def test_a_key_that_cannot_be_read_is_passed_over(tmp_path):
    """What a killed process left is no entry."""
    cache = Cache(tmp_path)
    broken = cache.entry("trained", {**KEY, "source": "xyz"}, lambda _: None)
    (broken / "key.json").write_text("{")
    assert reason(cache, KEY) == "trained: nothing like it was made"


def test_lines(tmp_path, monkeypatch):
    """Counts, the time on one core and the longest chain, then what is to do, then what is kept."""
    cache = Cache(tmp_path).looking()

    def missing(_hardware, job):
        cache.entry("trained", {**KEY, "variant": job.subject}, lambda _: None)

    def absent(*_):
        raise ToolNotFound("yosys was not found;\ninstall it.")

    monkeypatch.setattr(
        jobs,
        "KINDS",
        {
            "train": Kind(missing, lambda _: 30.0),
            "emulate": Kind(missing, lambda _: 4.0, lambda job: [Job("train", job.subject)]),
            "trace": Kind(lambda *_: None, lambda _: 9.0),
            "synthesise": Kind(absent, lambda _: 50.0),
        },
    )
    wanted = [
        Job("emulate", "jets-a", "vitis"), Job("train", "jets-a"), Job("train", "jets-b"),
        Job("trace", "jets-a"), Job("trace", "jets-b"), Job("synthesise", "jets-a-yosys"),
    ]  # fmt: skip
    told = plan.lines(plan.plan(wanted, SimpleNamespace()))
    assert told == [
        "6 jobs: 3 to do, 2 kept, 1 not possible here",
        "about 64 s on one core, at least 34 s on any number of cores",
        "",
        "to do, in the order in which they start:",
        "  train jets-a             30 s  trained: nothing like it was made",
        "  train jets-b             30 s  trained: nothing like it was made",
        "  emulate jets-a vitis      4 s  trained: nothing like it was made",
        "",
        "not possible here:",
        "  synthesise jets-a-yosys: yosys was not found; install it.",
        "",
        "kept: 2 x trace",
    ]
    assert plan.lines(plan.plan(wanted[3:5], SimpleNamespace())) == [
        "2 jobs: 2 kept", "", "kept: 2 x trace",
    ]  # fmt: skip


def test_a_plan_makes_nothing(tmp_path):
    """No entry appears, no test is run, no results are written, and the exit code is 0."""
    results = tmp_path / "results.json"
    done = subprocess.run(
        [sys.executable, "-m", "hlsgate", "plan", "-k", "test_accuracy_baseline and digits-q5_p75",
         "--cache", tmp_path / "cache", "--results", results],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 jobs: 1 to do" in done.stdout
    assert "evaluate digits-q5_p75" in done.stdout
    assert " failed" not in done.stdout
    assert not results.exists()
    made = {path.parent.name for path in (tmp_path / "cache").glob("*/*") if path.is_dir()}
    assert made <= {"digits", "jets", "scaled"}, "only rows, which the keys are of"
