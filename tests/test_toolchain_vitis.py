"""Runs of Vitis HLS and Vivado are judged by the reports they leave, with stand-ins for both."""

from __future__ import annotations

import functools
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from hlsgate.infra import process
from hlsgate.infra.cache import Cache
from hlsgate.infra.errors import SynthesisError, ToolNotFound
from hlsgate.judge.baselines import Baselines
from hlsgate.judge.budgets import decide, judge_design
from hlsgate.judge.judging import target_facts
from hlsgate.pipeline.hardware import Hardware
from hlsgate.spec import targets
from hlsgate.spec.declarations import Design
from hlsgate.spec.project import Project
from hlsgate.suites import suite
from hlsgate.synthesis import toolchains
from hlsgate.synthesis.toolchains import vitis, vivado
from tests import stand_ins, stored
from tests.processes import assert_gone
from tests.vitis_reports import CSYNTH, PART, TOP, VIVADO, csynth, write_both, write_csynth

ROOT = Path(__file__).parents[1]
CHECKPOINTS = ROOT / "fixtures" / "checkpoints"

HLS = "Vitis HLS - High-Level Synthesis from C, C++ and OpenCL v2031.2 (64-bit)"
RUN = "****** vitis-run v2031.2 (64-bit)"
BANNER = "Vivado v2031.2 (64-bit)"
REPORTS = f"{TOP}_prj/solution1/syn/report"
FINISHED = "${0%/*}/../finished"  # beside the stand-ins, wherever they are run
ESTIMATE = f"mkdir -p {REPORTS} && cp {FINISHED}/{CSYNTH} {REPORTS}/"
UTILIZATION = f"cp {FINISHED}/{VIVADO} ."
OPTIONS = """array set opt {
    reset      0
    csim       1
    synth      1
    cosim      1
    validation 1
    export     0
    vsynth     0
    fifo_opt   0
}
"""
PROJECT = f"""variable project_name
set project_name "{TOP}"
set part "xcsomething-else"
"""
TOOLCHAINS = {"vitis": vitis, "vivado": vivado}


@dataclass
class Bench:
    """A project as hls4ml writes it, stand-in tools, and reports that a good run copies."""

    toolchain: Any
    project: Path
    bin: Path
    script: str

    @property
    def log(self) -> Path:
        """Where the tools' output is kept."""
        return self.project / vitis.LOG_NAME

    def tool(self, script: str, name: str = "vitis_hls", banner: str = HLS) -> None:
        """Write a stand-in that knows its version, and otherwise runs a script."""
        answer = f"case $1 in -version|--version) echo '{banner}'; exit 0;; esac"
        stand_ins.write_tool(self.bin, name, f'{answer}\necho "got: $*"; {script}')

    def run(self, timeout_s: float = 20, on_line: Any = None) -> Any:
        """Run a synthesis with the stand-ins."""
        tools = self.toolchain.find()
        return self.toolchain.synthesise(
            self.project, tools=tools, timeout_s=timeout_s, on_line=on_line
        )

    def failure(self, **options: Any) -> str:
        """Return the message of a run that must fail."""
        return stand_ins.failure(lambda: self.run(**options), self.log)


@pytest.fixture(params=TOOLCHAINS)
def bench(request, tmp_path, monkeypatch):
    """Well-behaved stand-ins first on PATH, and a project; tests then spoil one of them."""
    script = ESTIMATE if request.param == "vitis" else f"{ESTIMATE} && {UTILIZATION}"
    made = Bench(TOOLCHAINS[request.param], tmp_path / "project", tmp_path / "bin", script)
    made.bin.mkdir()
    write_both(tmp_path / "finished")
    made.project.mkdir()
    (made.project / "build_prj.tcl").write_text("# reads the other two")
    (made.project / "build_opt.tcl").write_text(OPTIONS)
    (made.project / "project.tcl").write_text(PROJECT)
    (made.project / "vivado_synth.tcl").write_text("# run by vsynth")
    made.tool(script)
    stand_ins.write_tool(made.bin, "vivado", f"echo '{BANNER}'")
    monkeypatch.setenv("PATH", f"{made.bin}:/usr/bin:/bin")
    for name in ("HLSGATE_VITIS_HLS", "HLSGATE_VIVADO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(process, "GRACE_S", 0.3)
    return made


only_vitis = pytest.mark.parametrize("bench", ["vitis"], indirect=True)
only_vivado = pytest.mark.parametrize("bench", ["vivado"], indirect=True)


# --- the programs ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "variable"), [("vitis_hls", "VITIS_HLS"), ("vivado", "VIVADO")])
@only_vivado
def test_absent_program_is_a_sentence(bench, name, variable):
    """Each absent program is named with the variable and the step that fix it."""
    (bench.bin / name).unlink()
    sentence = rf"^{name} was not found .*; set HLSGATE_{variable} .*source its settings64\.sh\.$"
    with pytest.raises(ToolNotFound, match=sentence):
        bench.toolchain.find()


@only_vitis
def test_the_newer_program_is_found(bench):
    """Where vitis_hls is no more, vitis-run is run, with its own arguments."""
    (bench.bin / "vitis_hls").unlink()
    bench.tool(bench.script, "vitis-run", RUN)
    tools = vitis.find()
    assert (tools.program.name, vitis.usable_version(tools)) == ("vitis-run", "2031.2")
    assert "got: --mode hls --tcl build_prj.tcl" in bench.run().log.read_text()


@pytest.mark.parametrize(
    ("module", "variable", "sentence"),
    [
        (vitis, "HLSGATE_VITIS_HLS", "must name vitis_hls or vitis-run, not .*/hls-2031: their"),
        (vivado, "HLSGATE_VIVADO", "must name a file called vivado, not .*/hls-2031: a project"),
    ],
)
@only_vitis
def test_a_program_of_another_name_is_refused(bench, monkeypatch, module, variable, sentence):
    """How to run it depends on the name, so a variable that names another could not work."""
    stand_ins.write_tool(bench.bin, "hls-2031", "true")
    monkeypatch.setenv(variable, str(bench.bin / "hls-2031"))
    with pytest.raises(ToolNotFound, match=sentence):
        module.find()


@only_vitis
def test_a_variable_that_names_nothing_is_not_replaced_by_another_program(bench, monkeypatch):
    """Who names a program wants that one, whatever else is on PATH."""
    bench.tool("true", "vitis-run", RUN)
    monkeypatch.setenv("HLSGATE_VITIS_HLS", str(bench.bin / "absent"))
    with pytest.raises(ToolNotFound, match="absent"):
        vitis.find()


def test_the_version_is_asked_of_the_tool(bench, monkeypatch):
    """The version is what the programs state, whatever folders and variables are called."""
    monkeypatch.setenv("XILINX_VITIS", "/opt/Xilinx/Vitis/1999.9")
    monkeypatch.setenv("XILINX_HLS", "/opt/Xilinx/Vitis_HLS/1999.9")
    bench.tool("false", banner=f"****** {HLS}")
    stand_ins.write_tool(bench.bin, "vivado", "echo 'vivado v2031.4 (64-bit)'; echo 'SW Build 1'")
    wanted = {vitis: "2031.2", vivado: "2031.4, Vitis HLS 2031.2"}[bench.toolchain]
    assert bench.toolchain.usable_version(bench.toolchain.find()) == wanted


@pytest.mark.parametrize(
    "script",
    [
        "exit 0",
        "echo 'Vivado(TM) HLS 2019.2'",
        "echo 'Vitis HLS version unknown (64-bit)'",
        f"echo '{HLS}'; exit 1",
        f"echo '{HLS}'; echo '{HLS}'",
        "head -c 5000 /dev/urandom",
        "kill -9 $$",
    ],
)
def test_no_version_is_refused_before_anything_runs(bench, script):
    """Anything but one banner and exit code 0 is not taken for the tool; nothing is touched."""
    stand_ins.write_tool(bench.bin, "vitis_hls", script)
    with pytest.raises(SynthesisError, match=r"-version ended with (?s:.)* is not Vitis HLS; inst"):
        bench.run()
    assert (bench.project / "build_opt.tcl").read_text() == OPTIONS


@only_vivado
def test_vivado_without_version_is_refused(bench):
    """Both programs decide the numbers, so both must say what they are."""
    stand_ins.write_tool(bench.bin, "vivado", f"echo '{HLS}'")
    with pytest.raises(SynthesisError, match="is not Vivado; install it"):
        bench.run()


@only_vitis
def test_a_silent_version_is_given_up_on(bench, monkeypatch):
    """A program that never answers is ended."""
    monkeypatch.setattr(vitis, "_VERSION_TIMEOUT_S", 0.3)
    stand_ins.write_tool(bench.bin, "vitis_hls", "sleep 300")
    with pytest.raises(SynthesisError, match=r"time limit after [0-4]\..* printed 'nothing'"):
        bench.run()


# --- preparation ----------------------------------------------------------------------------------


@only_vitis
def test_the_part_is_the_designs(bench, tmp_path):
    """Whatever part the project was written for, the copy is for the design's."""
    vitis.prepare(bench.project, tmp_path / "work", "xcvu13p-flga2577-2-e")
    assert 'set part "xcvu13p-flga2577-2-e"' in (tmp_path / "work" / "project.tcl").read_text()
    assert (bench.project / "project.tcl").read_text() == PROJECT


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "sets the part 0 times"),
        (PROJECT + 'set part "xcother"\n', "sets the part 2 times, not once"),
    ],
)
@only_vitis
def test_a_project_without_one_part_is_refused(bench, tmp_path, text, sentence):
    """A part that could not be set would be another design's."""
    (bench.project / "project.tcl").write_text(text)
    with pytest.raises(SynthesisError, match=sentence):
        vitis.prepare(bench.project, tmp_path / "work", "xcvu13p-flga2577-2-e")


@pytest.mark.parametrize("name", ["build_prj.tcl", "build_opt.tcl", "project.tcl"])
def test_a_folder_that_is_no_project_is_refused(bench, name):
    """What hls4ml's Vitis backend did not write is refused by the file that is missing."""
    (bench.project / name).unlink()
    with pytest.raises(SynthesisError, match=f"holds no {name}, so it is no project of hls4ml's"):
        bench.run()


@only_vivado
def test_a_project_without_vivados_script_is_refused(bench):
    """Without it, Vitis HLS would run for hours before anything is amiss."""
    (bench.project / "vivado_synth.tcl").unlink()
    with pytest.raises(SynthesisError, match="Vivado would have nothing to run"):
        bench.run()
    assert not bench.log.exists()


@only_vitis
def test_a_script_without_a_step_is_refused(bench):
    """An older hls4ml names its options otherwise; they would be ignored in silence."""
    (bench.project / "build_opt.tcl").write_text(OPTIONS.replace("synth ", "csyn  "))
    with pytest.raises(SynthesisError, match="has no option 'synth'; convert the model again"):
        bench.run()


# --- runs that go well ----------------------------------------------------------------------------


def test_a_good_run_returns_its_measurement(bench):
    """A run that ends well gives the numbers of its reports, gathered apart, and keeps its log."""
    result = bench.run()
    measured = bench.toolchain.parse(result.report)
    stage, lut, files = {
        vitis: ("hls_estimate", 4567, {CSYNTH}),
        vivado: ("synthesis", 3210, {CSYNTH, VIVADO}),
    }[bench.toolchain]
    assert (measured.stage, measured.values["lut"]) == (stage, lut)
    assert {one.name for one in result.report.iterdir()} == files
    assert (result.note, result.log) == ("", bench.log)


def test_only_the_wanted_steps_run(bench):
    """C simulation, cosimulation and export are off; Vivado runs for its own stage alone."""
    lines: list[str] = []
    bench.tool(f"cat build_opt.tcl; {bench.script}")
    log = bench.run(on_line=lines.append).log
    assert "got: -f build_prj.tcl" in lines
    assert set(lines) <= set(log.read_text().splitlines())
    on = [line.split()[0] for line in lines if line.endswith(" 1")]
    assert on == ["reset", "synth"] + ["vsynth"] * (bench.toolchain is vivado)


@only_vivado
def test_the_script_finds_the_vivado_that_was_asked(bench, monkeypatch, tmp_path):
    """A vivado named by its variable is the one that the script finds first."""
    elsewhere = tmp_path / "amd"
    elsewhere.mkdir()
    (bench.bin / "vivado").rename(elsewhere / "vivado")
    stand_ins.write_tool(bench.bin, "vivado", "echo wrong")
    monkeypatch.setenv("HLSGATE_VIVADO", str(elsewhere / "vivado"))
    bench.tool(f'echo "found $(command -v vivado)"; {bench.script}')
    assert f"found {elsewhere / 'vivado'}" in bench.run().log.read_text()


def test_a_second_run_judges_its_own_report(bench, tmp_path):
    """A second run gives the second report, and keeps only its own log."""
    bench.run()
    root = csynth()
    root.find("AreaEstimates/Resources/LUT").text = "4444"
    write_csynth(tmp_path / "finished", root)
    result = bench.run()
    assert vitis.parse(result.report).values["lut"] == 4444
    assert result.log.read_text().count("got: ") == 1


# --- runs that go wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "told"),
    [("exit 1", "exit code 1 after"), ("kill -9 $$", "signal SIGKILL after")],
)
def test_a_failed_run_is_shown(bench, ending, told):
    """How the tool ended and its last lines are in the message."""
    bench.tool(f"seq 100; echo 'ERROR: [HLS 200-70] no licence'; {ending}")
    message = bench.failure()
    assert message.startswith(f"Vitis HLS ended with {told}")
    assert "    100\n    ERROR: [HLS 200-70] no licence\n" in message
    assert "    50\n" not in message


@pytest.mark.parametrize("ending", ["kill -SEGV $$", "exit 1"])
def test_a_crash_after_a_complete_report_is_a_failure(bench, ending):
    """The script would have gone on, so what it left is not known to be whole."""
    bench.tool(f"{bench.script}; {ending}")
    assert bench.failure().startswith("Vitis HLS ended with ")


def test_success_without_report_is_a_failure(bench):
    """Exit code 0 proves nothing: without a report the run failed."""
    bench.tool("echo fine")
    message = bench.failure()
    assert message.startswith("Vitis HLS ended well, but left no complete report")
    assert f"{CSYNTH}: is there 0 times" in message


@only_vivado
def test_an_estimate_alone_is_no_synthesis(bench):
    """When the script skipped Vivado, there is no number of its stage."""
    bench.tool(ESTIMATE)
    assert f"{VIVADO}: file: is not there" in bench.failure()


def test_a_half_report_is_a_failure(bench):
    """A cut report fails the run and names the file."""
    bench.tool(f"{bench.script}; head -c 400 {FINISHED}/{CSYNTH} >{REPORTS}/{CSYNTH}")
    assert f"{CSYNTH}: content: is no XML" in bench.failure()


def test_two_reports_are_one_too_many(bench):
    """Of two solutions nobody knows which is meant."""
    bench.tool(f"{bench.script}; cp -r {TOP}_prj/solution1 {TOP}_prj/solution2")
    assert f"{CSYNTH}: is there 2 times" in bench.failure()


@pytest.mark.parametrize("leftover", ["folder", "link", "gathered"])
def test_an_old_report_is_not_taken_for_new(bench, tmp_path, leftover):
    """What an earlier run left is away before the tool runs."""
    old = bench.project / f"{TOP}_prj"
    if leftover == "folder":
        (bench.project / REPORTS).mkdir(parents=True)
        shutil.copy(tmp_path / "finished" / CSYNTH, bench.project / REPORTS)
    elif leftover == "link":
        write_both(tmp_path / "old" / REPORTS.partition("/")[2])
        old.symlink_to(tmp_path / "old")
    else:
        write_both(bench.project / vitis.REPORT)
    shutil.copy(tmp_path / "finished" / VIVADO, bench.project)
    bench.tool("true")
    assert f"{CSYNTH}: is there 0 times" in bench.failure()
    assert leftover != "link" or (tmp_path / "old").is_dir()


@only_vivado
def test_an_old_utilization_is_not_taken_for_new(bench, tmp_path):
    """Nor is what Vivado left in the project's own folder."""
    shutil.copy(tmp_path / "finished" / VIVADO, bench.project)
    bench.tool(ESTIMATE)
    assert f"{VIVADO}: file: is not there" in bench.failure()


def test_the_time_limit_is_told(bench):
    """A run over its time limit fails with a sentence, even after a complete report."""
    bench.tool(f"{bench.script}; sleep 300 & echo $! >child; echo waiting; wait")
    message = bench.failure(timeout_s=0.6)
    limit = "Vitis HLS ran into the time limit of 0.6 s; allow more time with --synthesis-timeout"
    assert message.startswith(limit)
    assert "    waiting\n" in message
    assert_gone(bench.project / "child")


@only_vitis
def test_an_interrupt_ends_the_tool(bench):
    """Ctrl-C during a run ends what the tool started and is passed on."""
    bench.tool("sleep 300 & echo $! >child; echo compiling; wait")

    def interrupt(line):
        if line == "compiling":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.run(on_line=interrupt)
    assert_gone(bench.project / "child")


# --- as a design's toolchain ----------------------------------------------------------------------


class OnVitis(stand_ins.Converted):
    """A pipeline whose conversion is done: it hands out the project of a bench."""

    def project(self, *_args, **_options):
        return Project(self.cache.root.parent / "project", TOP, "Vitis", "0", outputs=5)


@pytest.fixture
def hardware(bench, tmp_path):
    """Make what measures designs."""
    return Hardware(OnVitis(stand_ins.no_jets, Cache(tmp_path / "cache"), CHECKPOINTS))


@pytest.fixture
def design(bench):
    """Declare a design on the toolchain, as CONTRIBUTING.md says, for an invented part."""
    (line,) = re.findall(r"VITIS_XCVU13P = (.*)", (ROOT / "CONTRIBUTING.md").read_text())
    target = eval(line, dict(vars(targets)))
    assert (target.backend, target.stage) == (targets.VITIS, "hls_estimate")
    if bench.toolchain is vivado:
        target = replace(target, key="vivado_xcvu13p", toolchain="vivado", stage="synthesis")
    return Design(suite.variant("jets-q4_p75"), replace(target, part=PART))


def test_a_design_is_measured_replayed_and_judged(bench, hardware, design, tmp_path, monkeypatch):
    """From project to verdict, nothing outside of the two modules knows the vendor."""
    measured = hardware.measured(design)
    assert measured == hardware.measured(design)
    hardware.export(design, tmp_path / "reports" / design.key)
    monkeypatch.setattr("hlsgate.pipeline.hardware.can_convert", lambda _source: True)
    replayed = hardware.replayed(design, tmp_path / "reports")
    assert replayed == measured.with_origin("replayed")
    facts = {name: getattr(measured, name) for name in stored.FACTS}
    entry = stored.baseline(measured.values, **facts)
    entry["budgets"] = [{"metric": "lut", "capacity_share": 0.2, "reason": "room"}]
    judge = functools.partial(
        judge_design,
        design.key,
        target_facts(design.target),
        baselines=Baselines(stored.baselines({design.key: entry}), tmp_path),
        others={},
    )
    assert decide(judge(measurement=replayed), required=True) == "passed"
    worse = {**measured.values, "dsp": measured.values["dsp"] + 1}
    failing = [one for one in judge(measurement=replace(measured, values=worse)) if not one.passed]
    assert [(one.metric, one.state) for one in failing] == [("dsp", "failed")]
    later = replace(measured, tool_version="2032.1")
    assert decide(judge(measurement=later), required=True) == "failed"
    assert decide(judge(measurement=later), required=False) == "not compared"


def test_the_log_of_a_failed_run_is_kept(bench, hardware, design, tmp_path):
    """The folder of a failed run goes, its log stays, and the message names it."""
    bench.tool("echo no licence; exit 1")
    log = tmp_path / "cache" / "logs" / f"{design.key}.log"
    with pytest.raises(SynthesisError, match="no licence") as caught:
        hardware.measured(design)
    assert str(log) in str(caught.value)
    assert "no licence" in log.read_text()


def test_every_toolchain_has_its_marker(pytestconfig):
    """A design's test carries its toolchain's name, which pytest must know."""
    markers = {one.partition(":")[0] for one in pytestconfig.getini("markers")}
    assert set(toolchains.TOOLCHAINS) <= markers
