"""Scratch folders go with the work, or at the next start when the work was killed."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from hlsgate.infra import scratch
from hlsgate.infra.errors import EmulationError

ROOT = Path(__file__).parents[1]
HOLD = (
    "from hlsgate.infra import scratch\n"
    "with scratch.folder() as one, scratch.folder() as two:\n"
    "    (one / 'deep').mkdir(); (one / 'deep' / 'file').write_text('x' * 1000)\n"
    "    print(one, two, flush=True); input()\n"
)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Give temporary files a folder of their own; return that of the scratch folders."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    scratch._swept.clear()
    return tmp_path / f"hlsgate-{os.getuid()}"


@pytest.fixture
def holder(place):
    """Start a process that holds two folders; return it, and the folders."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        yield process, [Path(one) for one in process.stdout.readline().split()]
        process.kill()


def work_in(place):
    return sorted(place.glob("work-*"))


def test_a_folder_goes_with_its_work(place):
    """It is there during the work, and gone after it, also after an error."""
    with scratch.folder() as folder:
        assert work_in(place) == [folder]
        assert folder.stat().st_mode & 0o777 == 0o700
    with pytest.raises(KeyboardInterrupt), scratch.folder() as folder:
        raise KeyboardInterrupt
    assert work_in(place) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda one: one.name)
def test_what_a_killed_run_left_goes_at_the_next_start(place, holder, number):
    """The folders of a killed process are removed, those of a living one are not."""
    process, left = holder
    assert work_in(place) == sorted(left)
    with scratch.folder() as mine:
        assert work_in(place) == sorted([*left, mine]), "its maker lives"
    process.send_signal(number)
    process.wait(timeout=20)
    assert work_in(place) == sorted(left), "a killed process removes nothing"
    scratch._swept.clear()  # as another process would begin
    with scratch.folder() as mine:
        assert work_in(place) == [mine]


def test_nobody_elses_folder_is_used(place):
    """A place that others can write to, or that is a link, is refused."""
    place.mkdir(mode=0o700)
    place.chmod(0o777)
    with pytest.raises(PermissionError), scratch.folder():
        pass
    place.rmdir()
    (place.parent / "elsewhere").mkdir()
    place.symlink_to(place.parent / "elsewhere")
    with pytest.raises(PermissionError), scratch.folder():
        pass


def test_logs_of_the_last_failures_are_kept(place, tmp_path):
    """A log stays after its folder is gone; the oldest of many make room."""
    log = tmp_path / "compile_net.log"
    log.write_text("error\n")
    kept = [scratch.keep(log) for _ in range(scratch._LOGS_KEPT + 5)]
    assert kept[-1].name == log.name
    assert kept[-1].read_text() == "error\n"
    assert len(list(place.glob("logs/*"))) == scratch._LOGS_KEPT


def test_what_the_system_says_is_one_sentence():
    """An error of the system becomes ours, with what to do about it."""
    with (
        pytest.raises(EmulationError) as caught,
        scratch.told(EmulationError, "it cannot be built"),
    ):
        raise OSError(28, "No space left on device", "/tmp/a")
    assert str(caught.value) == (
        f"it cannot be built (No space left on device: /tmp/a); {scratch.NO_SPACE}."
    )
