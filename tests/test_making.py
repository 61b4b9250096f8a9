"""Commands that make something to commit or to judge: frozen weights, and captured reports."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from hlsgate.cli import commands
from hlsgate.infra.cache import Cache
from hlsgate.infra.errors import TrainingError
from hlsgate.models import checkpoints
from hlsgate.models.checkpoints import Checkpoint
from hlsgate.pipeline import hardware
from hlsgate.pipeline.hardware import Hardware
from hlsgate.suites import suite
from tests.oneapi_reports import write_project
from tests.stand_ins import Converted, no_jets

CHECKPOINTS = Path(__file__).parents[1] / "fixtures" / "checkpoints"
VARIANT = suite.variant("jets-q4_p75")
DESIGN = suite.design("jets-q4_p75-oneapi_agilex7")
GOOD = "cp -r ../finished demo.report.prj"


# --- synthesise -----------------------------------------------------------------------------------


@pytest.fixture
def synthesise(run, make, tmp_path, monkeypatch):
    """Run the command on a machine with stand-ins, where the project has been written."""
    written = tmp_path / "cache" / "written"
    write_project(written / "finished")
    info = next((written / "finished").rglob("info.ndjson"))
    info.write_text(info.read_text().replace("2031.2.1", "2025.0.0"))  # icpx's
    (written / "CMakeLists.txt").write_text("project(demo CXX)\n")
    folder = tmp_path / "checkout" / "checkpoints"
    shutil.copytree(CHECKPOINTS, folder)
    monkeypatch.setattr(commands, "Pipeline", Converted)
    make(GOOD)
    return lambda *args: run("synthesise", *args, "--checkpoints", str(folder), "--cache", "cache")


def test_reports_are_left_with_what_they_are_of(synthesise, tmp_path, monkeypatch):
    """Each design's folder holds a report and its identity; it can be judged elsewhere."""
    monkeypatch.setenv("CI", "true")  # nothing committed changes, so a runner may
    done = synthesise(DESIGN.key, "--out", "reports")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1] == f"reports/{DESIGN.key}"
    stated = json.loads((tmp_path / "reports" / DESIGN.key / "hlsgate.json").read_text())
    assert (stated["design"], stated["tool_version"]) == (DESIGN.key, "2025.0.4")
    monkeypatch.setattr(hardware, "can_convert", lambda _source: True)
    elsewhere = Hardware(Converted(no_jets, Cache(tmp_path / "cache"), CHECKPOINTS))
    replayed = elsewhere.replayed(DESIGN, tmp_path / "reports")
    assert (replayed.origin, replayed.values["alut"]) == ("replayed", 1555)


def test_every_design_of_a_toolchain(synthesise, tmp_path):
    """--toolchain names them all, and old reports of a design are replaced."""
    old = tmp_path / "reports" / DESIGN.key / "old.report.prj"
    old.mkdir(parents=True)
    assert synthesise("--toolchain", "oneapi").exit_code == 0
    made = {one.name for one in (tmp_path / "reports").iterdir()}
    assert made == {one.key for one in suite.active().designs if one.target.toolchain == "oneapi"}
    assert not old.exists()


@pytest.mark.parametrize(
    ("script", "sentence"),
    [("echo no licence; exit 2", "no licence"), ("sleep 60", "ran into the time limit of 0.5 s")],
)
def test_a_failed_synthesis_is_a_sentence_and_no_report(
    synthesise, make, tmp_path, monkeypatch, script, sentence
):
    """A failing tool ends the command, with the log's end, and leaves nothing to be judged."""
    (tmp_path / "bin" / "make").write_text(f"#!/bin/sh\n{script}\n")
    done = synthesise(DESIGN.key, "--timeout", "0.5")
    assert done.exit_code == 2
    assert sentence in done.output
    assert f"logs/{DESIGN.key}.log" in done.output.replace("\n", "")
    assert not (tmp_path / "reports").exists()


def test_a_missing_toolchain_is_a_sentence(synthesise, tmp_path, monkeypatch):
    """Without the tool, it is said which and how to get it."""
    (tmp_path / "bin" / "icpx").unlink()
    done = synthesise(DESIGN.key)
    assert done.exit_code == 2
    assert "icpx was not found" in done.output


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ((), "nothing to do; name a design, or --toolchain"),
        (("--toolchain", "oneapy"), "no design of toolchain 'oneapy'; known: da4ml"),
        (("jets-q5-da4ml",), "no design 'jets-q5-da4ml'; declared are"),
    ],
)
def test_typos_are_answered(synthesise, args, sentence):
    """Nothing to do is an error that says what can be done."""
    done = synthesise(*args)
    assert done.exit_code == 2
    assert sentence in done.output


def test_reports_that_cannot_be_written(synthesise, tmp_path):
    """A file in the way of the folder is named."""
    (tmp_path / "reports").write_text("in the way")
    done = synthesise(DESIGN.key)
    assert done.exit_code == 2
    assert "cannot be written" in done.output


# --- freeze ---------------------------------------------------------------------------------------


@pytest.fixture
def freeze(run, tmp_path, monkeypatch):
    """Run the command with a stand-in for training, which moves one weight."""
    folder = tmp_path / "fixtures" / "checkpoints"
    shutil.copytree(CHECKPOINTS, folder)

    class Trained(Converted):
        def trained(self, variant):
            if variant.key == "jets-float":
                raise TrainingError("jets-float did not converge; lower its learning rate.")
            frozen = checkpoints.load(folder / f"{variant.key}.npz", variant)
            weights = {name: values.copy() for name, values in frozen.weights.items()}
            kernel = weights["dense2/kernel"]
            place = np.unravel_index(np.argmax(np.abs(kernel) == 0.5), kernel.shape)
            kernel[place] += np.float32(0.25)
            return Checkpoint(weights, frozen.about)

    monkeypatch.setattr(commands, "Pipeline", Trained)
    return lambda *args: run("freeze", *args, "--cache", "cache")


def test_freeze_stores_what_was_trained(freeze, tmp_path):
    """The checkpoint is replaced, and the table has its old and new identity."""
    path = tmp_path / "fixtures" / "checkpoints" / f"{VARIANT.key}.npz"
    old = checkpoints.load(path, VARIANT).sha256[:12]
    done = freeze(VARIANT.key)
    assert done.exit_code == 0, done.output
    new = checkpoints.load(path, VARIANT).sha256[:12]
    assert old != new
    assert f"| {VARIANT.key} weights | {old} | {new} |" in " ".join(done.output.split())


def test_freeze_is_refused_under_ci(freeze, tmp_path, monkeypatch):
    """Weights are committed by a person, never made by a pipeline."""
    monkeypatch.setenv("CI", "true")
    path = tmp_path / "fixtures" / "checkpoints" / f"{VARIANT.key}.npz"
    before = path.read_bytes()
    done = freeze(VARIANT.key)
    assert (done.exit_code, path.read_bytes()) == (2, before)
    assert "not written under CI" in done.output


def test_a_training_that_fails_stores_nothing(freeze, tmp_path):
    """The old weights stay where there are no new ones."""
    path = tmp_path / "fixtures" / "checkpoints" / "jets-float.npz"
    before = path.read_bytes()
    done = freeze("jets-float")
    assert (done.exit_code, path.read_bytes()) == (2, before)
    assert "did not converge" in done.output


def test_no_variant_is_a_usage_error(freeze):
    """Nothing is trained unless it is named."""
    done = freeze()
    assert done.exit_code == 2
    assert "name a variant, or --all" in done.output
