"""Files that attack, by the commands that read them: a sentence, an exit code, nothing else."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from tests import page_sample
from tests.attacks import documents, files, planted, reports
from tests.declared import jets_alone, using

ROOT = Path(__file__).parents[2]
INPUTS = int(os.environ.get("HLSGATE_FUZZ_INPUTS", "10000"))
SHORT_INPUTS = 500
WORKERS = 2
long = pytest.mark.long

SEEN = (
    "input_name", "operation", "external", "virtual", "external_link", "called", "deep_json.h5",
    "zip_outside", "fifo.h5", "fifo.keras", "zero.h5", "odd_attribute", "lambda_keras",
    "call_not_made", "saved_model", "saved_model.keras",
)  # fmt: skip
"""What was seen to run, read or hang, and a few of its kin: tried in the short run, too."""

ROWS = ("objects", "claims", "huge_header", "fifo.npz", "twice", "npy", "bomb.parquet")


def some(names, chosen):
    """Parametrize by all names, of which the short run takes the chosen ones."""
    return [pytest.param(name, marks=() if name in chosen else long) for name in names]


@pytest.fixture
def rows(tmp_path):
    np.savez(tmp_path / "rows.npz", x=np.zeros((4, 6), np.float32))
    np.savez(tmp_path / "labelled.npz", features=np.zeros((40, 6)), labels=np.arange(40) % 3)
    files.write_h5(tmp_path / "good.h5", *files.dense())
    return tmp_path / "rows.npz"


def joined(said):
    return said.replace("\n", "")


@pytest.mark.parametrize("name", some(planted.MODELS, SEEN))
def test_models(tmp_path, canary, rows, command, name):
    """Explain refuses it; init, which names it in a suite, does not open it."""
    path = planted.MODELS[name][0](tmp_path, canary)
    assert str(path) in joined(command("explain", "--model", path, "--data", rows))
    models = ["--model", f"float={tmp_path / 'good.h5'}", "--model", f"odd={path}"]
    command("init", "net", "--data", tmp_path / "labelled.npz", *models, codes=(0,))


def suite_of(tmp_path, canary, command, names):
    """Write a suite of one good model and several that attack; return their variants."""
    variants, models = {}, ["--model", f"float={tmp_path / 'good.h5'}"]
    for number, name in enumerate(names):
        folder = tmp_path / f"m{number}"
        folder.mkdir()
        models += ["--model", f"m{number}={planted.MODELS[name][0](folder, canary)}"]
        variants[f"net-m{number}"] = name
    command("init", "net", "--data", tmp_path / "labelled.npz", *models, codes=(0,))
    return variants


def dozens(names):
    """Return the attacks in suites that one run can take: each is read anew for every claim."""
    listed = [*names]
    return [tuple(listed[start : start + 12]) for start in range(0, len(listed), 12)]


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(SEEN, id="seen"),
        *(pytest.param(names, id=names[0], marks=long) for names in dozens(planted.MODELS)),
    ],
)
def test_models_of_a_suite(tmp_path, canary, rows, command, names):
    """A claim on such a network fails, in a sentence, on every backend; the others are judged."""
    variants = suite_of(tmp_path, canary, command, names)
    junit = tmp_path / "junit.xml"
    claims = "test_accuracy_baseline or test_hardware_against"
    command(
        "test", "--suite", "suite.py", "-k", f"({claims}) and not net-float", "--jobs", 1,
        f"--junitxml={junit}", codes=(1,),
    )  # fmt: skip
    told = outcomes(junit)
    for variant, name in variants.items():
        mine = {case: why for case, why in told.items() if variant in re.split(r"[\[\]]", case)[1]}
        assert mine, name
        for why in mine.values():
            assert why is not None, f"{name} passed"
            assert "is refused" in why or "cannot be read" in why or "name a .keras" in why, why


def outcomes(junit):
    """Return by test why it did not pass; None where it did."""
    found = {}
    for case in ElementTree.parse(junit).iter("testcase"):
        told = [one for one in case if one.tag in ("failure", "error", "skipped")]
        found[case.get("name")] = " ".join(one.get("message") or "" for one in told) or None
    return found


NPZ = planted.ROWS | {
    f"{name}.parquet" if "." not in name else name: write for name, write in planted.PARQUET.items()
}


@pytest.mark.parametrize("name", some(NPZ, ROWS))
def test_rows(tmp_path, canary, rows, command, name):
    """Rows are refused by every command that reads them."""
    data = NPZ[name](tmp_path, canary)
    command("explain", "--model", tmp_path / "good.h5", "--data", data)
    command("init", "net", "--data", data, codes=(0,))  # need not be there, so it is not told
    command("frontier", "--dataset", data, "--workers", 1, "--only", "x")


@pytest.mark.parametrize("name", some(NPZ, ("claims", "bomb.parquet")))
def test_rows_of_a_run(tmp_path, canary, rows, command, name):
    """So they are by pytest, as the data of a suite and in the place of them."""
    data = NPZ[name](tmp_path, canary)
    chosen = ("-k", "test_accuracy_baseline", "--jobs", 1)
    models = ["--model", f"float={tmp_path / 'good.h5'}"]
    command("init", "net", "--data", tmp_path / "labelled.npz", *models, codes=(0,))
    said = command("test", "--suite", "suite.py", "--dataset", data, *chosen, codes=(1, 4))
    assert data.name in joined(said)
    suite = tmp_path / "suite.py"
    suite.write_text(suite.read_text().replace("'labelled.npz'", repr(data.name)))
    said = command("test", "--suite", "suite.py", *chosen, codes=(1, 4))
    assert data.name in joined(said)


RESULTS, BASELINES, FRONTIER = "results.json", "baselines.json", "frontier.json"
KEY = "jets-q6_p75"
DOCUMENTS = {
    RESULTS: (
        f"check X --baselines {BASELINES}",
        f"check X --baselines {BASELINES} --whole --markdown out.md",
        f"check {RESULTS} --baselines {BASELINES} --against X",
        f"report X --baselines {BASELINES} --out out.html",
        f"pictures X --baselines {BASELINES} --out drawn",
        f"diff X {RESULTS}",
        f"diff {RESULTS} X",
        f"record {KEY} --results X --baselines {BASELINES}",
        f"tighten --results X --baselines {BASELINES}",
        f"accept {KEY} --reason because --results X --baselines {BASELINES}",
    ),
    BASELINES: (
        f"check {RESULTS} --baselines X",
        f"check {RESULTS} --baselines {BASELINES} --against X",
        "show --baselines X",
        "show --history --baselines X",
        "policy out.json --baselines X",
        "orphans --baselines X",
        f"diff X {BASELINES}",
        f"diff {BASELINES} X",
        f"report {RESULTS} --baselines X --out out.html",
        f"pictures {RESULTS} --baselines X --out drawn",
        f"record {KEY} --results {RESULTS} --baselines X",
        f"tighten --results {RESULTS} --baselines X",
        f"accept {KEY} --reason because --results {RESULTS} --baselines X",
        "frontier --only x --workers 1 --baselines X",
    ),
    FRONTIER: (
        f"report {RESULTS} --baselines {BASELINES} --frontier X --out out.html",
        f"pictures {RESULTS} --baselines {BASELINES} --frontier X --out drawn",
        f"frontier check --results X --stored {FRONTIER}",
        f"frontier check --results {FRONTIER} --stored X",
        f"frontier record --results X --stored {FRONTIER}",
        f"frontier record --results {FRONTIER} --stored X --reason because",
        "frontier search --trials 1 --workers 1 --results X",
        "frontier --only x --workers 1 --stored X",
    ),
}
"""Commands that read a document, X in them, by what it should be."""

FEW = ("deep", "twice", "escape", "fifo", "terminal", "changed0", "changed1")


@pytest.mark.parametrize("attack", some({**documents.BAD, **documents.ODD}, FEW))
@pytest.mark.parametrize("kind", DOCUMENTS)
def test_documents(tmp_path, canary, command, kind, attack):
    """Results, baselines and frontiers: refused, or judged, by every command that reads them."""
    bad = attack in documents.BAD
    with using(jets_alone()):
        page_sample.write(tmp_path, green=True)
    good = {name: (tmp_path / name).read_bytes() for name in DOCUMENTS}
    path = tmp_path / "odd.json"
    write = {**documents.BAD, **documents.ODD}[attack]
    for line in DOCUMENTS[kind]:
        if path.is_dir():
            path.rmdir()
        path.unlink(missing_ok=True)
        write(path, json.loads(good[kind]), canary)
        for name, content in good.items():
            (tmp_path / name).write_bytes(content)
        arguments = [str(path) if word == "X" else word for word in line.split()]
        # what is no file is no frontier that there would be to keep, and is replaced by one
        writes = line.startswith("frontier record") and line.endswith("because")
        refused = bad and (path.is_file() or not writes)
        command(*arguments, codes=(2,) if refused else (0, 1, 2))


RUNS = (
    "test --baselines X",
    "test --against X",
)


@pytest.mark.parametrize("attack", some({**documents.BAD, **documents.ODD}, ("twice",)))
def test_baselines_of_a_run(tmp_path, canary, rows, command, attack):
    """A run tells what is wrong with its baselines, or judges by them."""
    with using(jets_alone()):
        stored = page_sample.baselines(tmp_path)
    path = tmp_path / "odd.json"
    write = {**documents.BAD, **documents.ODD}[attack]
    write(path, json.loads(stored.read_text()), canary)
    models = ["--model", f"float={tmp_path / 'good.h5'}"]
    stored.unlink()
    command("init", "net", "--data", tmp_path / "labelled.npz", *models, codes=(0,))
    for line in RUNS:
        arguments = [str(path) if word == "X" else word for word in line.split()]
        chosen = ("--suite", "suite.py", "-k", "test_accuracy_baseline", "--jobs", 1)
        said = command(*arguments, *chosen, codes=(1, 2, 4))
        assert attack not in documents.BAD or path.name in joined(said)


@pytest.mark.parametrize("attack", some({**documents.BAD, **documents.ODD}, FEW))
@pytest.mark.parametrize("backend", ["Vitis", "oneAPI"])
def test_baselines_of_hls4ml(tmp_path, canary, command, backend, attack):
    """A file of hls4ml's baselines that is none is told, and not taken."""
    folder = tmp_path / "theirs" / backend / "2025.0"
    folder.mkdir(parents=True)
    write = {**documents.BAD, **documents.ODD}[attack]
    write(folder / "one.json", {"FF": 1, "LUT": "2", "TargetClockPeriod": "5.00"}, canary)
    command("import-hls4ml", tmp_path / "theirs", codes=(0, 2))
    named = ("--map", "one=jets-q4_p75-oneapi_agilex7", "--part", "Agilex7")
    command("import-hls4ml", tmp_path / "theirs", *named, "--baselines", "b.json")


@pytest.mark.parametrize(
    "number", [0, *(pytest.param(n, marks=long) for n in range(1, reports.RUNS))]
)
def test_reports(tmp_path, canary, command, number):
    """Reports of each toolchain: no design with such a one passes; each is told in a sentence."""
    planned = reports.plan(number, tmp_path, canary)
    junit = tmp_path / "junit.xml"
    command(
        "test", "--suite", tmp_path / "suite.py", "--reports", tmp_path / "reports",
        "-k", "test_resources", "-m", "not speed and not frontier", "--jobs", 1,
        f"--junitxml={junit}", codes=(1,),
    )  # fmt: skip
    told = outcomes(junit)
    for design, (name, bad) in planned.items():
        mine = [why for case, why in told.items() if f"[{design}]" in case]
        assert mine, (design, name)
        assert not bad or None not in mine, f"{design} passed with {name}"
        assert not [
            why
            for why in mine
            if why and re.match(r"(failed on setup with \")?(?!hlsgate)\w*(Error|Exception)\b", why)
        ], mine


def test_names_of_files(tmp_path, canary, rows, command):
    """A file whose name holds Python ends up as a text in the suite, and is loaded by it."""
    odd = tmp_path / f'a" if __import__("os").system("touch {planted.TOUCHED.name}") else ".h5'
    odd.write_bytes((tmp_path / "good.h5").read_bytes())
    data = tmp_path / 'ro"ws\\.npz'
    data.write_bytes((tmp_path / "labelled.npz").read_bytes())
    command("init", "net", "--data", data, "--model", f"float={odd}", codes=(0,))
    command("orphans", "--suite", "suite.py", codes=(0,))
    assert not list(tmp_path.rglob(planted.TOUCHED.name))


def test_mutated_models(tmp_path, pytestconfig):
    """Ten thousand: refused in a sentence, or loaded by Keras, without a trace elsewhere."""
    inputs = SHORT_INPUTS if pytestconfig.getoption("--short") else INPUTS
    command = [sys.executable, "-m", "tests.attacks.fuzzing", "--load", "--keep", tmp_path / "kept"]
    running = [
        subprocess.Popen(
            [*command, "--inputs", str(inputs // WORKERS), "--seed", str(seed)],
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
