"""Finished work is made once, whole or not at all."""

import json
import os
import subprocess
import sys

import pytest

from hlsgate.infra.cache import Cache, NotMade, digest, write_atomically
from hlsgate.infra.errors import CacheError, SynthesisError


def write_text(folder):
    (folder / "text").write_text("made")


def test_equal_keys_are_made_once(tmp_path):
    """The second request for a key finds the first one's product."""
    cache, made = Cache(tmp_path), []
    for key in ({"a": 1, "b": 2}, {"b": 2, "a": 1}):
        entry = cache.entry("kind", key, lambda folder: made.append(write_text(folder)))
        assert (entry / "text").read_text() == "made"
    assert len(made) == 1


def test_other_key_is_made_anew(tmp_path):
    """Any difference in a key is another entry."""
    cache = Cache(tmp_path)
    first = cache.entry("kind", {"a": 1}, write_text)
    assert cache.entry("kind", {"a": 2}, write_text) != first
    assert cache.entry("other", {"a": 1}, write_text) != first


def test_failed_work_leaves_nothing(tmp_path):
    """An interrupt inside the work leaves no entry and no rubbish, and the next try works."""
    cache = Cache(tmp_path)

    def interrupted(folder):
        write_text(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.entry("kind", {}, interrupted)
    assert [path for path in (tmp_path / "kind").iterdir() if path.suffix != ".lock"] == []
    assert (cache.entry("kind", {}, write_text) / "text").is_file()


def test_fresh_makes_anew_once(tmp_path):
    """A fresh cache ignores what is stored, but not what it has made itself."""
    Cache(tmp_path).entry("kind", {}, write_text)
    fresh, made = Cache(tmp_path, fresh=True), []
    for _ in range(2):
        fresh.entry("kind", {}, lambda folder: made.append(write_text(folder)))
    assert len(made) == 1


def test_key_is_kept_beside_the_product(tmp_path):
    """An entry says what it was made from."""
    entry = Cache(tmp_path).entry("kind", {"weights": "abc"}, write_text)
    assert json.loads((entry / "key.json").read_text()) == {"weights": "abc"}


def test_unwritable_folder_is_one_sentence(tmp_path):
    """Where the cache cannot be, the error names the folder and the option that moves it."""
    (tmp_path / "file").write_text("")
    with pytest.raises(CacheError, match=r"file.* cannot be written.*--cache DIR"):
        Cache(tmp_path / "file").entry("kind", {}, write_text)


def test_two_processes_make_one_entry(tmp_path):
    """Workers that want the same entry wait for one another."""
    code = (
        "import sys, time; from pathlib import Path; from hlsgate.infra.cache import Cache\n"
        "def make(folder):\n"
        "    with open(sys.argv[1] + '/log', 'a') as log: log.write('made\\n')\n"
        "    time.sleep(0.3)\n"
        "Cache(Path(sys.argv[1])).entry('kind', {}, make)\n"
    )
    workers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(3)]
    assert [worker.wait(30) for worker in workers] == [0, 0, 0]
    assert (tmp_path / "log").read_text() == "made\n"


def test_digest_refuses_nan():
    """A key that is not equal to itself would never be found again."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        digest({"value": float("nan")})


@pytest.mark.parametrize("damage", ["edited", "cut", "gone", "unlisted"])
def test_what_is_not_what_was_stored_is_made_anew(tmp_path, damage):
    """A file that was edited by hand, or lost, is no product any more."""
    entry = Cache(tmp_path).entry("kind", {}, write_text)
    if damage == "edited":
        (entry / "text").write_text("fake")
    elif damage == "cut":
        (entry / "text").write_text("mad")
    elif damage == "gone":
        (entry / "text").unlink()
    else:
        (entry / "content.json").unlink()
    again = Cache(tmp_path).entry("kind", {}, write_text)
    assert (again / "text").read_text() == "made"


def test_a_warm_cache_may_be_read_only(tmp_path):
    """What is there is used without a lock, so that nothing has to be written."""
    Cache(tmp_path).entry("kind", {}, write_text)
    for lock in tmp_path.rglob("*.lock"):
        lock.unlink()

    def refuse(*_args, **_options):
        raise AssertionError("nothing is to be locked")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("filelock.FileLock.acquire", refuse)
        assert Cache(tmp_path).entry("kind", {}, write_text).is_dir()


def test_entries_can_be_read_by_others(tmp_path):
    """A cache may be shared; the umask decides, as for any file."""
    entry = Cache(tmp_path).entry("kind", {}, write_text)
    umask = os.umask(0)
    os.umask(umask)
    assert entry.stat().st_mode & 0o777 == 0o777 & ~umask


def test_looking_makes_nothing(tmp_path):
    """A plan asks what is there."""
    cache = Cache(tmp_path)
    with pytest.raises(NotMade):
        cache.looking().entry("kind", {}, write_text)
    assert not (tmp_path / "kind").exists()
    entry = cache.entry("kind", {}, write_text)
    assert cache.looking().entry("kind", {}, write_text) == entry


def test_what_failed_is_not_tried_again(tmp_path):
    """A run asks many times for what cannot be made; each time it gets the same error."""
    cache, tried = Cache(tmp_path), []

    def fail(_folder):
        tried.append(1)
        raise SynthesisError("no memory", tmp_path / "log")

    for _ in range(2):
        with pytest.raises(SynthesisError, match="no memory") as caught:
            cache.entry("kind", {}, fail)
        assert caught.value.log == tmp_path / "log"
    assert tried == [1]
    with pytest.raises(SynthesisError):
        Cache(tmp_path).entry("kind", {}, fail)
    assert tried == [1, 1]


def test_since_is_shared_by_processes(tmp_path):
    """With the same time, one process uses what another has made after it, and nothing older."""
    old = Cache(tmp_path).entry("kind", {"a": 1}, write_text)
    os.utime(old / "key.json", (1, 1))
    fresh = Cache(tmp_path, fresh=True)
    other = Cache(tmp_path, since=fresh.since)
    made = []
    for cache in (fresh, other):
        cache.entry("kind", {"a": 1}, lambda folder: made.append(write_text(folder)))
    assert len(made) == 1


def test_atomic_write_keeps_the_old_text_on_failure(tmp_path, monkeypatch):
    """If the disk fails, the old file stays and nothing else is left."""
    path = tmp_path / "file.json"
    write_atomically(path, "old")

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_written_files_can_be_read_by_others(tmp_path):
    """Results and baselines are no secrets of whoever made them."""
    write_atomically(tmp_path / "results.json", "{}")
    assert (tmp_path / "results.json").stat().st_mode & 0o777 == 0o644
