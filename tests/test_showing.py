"""Baselines and differences can be read: values, limits, history, two tools side by side."""

from __future__ import annotations

import pytest

from tests import stored
from tests.stored import DESIGN, OTHER_SHA, VARIANT


def cells(output):
    """Return the rows of a Markdown table."""
    lines = [line for line in output.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def history(command, old, new, **more):
    values = {"alut": {"old": old, "new": new}}
    return {
        "command": command, "commit": "a" * 40, "date": "2031-03-04", "reason": f"why {new}",
        "values": values, **more,
    }  # fmt: skip


@pytest.fixture
def baselines(tmp_path):
    """Write baselines with everything that can be shown."""
    entry = stored.baseline({"alut": 1000, "fmax_mhz": 60.5}, target_fmax_mhz=200) | {
        "budgets": [
            {"metric": "alut", "max": 2000, "reason": "the device"},
            {"metric": "ff", "of": "jets-float-da4ml", "ratio": 0.5, "reason": "half"},
            {"metric": "lut", "capacity_share": 0.05, "level": "warning", "reason": "room"},
        ],
        "tolerances": {"fmax_mhz": {"rel": 0.1}},
        "history": [
            history("accept", 900, 1020, facts={"tool_version": {"old": "0.69", "new": "0.70"}}),
            history("tighten", 1020, 1000),
        ],
    }
    resources = {DESIGN: entry, "jets-float-da4ml": stored.baseline({"da_cost": 5})}
    content = stored.baselines(resources, {VARIANT: stored.accuracy(0.74)})
    return stored.write(tmp_path / "baselines.json", content)


def test_show_has_values_limits_and_what_they_are_of(run, baselines):
    """Every value stands with its limit in the metric's direction, and with its kind."""
    output = run("show").output
    lines = [" ".join(line.split()) for line in output.splitlines()]
    of = "measured: yosys 0.70, cyclonev, synthesis, 200 MHz, weights cccccccccccc"
    assert f"{DESIGN} alut 1,000 1,010 +11.1 % {of}" in lines
    assert f"{DESIGN} fmax_mhz 60.5 54.45 {of}" in lines
    scores = "measured: 40,000 rows, weights cccccccccccc"
    assert f"{VARIANT} on jets_embedded accuracy 0.74 0.7395 {scores}" in lines
    assert f"{DESIGN} alut 2,000 budget: the device" in lines
    assert f"{DESIGN} ff 0.5 x jets-float-da4ml budget: half" in lines
    assert f"{DESIGN} lut 5% of the device warning: room" in lines


def test_show_one_key(run, baselines):
    """A key shows that entry and no other."""
    output = run("show", "jets-float-da4ml").output
    assert "da_cost" in output
    assert DESIGN not in output


def test_unknown_key_is_a_sentence(run, baselines):
    """A typo is an error with a way on."""
    done = run("show", "jets-q5")
    assert done.exit_code == 2
    assert "baselines.json has no entry 'jets-q5'" in done.output


def test_history_is_told_from_the_oldest(run, baselines):
    """Each line has date, command, commit, reason, and old and new of facts and values."""
    output = run("show", "--history").output
    lines = [" ".join(line.split()) for line in output.splitlines()[2:]]
    assert lines == [
        f"2031-03-04 accept aaaaaaaaaaaa why 1020 {DESIGN} tool_version 0.69 0.70",
        f"{DESIGN} alut 900 1,020 +13.3 %, worse",
        f"2031-03-04 tighten aaaaaaaaaaaa why 1000 {DESIGN} alut 1,020 1,000 -2.0 %, better",
    ]
    assert run("show", "--history", VARIANT).output == "no value was ever moved\n"


def test_diff_of_results(run, tmp_path):
    """Two runs: what is worse, better, new, gone; what is the same only with --all."""
    old = {"alut": 1000, "ff": 300, "ram": 2, "dsp": 0}
    new = {"alut": 1030, "ff": 290, "mlab": 1, "dsp": 0}
    before = stored.results({DESIGN: stored.of_design(old)}, {VARIANT: stored.of_variant(0.74)})
    after = stored.results({DESIGN: stored.of_design(new)}, {VARIANT: stored.of_variant(0.741)})
    stored.write(tmp_path / "a.json", before)
    stored.write(tmp_path / "b.json", after)
    done = run("diff", "a.json", "b.json")
    assert done.exit_code == 0, done.output
    assert cells(done.output)[2:] == [
        [f"{VARIANT} on jets_embedded accuracy", "0.74", "0.741", "+0.1 points, better"],
        [f"{DESIGN} alut", "1,000", "1,030", "+3.0 %, worse"],
        [f"{DESIGN} ff", "300", "290", "-3.3 %, better"],
        [f"{DESIGN} mlab", "-", "1", "new"],
        [f"{DESIGN} ram", "2", "-", "gone"],
    ]
    assert done.output.endswith("1 worse, 2 better, 1 new, 1 gone, 1 unchanged\n")
    assert [f"{DESIGN} dsp", "0", "0", ""] in cells(run("diff", "a.json", "b.json", "--all").output)


def test_diff_of_two_tool_versions(run, tmp_path):
    """Numbers of two tools stand side by side, below what they are numbers of."""
    stored.write(tmp_path / "a.json", stored.results({DESIGN: stored.of_design({"alut": 1000})}))
    other = stored.of_design({"alut": 1120}, tool_version="0.71", weights_sha256=OTHER_SHA)
    stored.write(tmp_path / "b.json", stored.results({DESIGN: other}))
    assert cells(run("diff", "a.json", "b.json").output)[2:] == [
        [f"{DESIGN} tool_version", "0.70", "0.71", ""],
        [f"{DESIGN} weights_sha256", "c" * 12, "d" * 12, ""],
        [f"{DESIGN} alut", "1,000", "1,120", "+12.0 %, worse"],
    ]


def test_diff_of_baselines(run, tmp_path):
    """Two baselines files: entries that came and went are told."""
    resources = {DESIGN: stored.baseline({"alut": 1000})}
    stored.write(tmp_path / "a.json", stored.baselines(resources))
    stored.write(tmp_path / "b.json", stored.baselines(None, {VARIANT: stored.accuracy(0.74)}))
    assert cells(run("diff", "a.json", "b.json").output)[2:] == [
        [f"{VARIANT} on jets_embedded accuracy", "-", "0.74", "new"],
        [f"{DESIGN} alut", "1,000", "-", "gone"],
    ]


def test_diff_of_baselines_and_results(run, tmp_path, baselines):
    """What would an upgrade do to the baselines: one of each kind can be compared."""
    measured = stored.of_design({"alut": 990, "fmax_mhz": 60.5}, target_fmax_mhz=200)
    stored.write(tmp_path / "results.json", stored.results({DESIGN: measured}))
    rows = cells(run("diff", "baselines.json", "results.json").output)
    assert [f"{DESIGN} alut", "1,000", "990", "-1.0 %, better"] in rows
    assert not [row for row in rows if "tool_version" in row[0]]


def test_diff_of_equal_files(run, baselines):
    """Nothing differs, and that is said."""
    output = run("diff", "baselines.json", "baselines.json").output
    assert output.startswith("no value differs\n")
    assert output.endswith("0 worse, 0 better, 0 new, 0 gone, 4 unchanged\n")


@pytest.mark.parametrize("text", ["{}", "[]", '{"variants": {}}', '"x"'])
def test_diff_of_something_else(run, tmp_path, baselines, text):
    """A file that is neither results nor baselines is an error by name."""
    (tmp_path / "odd.json").write_text(text)
    done = run("diff", "odd.json", "baselines.json")
    assert done.exit_code == 2
    assert "odd.json" in done.output
