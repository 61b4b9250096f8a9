"""The tutorial, typed again: in an empty folder, with the wheel, where no checkout is in sight.

Minutes, with TensorFlow, hls4ml and g++: tox run -e wheel.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
TIMEOUT_S = 1800.0


def blocks(kind):
    """Give the tutorial's blocks of a kind."""
    return [text for name, text in BLOCK.findall(TUTORIAL.read_text()) if name == kind]


def typed():
    """Give the commands of the console blocks, in order."""
    lines = (line for block in blocks("console") for line in block.splitlines())
    return [line[2:] for line in lines if line.startswith("$ ")]


def transcripts():
    """Give each command of the console blocks with the lines that are shown below it."""
    found = []
    for block in blocks("console"):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def shape(line):
    """Return a line without what depends on the machine: numbers, hashes, widths of tables."""
    line = re.sub(r" \(\d+:\d\d:\d\d\)$", "", line.rstrip())  # for runs of a minute and more
    line = re.sub(r"\b[0-9a-f]{12}\b|[+-]?\d[\d,.]*", "#", line)
    return re.sub(r"([-=]){2,}", r"\1", re.sub(r"\s+", " ", line))


def untold(shown, printed):
    """Return the shown lines that were not printed, in their order; "..." stands for any."""
    left = iter([shape(line) for line in printed])
    wanted = [shape(line) for line in shown if line != "..."]
    return [one for one in wanted if not any(_is(one, line) for line in left)]


def _is(shown, printed):
    cut = shown.endswith(" ...")
    return printed.startswith(shown[:-4]) if cut else printed == shown


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Make a folder that is empty but for the script that the tutorial gives."""
    path = tmp_path_factory.mktemp("newcomer")
    (path / "train.py").write_text(blocks("python")[0])
    return path


@pytest.fixture(scope="module")
def told(folder):
    """Type every command; return each with its exit code and what it printed."""
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("HLSGATE_SUITE", "TOX_"))
    }
    environment["HLSGATE_CACHE"] = str(folder / "cache")
    environment["COLUMNS"] = "104"  # as wide as the transcripts
    found = []
    for line in typed():
        words = shlex.split(line)
        words[0] = sys.executable if words[0] == "python" else words[0]
        done = subprocess.run(
            words, cwd=folder, env=environment, capture_output=True, text=True, check=False,
            timeout=TIMEOUT_S,
        )  # fmt: skip
        found.append((line, done.returncode, done.stdout + done.stderr))
    return found


def test_it_is_the_wheel(folder):
    """What is tried is what was installed, not the checkout that this test is in."""
    code = "import hlsgate; print(hlsgate.__file__)"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    assert "site-packages" in found.stdout, found.stdout


def test_runs_end_as_the_tutorial_says(told):
    """Red for want of baselines, green, red for other weights, green."""
    runs = [(code, text) for line, code, text in told if "hlsgate test" in line]
    assert [code for code, _ in runs] == [1, 0, 1, 0], "\n\n".join(text for _, text in runs)
    others = [(line, code, text) for line, code, text in told if "hlsgate test" not in line]
    assert [one for one in others if one[1]] == []


def test_the_first_run_lacks_baselines_and_nothing_else(told):
    """Whatever can be claimed without a baseline holds at once."""
    first = next(text for line, _, text in told if "hlsgate test" in line)
    failed = re.findall(r"^  again: .* -k '(\w+)\[", first, re.MULTILINE)
    assert set(failed) == {"test_accuracy_baseline", "test_budget"}, first


def test_the_printed_command_is_the_tutorials(told):
    """What the first run says to type is what is typed next."""
    first = next(text for line, _, text in told if "hlsgate test" in line)
    (printed,) = re.findall(r"without a baseline; '(.*)'", first)
    assert printed in [line for line, _, _ in told]


def test_the_red_run_names_what_changed(told):
    """The third run says that the weights are others, and of which variant."""
    third = [text for line, _, text in told if "hlsgate test" in line][2]
    assert re.search(r"not comparable: the weights of trial-small are", third), third
    assert "--suite suite.py" in third


def test_what_is_shown_was_printed(told):
    """Every line of a transcript is in the output, numbers apart; so none shows another release."""
    printed = {number: text.splitlines() for number, (_, _, text) in enumerate(told)}
    missing = [
        (command, line)
        for number, (command, shown) in enumerate(transcripts())
        for line in untold(shown, printed[number])
    ]
    assert not missing, missing


@pytest.mark.parametrize(
    "printed",
    [["passed 3 tests"], ["2 failed in 1.0s", "passed 4 tests, 1 skipped"]],
    ids=["a line less", "another line"],
)
def test_another_transcript_is_seen(printed):
    """The comparison itself sees what is not there."""
    assert untold(["passed 4 tests", "...", "2 failed in 70.0s (0:01:10)"], printed)
