"""The commands that docs/rebaselining.md shows are run, and print what it shows.

No library: those that run documents either do not compare output, or make each example a test of
its own, which xdist deals out to different workers, whereas here every command works on the files
that the one before it left.

``HLSGATE_UPDATE_DOCS=1 pytest tests/test_walkthrough.py`` writes what is printed into the document.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from hlsgate import suite, targets
from tests.declared import part_of

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "rebaselining.md"
PROGRAM = ["python", "-m", "hlsgate"]
SHOWN = ("jets-q6_p75", "jets-q4_p75")
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def alone(variant):
    """Return a variant that needs no other one."""
    return replace(variant, reference=None, recipe=replace(variant.training, teacher=None))


@pytest.fixture
def printed(run, declare, tmp_path):
    """Make what runs a command in a copy of the folder, for a suite of two networks on Yosys."""
    variants = tuple(alone(suite.variant(key)) for key in SHOWN)
    designs = targets.designs(targets.YOSYS_CYCLONEV, variants)
    declare(benchmarks=(part_of("jets"),), variants=variants, designs=designs)
    shutil.copytree(DOCS / "walkthrough", tmp_path, dirs_exist_ok=True)

    def output(line):
        words = shlex.split(line)
        assert words[:3] == PROGRAM, line
        done = run(*words[3:])
        code = f"[{done.exit_code}]\n" if done.exit_code else ""
        lines = (text.rstrip() for text in done.output.splitlines())
        return "".join(f"{text}\n" for text in lines) + code

    return output


def answered(block, printed):
    """Return a block of commands, each followed by what it prints now."""
    commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"$ {line}\n{printed(line)}" for line in commands)


def test_the_page_shows_what_the_commands_print(printed):
    """Every command of the page prints what stands below it, dates apart."""
    text = PAGE.read_text(encoding="utf-8")
    now = _BLOCK.sub(lambda block: f"```console\n{answered(block[1], printed)}```", text)
    if os.environ.get("HLSGATE_UPDATE_DOCS") == "1":
        PAGE.write_text(now, encoding="utf-8")
    assert _DATE.sub("DATE", text).splitlines() == _DATE.sub("DATE", now).splitlines()


def test_the_page_tells_the_whole_story():
    """The gate fails before it is accepted and passes after; and the old value fails at the end."""
    steps = []
    for line in "".join(_BLOCK.findall(PAGE.read_text(encoding="utf-8"))).splitlines():
        if line.startswith("$ "):
            steps.append([line.split()[4], 0])
        elif line in ("[1]", "[2]"):
            steps[-1][1] = int(line[1])
    assert steps == [
        ["diff", 0],
        ["check", 0],
        ["check", 1],
        ["tighten", 0],
        ["accept", 0],
        ["check", 0],
        ["show", 0],
        ["check", 0],
        ["tighten", 0],
        ["check", 1],
        ["show", 0],
        ["accept", 2],
    ]
