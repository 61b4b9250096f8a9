"""How a run of claims ends on the terminal and in its files, whatever ended it.

Claims that are invented run in processes of their own, under the project's own conftest.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hlsgate.facts import results
from hlsgate.facts.outcomes import of

ROOT = Path(__file__).parents[1]
CLAIMS = """
import os

import pytest

from hlsgate.infra.errors import GateFailed, ToolNotFound


@pytest.fixture
def tool():
    raise ToolNotFound("no such tool on PATH; install it")


def test_good():
    pass


@pytest.mark.parametrize("key", ["a-b", "c-d", "e-f"])
def test_refused(key, tool):
    pass


@pytest.mark.parametrize("key", ["jets-q4_p75-frozen"])
def test_parity(key):
    secret = "source of the test"
    assert secret == "", "accuracy of jets-q4_p75: measured 0.70, allowed >= 0.74"


def test_bug():
    {}["a key"]


@pytest.mark.parametrize("undeclared", [])
def test_of_nothing(undeclared):
    pass


def test_bare():
    assert 1 + 1 == 3


@pytest.mark.xfail(raises=GateFailed, strict=True, reason="a known loss")
def test_known():
    raise GateFailed("measured 2, allowed 1")


@pytest.mark.xfail(strict=True, reason="once a loss")
def test_cured():
    pass


def test_left_out():
    pytest.skip("nothing to hold it against")
"""
GOOD = "def test_good():\n    pass\n"
BY_HAND = "def test_end():\n    raise KeyboardInterrupt\n\n\ndef test_after():\n    pass\n"
KILLED = (
    "import os\n\n\ndef test_end():\n    os.kill(os.getpid(), 9)\n\n\ndef test_after():\n    pass\n"
)
ENDED = (
    "import pytest\n\n\ndef test_end():\n    pytest.exit('no rows: rows.npz is not there', 4)\n\n\n"
    "def test_after():\n    pass\n"
)


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """Run claims; return exit code, what was printed, and what was written."""
    numbers = iter(range(99))

    def run(claims, *args, columns=120):
        folder = tmp_path_factory.mktemp(f"run{next(numbers)}")
        (folder / "benchmarks").mkdir()
        (folder / "benchmarks" / "test_claims.py").write_text(claims)
        (folder / "pytest.ini").write_text("[pytest]\naddopts = -ra --import-mode=importlib\n")
        environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("HLSGATE_", "TOX_", "PYTEST_", "GITHUB_"))
        }
        environment |= {"PYTHONPATH": str(ROOT), "COLUMNS": str(columns)}
        options = ("-p", "conftest", "-p", "no:cacheprovider", "-p", "no:randomly", "--color=no")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "benchmarks", *options, "--results", "r.json", *args],
            cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr, folder

    return run


@pytest.fixture(scope="module")
def red(start):
    """End in everything that a test can end in."""
    return start(CLAIMS)


def screen_of(output):
    """Return the lines from the verdict to pytest's own last line, which counts and times."""
    lines = output.splitlines()
    (first,) = [at for at, line in enumerate(lines) if re.match("=+ hlsgate: ", line)]
    return [line for line in lines[first:] if not re.search(r" in [\d.]+s", line)]


AGAIN = "  again: pytest benchmarks/test_claims.py -k "
SENTENCES = [
    "- no such tool on PATH; install it; and 2 more tests: c-d, e-f",
    f"{AGAIN}'test_refused[a-b]'",
    "- accuracy of jets-q4_p75: measured 0.70, allowed >= 0.74",
    f"{AGAIN}'test_parity[jets-q4_p75-frozen]'",
    "- KeyError: 'a key' (benchmarks/test_claims.py:30); '--tb=short' shows how it came about",
    f"{AGAIN}test_bug",
    "- assert (1 + 1) == 3 (benchmarks/test_claims.py:39); '--tb=short' shows how it came about",
    f"{AGAIN}test_bare",
    "- it is declared to fail (once a loss), but it passes; delete that declaration",
    f"{AGAIN}test_cured",
]


def test_a_red_run_tells_what_failed_first(red):
    """A sentence each, and how to see it again; no source, no variables, no lists."""
    code, output, _ = red
    assert code == 1
    lines = screen_of(output)
    assert re.fullmatch("=+ hlsgate: failed =+", lines[0])
    assert lines[1 : 1 + len(SENTENCES)] == SENTENCES, output
    counted = lines[1 + len(SENTENCES) :]
    assert counted[0] == "passed           1 test, and 1 known failure, as declared"
    assert counted[1] == "failed           7 tests"
    assert counted[2] == "not compared     2 tests"
    assert set(counted[3:5]) == {
        "  test_of_nothing: the suite declares nothing that the test is about",
        "  test_left_out: nothing to hold it against",
    }
    assert counted[5].startswith("full tables: r.md, or -v; page: r.html; numbers: r.json")
    for unwanted in ("Traceback", "source of the test", "XFAIL", "SKIPPED", "FAILED", "short test"):
        assert unwanted not in output


def test_workers_give_the_same_screen(red, start):
    """With two workers the screen is the same, line by line."""
    assert screen_of(start(CLAIMS, "-n", "2")[1]) == screen_of(red[1])


def test_pytests_own_options_bring_its_own_output_back(start):
    """--tb shows tracebacks, -v the lists; the screen stays."""
    output = start(CLAIMS, "--tb=short", "-v")[1]
    assert "benchmarks/test_claims.py:30: in test_bug" in output
    assert "XFAIL" in output
    assert screen_of(output)[1:3] == SENTENCES[:2]


def test_quiet_runs_are_short(start):
    """-q leaves sentences and counts."""
    assert screen_of(start(CLAIMS, "-q")[1])[1:3] == SENTENCES[:2]


def test_a_green_run_is_green(start):
    """Nothing failed: no dash, and files that say how many tests passed."""
    code, output, folder = start(GOOD)
    assert code == 0
    lines = screen_of(output)
    assert re.fullmatch("=+ hlsgate: passed =+", lines[0])
    assert lines[1:] == [
        "passed           1 test", "failed           0 tests", "not compared     0 tests",
    ]  # fmt: skip
    assert not (folder / "r.json").exists(), "nothing was measured"


def test_files_are_red_too(red, run):
    """results.json, 'hlsgate check', Markdown and page: each names the test and its command."""
    folder = red[2]
    told = of(results.read(folder / "r.json"))
    assert (told.exit_code, told.passed, told.failed, told.known_failures) == (1, 1, 7, 1)
    assert [one.id for one in told.failures][:1] == ["benchmarks/test_claims.py::test_refused[a-b]"]
    done = run("check", str(folder / "r.json"), "--baselines", str(ROOT / "baselines.json"))
    assert done.exit_code == 1
    assert done.output.startswith("- no such tool on PATH")
    for line in SENTENCES:
        assert line in done.output
    assert (folder / "r.md").read_text().startswith("### Gates: **failed**")
    assert "test_parity&#91;jets-q4_p75-frozen&#93;" in (folder / "r.md").read_text()
    page = (folder / "r.html").read_text()
    assert '<span class="mark bad">failed</span>' in page
    assert "accuracy of jets-q4_p75: measured 0.70, allowed &gt;= 0.74" in page


@pytest.mark.parametrize(
    ("claims", "args", "code", "sentence"),
    [
        (BY_HAND, (), 2, "the run was interrupted"),
        (ENDED, (), 4, "the run could not be done: no rows: rows.npz is not there"),
        (KILLED, ("-n", "1"), 1, "crashed while running 'benchmarks/test_claims.py::test_end'"),
        ("import nothing_like_that\n", (), 2, "benchmarks/test_claims.py cannot be collected: "),
        ("import nothing_like_that\n", ("-n", "2"), 1, "test_claims.py cannot be collected: "),
        (GOOD, ("-k", "nothing"), 5, "no test was chosen, so nothing was run"),
    ],
    ids=["by hand", "ended", "killed", "collection", "collection, workers", "nothing"],
)
def test_what_is_not_whole_is_red(start, run, claims, args, code, sentence):
    """Interrupted, ended, crashed, not collected, nothing chosen: the screen and files say so."""
    ended, output, folder = start(claims, *args)
    assert ended == code, output
    lines = screen_of(output)
    assert "hlsgate: failed" in lines[0]
    assert lines[1].startswith("- ")
    assert sentence in lines[1]
    done = run("check", str(folder / "r.json"), "--baselines", str(ROOT / "baselines.json"))
    assert (done.exit_code, sentence in done.output) == (1, True), done.output
    assert '<span class="mark bad">failed</span>' in (folder / "r.html").read_text()


def test_a_run_that_ends_at_once_leaves_no_older_files(start, tmp_path):
    """A toolchain that is required and missing: yesterday's green page is gone."""
    for ending in (".json", ".md", ".html"):
        (tmp_path / f"r{ending}").write_text("green")
    path = str(tmp_path / "r.json")
    code = start(GOOD, "--results", path, "--require-toolchain", "no_such")[0]
    assert code == 4
    assert list(tmp_path.iterdir()) == []


def test_old_results_are_judged_as_before(red):
    """Files of before have no section of tests, and are still read."""
    found = json.loads((red[2] / "r.json").read_text())
    del found["tests"]
    assert of(found) is None
    results.checked(found, red[2] / "r.json")
