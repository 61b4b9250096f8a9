"""Files that attack, by the commands that read them: a sentence, an exit code, nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.attacks import files, fuzzing, planted

ROOT = Path(__file__).parents[2]
INPUTS = int(os.environ.get("HLSGATE_FUZZ_INPUTS", "10000"))
WORKERS = 2


@pytest.fixture
def canary(tmp_path):
    folder = tmp_path / "canary"
    fuzzing.prepare_canary(folder)
    return folder


@pytest.fixture
def rows(tmp_path):
    np.savez(tmp_path / "rows.npz", x=np.zeros((4, 6), np.float32))
    np.savez(tmp_path / "labelled.npz", features=np.zeros((40, 6)), labels=np.arange(40) % 3)
    return tmp_path / "rows.npz"


def run(folder, *arguments, code=2):
    """Run a command; return what it said, which has to be one sentence or a few."""
    ended = subprocess.run(
        [sys.executable, "-m", "hlsgate", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HLSGATE_CACHE": str(folder / "cache")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    said = ended.stdout + ended.stderr
    assert "Traceback" not in said, said
    assert ended.returncode == code, said
    return said


SEEN = (
    "input_name", "operation", "external", "virtual", "external_link", "called", "deep_json.h5",
    "zip_outside", "fifo.h5", "fifo.keras", "zero.h5", "odd_attribute", "lambda_keras",
)  # fmt: skip


@pytest.mark.parametrize("name", SEEN)
def test_explain(tmp_path, canary, rows, name):
    """What was seen to run, read or hang is refused by the command that it was seen in."""
    path = planted.MODELS[name][0](tmp_path, canary)
    before = sorted(canary.iterdir())
    assert str(path) in run(tmp_path, "explain", "--model", path, "--data", rows).replace("\n", "")
    assert sorted(canary.iterdir()) == before


@pytest.mark.parametrize("name", ["objects", "claims", "huge_header", "fifo.npz", "twice"])
def test_explain_rows(tmp_path, canary, rows, name):
    model = files.write_h5(tmp_path / "m.h5", *files.dense())
    data = planted.ROWS[name](tmp_path, canary)
    run(tmp_path, "explain", "--model", model, "--data", data)


@pytest.mark.parametrize("name", ["input_name", "operation", "external", "fifo.h5"])
def test_suite(tmp_path, canary, rows, name):
    """A suite that names the file fails by it, and runs nothing of it."""
    good = files.write_h5(tmp_path / "good.h5", *files.dense())
    path = planted.MODELS[name][0](tmp_path, canary)
    data = tmp_path / "labelled.npz"
    models = ["--model", f"float={good}", "--model", f"odd={path}"]
    run(tmp_path, "init", "net", "--data", data, *models, code=0)
    before = sorted(canary.iterdir())
    suite = tmp_path / "suite.py"
    run(tmp_path, "test", "--suite", suite, "-k", "odd", code=1)
    assert sorted(canary.iterdir()) == before


def test_mutated_models(tmp_path):
    """Ten thousand: refused in a sentence, or loaded by Keras, without a trace elsewhere."""
    command = [sys.executable, "-m", "tests.attacks.fuzzing", "--load", "--keep", tmp_path / "kept"]
    running = [
        subprocess.Popen(
            [*command, "--inputs", str(INPUTS // WORKERS), "--seed", str(seed)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in range(WORKERS)
    ]
    said = [one.communicate()[0] for one in running]
    print("\n".join(said))
    assert all(one.returncode == 0 for one in running), "\n".join(said)
    assert all(" loaded" in one for one in said)
