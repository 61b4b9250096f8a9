"""Commands write baselines only when a person asks, and only what was measured."""

import json
import re
from pathlib import Path

import pytest

from hlsgate.cli.main import main
from hlsgate.facts import results
from hlsgate.judge import baselines

SHA = "c" * 64
ROOT = Path(__file__).parents[1]


@pytest.fixture
def files(tmp_path):
    """Results with one variant and one design, and baselines that know neither's numbers."""
    found = results.empty()
    scores = {
        "accuracy": 0.75, "n": 40000, "dataset": "jets_embedded", "dataset_sha256": SHA,
        "weights_sha256": SHA,
    }  # fmt: skip
    results.put(found, "variants", "jets-q4_p75", "frozen", scores)
    key = "jets-q4_p75-oneapi_agilex7"
    measured = {
        "toolchain": "oneapi", "tool_version": "2025.0.4", "part": "Agilex7",
        "stage": "hls_estimate", "origin": "measured", "values": {"alut": 9000},
        "weights_sha256": SHA,
    }  # fmt: skip
    results.put(found, "designs", key, "measurement", measured)
    results.write(tmp_path / "results.json", found, tmp_path)
    path = tmp_path / "baselines.json"
    content = json.loads((ROOT / "baselines.json").read_text())
    del content["accuracy"]["jets-q4_p75"]
    content["resources"][key].pop("baseline", None)
    path.write_text(json.dumps(content))
    return ["--results", "results.json", "--baselines", "baselines.json"]


def test_help_teaches(run):
    """Help names the steps from a new variant to a committed baseline."""
    assert "freeze it, run 'pytest benchmarks" in " ".join(run("--help").output.split())
    assert "Example: python -m hlsgate record" in run("record", "--help").output


def test_help_is_whole(run):
    """Every command has a line that is not cut, and an example that names an existing option."""
    assert "..." not in run("--help").output.partition("Commands:")[2]
    for name, command in main.commands.items():
        text = run(name, "--help").output
        example = re.search(rf"Example: python -m hlsgate {name}((?:.|\n)*?)\n\n", text)
        assert example or name == "orphans", name
        words = example[1].split() if example else []
        known = {option for one in command.params for option in one.opts}
        if name != "test":  # pytest's options, which tests/test_docs_commands.py knows
            assert {word for word in words if word.startswith("--")} <= known


def test_record_a_variant_and_a_design(run, files, tmp_path):
    """Measured values arrive in the baselines with provenance, and the change is printed."""
    done = run("record", "jets-q4_p75", "jets-q4_p75-oneapi_agilex7", *files)
    assert done.exit_code == 0, done.output
    assert "| jets-q4_p75-oneapi_agilex7 alut | - " in " ".join(done.output.split())
    loaded = baselines.load(tmp_path / "baselines.json")
    assert loaded.accuracy("jets-q4_p75", "jets_embedded")["accuracy"] == 0.75
    assert loaded.accuracy("jets-q4_p75", "jets_embedded")["provenance"]["origin"] == "measured"
    entry = loaded.resources("jets-q4_p75-oneapi_agilex7")
    assert entry["baseline"]["metrics"] == {"alut": 9000}
    assert entry["budgets"], "recording must not drop the budgets"


def test_recording_twice_changes_nothing(run, files):
    """The same measurement again is no change."""
    run("record", "jets-q4_p75", *files)
    assert run("record", "jets-q4_p75", *files).output == "nothing changed\n"


def test_nothing_is_written_under_ci(run, files, tmp_path, monkeypatch):
    """A pipeline cannot move its own goalposts."""
    monkeypatch.setenv("CI", "true")
    before = (tmp_path / "baselines.json").read_bytes()
    done = run("record", "jets-q4_p75", *files)
    assert (done.exit_code, (tmp_path / "baselines.json").read_bytes()) == (2, before)
    assert "not written under CI" in done.output
    assert run("freeze", "jets-q4_p75").exit_code == 2


def test_unmeasured_key(run, files):
    """What was not measured is not recorded; the error says how to measure it."""
    done = run("record", "jets-q6_p75", *files)
    assert done.exit_code == 2
    assert "no measurement of jets-q6_p75; run the main job, whole" in done.output


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ("tool_version", "does not state its tool's version"),
        ("weights_sha256", "does not state its weights"),
    ],
)
def test_report_without_identity_is_not_recorded(run, files, tmp_path, field, sentence):
    """A baseline without its tool's version or its weights could never be compared."""
    path = tmp_path / "results.json"
    content = json.loads(path.read_text())
    content["designs"]["jets-q4_p75-oneapi_agilex7"]["measurement"][field] = None
    path.write_text(json.dumps(content))
    done = run("record", "jets-q4_p75-oneapi_agilex7", *files)
    assert sentence in done.output


def test_no_key_is_a_usage_error(run):
    """Without a key there is nothing to do, which is said."""
    done = run("record")
    assert done.exit_code == 2
    assert "name a variant or a design" in done.output


def test_missing_results(run):
    """Without results, one sentence says how to make some."""
    done = run("record", "jets-q4_p75")
    assert done.exit_code == 2
    assert "pytest benchmarks --results" in done.output


def test_unknown_variant(run, tmp_path):
    """A typo is answered with the variants that there are."""
    done = run("freeze", "jets-q5")
    assert done.exit_code == 2
    assert "no variant 'jets-q5'; declared are jets-float" in done.output


def test_only_placed_designs_have_a_spread(run):
    """A design without seeds is named; so is one that does not exist."""
    done = run("spread", "jets-q4_p75-yosys_cyclonev")
    assert (done.exit_code, done.output) == (
        2, "Error: jets-q4_p75-yosys_cyclonev is not placed by nextpnr, so it has no seed.\n"
    )  # fmt: skip
    assert run("spread", "jets-q5").exit_code == 2


def test_what_the_system_says_is_a_sentence(run, files, monkeypatch):
    """A full disk, met where no stage tells it, is one sentence and no traceback."""

    def full(*_):
        raise OSError(28, "No space left on device", "/cache/a\x1b[2J")

    monkeypatch.setattr(results, "read", full)
    found = run("check", "results.json")
    assert found.exit_code == 2
    assert "/cache/a\\x1b[2J: No space left on device; free some space" in found.output
