"""The generated parts of docs/reference.md: commands, options, environments, variables."""

from __future__ import annotations

import configparser
import inspect
import re
import tomllib
from pathlib import Path

import click

import conftest
from hlsgate.cli.main import main

ROOT = Path(__file__).parents[1]
VARIABLES = {
    "HLSGATE_CACHE": "folder of finished work, where no `--cache` is given",
    "HLSGATE_SUITE": "Python file that declares a suite of your own, where no `--suite` is given",
    "HLSGATE_CXX": "C++ compiler that builds emulations, instead of `g++`",
    "HLSGATE_SANDBOX": "`off`: compile and run networks with all rights",
    "HLSGATE_ICPX": "oneAPI's compiler; the file must be called `icpx`",
    "HLSGATE_ICPX_ANY_VERSION": "`1`: try an icpx that is known to have no FPGA support",
    "HLSGATE_CMAKE": "`cmake`, for oneAPI",
    "HLSGATE_MAKE": "`make`, for oneAPI",
    "HLSGATE_VITIS_HLS": "`vitis_hls` or `vitis-run`",
    "HLSGATE_VIVADO": "`vivado`",
    "HLSGATE_IXX": "`i++` of the Intel HLS compiler",
    "HLSGATE_IVERILOG": "`iverilog`, which compiles Verilog for simulation",
    "HLSGATE_VVP": "`vvp`, which runs it",
    "HLSGATE_YOSYS_MEMORY_GIB": "limit of Yosys' memory, in GiB; 8 where it is not set",
    "CI": "set to anything but `0` or `false`: no command writes weights or baselines",
    "GITHUB_STEP_SUMMARY": "file that the summary is appended to, as GitHub sets it",
}
"""What the library and the suite read; tests/test_reference.py finds those that are missing."""


class Options:
    """Stand in for pytest's parser, and keep what is declared."""

    def __init__(self):
        self.found = []

    def getgroup(self, *_):
        return self

    def addoption(self, name, **how):
        self.found.append((name, how))


def table(heads, rows):
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return "\n".join([*lines, *(f"| {' | '.join(map(escaped, row))} |" for row in rows)])


def escaped(text):
    """Return a cell: no line breaks, no bar, and no tag outside of code."""
    parts = " ".join(str(text).split()).replace("|", "\\|").split("`")
    parts[::2] = [part.replace("<", "&lt;") for part in parts[::2]]
    return "`".join(parts)


def pytest_options():
    """Return the options of conftest.py."""
    parser = Options()
    conftest.pytest_addoption(parser)
    rows = []
    for name, how in parser.found:
        takes = how.get("action") != "store_true"
        value = how.get("metavar") or {Path: "PATH", float: "NUMBER"}.get(how.get("type"), "VALUE")
        default = how.get("default")
        if name == "--cache":
            default = "the user's cache folder"  # another one on each machine
        if isinstance(default, Path):
            default = f"`{default.relative_to(ROOT).as_posix()}`"
        text, _, stated = how.get("help", "").partition("[")
        default = stated.rstrip("]") if default in (None, []) else default
        rows.append((f"`{name}{f' {value}' if takes else ''}`", text, default))
    return table(("option", "meaning", "default"), rows)


def walk(command, path):
    """Give every command with its name, groups before what is in them."""
    yield path, command
    for name, inner in sorted(getattr(command, "commands", {}).items()):
        yield from walk(inner, f"{path} {name}")


def commands():
    """Return a section for each command: what it does, how it is called, its options."""
    parts = []
    for path, command in walk(main, "python -m hlsgate"):
        context = click.Context(command, info_name=path)
        usage = " ".join([path, *command.collect_usage_pieces(context)])
        parts.append(f"### {path}\n\n```text\n{usage}\n```\n\n{described(command)}")
        shown = [one for one in command.params if isinstance(one, click.Option)]
        rows = [option(one, context) for one in shown if not one.hidden and one.help is not None]
        if rows:
            parts.append(table(("option", "meaning", "default"), rows))
    return "\n\n".join(parts)


def described(command):
    """Return a command's help, its examples as blocks."""
    text = inspect.cleandoc(command.help or "").replace("\b", "")
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    return "\n\n".join(
        f"```sh\n{part.removeprefix('Example: ')}\n```" if part.startswith("Example: ") else part
        for part in paragraphs
    )


def option(one, context):
    names, meaning = one.get_help_record(context)
    stated = re.search(r"\s*\[(.*)\]$", meaning)
    default = stated[1] if stated else ""
    meaning = meaning[: stated.start()] if stated else meaning
    return f"`{names}`", meaning, default.removeprefix("default: ").replace("; default: ", "; ")


def environments():
    """Return tox's environments and what each is for."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "tox.ini")
    rows = []
    for section in parser.sections():
        if section.startswith("testenv:"):
            for name in section.removeprefix("testenv:").strip("{}").split(","):
                rows.append((f"`tox run -e {name}`", parser[section]["description"]))
    return table(("command", "what it does"), rows)


def markers():
    """Return pytest's markers."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    stated = settings["tool"]["pytest"]["ini_options"]["markers"]
    pairs = [one.partition(": ") for one in stated]
    return table(("marker", "tests that"), [(f"`{name}`", text) for name, _, text in pairs])


def variables():
    """Return the environment variables that are read."""
    return table(("variable", "meaning"), [(f"`{name}`", text) for name, text in VARIABLES.items()])


GENERATED = {
    "pytest": pytest_options,
    "commands": commands,
    "tox": environments,
    "markers": markers,
    "variables": variables,
}
