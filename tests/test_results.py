"""Results survive the trip through a file, and tables show what was and was not measured."""

import json
from pathlib import Path

import pytest

from hlsgate.facts import results
from hlsgate.infra.errors import ResultsError
from hlsgate.judge import baselines, networks
from hlsgate.report import tables
from tests import good_facts

LIMITS = baselines.load(Path(__file__).parents[1] / "baselines.json")


def accuracy(value, parity=None):
    found = {
        "accuracy": value, "interval": [value - 0.004, value + 0.004], "n": 40000,
        "dataset": "jets_embedded", "dataset_sha256": "0" * 64, "weights_sha256": "1" * 64,
    }  # fmt: skip
    if parity is not None:
        found["parity"] = good_facts.parity(parity)
        found["auc_parity"] = {"g": good_facts.area(0.001), "q": good_facts.area(0.004)}
    return found


@pytest.fixture
def content():
    found = results.empty()
    results.put(found, "variants", "jets-float", "frozen", accuracy(0.76))
    results.put(found, "variants", "jets-float", "sizes", {"weights_nonzero": 2720})
    results.put(found, "variants", "jets-q4_p75", "frozen", accuracy(0.755))
    results.put(found, "variants", "jets-q4_p75", "frozen", accuracy(0.755, 0.005))
    results.put(found, "variants", "jets-q4_p75", "sizes", {"weights_nonzero": 680})
    emulated = {
        "compiler": "g++",
        "exact": good_facts.comparison(),
        "drift": good_facts.comparison(7, accuracy=0.7449, accuracy_drop=0.0, tolerance_lsb=256),
    }
    results.put(found, "variants", "jets-q4_p75", "emulation", {"oneapi": emulated})
    return found


def row(table, *starts):
    return next(cells for cells in table.rows if list(cells[: len(starts)]) == list(starts))


def test_round_trip(tmp_path, content):
    """What is written is read again, with where and when it was found."""
    path = tmp_path / "deep" / "results.json"
    results.write(path, content, tmp_path)
    found = results.read(path)
    assert found["variants"] == content["variants"]
    assert {"schema", "created", "machine", "versions", "commit"} <= set(found)


def test_numbers_that_json_does_not_have(tmp_path, content):
    """A run that found an infinite difference is written, read and shown like any other."""
    drift = content["variants"]["jets-q4_p75"]["emulation"]["oneapi"]["drift"]
    drift["worst_lsb"] = float("inf")
    path = tmp_path / "results.json"
    results.write(path, content, tmp_path)
    found = results.read(path)
    assert "not finite" in row(tables.emulation(found), "jets-q4_p75")
    assert found["variants"]["jets-q4_p75"]["emulation"]["oneapi"]["drift"]["worst_lsb"] is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 99}', "[" * 50_000])
def test_unusable_file(tmp_path, text):
    """Anything else is an error in words."""
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(ResultsError, match=r"results\.json"):
        results.read(path)


def test_workers_findings_are_merged(content):
    """Two workers' findings of one variant end up side by side."""
    other = results.empty()
    results.put(other, "variants", "jets-q4_p75", "retrained", accuracy(0.754))
    results.merge(content, json.loads(json.dumps(other)))
    assert set(content["variants"]["jets-q4_p75"]) == {"frozen", "retrained", "sizes", "emulation"}


def test_accuracy_table(content):
    """A row has accuracy, interval, loss with bounds, verdict."""
    table = tables.accuracy(content, networks.of_run(content, LIMITS))
    assert row(table, "jets-float", "frozen")[2:6] == [
        "76.00", "75.60 to 76.40", "-", "reference",
    ]  # fmt: skip
    assert row(table, "jets-q4_p75", "frozen")[2:7] == [
        "75.50", "75.10 to 75.90", "0.50 (0.45 to 0.56)", "passed", "0.0040",
    ]  # fmt: skip


def test_emulation_table(content):
    """A row has how many rows were compared and how many differ."""
    cells = row(tables.emulation(content), "jets-q4_p75", "oneapi")
    assert cells[2:7] == ["g++", "40,000", "0", "74.49", "3.5 LSB"]


def test_half_a_run_is_shown_as_such(content):
    """Where only a part was judged, the table says so and does not stumble."""
    results.put(content, "variants", "jets-q6_p75", "frozen", accuracy(0.75))
    assert row(tables.accuracy(content, ()), "jets-q6_p75")[5:7] == ["not judged", "-"]
    results.put(content, "variants", "jets-q6_p75", "frozen", {"parity": good_facts.parity(0.05)})
    table = tables.accuracy(content, networks.of_run(content, LIMITS))
    assert row(table, "jets-q6_p75")[5:7] == ["failed", "-"]


def test_verdicts_that_need_eyes_come_first(content):
    """Suspicious and failed verdicts stand above the rest, and all are counted."""
    verdicts = [
        {"state": "ok", "text": "alut: fine"}, {"state": "suspicious", "text": "ff: low"},
    ]  # fmt: skip
    results.put(content, "designs", "jets-q4_p75-oneapi_agilex7", "verdicts", verdicts)
    table = tables.resources(content)
    assert [cells[1] for cells in table.rows] == ["suspicious", "ok"]
    assert table.notes == ("1 ok, 1 suspicious",)


def test_a_replayed_verdict_says_so(content):
    """What passed on a report from elsewhere is not shown as if it had been measured here."""
    key = "jets-q4_p75-oneapi_agilex7"
    for origin, state in (("measured", "ok"), ("replayed", "ok, replayed")):
        results.put(content, "designs", key, "measurement", {"origin": origin})
        results.put(content, "designs", key, "verdicts", [{"state": "ok", "text": "t"}])
        table = tables.resources(content)
        assert (table.rows, table.notes) == ([[key, state, "t"]], ("1 ok",))


def test_savings_without_synthesis_say_so(content):
    """Where nothing was synthesised, no resource is shown."""
    cells = row(tables.savings(content, {}), "jets-q4_p75")
    assert cells[1] == "680 (75.0 %)"
    assert cells[3:] == ["-", "-", "-", "-"]


def test_published_resources_are_labelled(content):
    """Somebody's printed numbers are shown as such, against the same source's reference."""
    common = {
        "toolchain": "oneapi", "tool_version": "2025.0", "part": "Agilex7",
        "stage": "hls_estimate", "origin": "published",
    }  # fmt: skip
    published = {
        "jets-float-oneapi_agilex7": {**common, "values": {"alut": 1000, "dsp": 20}},
        "jets-q4_p75-oneapi_agilex7": {**common, "values": {"alut": 100, "dsp": 0}},
    }
    table = tables.savings(content, published)
    assert row(table, "jets-q4_p75")[3:5] == ["a", "100 (90.0 %)"]
    assert table.notes[1:] == (
        "a: published: oneapi 2025.0, Agilex7, HLS estimate; weights unknown",
    )


def measured(toolchain, stage, values):
    return {
        "toolchain": toolchain, "tool_version": "1.0", "part": "p", "stage": stage,
        "origin": "measured", "weights_sha256": "0" * 64, "values": values,
    }  # fmt: skip


def test_tools_stand_side_by_side_and_are_not_mixed(content):
    """Each target has a line of its own, saved against the reference on the same target."""
    for variant, alut in (("jets-float", 1000), ("jets-q4_p75", 100)):
        for target, toolchain, stage, factor in (
            ("oneapi_agilex7", "oneapi", "hls_estimate", 1),
            ("yosys_cyclonev", "yosys", "synthesis", 3 if variant == "jets-float" else 1),
        ):
            found = measured(toolchain, stage, {"alut": alut * factor})
            results.put(content, "designs", f"{variant}-{target}", "measurement", found)
    table = tables.savings(content, {})
    lines = [cells for cells in table.rows if cells[4] != "-"]
    assert [cells[3:5] for cells in lines] == [
        ["a", "1,000"], ["b", "3,000"], ["a", "100 (90.0 %)"], ["b", "100 (96.7 %)"],
    ]  # fmt: skip
    assert [cells[0] for cells in lines] == ["jets-float", "", "jets-q4_p75", ""]
    assert table.notes[1:] == (
        "a: measured: oneapi 1.0, p, HLS estimate",
        "b: measured: yosys 1.0, p, synthesis; logits only",
    )


def test_logic_table(content):
    """Counts before synthesis and the clock after it have a table of their own."""
    counts = {"da_cost": 6560.0, "register_bits": 1277, "stages": 5, "latency_cycles": 5}
    found = measured("da4ml", "logic", counts)
    results.put(content, "designs", "jets-q4_p75-da4ml", "measurement", found)
    found = measured("nextpnr", "fit", {"fmax_mhz": 66.07})
    results.put(content, "designs", "jets-q4_p75-nextpnr_ecp5", "measurement", found)
    table = tables.logic(content)
    assert table.rows == [
        ["jets-q4_p75", "a", "6,560", "1,277", "5", "5", "-"],
        ["jets-q4_p75", "b", "-", "-", "-", "-", "66.07"],
    ]


def test_speed_table(content):
    """A ratio stands beside the two rates that it is a ratio of."""
    found = {"rows_per_s": 250_000.0, "plain_rows_per_s": 50_000.0, "ratio": 5.0}
    results.put(content, "variants", "jets-q4_p75", "speed", found)
    assert row(tables.speed(content), "jets-q4_p75")[2:] == ["250,000", "50,000", "5.00"]


def test_tables_render_for_terminal_and_markdown(content):
    """Both layouts hold every row; an empty table is left out."""
    found = tables.all_tables(content, {})
    assert [table.title for table in found] == ["Accuracy", "Emulation", "Savings"]
    assert found[0].render("github").startswith("### Accuracy\n\n|")
    assert "jets-q4_p75" in found[0].render()
    assert tables.all_tables(results.empty(), {}) == []
