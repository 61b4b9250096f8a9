"""Where numba keeps compiled code is decided once, before da4ml is imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures import session
from hlsgate.cli import commands
from hlsgate.infra.cache import Cache
from hlsgate.infra.progress import silent
from hlsgate.logic import numba_cache
from hlsgate.logic.numba_cache import VARIABLE
from hlsgate.pipeline.making import worker
from hlsgate.sweep import work


@pytest.fixture(autouse=True)
def unnamed(monkeypatch):
    """Start without a name, and forget the one that a test gives."""
    monkeypatch.setenv(VARIABLE, "")


def test_it_lies_in_the_cache(tmp_path):
    """The folder is there, so that the first process that compiles finds it."""
    numba_cache.apply(tmp_path / "cache")
    assert os.environ[VARIABLE] == str(tmp_path / "cache" / "numba")
    assert (tmp_path / "cache" / "numba").is_dir()


def test_what_the_user_named_stays(tmp_path, monkeypatch):
    """Nothing is made, then."""
    monkeypatch.setenv(VARIABLE, "/elsewhere")
    numba_cache.apply(tmp_path / "cache")
    assert os.environ[VARIABLE] == "/elsewhere"
    assert not (tmp_path / "cache").exists()


def test_the_name_does_not_depend_on_the_working_directory(tmp_path, monkeypatch):
    """Processes are started in other folders."""
    monkeypatch.chdir(tmp_path)
    numba_cache.apply(Path("cache"))
    assert os.environ[VARIABLE] == str(tmp_path / "cache" / "numba")


CODE = """
import os, pathlib, sys
from hlsgate.logic import numba_cache
numba_cache.apply(pathlib.Path(sys.argv[1]))
print(os.environ[numba_cache.VARIABLE], flush=True)
pathlib.Path(os.environ[numba_cache.VARIABLE], "compiled").touch()
if os.fork() == 0:
    sys.exit(0)
os.wait()
assert pathlib.Path(os.environ[numba_cache.VARIABLE], "compiled").exists()
"""


def test_a_cache_that_cannot_be_written_gives_a_temporary_folder(tmp_path):
    """It is removed at the end, by the process that made it alone."""
    environment = os.environ | {"TMPDIR": str(tmp_path), VARIABLE: ""}
    done = subprocess.run(
        [sys.executable, "-c", CODE, "/dev/null/cache"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def of_a_worker(root, _config):
    """Make what makes everything, as a process of the main job does."""
    worker.hardware(worker.Place(None, root, 0.0, root, {}, 60.0), silent)


def of_a_command(root, _config):
    """Make what a command works with."""
    commands._pipeline(root, Cache(root), silent)


def of_a_sweep(root, _config):
    """Make what a worker of a sweep works with."""
    work._pipeline(work.Place("jets", root, root, root))


def of_pytest(_root, config):
    """Make what fixtures hand out."""
    session._hardware(config)


MAKERS = (of_a_worker, of_a_command, of_a_sweep, of_pytest)


@pytest.mark.parametrize("make", MAKERS, ids=lambda one: one.__name__)
def test_whatever_traces_has_named_it(make, tmp_path, monkeypatch, pytestconfig):
    """Each way to a pipeline names the folder, in the cache that it works with."""
    monkeypatch.setattr(pytestconfig.option, "cache", tmp_path)
    make(tmp_path, pytestconfig)
    assert os.environ[VARIABLE] == str(tmp_path / "numba")


def test_numba_compiles_quickly_unless_the_user_says_otherwise(tmp_path, monkeypatch):
    """The level is for processes that are started later, too."""
    monkeypatch.delenv("NUMBA_OPT", raising=False)
    numba_cache.apply(tmp_path / "cache")
    assert os.environ["NUMBA_OPT"] == "1"
    monkeypatch.setenv("NUMBA_OPT", "3")
    numba_cache.apply(tmp_path / "cache")
    assert os.environ["NUMBA_OPT"] == "3"
