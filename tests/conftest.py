"""What several tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hlsgate.cli.main import main
from hlsgate.emulation import Emulator, compile_project, find_compiler
from hlsgate.infra import process
from hlsgate.spec.suites import Suite
from hlsgate.suites import suite
from tests.declared import changed, jets_alone, using
from tests.projects import write_project
from tests.stand_ins import write_tool

ICPX_VERSION = "Intel(R) oneAPI DPC++/C++ Compiler 2025.0.4 (2025.0.4.20241205)"


@pytest.fixture(autouse=True)
def _chosen_suite_is_restored() -> Iterator[None]:
    """Let no command's --suite outlive its test."""
    before = list(suite._chosen)
    yield
    suite._chosen[:] = before


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, declare: Callable[..., Suite]
) -> Callable[..., Result]:
    """Run a command in an empty folder, outside of CI, on a suite whose files are there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HLSGATE_SUITE", raising=False)
    declare(home=tmp_path)
    for name in ("CI", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    return lambda *args: CliRunner().invoke(main, args)


@pytest.fixture
def declare() -> Iterator[Callable[..., Suite]]:
    """Let the active suite have other variants, designs and so on, for one test."""
    with ExitStack() as kept:
        yield lambda **changes: kept.enter_context(using(changed(**changes)))


@pytest.fixture(scope="module")
def only_jets() -> Iterator[Suite]:
    """Let the tests of a module work on the jets alone."""
    with using(jets_alone()) as chosen:
        yield chosen


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Write stand-ins for icpx, cmake and make; the test says what make does."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    for name in ("ICPX", "CMAKE", "MAKE", "ICPX_ANY_VERSION"):
        monkeypatch.delenv(f"HLSGATE_{name}", raising=False)
    monkeypatch.setattr(process, "GRACE_S", 0.3)

    def write(script: str) -> None:
        for name, line in {
            "icpx": f"echo '{ICPX_VERSION}'",
            "cmake": "true",
            "make": script,
        }.items():
            write_tool(folder, name, line)

    return write


@pytest.fixture
def project(tmp_path):
    """Write a small project, of the form that hls4ml gives them."""
    return write_project(tmp_path / "project")


@pytest.fixture
def emulator(project, tmp_path):
    """Build that project's emulation with this machine's g++."""
    folder = tmp_path / "library"
    folder.mkdir()
    compile_project(project, find_compiler("Quartus"), folder)
    return Emulator(folder, project)
