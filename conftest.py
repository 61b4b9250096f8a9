"""Options, markers' prerequisites and report header: wiring only."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import pytest

from hlsgate.data import datasets
from hlsgate.emulation import find_compiler
from hlsgate.facts import results
from hlsgate.infra import sandbox
from hlsgate.infra.cache import default_root
from hlsgate.infra.errors import HlsgateError, ToolNotFound
from hlsgate.pipeline.hardware import SYNTHESIS_TIMEOUT_S
from hlsgate.suites import suite
from hlsgate.synthesis import toolchains

pytest_plugins = [
    "fixtures.outcomes",
    "fixtures.selection",
    "fixtures.asking",
    "fixtures.summary",
    "fixtures.screen",
    "fixtures.session",
    "fixtures.making",
    "fixtures.toolchains",
    "fixtures.models",
    "fixtures.frontiers",
    "fixtures.projects",
    "fixtures.reports",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare what can be set from the command line."""
    group = parser.getgroup("hlsgate", "compressed networks and their hardware")
    group.addoption(
        "--suite",
        type=Path,
        metavar="FILE.py",
        default=os.environ.get("HLSGATE_SUITE"),
        help="Python file that declares a suite of your own (also HLSGATE_SUITE) [jets and digits]",
    )
    group.addoption(
        "--dataset",
        action="append",
        default=[],
        metavar="[BENCHMARK=]{openml,PATH}",
        help="other rows of a benchmark than its own: OpenML 42468 for jets, or an npz or parquet "
        "file",
    )
    group.addoption(
        "--cache",
        type=Path,
        default=default_root(),
        help="folder of finished work (also HLSGATE_CACHE) [%(default)s]",
    )
    group.addoption(
        "--fresh",
        action="store_const",
        const=time.time(),
        help="train, convert, compile and emulate anew",
    )
    group.addoption(
        "--jobs",
        type=_at_least_one,
        metavar="N",
        help="processes that make what the tests need, before the first of them [one a core]",
    )
    group.addoption(
        "--plan",
        action="store_true",
        help="show what would be made for the selected tests, what is kept and why not, and end",
    )
    group.addoption(
        "--baselines", type=Path, help="what is judged by [baselines.json beside the suite]"
    )
    group.addoption("--checkpoints", type=Path, help="folder of frozen weights [the suite's]")
    group.addoption(
        "--reports",
        type=Path,
        help="judge captured reports, DIR/<design>/, instead of running a vendor's synthesis tool",
    )
    group.addoption(
        "--synthesis-timeout",
        type=float,
        default=SYNTHESIS_TIMEOUT_S,
        metavar="SECONDS",
        help="time limit of one synthesis run [%(default)s]",
    )
    group.addoption(
        "--require-toolchain",
        action="append",
        default=[],
        metavar="NAME",
        help="fail, rather than skip, where this toolchain is missing or is not that of the "
        f"baseline: {', '.join(toolchains.names())}",
    )
    group.addoption(
        "--against",
        type=Path,
        metavar="FILE",
        help="tell first where margins, slack, budgets or known failures are not those of these "
        "baselines or results, or of what 'hlsgate policy' wrote",
    )
    group.addoption(
        "--whole",
        action="store_true",
        help="fail where claims were not selected, or a variant's accuracy was not compared",
    )
    group.addoption("--slow", action="store_true", help="measure slow designs, too")
    group.addoption(
        "--results",
        type=Path,
        help="write what was measured to this JSON file, and the tables to FILE.md beside it",
    )


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of processes; name 1 or more.")
    return int(text)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose the suite; what belongs to it is beside it, unless named."""
    options = config.option
    try:
        suite.choose(options.suite)
        options.dataset = datasets.choices(options.dataset, suite.active().benchmarks)
    except HlsgateError as error:
        raise pytest.UsageError(str(error)) from error
    options.baselines = options.baselines or suite.active().baselines
    options.checkpoints = options.checkpoints or suite.active().checkpoints


def pytest_sessionstart(session: pytest.Session) -> None:
    """End the run in one sentence where a required toolchain is missing; forget old results."""
    path = session.config.getoption("results")
    if path is not None and not hasattr(session.config, "workerinput"):
        if path.suffix != ".json":
            raise pytest.UsageError(f"--results {path}: name a file that ends in .json.")
        try:
            results.forget(path)
        except OSError as error:  # neither can be written what takes hours to find
            why = f"{path} cannot be written ({error.strerror}); name another file."
            raise pytest.UsageError(f"--results {why}") from error
    if session.config.getoption("reports") is None:
        for name in session.config.getoption("require_toolchain"):
            try:
                toolchains.require(name)
            except HlsgateError as error:
                raise pytest.UsageError(str(error)) from error


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what this run is made with."""
    lines = [f"hlsgate: suite {_suite(config)}, cache {config.getoption('cache')}"]
    for backend in suite.active().emulated:
        try:
            lines.append(
                f"hlsgate: {backend.hls4ml} emulation built by {find_compiler(backend.hls4ml)}"
            )
        except ToolNotFound as error:
            lines.append(f"hlsgate: {backend.hls4ml} emulation: {error}")
    lines.append(f"hlsgate: {sandbox.described()}")
    if config.getoption("reports"):
        lines.append(f"hlsgate: resources replayed from {config.getoption('reports')}")
    lines.append("hlsgate: toolchains: " + "; ".join(map(_tool_state, toolchains.TOOLCHAINS)))
    return lines


def _suite(config: pytest.Config) -> str:
    keys = [benchmark.key for benchmark in suite.active().benchmarks]
    chosen = [f"{key} from {name}" for key, name in config.getoption("dataset").items()]
    return " and ".join(keys) + (f", {', '.join(chosen)}" if chosen else "")


def _tool_state(name: str) -> str:
    toolchain = toolchains.TOOLCHAINS[name]
    try:
        return f"{name} {toolchain.usable_version(toolchain.find())}"
    except ToolNotFound:
        return f"no {name} here"
    except HlsgateError as error:
        return str(error)
