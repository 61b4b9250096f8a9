"""Finished work is made once, whole or not at all."""

import json
import subprocess
import sys

import pytest

from hlsgate.cache import Cache, digest, source_digest, write_atomically
from hlsgate.errors import CacheError


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
        "import sys, time; from pathlib import Path; from hlsgate.cache import Cache\n"
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


def test_source_digest_tells_modules_apart():
    """The hash of code depends on the code."""
    assert source_digest("cache") != source_digest("errors")


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
