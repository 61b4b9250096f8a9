"""Baselines are written whole or not at all: killed, hindered, or by two commands at once."""

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from filelock import FileLock

from hlsgate.facts import results
from hlsgate.infra import cache, documents
from hlsgate.infra.errors import BaselineError
from hlsgate.judge import baselines, rebaselining, revision

ROOT = Path(__file__).parents[1]
SHA = "c" * 64
KEYS = ("jets-q4_p75", "jets-q6_p75")


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Return results that have accuracies which the baselines lack, and those baselines."""
    monkeypatch.delenv("CI", raising=False)
    found = results.empty()
    for key in KEYS:
        scores = {
            "accuracy": 0.75, "n": 40000, "dataset": "jets_embedded", "dataset_sha256": SHA,
            "weights_sha256": SHA,
        }  # fmt: skip
        results.put(found, "variants", key, "frozen", scores)
    results.write(tmp_path / "results.json", found, tmp_path)
    path = tmp_path / "baselines.json"
    content = json.loads((ROOT / "baselines.json").read_text())
    for key in KEYS:
        del content["accuracy"][key]
    path.write_text(json.dumps(content))
    return tmp_path / "results.json", path


def record(files, *keys):
    return rebaselining.record(keys, *files)


def recorded(path):
    """Return which of the keys the baselines have; the file must be whole."""
    return [key for key in KEYS if key in baselines.load(path).content["accuracy"]]


def beside(path):
    """Return what else is in the folder: parts and locks that were left behind."""
    known = {path.name, "results.json", f".{path.name}.lock"}
    return sorted(one.name for one in path.parent.iterdir() if one.name not in known)


# --- killed ---------------------------------------------------------------------------------------

KILLED = """
import os, resource, signal, sys
from pathlib import Path
from hlsgate.infra import cache
from hlsgate.judge import rebaselining

def die(*_args, **_options):
    os.kill(os.getpid(), signal.SIGKILL)

moment = sys.argv[1]
if moment == "before writing":
    cache.tempfile.mkstemp = die
elif moment == "half written":
    true = cache.os.fdopen
    def fdopen(handle, *args, **options):
        os.write(handle, b'{"schema": 1, "accur')
        die()
    cache.os.fdopen = fdopen
elif moment == "before it is on disk":
    cache.os.fsync = die
elif moment == "before the rename":
    Path.replace = die
elif moment == "after the rename":
    true = Path.replace
    def replace(self, target):
        true(self, target)
        die()
    Path.replace = replace
elif moment == "disk full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
rebaselining.record(["jets-q4_p75"], *map(Path, sys.argv[2:4]))
"""


def start(files, moment):
    return subprocess.Popen(
        [sys.executable, "-c", KILLED, moment, *map(str, files)], cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "new"),
    [
        ("before writing", False),
        ("half written", False),
        ("before it is on disk", False),
        ("before the rename", False),
        ("after the rename", True),
    ],
)
def test_killed_while_writing(files, moment, new):
    """Old content or new, never a part; and the next command is not held up."""
    before = files[1].read_bytes()
    with start(files, moment) as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, errors
    assert recorded(files[1]) == (["jets-q4_p75"] if new else [])
    assert new or files[1].read_bytes() == before
    record(files, "jets-q6_p75")  # it would wait for a lock in vain
    assert "jets-q6_p75" in recorded(files[1])
    assert beside(files[1]) == []


@pytest.mark.parametrize("seed", range(12))
def test_killed_at_any_time(files, seed):
    """Whenever a writer dies, readers see one whole file, and the next writer gets its turn."""
    path, chance = files[1], random.Random(seed)
    contents = [baselines.load(path).content | {"drift": {"alut": {"rel": i}}} for i in (1, 2)]
    pid = os.fork()
    if pid == 0:
        while True:  # until it is killed
            for content in contents:
                with revision._alone(path):
                    documents.write(path, content, BaselineError)
    time.sleep(chance.uniform(0.001, 0.03))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert baselines.load(path).content.get("drift", {}) in [one["drift"] for one in contents] + [
        {}
    ]
    record(files, "jets-q4_p75")
    assert recorded(path) == ["jets-q4_p75"]
    assert beside(path) == []


# --- two at once ----------------------------------------------------------------------------------


def command(files, key):
    """Start a command of its own that records a key."""
    arguments = ["record", key, "--results", str(files[0]), "--baselines", str(files[1])]
    return subprocess.Popen(
        [sys.executable, "-m", "hlsgate", *arguments], cwd=ROOT, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
        env={name: value for name, value in os.environ.items() if name != "CI"},
    )  # fmt: skip


def test_two_commands_at_once_both_arrive(files):
    """Each reads what the other has written, so no change is lost."""
    with command(files, KEYS[0]) as one, command(files, KEYS[1]) as two:
        texts = [process.communicate(timeout=60)[0] for process in (one, two)]
    assert (one.returncode, two.returncode) == (0, 0), texts
    assert recorded(files[1]) == list(KEYS)


def test_a_command_waits_and_then_reads(files):
    """What another command writes while this one waits is kept."""
    path = files[1]
    with ExitStack() as held:
        held.enter_context(revision._alone(path))
        waiting = command(files, KEYS[0])
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(1.5)
        before = baselines.load(path).content
        documents.write(path, before | {"drift": {"alut": {"rel": 3}}}, BaselineError)
        assert recorded(path) == []
    waiting.communicate(timeout=60)
    assert waiting.returncode == 0
    assert recorded(path) == [KEYS[0]]
    assert baselines.load(path).content["drift"] == {"alut": {"rel": 3}}


def test_a_command_that_waits_in_vain_says_so(files, monkeypatch):
    """One sentence, and nothing is changed."""
    monkeypatch.setattr(revision, "WAIT_S", 0.1)
    before = files[1].read_bytes()
    with (
        FileLock(files[1].with_name(".baselines.json.lock")),
        pytest.raises(BaselineError, match=r"baselines\.json is being written by another command"),
    ):
        record(files, KEYS[0])
    assert files[1].read_bytes() == before


def test_a_lock_of_a_dead_command_holds_nobody_up(files):
    """A lock file that lies about is no lock."""
    files[1].with_name(".baselines.json.lock").write_text("12345")
    record(files, KEYS[0])
    assert recorded(files[1]) == [KEYS[0]]


# --- what cannot be written -----------------------------------------------------------------------


def failing(number):
    def fail(*_args, **_options):
        raise OSError(number, os.strerror(number))

    return fail


STEPS = {
    "lock": (FileLock, "acquire"),
    "make": (cache.tempfile, "mkstemp"),
    "flush": (cache.os, "fsync"),
    "rename": (Path, "replace"),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
def test_unwritable(files, monkeypatch, step, number):
    """Disk full, read-only or broken, at any step: one sentence, and the old file."""
    before = files[1].read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(*STEPS[step], failing(number))
        sentence = rf"cannot be written \({os.strerror(number)}\); nothing was changed\.$"
        with pytest.raises(BaselineError, match=sentence):
            record(files, KEYS[0])
    assert files[1].read_bytes() == before
    assert beside(files[1]) == []
    record(files, KEYS[0])
    assert recorded(files[1]) == [KEYS[0]]


def test_a_file_system_without_locks(files, monkeypatch):
    """Where files cannot be locked, two writers could lose a change; so there is none."""

    def unable(*_args, **_options):
        raise NotImplementedError("no flock here")

    monkeypatch.setattr(FileLock, "acquire", unable)
    with pytest.raises(BaselineError, match=r"cannot be written \(no flock here\)"):
        record(files, KEYS[0])


def test_a_full_disk(files):
    """The system itself refuses the bytes: the command fails in words, and leaves no part."""
    before = files[1].read_bytes()
    with start(files, "disk full") as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "cannot be written (File too large); nothing was changed." in errors
    assert files[1].read_bytes() == before
    assert beside(files[1]) == []


def test_a_folder_in_place_of_the_file(files):
    """What is no file is not replaced."""
    files[1].unlink()
    files[1].mkdir()
    with pytest.raises(BaselineError, match="cannot be read"):
        record(files, KEYS[0])


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_read_only_folder(files):
    """The system itself refuses to make a file: one sentence."""
    files[1].parent.chmod(0o500)
    try:
        with pytest.raises(BaselineError, match="cannot be written"):
            record(files, KEYS[0])
    finally:
        files[1].parent.chmod(0o700)
