"""``python -m hlsgate check`` judges anywhere, at once: it imports nothing heavy."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.good_runs import good_run

ROOT = Path(__file__).parents[1]
HEAVY = (
    "tensorflow", "keras", "qkeras", "tensorflow_model_optimization", "hls4ml", "da4ml", "numba",
    "sklearn", "scipy", "numpy", "matplotlib", "pandas", "pyarrow", "rich", "pytest", "hypothesis",
)  # fmt: skip
WITHOUT = """
import json, sys, time
hidden = json.loads(sys.argv.pop(1))
sys.modules.update(dict.fromkeys(hidden))  # to import one is an error
from hlsgate.cli.main import main
try:
    main(prog_name="hlsgate")
finally:
    print(json.dumps(sorted(name for name in sys.modules if sys.modules[name])), file=sys.stderr)
"""


@pytest.fixture
def stored(tmp_path):
    """Return results of a run in which everything is as the committed baselines say."""
    content = json.loads((ROOT / "baselines.json").read_text())
    head = {
        "schema": 2, "hlsgate": "0.1", "created": "2026-11-24", "commit": None, "machine": "m",
        "cores": 2, "versions": {},
    }  # fmt: skip
    path = tmp_path / "results.json"
    path.write_text(json.dumps(good_run(content) | head))
    return path


def check(path, *args):
    """Judge results in a process that cannot import anything heavy."""
    environment = {
        name: value for name, value in os.environ.items() if name != "GITHUB_STEP_SUMMARY"
    }
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, json.dumps(HEAVY), "check", str(path), *args], cwd=ROOT,
        env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_check_needs_nothing_heavy(stored):
    """No TensorFlow, no hls4ml, no numpy: it starts and judges in a fraction of a second."""
    done = check(stored)
    assert done.returncode == 0, done.stdout + done.stderr
    loaded = json.loads(done.stderr)
    assert "jsonschema" in loaded, "the list of modules is not that of the run"
    assert len(loaded) < 400
    assert "compared" in done.stdout


@pytest.mark.parametrize("text", ["", "[1]", '{"schema": 1}'])
def test_unusable_input_is_exit_code_2(stored, text):
    """Nothing judged is neither passed nor failed."""
    stored.write_text(text)
    done = check(stored)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0].startswith(f"Error: {stored}")


def test_one_value_beyond_its_limit_is_exit_code_1(stored):
    """The gate is closed by one count of one design, replayed or not."""
    content = json.loads(stored.read_text())
    measurement = content["designs"]["jets-float-oneapi_agilex7"]["measurement"]
    measurement["values"]["dsp"] += 5
    measurement["origin"] = "replayed"
    stored.write_text(json.dumps(content))
    done = check(stored)
    assert done.returncode == 1
    assert "jets-float-oneapi_agilex7 (replayed):" in done.stdout
    assert "failed: dsp: measured 26, allowed <= 25 (baseline 21, slack 4)" in done.stdout
