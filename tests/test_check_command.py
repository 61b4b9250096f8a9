"""Stored results are judged without any tool; exit codes say how it went."""

from __future__ import annotations

import pytest

from tests import stored
from tests.stored import DESIGN, OTHER_SHA, VARIANT

OTHER = "jets-q6_p75-yosys_cyclonev"
BASELINES = stored.baselines(
    {DESIGN: stored.baseline({"alut": 1000, "ff": 300})}, {VARIANT: stored.accuracy(0.74)}
)


@pytest.fixture
def check(run, tmp_path):
    """Judge a design and a variant; return exit code and output."""

    def judge(values, *args, score=0.74, content=BASELINES, **facts):
        designs = {DESIGN: stored.of_design(values, **facts)} if values else {}
        variants = {VARIANT: stored.of_variant(score)} if score else {}
        stored.write(tmp_path / "results.json", stored.results(designs, variants))
        stored.write(tmp_path / "baselines.json", content)
        done = run("check", "results.json", *args)
        return done.exit_code, done.output

    return judge


def test_good_results_pass_and_are_counted(check):
    """Everything that was compared is within its limits: 0, with counts."""
    code, output = check({"alut": 1000, "ff": 300})
    assert code == 0, output
    lines = {line.split()[0]: line for line in output.splitlines()}
    assert lines["compared"].split()[1] == "2"
    assert "3 values: 3 ok" in lines["compared"]
    assert lines["failed"].split() == ["failed", "0"]
    assert "not measured in this run" in output
    assert "Entry" not in output, "unchanged values need no table"


def test_all_shows_unchanged_values(check):
    """--all lists every value."""
    _, output = check({"alut": 1000, "ff": 300}, "--all")
    assert [line.split()[1] for line in output.splitlines() if line.startswith(DESIGN)] == [
        "alut", "ff",
    ]  # fmt: skip


def test_a_failure_is_told_whole(check):
    """All failing metrics of a design stand in one message: measured, allowed, baseline, slack."""
    code, output = check({"alut": 1011, "ff": 301})
    assert code == 1
    assert "alut: measured 1,011, allowed <= 1,010 (baseline 1,000, slack 10)" in output
    assert "ff: measured 301, allowed <= 300 (baseline 300, slack 0)" in output
    assert f"reproduce: pytest benchmarks -k {DESIGN}" in output


def test_the_worst_rows_come_first(check):
    """Failures stand above gains, gains above what is as before."""
    _, output = check({"alut": 900, "ff": 301}, "--all")
    rows = [line.split() for line in output.splitlines() if line.startswith(("jets-q4_p75",))]
    assert [(row[1], row[-1]) for row in rows[:3]] == [
        ("ff", "failed"), ("alut", "better"), ("accuracy", "ok"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"tool_version": "0.71"}, "tool release is 0.71, the baseline's is 0.70"),
        ({"part": "arria"}, "report of something else: part is arria"),
    ],
)
def test_another_kind_is_not_compared_and_never_passes(check, facts, reason):
    """What is not of the baseline's kind is counted apart, with why; required, it fails."""
    code, output = check({"alut": 1000, "ff": 300}, **facts)
    assert code == 0
    assert reason in output
    assert "compared        1 of" in output
    code, output = check({"alut": 1000, "ff": 300}, "--require-toolchain", "yosys", **facts)
    assert code == 1, output


def test_a_required_toolchain_must_have_measured_everything(check):
    """A design that was left out fails where its toolchain is required; slow ones may be."""
    code, output = check({"alut": 1000, "ff": 300}, "--require-toolchain", "yosys")
    assert code == 1
    assert f"{OTHER}" in output
    assert "not measured in this run, though it is required" in output
    failed = next(line for line in output.splitlines() if line.startswith("failed"))
    assert "jets-float-yosys_cyclonev" not in failed
    assert DESIGN not in failed


def test_other_weights_fail(check):
    """A network that changed is judged by its own baseline or not at all."""
    code, output = check({"alut": 1000, "ff": 300}, weights_sha256=OTHER_SHA)
    assert code == 1
    assert "other weights" in output


def test_nothing_compared_is_a_failure(check):
    """An empty run has not passed."""
    code, output = check({}, score=None)
    assert code == 1
    assert output.endswith("nothing was compared, so nothing has passed\n")


def test_no_baseline_is_a_failure(check):
    """A design without an entry fails, with the command that makes one."""
    code, output = check({"alut": 1}, content=stored.baselines(None, BASELINES["accuracy"]))
    assert code == 1
    assert f"python -m hlsgate record {DESIGN}" in output


def test_new_values_are_named(check):
    """A count of 0 that the baseline lacks is no failure, and is told."""
    code, output = check({"alut": 1000, "ff": 300, "ram": 0})
    assert code == 0
    assert f"new             1: {DESIGN} ram (not in its baseline)" in output


def test_new_resources_fail(check):
    """A design that begins to use memories is no gain, however many ALUTs it saves."""
    code, output = check({"alut": 646, "ff": 300, "ram": 500, "dsp": 1000})
    assert code == 1
    assert "new metric: dsp: measured 1,000, the baseline has no such value; 'python -m" in output
    assert f"hlsgate accept {DESIGN} --reason ...' adds it" in output
    assert "new metric: ram: measured 500" in output


def test_results_without_accuracy_fail_where_all_is_required(check):
    """Results that lack a variant's claim pass without a gate alone."""
    code, output = check({"alut": 1000, "ff": 300}, score=None)
    assert code == 0, output
    for option in (("--whole",), ("--require-toolchain", "yosys")):
        code, output = check({"alut": 1000, "ff": 300}, *option, score=None)
        assert code == 1
        assert f"{VARIANT}" in next(x for x in output.splitlines() if x.startswith("failed"))
        assert "not measured in this run, though it is required" in output


def test_sections_are_judged_apart(check, run, tmp_path):
    """A design under a variant's key, or the other way round, stands for nothing."""
    check({"alut": 1000, "ff": 300})
    found = stored.read(tmp_path / "results.json")
    found["designs"][VARIANT] = found["designs"][DESIGN]
    found["variants"][VARIANT]["frozen"]["accuracy"] = 0.5
    stored.write(tmp_path / "results.json", found)
    done = run("check", "results.json")
    assert done.exit_code == 1
    assert "accuracy: measured 0.5, allowed >= 0.7395" in done.output
    assert f"{VARIANT}: not declared in the suite" in done.output


def test_orphans_fail(check):
    """An entry of nothing that is declared closes the gate, too."""
    orphan = {"jets-gone-yosys_cyclonev": stored.baseline({"alut": 1})}
    content = BASELINES | {"resources": BASELINES["resources"] | orphan}
    code, output = check({"alut": 1000, "ff": 300}, content=content)
    assert code == 1
    assert "orphan          1: resources/jets-gone-yosys_cyclonev" in output


def test_markdown_has_changed_rows_first(check, tmp_path, monkeypatch):
    """The same is written as Markdown, to a file and to the page of a GitHub job."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "page.md"))
    (tmp_path / "page.md").write_text("before\n")
    code, _ = check({"alut": 1011, "ff": 299}, "--markdown", "out.md")
    assert code == 1
    text = (tmp_path / "out.md").read_text()
    assert text.startswith("### Gates: **failed**\n\n| Entry")
    changed, _, same = text.partition("<details><summary>1 unchanged values</summary>")
    assert changed.index("alut") < changed.index("ff")
    assert "accuracy" in same
    assert (tmp_path / "page.md").read_text() == f"before\n{text}\n"


def test_a_stranger_cannot_write_markup(check, tmp_path):
    """Results may come from an upload: what they say is shown, not acted upon."""
    version = "0.71 <img src=x> @maintainers [x](http://x) | `y`"
    check({"alut": 1000, "ff": 300}, "--markdown", "out.md", tool_version=version)
    text = (tmp_path / "out.md").read_text()
    assert "0.71 &lt;img" in text
    assert not set("@[`") & set(text)


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("check", "absent.json"), "absent.json cannot be read (No such file or directory)"),
        (("check", "results.json", "--baselines", "absent.json"), "absent.json cannot be read"),
        (
            ("check", "results.json", "--require-toolchain", "yosis"),
            "no design of toolchain 'yosis'; known: da4ml, nextpnr, oneapi",
        ),
        (("check", "results.json", "--markdown", "results.json/a.md"), "a.md cannot be written"),
        (("check",), "Missing argument 'RESULTS'"),
        (("orphans", "--baselines", "absent.json"), "absent.json cannot be read"),
        (("show", "--baselines", "absent.json"), "absent.json cannot be read"),
        (("diff", "absent.json", "results.json"), "name a results file or a baselines file"),
    ],
)  # fmt: skip
def test_unusable_input_is_exit_code_2(run, tmp_path, args, sentence):
    """What cannot be judged is told apart from what fails."""
    stored.write(tmp_path / "results.json", stored.results())
    stored.write(tmp_path / "baselines.json", BASELINES)
    done = run(*args)
    assert done.exit_code == 2, done.output
    assert sentence in done.output
    assert "Traceback" not in done.output


def test_an_unwritable_page_is_a_sentence(check, monkeypatch):
    """A summary that cannot be written is said, and is no pass."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "/nowhere/page.md")
    code, output = check({"alut": 1000, "ff": 300})
    assert code == 2
    assert "/nowhere/page.md, which GITHUB_STEP_SUMMARY names, cannot be written" in output


@pytest.mark.parametrize(
    ("resources", "code", "output"),
    [
        ({DESIGN: stored.baseline({"alut": 1})}, 0, "no orphans\n"),
        (
            {
                "jets-gone-da4ml": stored.baseline({"alut": 1}),
                DESIGN: stored.baseline({"alut": 1}) | {"tolerances": {"ff": {"abs": 1}}},
            },
            1,
            f"resources/jets-gone-da4ml\nresources/{DESIGN}/tolerances/ff\n",
        ),
    ],
)
def test_orphans_are_listed(run, tmp_path, resources, code, output):
    """Entries of nothing, and slack of no value, one a line; 1 where there are any."""
    stored.write(tmp_path / "baselines.json", stored.baselines(resources))
    done = run("orphans")
    assert (done.exit_code, done.output) == (code, output)
