"""The joined synthesis: logs outlive failures, odd ends are told, nothing is synthesised twice."""

from pathlib import Path

import pytest

from hlsgate.infra.cache import Cache
from hlsgate.infra.errors import SynthesisError
from hlsgate.pipeline.hardware import Hardware
from hlsgate.suites import suite
from tests.oneapi_reports import write_project
from tests.stand_ins import Converted, no_jets

ROOT = Path(__file__).parents[1]
DESIGN = suite.design("jets-q4_p75-oneapi_agilex7")
GOOD = "echo run >>{count}; cp -r ../finished demo.report.prj"


@pytest.fixture
def hardware(tmp_path):
    """Make one on an empty cache, with a project and the report which make will copy."""
    written = tmp_path / "written"
    write_project(written / "finished")
    info = next(written.rglob("info.ndjson"))
    info.write_text(info.read_text().replace("2031.2.1", "2025.0.0"))  # icpx's, below
    (written / "CMakeLists.txt").write_text("project(demo CXX)\n")

    checkpoints = ROOT / "fixtures" / "checkpoints"
    return Hardware(Converted(no_jets, Cache(tmp_path), checkpoints))


def test_a_report_is_of_the_frozen_weights_and_is_made_once(hardware, make, tmp_path):
    """What was synthesised is known by its weights, and the second request runs nothing."""
    make(GOOD.format(count=tmp_path / "count"))
    found = [hardware.measured(DESIGN) for _ in range(2)]
    assert found[0] == found[1]
    assert found[0].weights_sha256 == hardware.pipeline.frozen(DESIGN.variant).sha256
    assert (found[0].tool_version, found[0].origin, found[0].note) == ("2025.0.4", "measured", "")
    assert (tmp_path / "count").read_text() == "run\n"


def test_a_crash_after_the_report_is_told_each_time(hardware, make, tmp_path):
    """The note on how the tool ended stays with the numbers, from the cache too."""
    make(f"{GOOD.format(count=tmp_path / 'count')}; echo Segmentation fault; exit 1")
    for _ in range(2):
        assert "Segmentation fault" in hardware.measured(DESIGN).note


def test_the_log_outlives_the_failure(hardware, make):
    """The log that the error names can be read afterwards; and the next run tries again."""
    make("echo no licence; exit 2")
    with pytest.raises(SynthesisError, match="no licence") as caught:
        hardware.measured(DESIGN)
    log = hardware.pipeline.cache.root / "logs" / f"{DESIGN.key}.log"
    assert str(log) in str(caught.value)
    assert "no licence" in log.read_text()
    make(GOOD.format(count="/dev/null"))
    with pytest.raises(SynthesisError, match="no licence"):  # not twice in one run
        hardware.measured(DESIGN)
    hardware.pipeline.cache.failed.clear()
    assert hardware.measured(DESIGN).values


def test_a_synthesised_report_can_be_replayed(hardware, make, tmp_path):
    """What a licensed machine leaves in its cache is judged elsewhere, with its identity."""
    make(GOOD.format(count="/dev/null"))
    measured = hardware.measured(DESIGN)
    hardware.export(DESIGN, tmp_path / "reports" / DESIGN.key)
    replayed = hardware.replayed(DESIGN, tmp_path / "reports")
    assert (replayed.origin, replayed.weights_sha256) == ("replayed", measured.weights_sha256)
    assert replayed.values == measured.values
