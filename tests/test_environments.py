"""Every suite that an environment of tox runs can be collected, with whatever its tests ask for.

Most suites are not part of each push. Here each is started as tox.ini says, up to the point where
fixtures would be set up; without TensorFlow, a tool or a browser.
"""

import configparser
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOT_HERE = ("-n", "--results", "--require-toolchain", "--screenshots")
"""Options with a value that have no part in collecting."""
PLANNED = re.compile(r"^ +\S.*\(fixtures used: |^ +\S+::\S+$", re.MULTILINE)
TIMEOUT_S = 600


def commands(path=ROOT / "tox.ini"):
    """Return each environment's pytest commands by name, in words."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(path)
    found = {}
    for section in parser.sections():
        text = parser[section].get("commands", "").replace("\\\n", " ")
        for name in named(section.removeprefix("testenv:")):
            lines = [shlex.split(line) for line in filled(text, name).splitlines()]
            found[name] = [words[1:] for words in lines if words[:1] == ["pytest"]]
    return {name: several for name, several in found.items() if several}


def named(section):
    """Return the names that one section has: ``{a,b}`` is two."""
    return section.strip("{}").split(",")


def filled(text, name):
    """Put in what tox would."""
    known = {"env_name": name, "tox_root": str(ROOT), "/": "/", "posargs": "", "work_dir": ".tox"}
    return re.sub(r"\{([a-z_/]+)\}", lambda found: known[found[1]], text)


def collecting(words):
    """Return the arguments that matter when nothing is run."""
    kept = iter(words)
    return [word for word in kept if word not in NOT_HERE or next(kept) is None]


def plan(words, cwd=ROOT, cache=""):
    """Collect as pytest does with these arguments, and look up every fixture; run nothing."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", *collecting(words), "--setup-plan", "--color=no",
         "-p", "tests.not_installed", "-p", "no:cacheprovider"],
        cwd=cwd, capture_output=True, text=True, check=False, timeout=TIMEOUT_S,
        env=_alone() | {"HLSGATE_CACHE": str(cache)},
    )  # fmt: skip


def _alone():
    """Return an environment that does not say that this is a worker of another run."""
    return {name: one for name, one in os.environ.items() if "XDIST" not in name}


COMMANDS = commands()
APART = "unit"
"""This very run."""


def test_every_suite_is_in_an_environment():
    """A folder of tests that no environment runs would rot; so would one that is not seen here."""
    named_there = {word for several in COMMANDS.values() for words in several for word in words}
    folders = {path.parent for path in ROOT.glob("tests/*/test_*.py")}
    folders |= {path.parent for path in ROOT.glob("fixtures/**/test_*.py")}
    assert {one.relative_to(ROOT).as_posix() for one in folders} <= named_there
    assert {"open", "speed", "machines", "jets-tests", "wheel", "vitis"} <= COMMANDS.keys()


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - {APART}))
def test_what_an_environment_runs_can_be_collected(name, tmp_path):
    """Modules are imported, fixtures are found, there is something to run; and nothing is made."""
    for words in COMMANDS[name]:
        done = plan(words, cache=tmp_path / "cache")
        output = done.stdout + done.stderr
        assert done.returncode == 0, f"tox run -e {name}: {output[-3000:]}"
        assert PLANNED.search(output), f"tox run -e {name} has no test: {output[-3000:]}"
        assert not list(tmp_path.glob("cache/*/*")), f"tox run -e {name} makes what it is to plan"


FAULTS = {
    "a fixture that is missing": "def test_one(nothing_of_that_name): pass\n",
    "a module that is missing": "import nothing_of_that_name\ndef test_one(): pass\n",
    "nothing at all": "",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_broken_is_seen(fault, tmp_path):
    """Each fault is told by the exit code, or by the absence of tests."""
    (tmp_path / "test_broken.py").write_text(FAULTS[fault])
    done = plan([str(tmp_path), "-c", "/dev/null", "--rootdir", str(tmp_path)])
    assert done.returncode != 0
