"""The suite and the data that a run of pytest is told to use, in processes of their own.

As tests/test_gates.py does, which has the stand-ins; nothing is measured here.
"""

from __future__ import annotations

import json

import pytest

from tests import stored, test_gates
from tests.test_gates import run
from tests.test_suites import GOOD

MODULES = tuple(f"benchmarks/test_{name}.py" for name in ("accuracy", "emulation", "resources"))
ENTRIES = "benchmarks/test_resources.py::test_every_entry_is_declared"


@pytest.fixture
def mine(tmp_path):
    """Write a suite of one network, and baselines beside it."""
    path = tmp_path / "mine" / "suite.py"
    path.parent.mkdir()
    path.write_text(GOOD)
    stored.write(path.parent / "baselines.json", stored.baselines())
    return path


def header(output):
    """Return what a run says that it is made with."""
    (line,) = [one for one in output.splitlines() if one.startswith("hlsgate: suite ")]
    return line.removeprefix("hlsgate: suite ").partition(", cache")[0]


def test_tests_are_of_what_the_suite_declares(mine):
    """One network, one design, one backend, and nothing of hlsgate's own suite."""
    code, _, output = run(*MODULES, "--collect-only", "--suite", str(mine), "-v")
    assert code == 0, output
    assert header(output) == "mine"
    for name in ("test_budget[mine-float-da4ml]", "test_accuracy_baseline[mine-float]"):
        assert name in output
    assert "[jets" not in output
    assert "[mine-float-quartus]" in output
    assert "vitis" not in output.split("hlsgate: toolchains")[1].split("\n", 1)[1]


def test_without_one_it_is_hlsgates_own():
    """Both of its benchmarks are in the header, and in the tests."""
    code, _, output = run("benchmarks/test_accuracy.py", "--collect-only", "-v")
    assert code == 0, output
    assert header(output) == "jets and digits"
    assert "[jets-float]" in output
    assert "[digits-conv_q5]" in output


def test_the_environment_names_a_suite(mine, monkeypatch):
    """HLSGATE_SUITE stands in for the option, which goes before it."""
    known = {**test_gates.environment(), "HLSGATE_SUITE": str(mine)}
    monkeypatch.setattr(test_gates, "environment", lambda: known)
    assert header(run(ENTRIES, "--collect-only", "-v")[2]) == "mine"
    other = mine.with_name("other.py")
    other.write_text(GOOD.replace("mine", "other"))
    output = run(ENTRIES, "--collect-only", "-v", "--suite", str(other))[2]
    assert header(output) == "other"


@pytest.mark.parametrize("workers", ["0", "2"])
def test_baselines_are_those_beside_the_suite(mine, workers):
    """With workers, too; unless others are named."""
    args = ("--suite", str(mine), "-n", workers)
    assert run(ENTRIES, *args)[0] == 0
    content = stored.baselines({"mine-gone-da4ml": stored.baseline({"da_cost": 5})})
    stored.write(mine.with_name("baselines.json"), content)
    code, failed, output = run(ENTRIES, *args)
    assert (code, failed) == (1, ["test_every_entry_is_declared"]), output
    assert "resources/mine-gone-da4ml" in output
    other = stored.write(mine.with_name("others.json"), stored.baselines())
    assert run(ENTRIES, *args, "--baselines", str(other))[0] == 0


def test_weights_are_those_below_the_suite(mine):
    """What is missing is told with the folder that it is looked for in."""
    name = "benchmarks/test_accuracy.py::test_weights_are_as_declared[mine-float-frozen]"
    code, failed, output = run(name, "--suite", str(mine))
    assert (code, len(failed)) == (1, 1), output
    assert f"no checkpoint at {mine.parent}/checkpoints/mine-float.npz" in output
    output = run(name, "--suite", str(mine), "--checkpoints", "/elsewhere")[2]
    assert "no checkpoint at /elsewhere/mine-float.npz" in output


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "defines nothing as SUITE; it should be a hlsgate.spec.suites.Suite."),
        ("\nraise ValueError('odd')", "suite.py, line 2: ValueError: odd"),
        (GOOD.replace('"mine-float"', '"float"'), "variant 'float': its key has to begin with"),
        (None, "is not there, or is no file; 'python -m hlsgate init' writes a suite"),
    ],
)
def test_a_bad_suite_ends_the_run(mine, text, sentence):
    """One sentence, before anything is collected."""
    mine.unlink()
    if text is not None:
        mine.write_text(text)
    code, _, output = run(ENTRIES, "--suite", str(mine))
    assert code == pytest.ExitCode.USAGE_ERROR, output
    assert f"ERROR: {mine}" in output
    assert sentence in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("named", "told"),
    [
        (("openml",), "jets and digits, jets from openml"),
        (("digits=a.npz", "jets=b.npz"), "jets and digits, digits from a.npz, jets from b.npz"),
    ],
)
def test_other_rows_are_told_in_the_header(named, told):
    """A run says which benchmark gets other rows than its own; with workers, too."""
    args = [word for name in named for word in ("--dataset", name)]
    assert header(run(ENTRIES, "--collect-only", "-v", *args)[2]) == told
    code, _, output = run(ENTRIES, "-n", "1", *args)
    assert code == 0, output


def test_rows_of_no_benchmark_end_the_run():
    """Where it is not clear which benchmark is meant, the sentence has the form to write."""
    code, _, output = run(ENTRIES, "--dataset", "a.npz")
    assert code == pytest.ExitCode.USAGE_ERROR, output
    assert "--dataset a.npz: of which benchmark? Write jets=a.npz; there are jets, digits" in output
    assert "Traceback" not in output


def test_results_are_of_the_suite(mine, tmp_path):
    """What a run leaves is judged by, and counts, what the suite declares."""
    found = tmp_path / "results.json"
    budget = "benchmarks/test_resources.py::test_budget[mine-float-da4ml]"
    output = run(budget, "--suite", str(mine), "--results", str(found))[2]
    assert "of 2 variants and designs" in found.with_suffix(".md").read_text(), output
    assert not found.exists() or "jets" not in json.dumps(json.loads(found.read_text()))


OWN = """
import pytest

@pytest.fixture
def design(tmp_path):
    return "my own"

def test_fixture(design):
    assert design == "my own"

@pytest.mark.parametrize(("variant", "backend"), [(1, 2)])
def test_two(variant, backend):
    assert (variant, backend) == (1, 2)

@pytest.mark.parametrize("compressed, typed", [(1, 2)])
def test_both(compressed, typed):
    assert (compressed, typed) == (1, 2)

@pytest.mark.parametrize(argnames="traced", argvalues=[1])
def test_named(traced):
    assert traced == 1

class TestOfAClass:
    @pytest.fixture
    def netlist(self):
        return "of the class"

    def test_fixture(self, netlist):
        assert netlist == "of the class"

def any_backend():
    'No fixture, so that of the suite is meant.'

variant = "no fixture either"

def test_declared(variant, any_backend):
    assert (variant.key, any_backend.key) == ("mine-float", "quartus")
"""


def test_a_test_may_use_the_names_itself(mine):
    """What a test parametrises, or defines as a fixture, is its own."""
    path = mine.with_name("test_own.py")
    path.write_text(OWN)
    args = ("--suite", str(mine), "-p", "conftest", "--rootdir", str(test_gates.ROOT))
    code, failed, output = run(str(path), *args)
    assert (code, failed) == (0, []), output
    assert "6 passed" in output
