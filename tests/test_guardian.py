"""Tools end with the process that started them, in whatever way that one ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hlsgate.infra import guardian
from tests.processes import assert_gone

ROOT = Path(__file__).parents[1]

CODE = """
import os, subprocess, sys
from pathlib import Path
from hlsgate.infra import guardian
def sleeper(name):
    started = subprocess.Popen(["sleep", "300"], start_new_session=True)
    Path(name).write_text(str(started.pid))
    return started
first, second, third = (sleeper(name) for name in sys.argv[2:5])
with guardian.watching(first.pid):
    with guardian.watching(second.pid):
        pass
    with guardian.watching(third.pid):
        os.kill(os.getpid(), int(sys.argv[1]))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_watched_groups_end_with_their_starter(tmp_path: Path, number: int) -> None:
    """Those that are watched at the end are killed; one that is not watched any more stays."""
    files = [tmp_path / name for name in ("first", "second", "third")]
    ended = subprocess.run(
        [sys.executable, "-c", CODE, str(number), *map(str, files)], cwd=ROOT, check=False
    )
    assert ended.returncode == -number
    assert_gone(files[0])
    assert_gone(files[2])
    os.kill(int(files[1].read_text()), signal.SIGKILL)  # fails if it is gone


def test_a_guardian_that_was_killed_is_replaced() -> None:
    """Watching goes on where somebody ended the shell."""
    with guardian.watching(1 << 22):
        pass
    reading, writing = os.pipe()
    os.close(reading)  # as the pipe is once its shell is gone
    before, guardian._pipe = guardian._pipe, writing
    with guardian.watching(1 << 22):
        assert guardian._pipe not in {before, None}
    assert before is not None
    os.close(before)
