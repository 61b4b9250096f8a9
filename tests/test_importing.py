"""hls4ml's synthesis baselines are taken as what somebody says they are, or refused by name."""

import json
import os
from pathlib import Path

import pytest

from hlsgate.infra import documents
from hlsgate.infra.errors import BaselineError
from hlsgate.judge import baselines, hls4ml_files, hls4ml_folder
from hlsgate.judge.budgets import judge_design
from hlsgate.judge.judging import target_facts
from hlsgate.spec.declarations import Design, Target
from hlsgate.spec.measurement import Measurement
from hlsgate.spec.targets import VITIS
from hlsgate.suites import suite

EXAMPLES = Path(__file__).parents[1] / "docs" / "migration" / "baselines"
ONEAPI = EXAMPLES / "oneAPI/2025.0.1/test_trigger_io_parallel-oneAPI.json"
VITIS_FILE = EXAMPLES / "Vitis/2024.1/test_trigger_io_parallel-Vitis.json"
DESIGN = "jets-q6_p75-oneapi_agilex7"
MAP = f"test_trigger_io_parallel-oneAPI={DESIGN}"
SHA = "ab" * 32
HERE = ("--part", "Agilex7", "--clock", "200")


def changed(tmp_path, change, source=ONEAPI, backend="oneAPI"):
    """Write a file of hls4ml's form with one change, and return it with its folders' names."""
    content = json.loads(source.read_text())
    change(content)
    folder = tmp_path / "changed" / backend / "2025.0.1"
    folder.mkdir(parents=True)
    path = folder / source.name
    path.write_text(json.dumps(content))
    return path, backend, "2025.0.1"


def test_oneapi_by_name():
    """Every number lands where hlsgate's own reader puts the same column of a report."""
    found = hls4ml_files.read(ONEAPI, "oneAPI", "2025.0.1")
    assert (found.toolchain, found.tool_version) == ("oneapi", "2025.0.1")
    assert found.values == {
        "alut": 21000, "ff": 6400, "ram": 12, "dsp": 3, "mlab": 5, "fmax_mhz": 200,
        "ii_cycles": 1, "latency_cycles": 31,
    }  # fmt: skip
    assert found.target_fmax_mhz is None
    assert set(found.left_out) == {
        f"report/HLS/available/{name}" for name in ("alut", "reg", "ram", "dsp", "mlab")
    }
    assert all(why.startswith("what the device has") for why in found.left_out.values())


def test_vitis_by_name():
    """Periods become clocks as in a report of Vitis; best cases and capacities are left out."""
    found = hls4ml_files.read(VITIS_FILE, "Vitis", "2024.1")
    assert found.values == {
        "fmax_mhz": round(1000 / 4.312, 3), "latency_cycles": 9, "ii_cycles": 1, "bram_18k": 4,
        "dsp": 14, "ff": 2900, "lut": 16400, "uram": 0,
    }  # fmt: skip
    assert found.target_fmax_mhz == 200
    assert found.left_out["CSynthesisReport/BestLatency"].startswith("a best case")
    assert len(found.left_out) == 7


@pytest.mark.parametrize(
    ("place", "value", "metric", "why"),
    [
        ("worstFrequency", "1000000000.0", "fmax_mhz", "no block"),
        ("worstII", "0", "ii_cycles", "no block"),
        ("worstLatency", "0", "latency_cycles", "no block"),
        ("worstLatency", None, "latency_cycles", "not stated"),
    ],
)
def test_what_a_reader_starts_from_is_no_measurement(tmp_path, place, value, metric, why):
    """hls4ml writes 1e9 MHz and 0 cycles where a report has none; they are never taken."""
    path = changed(tmp_path, lambda one: one["report"]["Loop"].update({place: value}))
    found = hls4ml_files.read(*path)
    assert metric not in found.values
    assert found.left_out[f"report/Loop/{place}"].startswith(why)


@pytest.mark.parametrize(
    ("place", "value", "why"),
    [
        ("WorstLatency", "undef", "undef: it depends"),
        ("EstimatedClockPeriod", "0", "a period of 0"),
        ("Made_up", "3", "hlsgate knows no such value"),
    ],
)
def test_vitis_left_out(tmp_path, place, value, why):
    """What is no number of this design, or unknown, is listed."""
    path, *of = changed(
        tmp_path, lambda one: one["CSynthesisReport"].update({place: value}), VITIS_FILE, "Vitis"
    )
    found = hls4ml_files.read(path, *of)
    assert found.left_out[f"CSynthesisReport/{place}"].startswith(why)


def test_sections_of_other_tools_are_listed(tmp_path):
    """Vivado's half of a file, whose BRAM_18K counts whole tiles, is not mistaken for Vitis'."""
    extra = {"VivadoSynthReport": {"LUT": "47", "BRAM_18K": "0.5"}, "CosimResults": [[0.1]]}
    path, *of = changed(tmp_path, lambda one: one.update(extra), VITIS_FILE, "Vitis")
    found = hls4ml_files.read(path, *of)
    assert found.values["lut"] == 16400
    assert {"VivadoSynthReport/LUT", "VivadoSynthReport/BRAM_18K", "CosimResults"} <= set(
        found.left_out
    )


@pytest.mark.parametrize(
    "value", [True, -1, "-1", "1e3", "nan", "1_000", " 5", "", [1], "9" * 20, 1.5e300]
)
def test_numbers_that_are_none(tmp_path, value):
    """Nothing but a plain count is taken; the place is named."""
    path = changed(tmp_path, lambda one: one["report"]["HLS"]["total"].update(alut=value))
    with pytest.raises(BaselineError, match=r"report/HLS/total/alut: is|too large to be a count"):
        hls4ml_files.read(*path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not what it should be"),
        ('{"report": {"HLS"', "not what it should be"),
        ("[1, 2]", "no JSON object"),
        ("{}", "no number that hlsgate knows"),
        ('{"report": {"HLS": 3}}', "no number that hlsgate knows"),
        ('{"report": 1, "report": 2}', "is there twice"),
        ("[" * 100_000, "nested too deeply"),
        ('{"report": "\\u001b[2J"}', "no text"),
    ],
)
def test_malformed(tmp_path, text, said):
    """A file that is none is refused in one sentence that names it."""
    path = tmp_path / "test.json"
    path.write_text(text)
    with pytest.raises(BaselineError, match=said) as caught:
        hls4ml_files.read(path, "oneAPI", "2025.0.1")
    assert str(path) in str(caught.value)


def test_huge(tmp_path):
    """What is larger than any such file is not read."""
    path = tmp_path / "test.json"
    path.write_text(" " * (documents.LARGEST_FILE + 1))
    with pytest.raises(BaselineError, match="more than 16,777,216 bytes"):
        hls4ml_files.read(path, "oneAPI", "2025.0.1")


@pytest.mark.parametrize("make", ["link", "folder", "pipe"])
def test_what_is_no_file(tmp_path, make):
    """A link, a folder or a pipe of that name is no file of hls4ml's."""
    path = tmp_path / "test.json"
    if make == "link":
        path.symlink_to(ONEAPI)
    elif make == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    with pytest.raises(BaselineError, match=r"is a link|cannot be read|no plain file"):
        hls4ml_files.read(path, "oneAPI", "2025.0.1")


@pytest.mark.parametrize("other", ["Vivado", "VivadoAccelerator", "Altera", "Catapult"])
def test_backends_without_a_toolchain(other):
    """Numbers that nothing here could make are refused, with those that can be taken."""
    with pytest.raises(BaselineError, match=f"backend {other}, only those of oneAPI and Vitis"):
        hls4ml_files.read(ONEAPI, other, "2025.0.1")


@pytest.fixture
def stored(tmp_path):
    """Write baselines in which the design has budgets alone; return the option that names them."""
    content = json.loads((Path(__file__).parents[1] / "baselines.json").read_text())
    content["resources"][DESIGN].pop("baseline", None)
    (tmp_path / "baselines.json").write_text(json.dumps(content))
    return tmp_path / "baselines.json"


def take(run, *options):
    return run("import-hls4ml", str(EXAMPLES), *options, "--baselines", "baselines.json")


def test_listing_writes_nothing(run, stored):
    """Without a map, what there is is listed, and what cannot be taken."""
    before = stored.read_bytes()
    done = take(run)
    assert done.exit_code == 0
    assert "oneAPI/2025.0.1/test_trigger_io_stream-oneAPI    oneapi       alut, ff" in done.output
    assert "left out: 1 of backend Vivado, for which hlsgate has no toolchain" in done.output
    assert stored.read_bytes() == before


def test_listing_tells_of_damaged_files(run, tmp_path):
    """One bad file does not hide the others."""
    folder = tmp_path / "b" / "oneAPI" / "2025.0.1"
    folder.mkdir(parents=True)
    (folder / "bad.json").write_text("{")
    (folder / "good.json").write_text(ONEAPI.read_text())
    done = run("import-hls4ml", str(tmp_path / "b"))
    assert "oneAPI/2025.0.1/good  oneapi       alut" in done.output
    assert "oneAPI/2025.0.1/bad   -            is not what it should be" in done.output


def test_ceiling(run, stored):
    """Numbers of unknown weights are a ceiling, of a toolchain, part, clock and file."""
    done = take(run, "--map", MAP, *HERE, "--ceiling", "--slack")
    assert done.exit_code == 0, done.output
    loaded = baselines.load(stored)
    entry = loaded.resources(DESIGN)
    assert entry["budgets"], "importing must not drop the budgets"
    assert entry["baseline"]["weights_sha256"] is None
    assert entry["baseline"]["target_fmax_mhz"] == 200
    assert entry["baseline"]["provenance"]["origin"] == "imported"
    assert entry["baseline"]["provenance"]["file"].endswith("test_trigger_io_parallel-oneAPI.json")
    assert loaded.tolerance("alut", DESIGN).rel == 0.1
    assert "left out: report/HLS/available/alut" in done.output


def test_slack_is_one_sided_and_asked_for(run, stored):
    """Without --slack the file's own tolerances stay; with it, less is never a failure."""
    before = baselines.load(stored).tolerance("dsp", DESIGN)
    take(run, "--map", MAP, *HERE, "--ceiling")
    assert baselines.load(stored).tolerance("dsp", DESIGN) == before
    measured = Measurement(
        "oneapi", "hls_estimate", {"alut": 12_000, "ff": 6400}, tool_version="2025.0.4",
        part="Agilex7", target_fmax_mhz=200.0,
    )  # fmt: skip
    design = suite.design(DESIGN)
    verdicts = judge_design(
        DESIGN, target_facts(design.target), measured, baselines.load(stored), {}
    )
    states = {one.metric: one.state for one in verdicts if one.against == "baseline"}
    assert (states["alut"], states["ff"], states["ram"]) == ("better", "ok", "missing")


def test_named_weights(run, stored):
    """With weights that are said, a design of others is not judged by the numbers."""
    done = take(run, "--map", MAP, *HERE, "--weights", f"{DESIGN}={SHA}")
    assert done.exit_code == 0, done.output
    stated = baselines.load(stored).resources(DESIGN)["baseline"]
    assert stated["weights_sha256"] == SHA
    assert stated["provenance"]["weights"] == "as whoever imported it said"
    measured = Measurement(
        "oneapi", "hls_estimate", {"alut": 12_000}, tool_version="2025.0.4", part="Agilex7",
        target_fmax_mhz=200.0, weights_sha256="cd" * 32,
    )  # fmt: skip
    design = suite.design(DESIGN)
    found = judge_design(DESIGN, target_facts(design.target), measured, baselines.load(stored), {})
    assert found[0].state == "other weights"


def test_vitis_states_its_clock(run, stored, declare):
    """A file of Vitis needs no --clock, and contradicts another one."""
    target = Target("vitis_xcvu13p", "vitis", VITIS, VITIS.part, "hls_estimate", softmax=True)
    design = Design(suite.variant("jets-q6_p75"), target)
    declare(designs=(*suite.active().designs, design))
    told = ("--map", f"test_trigger_io_parallel-Vitis={design.key}", "--part", target.part)
    done = take(run, *told, "--ceiling", "--clock", "250")
    assert "is of 200 MHz, not of 250 MHz" in done.output
    assert take(run, *told, "--ceiling").exit_code == 0
    assert baselines.load(stored).resources(design.key)["baseline"]["target_fmax_mhz"] == 200


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--map", MAP), "do not state the part; add --part"),
        (("--map", "no_pair", "--part", "x"), "--map wants TEST=DESIGN"),
        (("--map", MAP, *HERE), f"say it with --weights {DESIGN}=SHA256, or take them as a mere"),
        (("--map", MAP, *HERE, "--weights", f"{DESIGN}=abc"), "no sha256 of 64 hexadecimal"),
        (("--map", MAP, *HERE, "--weights", f"other={SHA}"), "no test is mapped to it"),
        (("--map", MAP, "--part", "Arria10", "--clock", "200"), "part is Arria10, that of"),
        (("--map", MAP, "--part", "Agilex7", "--ceiling"), "does not state for which clock"),
        (("--map", f"test_typo={DESIGN}", *HERE), "has no test 'test_typo'"),
        (("--map", "test_trigger_io_parallel-oneAPI=jets-q5", *HERE), "no design 'jets-q5'"),
        (("--map", MAP, "--map", f"test_trigger_io_stream-oneAPI={DESIGN}", *HERE), "two tests"),
        (
            ("--map", f"test_trigger_io_parallel-Vitis={DESIGN}", *HERE),
            "toolchain is vitis, that of jets-q6_p75-oneapi_agilex7 is oneapi",
        ),
        (
            ("--map", f"test_trigger_io_parallel-Vivado={DESIGN}", *HERE),
            "no toolchain that makes the numbers of hls4ml's backend Vivado",
        ),
    ],
)
def test_refusals(run, stored, options, said):
    """What is not said, or contradicts itself, is asked for in a sentence; nothing is written."""
    before = stored.read_bytes()
    done = take(run, *options)
    assert done.exit_code == 2, done.output
    assert said in " ".join(done.output.split())
    assert stored.read_bytes() == before


def test_a_baseline_stands(run, stored):
    """What is there already is not replaced, by the same file either."""
    take(run, "--map", MAP, *HERE, "--ceiling")
    before = stored.read_bytes()
    done = take(run, "--map", MAP, *HERE, "--ceiling")
    assert (done.exit_code, stored.read_bytes()) == (2, before)
    assert f"{DESIGN} has a baseline already, which stands" in done.output


def test_nothing_is_written_under_ci(run, stored, monkeypatch):
    """A pipeline cannot import its own goalposts."""
    monkeypatch.setenv("CI", "true")
    before = stored.read_bytes()
    done = take(run, "--map", MAP, *HERE, "--ceiling")
    assert (done.exit_code, stored.read_bytes()) == (2, before)


def test_tests_of_one_name_must_be_told_apart(run, stored, tmp_path):
    """A test that several versions have is named with its version."""
    for version in ("2024.2", "2025.0.1"):
        folder = tmp_path / "b" / "oneAPI" / version
        folder.mkdir(parents=True)
        (folder / "t.json").write_text(ONEAPI.read_text())
    told = (*HERE, "--ceiling")
    told += ("--baselines", "baselines.json")
    done = run("import-hls4ml", str(tmp_path / "b"), "--map", f"t={DESIGN}", *told)
    assert "'t' may be any of oneAPI/2024.2/t, oneAPI/2025.0.1/t" in done.output
    done = run("import-hls4ml", str(tmp_path / "b"), "--map", f"2024.2/t={DESIGN}", *told)
    assert done.exit_code == 0, done.output
    assert baselines.load(stored).resources(DESIGN)["baseline"]["tool_version"] == "2024.2"


def test_folders(run, tmp_path):
    """A folder without such files, or with links on the way, is refused."""
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "holds no <Backend>/<version>/<test>.json" in run("import-hls4ml", str(empty)).output
    (empty / "oneAPI").symlink_to(EXAMPLES / "oneAPI")
    done = run("import-hls4ml", str(empty))
    assert done.exit_code == 2
    assert "is a link" in done.output


def test_too_many_files(run, monkeypatch):
    """A folder that cannot be meant is not read through."""
    monkeypatch.setattr(hls4ml_folder, "MOST_FILES", 3)
    done = take(run)
    assert (done.exit_code, "holds more than 3 files" in done.output) == (2, True)


def test_slack_of_ones_own_stays(run, stored):
    """A tolerance that the design has already is not replaced by hls4ml's."""
    content = json.loads(stored.read_text())
    content["resources"][DESIGN]["tolerances"] = {"alut": {"abs": 7}}
    stored.write_text(json.dumps(content))
    assert take(run, "--map", MAP, *HERE, "--ceiling", "--slack").exit_code == 0
    assert baselines.load(stored).tolerance("alut", DESIGN).abs == 7


def test_names_that_a_terminal_would_act_on(run, tmp_path):
    """A file's name is shown, so it must be text."""
    folder = tmp_path / "b" / "oneAPI" / "2025.0.1"
    folder.mkdir(parents=True)
    (folder / "\x1b[2J.json").write_text("{}")
    done = run("import-hls4ml", str(tmp_path / "b"))
    assert done.exit_code == 2
    assert "\x1b" not in done.output


def test_accept_replaces_all_of_it(run, stored, tmp_path):
    """What was measured replaces imported numbers as a whole, since they are of other weights."""
    take(run, "--map", MAP, *HERE, "--ceiling")
    loaded = baselines.load(stored)
    assert DESIGN in loaded.foreign()
    assert DESIGN not in loaded.published()
    source = Path(__file__).parents[1] / "docs" / "migration" / "results.json"
    assert "its baseline is imported; 'accept' replaces it" in (
        run("tighten", "--results", str(source), "--baselines", "baselines.json").output
    )
    options = ("--results", str(source), "--baselines", "baselines.json")
    done = run("accept", DESIGN, *options, "--reason", "measured")
    assert done.exit_code == 0, done.output
    entry = baselines.load(stored).resources(DESIGN)
    assert entry["baseline"]["provenance"]["origin"] == "measured"
    assert entry["baseline"]["weights_sha256"] is not None
