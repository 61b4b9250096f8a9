"""A replayed report is of the design's own project, or it is refused."""

import json
import shutil
from pathlib import Path

import pytest

from hlsgate.infra.cache import Cache
from hlsgate.infra.errors import ReportError
from hlsgate.pipeline import hardware
from hlsgate.pipeline.hardware import Hardware
from hlsgate.suites import suite
from tests.oneapi_reports import write_project
from tests.stand_ins import Converted, no_jets

ROOT = Path(__file__).parents[1]
DESIGN = suite.design("jets-q4_p75-oneapi_agilex7")


@pytest.fixture
def judged_by(tmp_path):
    """Make what reads reports, on a machine where the design's project can be written."""
    (tmp_path / "written").mkdir()
    (tmp_path / "written" / "kernel.cpp").write_text("int weights[] = {1, 2};")

    return Hardware(Converted(no_jets, Cache(tmp_path), ROOT / "fixtures" / "checkpoints"))


@pytest.fixture
def reports(tmp_path, judged_by):
    """Capture a report of the design's weights and project."""
    folder = tmp_path / "reports" / DESIGN.key
    write_project(folder / "demo.report.prj")
    stated = {
        "design": DESIGN.key,
        "weights_sha256": judged_by.pipeline.frozen(DESIGN.variant).sha256,
        "project_sha256": judged_by.pipeline.project().digest,
        "tool_version": "2031.2.4",
        "note": "",
    }
    (folder / "hlsgate.json").write_text(json.dumps(stated))
    return tmp_path / "reports"


def can(monkeypatch, answer):
    monkeypatch.setattr(hardware, "can_convert", lambda _source: answer)


def test_the_designs_own_project_is_judged(judged_by, reports, monkeypatch):
    """Equal digest: the report counts, and says that it was replayed."""
    can(monkeypatch, True)
    found = judged_by.replayed(DESIGN, reports)
    assert (found.origin, found.note) == ("replayed", "")


def test_another_project_of_the_same_weights_is_refused(judged_by, reports, tmp_path, monkeypatch):
    """A project that changed since, in clock or types, makes the report one of something else."""
    can(monkeypatch, True)
    (tmp_path / "written" / "kernel.cpp").write_text("int weights[] = {1, 3};")
    with pytest.raises(ReportError, match=r"project_sha256: the report is of .* the design's is"):
        judged_by.replayed(DESIGN, reports)


def test_where_nothing_can_be_converted_it_is_said(judged_by, reports, tmp_path, monkeypatch):
    """Without hls4ml the digest is not compared, and the measurement tells so."""
    can(monkeypatch, False)
    shutil.rmtree(tmp_path / "written")
    note = judged_by.replayed(DESIGN, reports).note
    assert note.startswith("its project was not compared with the design's")


@pytest.mark.parametrize("version", ["2030.2.1", "2031.3", "", "new"])
def test_a_version_that_is_not_the_reports_is_refused(judged_by, reports, monkeypatch, version):
    """Numbers of one release cannot be passed off as those of another."""
    can(monkeypatch, True)
    path = reports / DESIGN.key / "hlsgate.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"tool_version": version}))
    with pytest.raises(ReportError, match=rf"tool_version: is '{version}', the report's is '2031"):
        judged_by.replayed(DESIGN, reports)


@pytest.mark.parametrize("source", ["project", "logic"])
def test_what_conversion_needs(source, monkeypatch):
    """Digests are compared only where every package that writes a project is installed."""
    monkeypatch.setattr(hardware.importlib.util, "find_spec", lambda _name: object())
    assert hardware.can_convert(source)
    missing = "da4ml" if source == "logic" else "hls4ml"
    monkeypatch.setattr(
        hardware.importlib.util, "find_spec", lambda name: None if name == missing else object()
    )
    assert not hardware.can_convert(source)
