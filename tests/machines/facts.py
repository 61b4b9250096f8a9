"""What must be the same on every machine, as hashes: printed as JSON, by a process of its own.

    python tests/machines/facts.py CACHE GROUP...

A process of its own, since the libraries choose their code when they are loaded. Everything is
made anew where the cache is an empty folder.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import hashlib
import io
import json
import locale
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT)]

import numpy as np  # noqa: E402
from click.testing import CliRunner  # noqa: E402

from hlsgate.cli.main import main  # noqa: E402
from hlsgate.data import datasets  # noqa: E402
from hlsgate.facts import parity  # noqa: E402
from hlsgate.infra.cache import Cache  # noqa: E402
from hlsgate.infra.progress import silent  # noqa: E402
from hlsgate.logic import numba_cache  # noqa: E402
from hlsgate.models import training  # noqa: E402
from hlsgate.pipeline.hardware import Hardware  # noqa: E402
from hlsgate.pipeline.pipeline import Pipeline  # noqa: E402
from hlsgate.suites import suite  # noqa: E402
from hlsgate.synthesis.reports import da4ml  # noqa: E402
from tests import good_runs  # noqa: E402

Facts = Iterator[tuple[str, str]]

EVALUATED = ("digits-float", "digits-q5_p75", "digits-conv_q5", "jets-float", "jets-q4_p75")
EMULATED = (("digits-q5_p75", "quartus"), ("digits-conv_q5", "vitis"), ("jets-q4_p75", "oneapi"))
TRACED = ("digits-q5_p75", "jets-q4_p75")
SYNTHESISED = "digits-q5_p75-yosys_cyclonev"
BRIEF = ("jets-float", "jets-q4_p75_exercise", "jets-q6_p75")
HEAD = {
    "schema": 2, "hlsgate": "0.1", "created": "2026-11-24", "commit": None, "machine": "m",
    "cores": 2, "versions": {},
}  # fmt: skip
BRIEF_STEPS = 150
"""A sum in another order shows in the weights within some dozens of steps."""


def sha(*arrays: np.ndarray) -> str:
    """Hash arrays with their types and shapes."""
    found = hashlib.sha256()
    for one in arrays:
        found.update(f"{one.dtype} {one.shape}".encode() + np.ascontiguousarray(one).tobytes())
    return found.hexdigest()[:12]


def sha_of_files(folder: Path, pattern: str) -> str:
    """Hash a folder's files with their names."""
    found = hashlib.sha256()
    paths = sorted(folder.rglob(pattern))
    assert paths, f"there is no {pattern} in {folder}"
    for path in paths:
        found.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return found.hexdigest()[:12]


def frozen(pipeline: Pipeline) -> Facts:
    """Prepare rows, and find what Keras answers with committed weights."""
    for key in EVALUATED:
        variant = suite.variant(key)
        rows = pipeline.dataset(variant)
        logits = pipeline.keras_logits(variant, pipeline.frozen(variant))
        shares = training.softmax(logits)
        areas = [parity.auc(shares[:, i], rows.y_test == i) for i in range(shares.shape[1])]
        yield f"{variant.benchmark}: rows", sha(rows.x_train, rows.x_test, rows.y_test)
        yield f"{key}: Keras' logits", sha(logits)
        yield f"{key}: answers and AUC", sha(shares.argmax(axis=1), np.round(areas, 12))


def hardware(pipeline: Pipeline) -> Facts:
    """Make emulated outputs, counts, Verilog and a netlist."""
    for key, name in EMULATED:
        yield from _emulated(pipeline, key, name)
    for key in TRACED:
        yield from _traced(pipeline, key)
    measured = Hardware(pipeline, 600.0).measured(suite.design(SYNTHESISED))
    yield f"{SYNTHESISED}: counts", json.dumps(dict(measured.values), sort_keys=True)


def small(pipeline: Pipeline) -> Facts:
    """Make emulated outputs, counts and Verilog of one network: a third of the time."""
    yield from _emulated(pipeline, *EMULATED[0])
    yield from _traced(pipeline, TRACED[0])


def _emulated(pipeline: Pipeline, key: str, name: str) -> Facts:
    variant = suite.variant(key)
    (backend,) = (one for one in suite.active().emulated if one.key == name)
    project = pipeline.project(variant, pipeline.frozen(variant), backend, softmax=True)
    yield f"{key}: emulated on {name}", sha(pipeline.emulated(variant, project))


def _traced(pipeline: Pipeline, key: str) -> Facts:
    variant = suite.variant(key)
    logic = pipeline.logic(variant, pipeline.frozen(variant), suite.active().traced)
    yield f"{key}: da4ml's counts", sha_of_files(logic, da4ml.FILE)
    yield f"{key}: Verilog", sha_of_files(logic, "*.v")


def digits(pipeline: Pipeline) -> Facts:
    """Train anew a float network and its compressed student."""
    yield from _trained(pipeline, "digits-float", "digits-q5_p75")


def jets(pipeline: Pipeline) -> Facts:
    """Train the exercise's network anew, and a student of a teacher that is trained anew, too."""
    yield from _trained(pipeline, "jets-q4_p75_exercise", "jets-q6_p75")


def _trained(pipeline: Pipeline, *keys: str) -> Facts:
    for key in keys:
        yield f"{key}: retrained weights", pipeline.trained(suite.variant(key)).sha256[:12]


def brief(pipeline: Pipeline) -> Facts:
    """Train the jets for some steps."""
    for key in BRIEF:
        variant = suite.variant(key)
        batch = variant.training.batch_size
        recipe = dataclasses.replace(variant.training, steps=BRIEF_STEPS, validation_split=0.0)
        rows = pipeline.dataset(variant)
        x, y = rows.x_train[: 30 * batch], rows.y_train[: 30 * batch]
        shares = np.full((len(x), len(rows.class_names)), 0.25, np.float32)
        short = dataclasses.replace(variant, recipe=recipe)
        weights = training.train(short, x, y, teacher=shares if recipe.teacher else None)
        yield f"{key}: weights after {BRIEF_STEPS} steps", sha(*map(weights.get, sorted(weights)))


def told(_pipeline: Pipeline) -> Facts:
    """Tell tables and verdicts, of a good run and of one that fails everywhere, as text."""
    baselines = json.loads((ROOT / "baselines.json").read_text(encoding="utf-8"))
    good = good_runs.good_run(baselines) | HEAD
    bad = copy.deepcopy(good)
    for one in bad["variants"].values():
        one["frozen"]["accuracy"] -= 0.123456
    yield "table of all baselines", _output(0, "show")
    yield "verdicts on a good run", _judged(0, good)
    yield "verdicts on a bad run", _judged(1, bad)


def _judged(code: int, found: dict[str, Any]) -> str:
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("results.json").write_text(json.dumps(found), encoding="utf-8")
        return _output(code, "check", "results.json", "--baselines", str(ROOT / "baselines.json"))


def _output(code: int, *args: str) -> str:
    done = CliRunner().invoke(main, args)
    text = done.output.replace(str(ROOT), ".")
    assert done.exit_code == code, text
    return hashlib.sha256(text.encode()).hexdigest()[:12]


GROUPS = {one.__name__: one for one in (frozen, hardware, small, digits, jets, brief, told)}


def print_facts(cache: Path, names: list[str]) -> None:
    """Print the facts of some groups."""
    with contextlib.suppress(locale.Error):  # as a host program would; the setting tests itself
        locale.setlocale(locale.LC_ALL, "")
    kept = Cache(cache)
    numba_cache.apply(kept.root)

    def load(key: str) -> datasets.Dataset:
        return datasets.load(suite.benchmark(key), None, kept)

    pipeline = Pipeline(load, kept, suite.active().checkpoints, silent)
    found = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for name in names:
            found |= dict(GROUPS[name](pipeline))
    print(json.dumps(found))


if __name__ == "__main__":
    print_facts(Path(sys.argv[1]), sys.argv[2:])
