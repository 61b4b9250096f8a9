"""A oneAPI synthesis run is judged by the report it leaves, with stand-ins for Intel's tools."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from hlsgate.infra import process
from hlsgate.infra.errors import SynthesisError, ToolNotFound
from hlsgate.synthesis.toolchains import oneapi
from hlsgate.synthesis.toolchains.oneapi import OneAPI, find, parse, synthesise, usable_version
from hlsgate.synthesis.toolchains.synthesis import Synthesis
from tests import stand_ins
from tests.oneapi_reports import report_rows, row_named, write_project
from tests.processes import assert_gone
from tests.stand_ins import write_tool

VERSION = "Intel(R) oneAPI DPC++/C++ Compiler 2025.0.4 (2025.0.4.20241205)"
WRITE_REPORT = "cp -r ../finished demo.report.prj && : >demo.report"
JSON_DIR = "demo.report.prj/reports/resources/json"


@dataclass
class Bench:
    """A project, stand-in tools, and the report that a good make copies into the build folder."""

    project: Path
    bin: Path

    @property
    def build(self) -> Path:
        """The folder in which the tools run."""
        return self.project / "build"

    def tool(self, name: str, script: str) -> None:
        """Write a stand-in tool."""
        write_tool(self.bin, name, script)

    def run(self, **options: object) -> Synthesis:
        """Run a synthesis with the stand-ins."""
        return synthesise(self.project, tools=find(), **{"timeout_s": 20, **options})


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Well-behaved stand-ins first on PATH, and a project; tests then spoil one of them."""
    made = Bench(tmp_path / "project", tmp_path / "bin")
    made.bin.mkdir()
    made.project.mkdir()
    (made.project / "CMakeLists.txt").write_text("project(demo CXX)\n")
    write_project(made.project / "finished")
    made.tool("icpx", f"echo '{VERSION}'; echo 'Target: x86_64-unknown-linux-gnu'")
    made.tool(
        "cmake", 'echo "cmake got: $*"; [ -e CMakeCache.txt ] && echo STALE; : >CMakeCache.txt'
    )
    made.tool("make", f'echo "make got: $*"; {WRITE_REPORT}; echo done')
    monkeypatch.setenv("PATH", f"{made.bin}:/usr/bin:/bin")
    for name in ("HLSGATE_ICPX", "HLSGATE_CMAKE", "HLSGATE_MAKE", oneapi.ANY_VERSION):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(process, "GRACE_S", 0.3)
    return made


# --- the programs ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["icpx", "cmake", "make"])
def test_absent_program_is_a_sentence(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Each absent program is named with the variable and the step that fix it."""
    (bench.bin / name).unlink()
    monkeypatch.setenv("PATH", str(bench.bin))
    step = {"icpx": "source its setvars.sh", "cmake": "install CMake", "make": "install GNU make"}
    sentence = rf"^{name} was not found .*; set HLSGATE_{name.upper()} .*{step[name]}\.$"
    with pytest.raises(ToolNotFound, match=sentence):
        find()


def test_icpx_of_another_name_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project asks for icpx by name, so a variable that names it otherwise could not work."""
    (bench.bin / "icpx").rename(bench.bin / "icpx-2025")
    monkeypatch.setenv("HLSGATE_ICPX", str(bench.bin / "icpx-2025"))
    with pytest.raises(
        ToolNotFound, match=r"must name a file called icpx, not .*icpx-2025: a project"
    ):
        find()


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        (VERSION, "2025.0.4"),
        ("Intel(R) oneAPI DPC++/C++ Compiler 2024.1.0 (2024.1.0.20240308)", "2024.1.0"),
    ],
)
def test_version_is_asked_of_the_tool(bench: Bench, printed: str, version: str) -> None:
    """The version is what icpx states about itself."""
    bench.tool("icpx", f'[ "$*" = --version ] && echo "{printed}"')
    assert find().version() == version


@pytest.mark.parametrize(
    "script",
    [
        "echo 'g++ (Debian 12.2.0-14) 12.2.0'",
        "echo 'Intel(R) oneAPI DPC++/C++ Compiler latest (today)'",
        f"echo 'clang based {VERSION}'",
        f"echo '{VERSION}'; echo '{VERSION}'",
        f"echo '{VERSION}'; exit 1",
        "exit 0",
        "head -c 5000 /dev/urandom",
    ],
)
def test_garbage_version_is_refused(bench: Bench, script: str) -> None:
    """Anything but one version line and exit code 0 is not taken for Intel's compiler."""
    bench.tool("icpx", script)
    with pytest.raises(
        SynthesisError, match=r"--version ended with (?s:.)* is not Intel's compiler"
    ):
        find().version()


def test_silent_version_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """An icpx that never answers is given up on, with its children."""
    monkeypatch.setattr(oneapi, "_VERSION_TIMEOUT_S", 0.3)
    bench.tool("icpx", "sleep 300")
    with pytest.raises(SynthesisError, match=r"time limit after [0-4]\..* printed 'nothing'"):
        find().version()


@pytest.mark.parametrize("version", ["2025.1.0", "2025.1", "2026.0.2"])
def test_version_without_fpga_is_refused_at_once(bench: Bench, version: str) -> None:
    """A version that dropped FPGA support is refused before anything is run."""
    bench.tool("icpx", f"echo 'Intel(R) oneAPI DPC++/C++ Compiler {version} ({version}.20250317)'")
    sentence = rf"^icpx {version} has no FPGA support .* removed in 2025\.1.*ANY_VERSION=1 to try"
    with pytest.raises(SynthesisError, match=sentence):
        bench.run()
    assert not bench.build.exists()


def test_version_refusal_can_be_lifted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """HLSGATE_ICPX_ANY_VERSION=1 lets a newer version try."""
    bench.tool("icpx", "echo 'Intel(R) oneAPI DPC++/C++ Compiler 2025.3.0 (2025.3.0.20251010)'")
    monkeypatch.setenv("HLSGATE_ICPX_ANY_VERSION", "1")
    assert usable_version(find()) == "2025.3.0"
    assert bench.run().report.is_dir()


# --- runs that go well ----------------------------------------------------------------------------


def test_good_run_returns_its_measurement(bench: Bench) -> None:
    """A run that ends well gives the report's numbers, with its log kept."""
    result = bench.run()
    measurement = parse(result.report)
    assert (measurement.values["alut"], measurement.tool_version) == (1555, "2031.2.1")
    assert result.note == ""
    assert result.report == bench.build / "report"
    assert result.log == bench.build / "hlsgate_synthesis.log"


def test_commands_are_those_of_a_project(bench: Bench) -> None:
    """Cmake gets the project's folder, make gets report, both in build."""
    lines: list[str] = []
    log = bench.run(on_line=lines.append).log
    assert "cmake got: .." in lines
    assert "make got: report" in lines
    assert set(lines) <= set(log.read_text().splitlines())


def test_tools_see_this_icpx_first(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """An icpx named by its variable is the one that cmake finds, and our make's options are not."""
    moved = bench.bin.parent / "intel" / "icpx"
    moved.parent.mkdir()
    (bench.bin / "icpx").rename(moved)
    monkeypatch.setenv("HLSGATE_ICPX", str(moved))
    monkeypatch.setenv("MAKEFLAGS", "n")
    monkeypatch.setenv("CMAKE_GENERATOR", "Ninja")
    bench.tool("cmake", 'echo "found $(command -v icpx), [$MAKEFLAGS] [$CMAKE_GENERATOR]"')
    assert f"found {moved}, [] []" in bench.run().log.read_text()


def test_second_run_judges_its_own_report(bench: Bench) -> None:
    """A second run gives the second report, and keeps only its own log and settings."""
    # As with the real make: nothing is done while the linked output is there.
    bench.tool("make", f"[ -e demo.report ] || {{ {WRITE_REPORT}; }}")
    bench.run()
    files = report_rows()
    row_named(files["summary.ndjson"], "Total")["data"][0] = 1777
    write_project(bench.project / "finished", files)
    result = bench.run()
    assert parse(result.report).values["alut"] == 1777
    assert result.log.read_text().count("cmake got") == 1
    assert "STALE" not in result.log.read_text()


def test_rest_of_the_build_folder_stays(bench: Bench) -> None:
    """A library that was compiled for emulation in the same folder is not lost."""
    bench.build.mkdir()
    (bench.build / "libdemo.so").write_text("kept")
    bench.run()
    assert (bench.build / "libdemo.so").read_text() == "kept"


# --- runs that go wrong ---------------------------------------------------------------------------


def failure(bench: Bench, **options: object) -> str:
    """Return the message of a run that must fail; the log is kept and named at its end."""
    return stand_ins.failure(lambda: bench.run(**options), bench.build / Path(oneapi.LOG_NAME).name)


def test_unwritten_project_is_refused(bench: Bench) -> None:
    """A folder without CMakeLists.txt is no project."""
    (bench.project / "CMakeLists.txt").unlink()
    with pytest.raises(
        SynthesisError, match=r"holds no CMakeLists\.txt, .*; convert the model first"
    ):
        bench.run()


def test_failed_cmake_is_shown(bench: Bench) -> None:
    """When cmake fails, its exit code and last lines are in the message, and make is not run."""
    bench.tool("cmake", "seq 100; echo 'CMake Error: no such board' >&2; exit 1")
    message = failure(bench)
    assert message.startswith("cmake ended with exit code 1 after ")
    assert "    100\n    CMake Error: no such board\n" in message
    assert "    50\n" not in message
    assert "make got" not in (bench.build / "hlsgate_synthesis.log").read_text()


def test_failed_make_is_shown(bench: Bench) -> None:
    """When make fails without a report, its exit code and last lines are in the message."""
    bench.tool("make", "echo 'icpx: error: bad code'; exit 2")
    message = failure(bench)
    assert message.startswith("make report ended with exit code 2 after ")
    assert "*.report.prj: is there 0 times" in message
    assert "    icpx: error: bad code\n" in message


def test_success_without_report_is_a_failure(bench: Bench) -> None:
    """Exit code 0 proves nothing: without a report the run failed."""
    bench.tool("make", "echo fine")
    message = failure(bench)
    assert "exit code 0" in message
    assert "left no complete report" in message


@pytest.mark.parametrize("leftover", ["folder", "link"])
def test_old_report_is_not_taken_for_new(bench: Bench, leftover: str) -> None:
    """A report of an earlier run is away before make runs, so it cannot be judged as new."""
    write_project(bench.project / "old")
    bench.build.mkdir()
    old = bench.build / "demo.report.prj"
    if leftover == "link":
        old.symlink_to(bench.project / "old")
    else:
        shutil.copytree(bench.project / "old", old)
    bench.tool("make", "exit 1")
    assert "*.report.prj: is there 0 times" in failure(bench)
    assert (bench.project / "old").is_dir()


def test_reports_elsewhere_below_build_are_not_judged(bench: Bench) -> None:
    """Only the report that make report itself writes counts, not one that lies deeper."""
    write_project(bench.build / "backup" / "old.report.prj")
    (bench.build / "summary.ndjson").write_text("{}\n")
    assert [one.name for one in bench.run().report.iterdir()] == ["demo.report.prj"]
    bench.tool("make", "exit 0")
    assert "*.report.prj: is there 0 times" in failure(bench)


@pytest.mark.parametrize("code", [0, 2])
def test_half_report_is_a_failure(bench: Bench, code: int) -> None:
    """A cut report fails the run, whatever the exit code, and names the file."""
    cut = f"head -c 900 ../finished/{JSON_DIR.partition('/')[2]}/summary.ndjson"
    bench.tool("make", f"{WRITE_REPORT}; {cut} >{JSON_DIR}/summary.ndjson; exit {code}")
    message = failure(bench)
    assert f"exit code {code} after" in message
    assert re.search(r"summary\.ndjson: line \d+: is no JSON object", message)


@pytest.mark.parametrize("name", ["loop_attr", "info", "quartus"])
def test_crash_before_the_last_file_is_a_failure(bench: Bench, name: str) -> None:
    """After a crash, files that are optional elsewhere must be there too."""
    bench.tool("make", f"{WRITE_REPORT}; rm {JSON_DIR}/{name}.ndjson; kill -SEGV $$")
    assert f"{name}.ndjson: file: is not there" in failure(bench)


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        ("kill -SEGV $$", "signal SIGSEGV after "),
        (
            "echo 'Segmentation fault (core dumped)'; echo 'make: *** [report] Error 139'; exit 2",
            "'Segmentation fault' in its output",
        ),
        ("exit 1", "exit code 1 after "),
    ],
)
def test_crash_after_a_complete_report_is_told_and_judged(
    bench: Bench, ending: str, told: str
) -> None:
    """A crash after the whole report was written is reported as such, and the report is judged."""
    bench.tool("make", f"{WRITE_REPORT}; {ending}")
    result = bench.run()
    assert result.note.startswith("make report ended with ")
    assert told in result.note
    assert "only after its report was complete; the report is judged as it stands." in result.note
    assert result.note.endswith(f"Log: {result.log}")
    assert parse(result.report).values["alut"] == 1555


@pytest.mark.parametrize("tool", ["cmake", "make"])
def test_time_limit_is_told(bench: Bench, tool: str) -> None:
    """A run over its time limit fails with a sentence, even after a complete report."""
    bench.tool(tool, f"{WRITE_REPORT}; sleep 300 & echo $! >child; echo waiting; wait")
    message = failure(bench, timeout_s=0.6)
    title = {"cmake": "cmake", "make": "make report"}[tool]
    assert message.startswith(f"{title} ran into the time limit of 0.6 s; allow more time")
    assert "    waiting\n" in message
    assert_gone(bench.build / "child")


def test_time_limit_is_for_both_commands_together(bench: Bench) -> None:
    """What cmake took is not given to make again."""
    bench.tool("cmake", "sleep 1")
    bench.tool("make", "sleep 300")
    message = failure(bench, timeout_s=2.5)
    assert message.startswith("make report ran into the time limit of 2.5 s")
    taken = re.search(r"time limit after ([\d.]+) s", message)
    assert taken is not None
    assert float(taken[1]) < 2.4


def test_interrupt_ends_the_compiler(bench: Bench) -> None:
    """Ctrl-C during a run ends what make started and is passed on."""
    bench.tool("make", "sleep 300 & echo $! >child; echo compiling; wait")

    def interrupt(line: str) -> None:
        if line == "compiling":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.run(on_line=interrupt)
    assert_gone(bench.build / "child")


def test_build_folder_in_the_way_is_a_sentence(bench: Bench) -> None:
    """A build folder that cannot be prepared is named."""
    bench.build.write_text("a file")
    with pytest.raises(
        SynthesisError, match=r"build cannot be removed .*; remove that folder by hand"
    ):
        bench.run()


def test_tools_are_plain_data(bench: Bench) -> None:
    """The programs are found once and handed over, so a run does not depend on PATH later."""
    paths = {name: bench.bin / name for name in ("icpx", "cmake", "make")}
    assert find() == OneAPI(**paths)
