"""Mutated models are refused in a sentence, or pass; ``tox run -e attacks`` loads them, too."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("h5py")

ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(sys.platform != "linux", reason="it forks, and limits the address space")
def test_some_hundred(tmp_path):
    """Nothing runs, nothing hangs, nothing is a traceback: see `tests.attacks.fuzzing`."""
    command = [sys.executable, "-m", "tests.attacks.fuzzing", "--inputs", "300", "--seed", "21"]
    ended = subprocess.run(
        [*command, "--keep", tmp_path], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert " refused" in ended.stdout
    assert " passed" in ended.stdout
