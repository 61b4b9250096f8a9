"""The commands that pages of docs/ show are run, and print what the pages show.

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

from hlsgate.suites import suite
from tests.declared import part_of

DOCS = Path(__file__).parents[1] / "docs"
PROGRAM = ["python", "-m", "hlsgate"]
PAGES = {  # its files, and the suite it is about: variants, and one toolchain
    "rebaselining.md": ("walkthrough", ("jets-q6_p75", "jets-q4_p75"), "yosys"),
    "migrating.md": ("migration", ("jets-q6_p75",), "oneapi"),
}
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@pytest.fixture(params=PAGES)
def page(request):
    """Every page that shows commands and what they print."""
    return DOCS / request.param


def alone(variant):
    """Return a variant that needs no other one."""
    return replace(variant, reference=None, recipe=replace(variant.training, teacher=None))


@pytest.fixture
def printed(page, run, declare, tmp_path):
    """Make what runs a command in a copy of the page's folder, for a suite cut down to a few."""
    folder, shown, toolchain = PAGES[page.name]
    variants = {key: alone(suite.variant(key)) for key in shown}
    designs = tuple(
        replace(one, variant=variants[one.variant.key])
        for one in suite.active().designs
        if one.variant.key in shown and one.target.toolchain == toolchain
    )
    assert len(designs) == len(shown)
    benchmarks = (part_of("jets"),)
    declare(
        benchmarks=benchmarks, variants=tuple(variants.values()), designs=designs, home=tmp_path
    )
    shutil.copytree(DOCS / folder, tmp_path, dirs_exist_ok=True)

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


def test_the_page_shows_what_the_commands_print(page, printed):
    """Every command of the page prints what stands below it, dates apart."""
    text = page.read_text(encoding="utf-8")
    now = _BLOCK.sub(lambda block: f"```console\n{answered(block[1], printed)}```", text)
    if os.environ.get("HLSGATE_UPDATE_DOCS") == "1":
        page.write_text(now, encoding="utf-8")
    assert _DATE.sub("DATE", text).splitlines() == _DATE.sub("DATE", now).splitlines()


def steps(name):
    """Return every command of a page, and its exit code."""
    found = []
    for line in "".join(_BLOCK.findall((DOCS / name).read_text(encoding="utf-8"))).splitlines():
        if line.startswith("$ "):
            found.append([line.split()[4], 0])
        elif line in ("[1]", "[2]"):
            found[-1][1] = int(line[1])
    return found


def test_rebaselining_tells_the_whole_story():
    """The gate fails before it is accepted and passes after; and the old value fails at the end."""
    assert steps("rebaselining.md") == [
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


def test_migrating_tells_the_whole_story():
    """Numbers without weights are refused, taken as a ceiling, kept, and replaced."""
    assert steps("migrating.md") == [
        ["import-hls4ml", 0],
        ["import-hls4ml", 2],
        ["import-hls4ml", 0],
        ["show", 0],
        ["check", 0],
        ["accept", 0],
    ]
