"""The command chooses what to explain, and writes what it found."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from hlsgate.cli import commands, explaining
from hlsgate.cli.main import main
from hlsgate.diagnosis import catalogue, pictures
from hlsgate.diagnosis.catalogue import CATALOGUE, Finding
from hlsgate.diagnosis.divergence import Diagnosis, LayerRow
from hlsgate.infra.errors import DiagnosisError, SuiteError
from hlsgate.spec import targets
from hlsgate.spec.fixedpoint import Fixed
from tests import catalogue_document

BAD = Finding(catalogue.ACCUMULATOR, "accum is fixed<10,3>: 7 sums beyond its range")
FOUND = Diagnosis(
    "net on Vitis (io_parallel)", 10,
    (LayerRow("inputs", "Input", "fixed<8,4>", 0, 0.0, 0, 0, 0, ()),
     LayerRow("dense1", "Dense", "fixed<9,5>", 4, 12.0, 4, 0, 0, (BAD,))),
)  # fmt: skip


@pytest.fixture
def run():
    return lambda *args: CliRunner().invoke(main, ["explain", *map(str, args)])


def test_neither_or_both(run):
    for args in ((), ("jets-q4_p75", "--model", "m.keras"), ("--model", "m.keras")):
        done = run(*args)
        assert done.exit_code == 2
        assert "name a variant or a design, or both --model and --data" in done.output


def test_unknown_names(run):
    done = run("jets-none")
    assert done.exit_code == 2
    assert "no variant 'jets-none'; declared are jets-float" in done.output
    done = run("jets-q4_p75", "--backend", "catapult")
    assert done.exit_code == 2
    assert "no backend 'catapult'; there are oneapi, quartus, vitis, vivado" in done.output


def test_unusable_types(run):
    assert "--type wants LAYER=TYPE" in run("jets-q4_p75", "--type", "logits").output
    assert "'int8' is no type" in run("jets-q4_p75", "--precision", "int8").output


def test_prints_and_writes(run, tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "draw", lambda _found, path: path.write_bytes(b"png"))
    seen = {}
    monkeypatch.setattr(
        commands, "explain", lambda *args: seen.update(key=args[0], request=args[3]) or FOUND
    )
    done = run("jets-q4_p75", "--backend", "vitis", "--rows", 7, "--out", tmp_path / "o", "--json")
    assert done.exit_code == 0, done.output
    assert seen["key"] == "jets-q4_p75"
    assert (seen["request"].backend, seen["request"].rows) == ("vitis", 7)
    assert json.loads((tmp_path / "o/diagnosis.json").read_text())["first"] == "dense1"
    assert "| dense1" in (tmp_path / "o/diagnosis.md").read_text()
    assert "first divergence at dense1" in (tmp_path / "o/diagnosis.txt").read_text()
    assert (tmp_path / "o/diagnosis.png").is_file()


def test_a_design_brings_its_backend():
    asked = {}
    pipeline = SimpleNamespace(
        frozen=lambda variant: variant.key,
        diagnosis=lambda _variant, _weights, backend, **how: asked.update(how, on=backend) or FOUND,
    )
    explaining.declared("jets-q4_p75-da4ml", pipeline, explaining.Request(io_type="io_stream"))
    assert asked["on"] == targets.QUARTUS.streamed()
    assert asked["as_hardware"] is False
    with pytest.raises(SuiteError):
        explaining.declared("jets-q4_p75", pipeline, explaining.Request(backend="none"))


def test_on_grid_keeps_what_is_beyond():
    x = explaining.on_grid(np.array([[0.3, 9.1]], np.float32), Fixed(6, 4))
    assert x.tolist() == [[0.25, 9.0]]


def test_no_matplotlib(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(DiagnosisError, match=r"install hlsgate\[plots\]"):
        explaining.write(FOUND, tmp_path)
    assert (tmp_path / "diagnosis.md").is_file()


def test_sections(tmp_path):
    path = tmp_path / "d.md"
    path.write_text("a\n<!-- planted: unknown -->\nold\n<!-- end of planted -->\nb\n")
    catalogue_document.write_section(path, "unknown", "table")
    assert catalogue_document.section(path, "unknown") == catalogue_document.rendered(
        "unknown", "table"
    )
    assert path.read_text().startswith("a\n")
    assert path.read_text().endswith("b\n")
    with pytest.raises(DiagnosisError, match="no section marked"):
        catalogue_document.section(path, "other")


def test_the_document_has_every_cause():
    """Heading, texts and a table for each entry of the catalogue; tables: tox run -e diagnosis."""
    from pathlib import Path

    document = Path(__file__).parents[1] / "docs" / "diagnosis.md"
    for key, cause in CATALOGUE.items():
        text = catalogue_document.section(document, key)
        for part in (cause.title, cause.evidence, cause.remedy):
            assert part in text, f"{key}: the document says something else"
        assert "| layer" in text, f"{key}: no table; HLSGATE_WRITE_DOCS=1 tox run -e diagnosis"
