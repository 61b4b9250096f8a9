"""Outside tools are run with all output kept, in limited time, and leave no process behind."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from hlsgate.infra import process
from hlsgate.infra.errors import ToolNotFound
from hlsgate.infra.process import Completed, last_lines, require_tool, run_logged
from tests.processes import assert_gone


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tests of stubborn processes short."""
    monkeypatch.setattr(process, "GRACE_S", 0.3)


@pytest.fixture
def shell(tmp_path: Path) -> Callable[..., Completed]:
    """Run a shell script through `run_logged`, logging to ``tool.log``."""

    def run(script: str, timeout_s: float = 20, **options: object) -> Completed:
        argv = ["/bin/sh", "-c", script]
        return run_logged(
            argv, cwd=tmp_path, log=tmp_path / "tool.log", timeout_s=timeout_s, **options
        )

    return run


def test_output_is_kept_in_order(tmp_path: Path, shell: Callable[..., Completed]) -> None:
    """Both streams of every run are appended to one log, with the command and how it ended."""
    shell("echo one; echo two >&2")
    shell("printf three; exit 4")
    log = (tmp_path / "tool.log").read_text()
    assert "'echo one; echo two >&2'\none\ntwo\n[exit code 0 after" in log
    assert "three[exit code 4 after" in log


def test_log_grows_while_the_tool_runs(tmp_path: Path, shell: Callable[..., Completed]) -> None:
    """A line is in the log by the time that it is handed on."""
    seen = []
    shell(
        "echo early; sleep 0.1", on_line=lambda _: seen.append((tmp_path / "tool.log").read_text())
    )
    assert "early" in seen[0]
    assert "exit code" not in seen[0]


def test_lines_are_handed_on(shell: Callable[..., Completed]) -> None:
    """Lines arrive whole and decoded, whatever their bytes, and so does a last one without end."""
    lines: list[str] = []
    shell(r"printf 'a\nb'; sleep 0.1; printf 'c\n\377\nend'", on_line=lines.append)
    assert lines == ["a", "bc", "\ufffd", "end"]


def test_output_without_line_ends_does_not_pile_up(shell: Callable[..., Completed]) -> None:
    """Megabytes on one line are handed on in pieces, and none is lost."""
    lines: list[str] = []
    shell("head -c 3000000 /dev/zero | tr '\\0' x", on_line=lines.append)
    assert sum(map(len, lines)) == 3_000_000
    assert max(map(len, lines)) < 200_000


def test_exit_code_is_returned(shell: Callable[..., Completed]) -> None:
    """A tool that fails is told by its exit code."""
    completed = shell("exit 3")
    assert (completed.exit_code, completed.signal_name, completed.ok) == (3, None, False)
    assert str(completed).startswith("exit code 3 after 0.")
    assert shell("exit 0").ok


def test_signal_is_named(shell: Callable[..., Completed]) -> None:
    """A tool that crashes is told by its signal's name."""
    completed = shell("kill -SEGV $$")
    assert (completed.exit_code, completed.signal_name, completed.ok) == (None, "SIGSEGV", False)
    assert str(completed).startswith("signal SIGSEGV after 0.")


def test_standard_input_is_empty(shell: Callable[..., Completed]) -> None:
    """A tool that asks a question gets no answer, and does not wait for one."""
    assert shell("cat", timeout_s=5).ok


def test_environment_is_the_given_one(tmp_path: Path, shell: Callable[..., Completed]) -> None:
    """The tool sees the environment that it was given, and runs in the folder that was named."""
    lines: list[str] = []
    shell("echo $COLOUR; pwd", env={"COLOUR": "teal"}, on_line=lines.append)
    assert lines == ["teal", str(tmp_path)]


def test_time_limit_ends_the_whole_family(tmp_path: Path, shell: Callable[..., Completed]) -> None:
    """At the time limit the tool and its children's children are ended."""
    script = "sh -c 'sleep 300 & echo $! >pid; wait' & wait"
    completed = shell(f"echo started; {script}", timeout_s=0.5)
    assert completed.timed_out
    assert not completed.ok
    assert 0.5 <= completed.seconds < 3
    assert str(completed).startswith("time limit after ")
    assert_gone(tmp_path / "pid")


def test_time_limit_holds_against_the_deaf(tmp_path: Path, shell: Callable[..., Completed]) -> None:
    """Processes that ignore SIGTERM are killed after the grace."""
    script = "trap '' TERM; sh -c 'echo $$ >pid; while :; do sleep 0.05; done' & wait"
    completed = shell(script, timeout_s=0.4)
    assert completed.timed_out
    assert completed.signal_name == "SIGKILL"
    assert_gone(tmp_path / "pid")


def test_time_limit_holds_without_output_pipe(shell: Callable[..., Completed]) -> None:
    """A tool that closes its output and stays is ended at the limit too."""
    completed = shell("exec >&- 2>&-; sleep 300", timeout_s=0.4)
    assert completed.timed_out
    assert completed.seconds < 3


def test_what_a_tool_leaves_behind_is_ended(
    tmp_path: Path, shell: Callable[..., Completed]
) -> None:
    """A background process that outlives the tool neither delays the result nor stays."""
    completed = shell("sleep 300 & echo $! >pid; exit 0")
    assert completed.ok
    assert completed.seconds < 3
    assert_gone(tmp_path / "pid")


def test_chatter_left_behind_delays_nothing(
    tmp_path: Path, shell: Callable[..., Completed]
) -> None:
    """A background process that keeps printing does not hold the result until the time limit."""
    lines: list[str] = []  # handing lines on takes long enough for the pipe to be full again
    script = "yes more & echo $! >pid; sleep 0.2; exit 0"
    completed = shell(script, timeout_s=6, on_line=lines.append)
    assert completed.ok
    assert completed.seconds < 4
    assert_gone(tmp_path / "pid")


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_any_exception_ends_the_tool(
    tmp_path: Path, shell: Callable[..., Completed], error: type[BaseException]
) -> None:
    """An exception while a line is handled goes on, and nothing of the tool stays."""

    def stop(_: str) -> None:
        raise error

    with pytest.raises(error):
        shell("sleep 300 & echo $! >pid; echo ready; wait", on_line=stop)
    assert_gone(tmp_path / "pid")


def test_interrupt_ends_a_silent_tool(tmp_path: Path, shell: Callable[..., Completed]) -> None:
    """Ctrl-C while a tool is silent ends it and its children, and is passed on."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.4, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            shell("sleep 300 & echo $! >pid; wait")
    finally:
        timer.join()
        signal.signal(signal.SIGINT, before)
    assert_gone(tmp_path / "pid")


def test_another_thread_ends_the_tool(tmp_path: Path, shell: Callable[..., Completed]) -> None:
    """A tool that nobody needs any more is ended with its children, without a time limit."""
    stop = threading.Event()
    timer = threading.Timer(0.3, stop.set)
    timer.start()
    completed = shell("sleep 300 & echo $! >pid; wait", stop=stop)
    timer.join()
    assert (completed.signal_name, completed.timed_out) == ("SIGTERM", False)
    assert_gone(tmp_path / "pid")


@pytest.mark.parametrize(("program", "cwd"), [("absent", "."), ("/bin/sh", "absent")])
def test_tool_that_cannot_start_is_named(tmp_path: Path, program: str, cwd: str) -> None:
    """A program or folder that is not there is named in one sentence."""
    with pytest.raises(
        ToolNotFound, match=rf"{program} cannot be started in .*No such file.*; check"
    ):
        run_logged([program], cwd=tmp_path / cwd, log=tmp_path / "tool.log", timeout_s=5)


def test_last_lines_are_the_end_of_the_log(tmp_path: Path) -> None:
    """The end of a log is shown indented, whatever its length and bytes."""
    log = tmp_path / "tool.log"
    log.write_bytes(b"\xff" * 200_000 + b"\nlast but one\nlast \xff\n")
    assert last_lines(log, 2) == "    last but one\n    last \ufffd"


def make_program(path: Path) -> Path:
    """Write a program that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_tool_is_found_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool on PATH is found, by a full path, and a symbolic link keeps its name."""
    real = make_program(tmp_path / "real")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "mill").symlink_to(real)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "bin")
    monkeypatch.delenv("HLSGATE_MILL", raising=False)
    found = require_tool("mill", env_var="HLSGATE_MILL", hint="build it")
    assert found == tmp_path / "bin" / "mill"


def test_variable_overrides_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tool's own variable comes before PATH, and what it names is made absolute."""
    make_program(tmp_path / "bin" / "mill")
    make_program(tmp_path / "other" / "real")
    (tmp_path / "other" / "mill").symlink_to("real")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HLSGATE_MILL", "other/mill")
    found = require_tool("mill", env_var="HLSGATE_MILL", hint="build it")
    assert found == tmp_path / "other" / "mill"


def test_absent_tool_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An absent tool's message says which tool, where it was looked for, and what fixes it."""
    monkeypatch.setenv("PATH", ":".join(f"/empty{number}" for number in range(7)))
    monkeypatch.delenv("HLSGATE_MILL", raising=False)
    with pytest.raises(ToolNotFound) as caught:
        require_tool("mill", env_var="HLSGATE_MILL", hint="build it")
    assert str(caught.value) == (
        "mill was not found in any of the 7 folders on PATH; set HLSGATE_MILL to its full path, "
        "or build it."
    )


def test_an_empty_path_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing could be found at all, the message says that."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("HLSGATE_MILL", raising=False)
    with pytest.raises(ToolNotFound, match=r"^mill was not found as PATH is empty; set HLSGATE_"):
        require_tool("mill", env_var="HLSGATE_MILL", hint="build it")


@pytest.mark.parametrize("kind", ["absent", "plain file", "folder"])
def test_wrong_variable_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """A variable that names nothing that can be run is an error, even if PATH has the tool."""
    monkeypatch.setenv("PATH", str(make_program(tmp_path / "bin" / "mill").parent))
    named = {"absent": tmp_path / "absent", "folder": tmp_path, "plain file": tmp_path / "plain"}[
        kind
    ]
    (tmp_path / "plain").write_text("")
    monkeypatch.setenv("HLSGATE_MILL", str(named))
    with pytest.raises(
        ToolNotFound, match=r"HLSGATE_MILL is '.*', which is no program .* unset it\.$"
    ):
        require_tool("mill", env_var="HLSGATE_MILL", hint="build it")
