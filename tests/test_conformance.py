"""However pytest is started, the same reports get the same verdicts and the same summary.

Each run is a process of its own, on the stand-in reports of ``test_gates``: two designs are within
their limits, one is over its budget, one is of another tool.
"""

import itertools
import json
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hlsgate.facts import results
from hlsgate.judge import baselines
from hlsgate.judge.judging import verdicts_on
from tests.test_gates import RESOURCES, ROOT, TOTALS, environment, write_report

PASSES, FAILS, APART = (
    "jets-q4_p75-oneapi_agilex7", "jets-q6_p75-oneapi_agilex7",
    "jets-q4_p75_exercise-oneapi_agilex7",
)  # fmt: skip
COUNTS = re.compile(r"^(compared|failed|better|not compared|new|orphan) +(\d+)", re.MULTILINE)
SUMMARY = re.compile(r"^=+ Baselines =+\n(.*?)^orphan[^\n]*\n", re.MULTILINE | re.DOTALL)


@dataclass
class Run:
    """What one run said."""

    code: int
    output: str
    designs: dict
    properties: dict
    path: Path

    @property
    def verdicts(self):
        return {key: one["verdicts"] for key, one in self.designs.items()}

    @property
    def states(self):
        return {key: sorted({one["state"] for one in self.verdicts[key]}) for key in self.verdicts}

    @property
    def summary(self):
        return SUMMARY.search(self.output)[0].split("\n", 1)[1]

    @property
    def counts(self):
        return {name: int(count) for name, count in COUNTS.findall(self.summary)}


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Capture reports: good ones, one over its budget, one of another tool."""
    folder = tmp_path_factory.mktemp("conformance") / "reports"
    for key, totals in TOTALS.items():
        write_report(folder / key, [40_000, *totals[1:]] if key == FAILS else totals)
    info = next((folder / APART).rglob("info.ndjson"))
    info.write_text(info.read_text().replace("2025.0.0 Build 0", "2024.2.1 Build 0"))
    return folder


@pytest.fixture(scope="module")
def start(reports):
    """Run the resource gates in a process of its own, with a cache of its own."""
    folder = reports.parent

    number = itertools.count()

    def run(*args):
        found = folder / f"{next(number)}.json"
        junit = found.with_suffix(".xml")
        done = subprocess.run(
            [
                sys.executable, "-m", "pytest", RESOURCES, "-p", "tests.no_conversion",
                "--color=no", "-v", "-m", "oneapi or not synthesis", "--reports", str(reports),
                "-o", f"cache_dir={folder / 'cache'}", "--results", str(found),
                f"--junitxml={junit}", *args,
            ],
            cwd=ROOT, env=environment(), capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        if "--collect-only" in args:
            return Run(done.returncode, done.stdout, {}, {}, found)
        designs = json.loads(found.read_text())["designs"]
        cases = ElementTree.parse(junit).iter("testcase")
        properties = {
            case.get("name"): [(one.get("name"), one.get("value")) for one in case.iter("property")]
            for case in cases
        }
        return Run(done.returncode, done.stdout, designs, properties, found)

    return run


@pytest.fixture(scope="module")
def plain(start):
    """Run in declared order, in one process."""
    return start("-n", "0")


def test_the_run_has_every_outcome(plain):
    """One passes, one fails, one is not compared, the rest was not run: all counted, and why."""
    assert plain.code == pytest.ExitCode.TESTS_FAILED
    assert plain.states[PASSES] == ["ok"]
    assert "failed" in plain.states[FAILS]
    assert plain.states[APART] == ["not comparable"]
    assert (plain.counts["compared"], plain.counts["failed"]) == (3, 1)
    apart = next(line for line in plain.summary.splitlines() if line.startswith(f"  {APART}: "))
    assert "tool release is 2024.2, the baseline's is 2025.0" in apart
    assert re.search(r"^  jets-float, .* and \d+ more: not run$", plain.summary, re.MULTILINE)
    shown = plain.properties[f"test_budget[{FAILS}]"]
    assert {("verdicts/alut/budget", "failed"), ("measurement/values/alut", "40000")} <= set(shown)


@pytest.mark.parametrize(
    "args",
    [
        ("-n", "2"),
        ("-p", "no:randomly"),
        ("-p", "randomly", "--randomly-seed=1"),
        ("-p", "randomly", "--randomly-seed=2", "-n", "2"),
        ("-p", "tests.reversed_order"),
    ],
    ids=" ".join,
)
def test_any_way_of_running_gives_the_same(plain, start, args):
    """Same exit code, verdicts, summary and JUnit properties: workers and order do not matter."""
    other = start(*args)
    assert other.code == plain.code
    assert other.verdicts == plain.verdicts
    assert other.summary == plain.summary
    assert other.properties == plain.properties


def test_a_random_order_is_another_order(start):
    """The random order above is one."""
    declared, shuffled = (
        re.findall(r"test_budget\[(\S+)\]", start("--collect-only", "-q", *args).output)
        for args in ((), ("-p", "randomly", "--randomly-seed=1"))
    )
    assert sorted(declared) == sorted(shuffled)
    assert declared != shuffled


def test_a_selection_gets_the_same_verdicts(plain, start):
    """With -k, what is selected is judged alike; the rest is counted as not run."""
    one = start("-n", "0", "-k", f"{PASSES} or {FAILS}")
    assert one.code == plain.code
    assert one.verdicts == {key: plain.verdicts[key] for key in (PASSES, FAILS)}
    assert (one.counts["compared"], one.counts["failed"]) == (2, 1)
    total = plain.counts["compared"] + plain.counts["not compared"]
    assert one.counts["compared"] + one.counts["not compared"] == total
    assert APART not in "".join(line for line in one.summary.splitlines() if "2024.2" in line)
    assert re.search(r"^  .* more: not run$", one.summary, re.MULTILINE)


def test_a_selection_without_failures_passes(plain, start):
    """With -k, only what was selected decides; what is not shown as compared did not pass."""
    one = start("-n", "0", "-k", PASSES)
    assert (one.code, one.counts["compared"], one.counts["failed"]) == (0, 1, 0)
    assert one.verdicts == {PASSES: plain.verdicts[PASSES]}


def test_what_failed_last_fails_again(plain, start):
    """With --lf, the failed design alone is run, and gets the same verdict."""
    again = start("-n", "0", "--lf")
    assert again.code == plain.code
    assert again.verdicts == {FAILS: plain.verdicts[FAILS]}
    assert (again.counts["compared"], again.counts["failed"]) == (1, 1)


def test_check_gives_the_verdicts_of_pytest(plain):
    """``python -m hlsgate check`` judges the results of that run as pytest did there."""
    done = subprocess.run(
        [sys.executable, "-m", "hlsgate", "check", str(plain.path), "--all"],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert judged_again(plain.path) == plain.verdicts
    told = {name: int(count) for name, count in COUNTS.findall(done.stdout)}
    assert told == plain.counts
    assert "3 from replayed reports (jets-float-oneapi_agilex7, " in done.stdout
    assert "tool release is 2024.2, the baseline's is 2025.0" in done.stdout


def judged_again(path):
    found, loaded = results.read(path), baselines.load(ROOT / "baselines.json")
    return {
        key: json.loads(json.dumps([asdict(one) for one in verdicts_on(key, found, loaded)]))
        for key in found["designs"]
    }
