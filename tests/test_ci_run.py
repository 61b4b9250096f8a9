"""What continuous integration runs side by side, and how long the main job may take."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stand_ins import write_tool
from tests.test_environments import COMMANDS

ROOT = Path(__file__).parents[1]
RUN = ROOT / ".ci" / "run"
TOX = """echo "output of $3, options $5 $6 $7"; touch "$STARTED/$3"
case "$3" in
    first) while [ ! -e "$STARTED/second" ]; do sleep 0.01; done ;;
    broken) exit 3 ;;
esac"""


@pytest.fixture
def lanes(tmp_path):
    """Run lanes of stand-ins."""
    (tmp_path / "bin").mkdir()
    write_tool(tmp_path / "bin", "tox", TOX)

    def start(script):
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f". {ROOT}/.ci/lanes.sh\n{script}"],
            env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin", "work": str(tmp_path),
                 "STARTED": str(tmp_path)},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    return start


def test_lanes_run_side_by_side(lanes):
    """The first ends only after the second has begun; options reach what they are for."""
    done = lanes('options[third]="--short --all"; side_by_side "first third" "second"; echo on')
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert sorted(lines[:3]) == [
        "output of first, options   ", "output of second, options   ",
        "output of third, options --short --all ",
    ]  # fmt: skip
    assert lines[3:] == ["on"]


def test_a_folder_of_tests_is_run_in_the_main_jobs_environment(lanes):
    """Its options reach pytest; its output is told as that of any other."""
    done = lanes('options[tests/some]="--short"; side_by_side "tests/some"')
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["output of open, options pytest tests/some --short"]


def test_a_lane_that_fails_ends_the_run_with_its_output(lanes):
    """The others are not lost; nothing comes after."""
    done = lanes('side_by_side "broken third" "second"; echo on')
    assert done.returncode == 1
    assert {"broken", "second", "third"} == set(re.findall(r"output of (\w+)", done.stdout))
    assert "on" not in done.stdout.splitlines()
    assert "failed: broken;" in done.stderr


def test_every_lane_is_an_environment():
    """Names in the script are those of tox.ini, and each is made before it is run."""
    text = RUN.read_text()
    made = set(re.search(r"--notest -e (\S+)", text)[1].split(","))
    lines = re.findall(r"^side_by_side (.*)$", text, re.MULTILINE)
    run = {name for line in lines for name in line.replace('"', "").split()} | {"open"}
    folders = {name for name in run if name.startswith("tests/")}
    assert folders
    assert all((ROOT / name).is_dir() for name in folders)
    run -= folders
    assert run == made
    assert run - {"lint", "docs"} <= COMMANDS.keys()
    assert {"tracing", "diagnosis", "unit"} <= run


DURATION = ROOT / ".ci" / "duration.py"


def judged(seconds, script=DURATION):
    return subprocess.run(
        [sys.executable, script, str(seconds)], capture_output=True, text=True, check=False
    )


def test_the_readme_states_the_time_of_the_main_job():
    """Once, where the script finds it; both times are printed."""
    done = judged(1)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"The main job took 1 s; README.md says \d+ s.\n", done.stdout)


@pytest.mark.parametrize(
    ("seconds", "text", "code"),
    [
        (150, "<!-- main job, first run on two cores: 100 s -->", 0),
        (151, "<!-- main job, first run on two cores: 100 s -->", 1),
        (1, "It takes 100 s.", 1),
        (1, 2 * "<!-- main job, first run on two cores: 100 s -->", 1),
    ],
)
def test_more_than_half_as_much_again_fails(seconds, text, code, tmp_path):
    """The limit is one and a half times what is stated; a README that states nothing fails."""
    (tmp_path / ".ci").mkdir()
    copy = tmp_path / ".ci" / "duration.py"
    copy.write_text(DURATION.read_text())
    (tmp_path / "README.md").write_text(text)
    done = judged(seconds, copy)
    assert done.returncode == code, os.linesep.join([done.stdout, done.stderr])
