"""Faults that a user could plant, each in a copy of the checkout: the cheap gate fails by name."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hlsgate.models import checkpoints
from hlsgate.models.checkpoints import Checkpoint
from hlsgate.suites import suite

ROOT = Path(__file__).parents[2]
KEY = "jets-q4_p75"
GATE = f"test_budget[{KEY}-da4ml]"
COPIED = ("benchmarks", "fixtures", "hlsgate", "conftest.py", "baselines.json", "pyproject.toml")


@pytest.fixture
def checkout(tmp_path):
    """Copy what the benchmarks need."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / "copy" / name)
        else:
            shutil.copy(ROOT / name, tmp_path / "copy" / name)
    return tmp_path / "copy"


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def judge(checkout, cache):
    """Run one variant's cheap gate in the copy; return exit code, failed tests and output."""

    def run():
        command = [
            "pytest",
            "-q",
            "-rfE",
            "--color=no",
            "benchmarks/test_resources.py",
            "-m",
            "da4ml",
        ]
        options = ["-k", f"{KEY}-da4ml", "--cache", str(cache), "--require-toolchain", "da4ml"]
        keep = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
        done = subprocess.run(
            [sys.executable, "-m", *command, *options],
            cwd=checkout,
            env={**keep, "PYTHONPATH": str(checkout), "COLUMNS": "300"},
            capture_output=True,
            text=True,
            check=False,
            timeout=1800,
        )
        failed = re.findall(r"^(?:FAILED|ERROR) \S+::(\S+)", done.stdout, re.MULTILINE)
        return done.returncode, failed, done.stdout + done.stderr

    return run


def edit(path, old, new):
    """Replace the one place in a file where the old text stands."""
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new))


def weights_of(checkout):
    path = checkout / "fixtures" / "checkpoints" / f"{KEY}.npz"
    stored = checkpoints.load(path, suite.variant(KEY))
    return path, {name: values.copy() for name, values in stored.weights.items()}, stored.about


def assert_tells_all(output):
    """Measured, allowed, baseline, slack, and the command that shows it again."""
    pattern = r"da_cost: measured [\d,.]+, allowed <= [\d,.]+ \(baseline [\d,.]+, slack 0\)"
    assert re.search(pattern, output), output
    assert re.search(rf"again: pytest .* -k 'test_budget\[{KEY}-da4ml\]'", output), output


def test_nothing_planted(judge):
    """The copy itself passes, so that what fails below fails for its fault."""
    code, failed, output = judge()
    assert (code, failed) == (0, []), output


def test_an_edited_weight(checkout, judge):
    """One weight, moved to another value of its type, fails the gate and is told as such."""
    path, weights, about = weights_of(checkout)
    kernel = weights["dense2/kernel"]
    place = np.unravel_index(np.argmax(np.abs(kernel) == 0.5), kernel.shape)
    kernel[place] += np.float32(0.25)
    checkpoints.save(path, Checkpoint(weights, about))
    code, failed, output = judge()
    assert (code, failed) == (1, [GATE]), output
    assert "other weights: da_cost" in output
    assert_tells_all(output)


def test_one_more_bit(checkout, judge):
    """Inputs of one more bit make the same weights cost more."""
    declared = "l1=0.0,\n        inputs=Fixed({}, 4)"  # of the recipe, not of the sweep's family
    jets = checkout / "hlsgate" / "suites" / "jets.py"
    edit(jets, declared.format(12), declared.format(13))
    code, failed, output = judge()
    assert (code, failed) == (1, [GATE]), output
    assert "failed: da_cost" in output
    assert_tells_all(output)


def test_one_more_unit(checkout, judge):
    """A 33rd unit in the last hidden layer, that copies another one, fails the gate."""
    edit(
        checkout / "hlsgate" / "suites" / "jets.py",
        '"jets-q4_p75",\n        "jets",\n        JETS,',
        '"jets-q4_p75",\n        "jets",\n        Topology(16, (32, 32, 33), 5),',
    )
    path, weights, about = weights_of(checkout)
    kernel, bias, after = (weights[n] for n in ("dense3/kernel", "dense3/bias", "logits/kernel"))
    weights["dense3/kernel"] = np.concatenate([kernel, kernel[:, :1]], axis=1)
    weights["dense3/bias"] = np.concatenate([bias, bias[:1]])
    weights["logits/kernel"] = np.concatenate([after, after[:1]])
    checkpoints.save(path, Checkpoint(weights, about))
    code, failed, output = judge()
    assert (code, failed) == (1, [GATE]), output
    assert "other weights: da_cost" in output
    assert_tells_all(output)
