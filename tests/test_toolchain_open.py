"""Yosys and nextpnr, run through stand-ins: what they are given, and what each bad end says."""

import json
import sys

import pytest

from hlsgate.infra import process
from hlsgate.infra.errors import SynthesisError, ToolNotFound
from hlsgate.synthesis.toolchains import TOOLCHAINS, da4ml, nextpnr, require, yosys
from hlsgate.synthesis.toolchains.nextpnr import Nextpnr
from hlsgate.synthesis.toolchains.yosys import Yosys
from tests.processes import assert_gone
from tests.test_reports_open import SYNTHESISED, TIMED

COUNT = f"printf '%s' '{json.dumps(SYNTHESISED)}' >report/stat.json"
ROUTE = f"printf '%s' '{json.dumps(TIMED)}' >report/timing.json"


@pytest.fixture
def source(tmp_path):
    """Write a folder with the Verilog of a network, and da4ml's wrapper, which is not ours."""
    for name in ("network.v", "network_stage1.v", "network_stage0.v", "network_wrapper.v"):
        path = tmp_path / "logic" / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"// {name}\n")
    (tmp_path / "logic" / "src" / "static").mkdir()
    (tmp_path / "logic" / "src" / "static" / "mux.v").write_text("// mux\n")
    return tmp_path / "logic"


@pytest.fixture
def run(source, tmp_path, monkeypatch):
    """Prepare a folder and synthesise in it, with shell scripts for Yosys and nextpnr."""
    monkeypatch.setattr(process, "GRACE_S", 0.3)
    monkeypatch.delenv("HLSGATE_YOSYS_MEMORY_GIB", raising=False)

    def stand_in(name, script):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return (str(path),)

    def synthesise(script, router=None, timeout_s=20.0, **options):
        toolchain = yosys if router is None else nextpnr
        part = "cyclonev" if router is None else "ecp5-85k-8"
        work = tmp_path / "work"
        toolchain.prepare(source, work, part)
        tools = Yosys("1, da4ml 2", stand_in("yosys", script), {"PATH": "/usr/bin:/bin"})
        if router is not None:
            tools = Nextpnr("3", tools, stand_in("router", router))
        return toolchain.synthesise(work, tools=tools, timeout_s=timeout_s, **options)

    return synthesise


def test_the_script_is_the_same_everywhere(run, tmp_path):
    """Files are read by relative paths in sorted order, since order and paths move the counts."""
    done = run(COUNT)
    assert (done.report.parent / "synth.ys").read_text().splitlines() == [
        "read_verilog -defer src/network.v src/network_stage0.v src/network_stage1.v "
        "src/static/mux.v",
        "synth_intel_alm -family cyclonev -top network -noiopad -noclkbuf",
        "tee -q -o report/stat.json stat -json",
        "rename -hide w:* c:*",
        "write_verilog -noattr report/netlist.v",
    ]
    assert yosys.parse(done.report).values == {"alut": 42, "ff": 9}


def test_yosys_gets_its_script_and_its_limit(run):
    """The stand-in sees the script and the bytes that it may use; the log has all it says."""
    lines = []
    done = run(f'echo "got $*"; {COUNT}', on_line=lines.append)
    assert lines == ["got synth.ys 8589934592"]
    assert "got synth.ys" in done.log.read_text()


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("echo no such module; exit 1", r"Yosys ended with exit code 1 .*no such module"),
        ("kill -SEGV $$", r"Yosys ended with signal SIGSEGV"),
        (
            'echo "what():  std::bad_alloc"; kill -ABRT $$',
            r"Yosys ran into the memory limit of 8 GiB; allow more in HLSGATE_YOSYS_MEMORY_GIB",
        ),
        ("exit 0", r"left no complete report .*stat\.json: file: is not there"),
        (
            "echo '{' >report/stat.json",
            r"left no complete report .*stat\.json: content: is no JSON",
        ),
    ],
)
def test_bad_ends_of_yosys_are_told(run, script, sentence):
    """A run without a whole report is a sentence and the end of the log."""
    with pytest.raises(SynthesisError, match=f"(?s){sentence}") as caught:
        run(script)
    assert caught.value.log.is_file()


def test_yosys_has_a_time_limit(run, tmp_path):
    """A run over its limit is ended, with what it started."""
    with pytest.raises(SynthesisError, match=r"time limit of 0\.6 s; allow more time with --synth"):
        run("sleep 300 & echo $! >child; wait", timeout_s=0.6)
    assert_gone(tmp_path / "work" / "child")


def test_ctrl_c_ends_yosys(run, tmp_path):
    """An interrupt leaves nothing running."""

    def interrupt(_line):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run("sleep 300 & echo $! >child; echo busy; wait", on_line=interrupt)
    assert_gone(tmp_path / "work" / "child")


@pytest.mark.parametrize("text", ["much", "0", "-1", "nan", "inf", ""])
def test_a_senseless_memory_limit_is_a_sentence(run, monkeypatch, text):
    """The variable, its value and an example are named."""
    monkeypatch.setenv("HLSGATE_YOSYS_MEMORY_GIB", text)
    with pytest.raises(SynthesisError, match="set it to a number of GiB, such as 8"):
        run(COUNT)


def test_progress_is_read_from_headings():
    """Passes of the synthesis script tell how far it is; other lines do not."""
    assert yosys.share_done("2.30. Executing ABC pass (technology mapping).") == 0.5
    assert yosys.share_done("2.30.1. Executing OPT pass.") == 0.5
    assert yosys.share_done("2.99. Executing STAT pass.") == 1.0
    assert yosys.share_done("1. Executing Verilog-2005 frontend: src/network.v") is None
    assert yosys.share_done("ABC: 12 nodes") is None


def test_nextpnr_gets_part_seed_and_netlist(run):
    """Both tools run one after the other, and the clock is read."""
    done = run("cat synth.ys", f'echo "got $*"; {ROUTE}')
    assert nextpnr.parse(done.report).values == {"fmax_mhz": 71.25}
    log = done.log.read_text()
    assert "synth_ecp5 -top network -json network.json" in log
    assert (
        "got --85k --speed 8 --out-of-context --freq 200 --timing-allow-fail --seed 1 "
        "--json network.json --report report/timing.json"
    ) in log


@pytest.mark.parametrize(
    ("script", "router", "sentence"),
    [
        ("exit 3", ROUTE, "Yosys ended with exit code 3"),
        ("true", "exit 3", "nextpnr ended with exit code 3"),
        ("true", "true", r"left no complete report .*timing\.json: file: is not there"),
        ("true", "sleep 300", "nextpnr ran into the time limit; allow more"),
    ],
)
def test_bad_ends_of_nextpnr_are_told(run, script, router, sentence):
    """Which of the two tools failed, and how."""
    with pytest.raises(SynthesisError, match=f"(?s){sentence}"):
        run(script, router, timeout_s=1.5)


def test_a_network_is_placed_again_from_another_seed(run, tmp_path):
    """Placing again synthesises nothing, and cannot give the clock of the placement before."""
    done = run(
        "echo run >>runs", f'echo "$*" >>seeds; case "$*" in *"seed 7"*) ;; *) {ROUTE} ;; esac'
    )
    folder = done.report.parent
    tools = Nextpnr("3", Yosys("1", ("false",), {}), (str(tmp_path / "router"),))
    again = nextpnr.place(folder, tools=tools, timeout_s=20.0, seed=2)
    assert nextpnr.parse(again.report).values == {"fmax_mhz": 71.25}
    assert (folder / "runs").read_text() == "run\n"
    assert "--seed 2 " in (folder / "seeds").read_text()
    with pytest.raises(SynthesisError, match="left no complete report"):
        nextpnr.place(folder, tools=tools, timeout_s=20.0, seed=7)


@pytest.mark.parametrize("name", ["da4ml", "yosys", "nextpnr"])
def test_a_package_that_is_missing_is_named(name, monkeypatch):
    """The sentence says which package, and which extra brings it."""
    monkeypatch.setattr(da4ml, "version", lambda _package: None)
    with pytest.raises(ToolNotFound, match=r"is not installed; install hlsgate with its extra"):
        require(name)


def test_every_open_toolchain_is_versioned_by_all_that_moves_its_counts(monkeypatch):
    """Counts depend on what wrote the Verilog as well as on what read it."""
    monkeypatch.setattr(da4ml, "version", {"da4ml": "1", "pyosys": "2"}.get)
    found = yosys.find()
    assert yosys.usable_version(found) == "2, da4ml 1"
    assert found.command[0] == sys.executable
    assert TOOLCHAINS["da4ml"].usable_version(TOOLCHAINS["da4ml"].find()) == "1"
