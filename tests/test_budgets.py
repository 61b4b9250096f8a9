"""The judge: what passes, what fails, what cannot be compared, and in which words."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlsgate.infra.errors import BaselineError
from hlsgate.judge import baselines
from hlsgate.judge.baselines import Tolerance
from hlsgate.judge.budgets import judge_design, judge_value
from hlsgate.spec.measurement import Measurement

SHA = "a" * 64
MEASURED = {"alut": 1000, "ff": 500, "dsp": 0}


def baseline(**changes):
    return {
        "toolchain": "oneapi",
        "tool_version": "2025.0.1",
        "part": "Agilex7",
        "stage": "hls_estimate",
        "weights_sha256": SHA,
        "metrics": dict(MEASURED),
        "provenance": {"origin": "measured"},
    } | changes


def content(**resources):
    return {
        "schema": 1,
        "parity": {"accuracy_margin": 0.01, "auc_margin": 0.01, "confidence": 0.95},
        "tolerances": {"alut": {"rel": 0.02, "abs": 5}},
        "accuracy": {},
        "emulation": {
            "hardware": {"max_lsb": 1, "max_share_beyond": 0, "max_accuracy_drop": 0},
            "softmax": {
                "max_flips": 0,
                "max_mean_error": 0,
                "max_error": 0,
                "max_step": 1,
                "max_range_used": 1,
            },
        },
        "resources": resources,
    }


def measurement(**changes):
    facts = {
        "toolchain": "oneapi",
        "stage": "hls_estimate",
        "values": dict(MEASURED),
        "tool_version": "2025.0.4 Build 1",
        "part": "Agilex7, AGFB014R24A2E2V",
        "capacity": {"alut": 10_000},
        "weights_sha256": SHA,
    }
    return Measurement(**(facts | changes))


def stored(tmp_path, data):
    path = tmp_path / "baselines.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


TARGET = {"toolchain": "oneapi", "part": "Agilex7", "stage": "hls_estimate"}


def judge(tmp_path, entry, found=None, others=None, target=TARGET):
    known = {*(others or {}), *(budget.get("of", "d") for budget in entry.get("budgets", []))}
    resources = {key: {"baseline": baseline()} for key in known} | {"d": entry}
    loaded = baselines.load(stored(tmp_path, content(**resources)))
    return judge_design("d", target, found or measurement(), loaded, others or {})


def states(verdicts):
    return {verdict.metric: verdict.state for verdict in verdicts}


@pytest.mark.parametrize(
    ("name", "measured", "base", "tolerance", "state"),
    [
        ("alut", 100, 100, Tolerance(), "ok"),
        ("alut", 101, 100, Tolerance(), "failed"),
        ("alut", 105, 100, Tolerance(rel=0.05), "ok"),
        ("alut", 106, 100, Tolerance(rel=0.05), "failed"),
        ("ram", 7, 6, Tolerance(rel=0.05, abs=1), "ok"),
        ("ram", 8, 6, Tolerance(rel=0.05, abs=1), "failed"),
        ("alut", 99, 100, Tolerance(), "better"),
        ("alut", 50, 100, Tolerance(), "suspicious"),
        ("dsp", 0, 0, Tolerance(), "ok"),
        ("dsp", 1, 0, Tolerance(rel=0.5), "failed"),
        ("fmax_mhz", 470, 480, Tolerance(rel=0.05), "ok"),
        ("fmax_mhz", 450, 480, Tolerance(rel=0.05), "failed"),
        ("fmax_mhz", 490, 480, Tolerance(), "better"),
        ("accuracy", 0.74, 0.75, Tolerance(abs=0.001), "failed"),
    ],
)
def test_one_value(name, measured, base, tolerance, state):
    """One-sided in the metric's direction, with relative or absolute slack."""
    assert judge_value("d", name, measured, base, tolerance).state == state


def test_message_holds_all_numbers():
    """A verdict says measured, allowed, baseline and slack."""
    text = judge_value("d", "alut", 106, 100, Tolerance(rel=0.05)).text
    assert text == "alut: measured 106, allowed <= 105 (baseline 100, slack 5)"


def test_all_metrics_are_judged(tmp_path):
    """Every metric of the baseline gets a verdict, not only the first bad one."""
    found = measurement(values={"alut": 2000, "ff": 501, "dsp": 1})
    assert states(judge(tmp_path, {"baseline": baseline()}, found)) == {
        "alut": "failed", "ff": "failed", "dsp": "failed",
    }  # fmt: skip


def test_missing_metric_fails(tmp_path):
    """A value that the baseline has and the report has not is no pass."""
    found = measurement(values={"alut": 1000, "ff": 500})
    verdicts = judge(tmp_path, {"baseline": baseline()}, found)
    assert states(verdicts)["dsp"] == "missing"
    assert not all(verdict.passed for verdict in verdicts)


def test_patch_release_and_device_of_the_family_are_comparable(tmp_path):
    """2025.0.1 and 2025.0.4, Agilex7 and one of its devices: the same tool and part."""
    assert set(states(judge(tmp_path, {"baseline": baseline()})).values()) == {"ok"}


@pytest.mark.parametrize(
    ("found", "word"),
    [
        (measurement(tool_version="2024.2"), "tool release is 2024.2, the baseline's is 2025.0"),
        (measurement(tool_version=None), "tool release is not stated"),
        (measurement(part="Arria10"), "part is Arria10, the design's is Agilex7"),
        (measurement(stage="fit"), "stage is fit"),
        (measurement(toolchain="vitis"), "toolchain is vitis"),
    ],
)
def test_numbers_of_other_things_are_not_compared(tmp_path, found, word):
    """Another version, part, stage or toolchain: no verdict on any value."""
    (verdict,) = judge(tmp_path, {"baseline": baseline()}, found)
    assert (verdict.state, verdict.passed) == ("not comparable", False)
    assert word in verdict.text


@pytest.mark.parametrize(
    ("found", "word"),
    [
        (measurement(weights_sha256="b" * 64), "weights is bbbb"),
        (measurement(weights_sha256=None), "weights is not stated"),
    ],
)
def test_other_weights_are_told_with_their_numbers(tmp_path, found, word):
    """No value of other weights passes, but each is shown beside the baseline's."""
    verdicts = judge(tmp_path, {"baseline": baseline()}, found)
    assert set(states(verdicts).values()) == {"other weights"}
    assert not any(verdict.passed for verdict in verdicts)
    assert "alut: measured 1,000, allowed <= 1,020 (baseline 1,000, slack 20)" in verdicts[0].text
    assert all(word in verdict.text for verdict in verdicts)


def test_each_build_of_an_open_tool_is_another_tool(tmp_path):
    """Another patch release of oneAPI can be compared; of Yosys or da4ml it cannot."""
    target = {"toolchain": "yosys", "part": "cyclonev", "stage": "synthesis"}
    kind = target | {"tool_version": "0.70, da4ml 0.5.2"}
    entry = {"baseline": baseline(**kind)}
    assert set(states(judge(tmp_path, entry, measurement(**kind), target=target)).values()) == {
        "ok"
    }
    other = measurement(**kind | {"tool_version": "0.70, da4ml 0.5.3"})
    (verdict,) = judge(tmp_path, entry, other, target=target)
    assert verdict.state == "not comparable"
    assert "0.70, da4ml 0.5.3, the baseline's is 0.70, da4ml 0.5.2" in verdict.text


@pytest.mark.parametrize("change", [{"part": "Arria10"}, {"stage": "fit"}, {"toolchain": "vitis"}])
def test_budgets_too_are_for_the_designs_own_kind_of_report(tmp_path, change):
    """A report of another part or stage meets no budget."""
    entry = {"budgets": [{"metric": "alut", "max": 10**6, "reason": "r"}]}
    (verdict,) = judge(tmp_path, entry, measurement(**change))
    assert verdict.state == "not comparable"


def test_an_empty_design_fails(tmp_path):
    """No look-up table at all is no saving, whatever the budget."""
    entry = {"budgets": [{"metric": "alut", "max": 10**6, "reason": "r"}]}
    (verdict,) = judge(tmp_path, entry, measurement(values={"alut": 0}))
    assert (verdict.state, verdict.text) == ("failed", "alut: 0 measured; the design is empty")


def test_published_baseline_is_a_ceiling_for_any_weights(tmp_path):
    """A table that does not know its weights is compared with whatever weights there are."""
    entry = {"baseline": baseline(weights_sha256=None, provenance={"origin": "published"})}
    for weights in (None, "b" * 64):
        found = measurement(weights_sha256=weights)
        assert set(states(judge(tmp_path, entry, found)).values()) == {"ok"}


def test_own_tolerance_goes_before_the_files(tmp_path):
    """A design may have slack of its own."""
    entry = {"baseline": baseline(), "tolerances": {"ff": {"abs": 10}}}
    found = measurement(values={"alut": 1000, "ff": 510, "dsp": 0})
    assert states(judge(tmp_path, entry, found))["ff"] == "ok"


@pytest.mark.parametrize(
    ("budget", "state"),
    [
        ({"max": 1000}, "ok"),
        ({"max": 999}, "failed"),
        ({"capacity_share": 0.1}, "ok"),
        ({"capacity_share": 0.05}, "failed"),
        ({"ratio": 0.5, "of": "big"}, "ok"),
        ({"ratio": 0.4, "of": "big"}, "failed"),
        ({"ratio": 0.5, "of": "absent"}, "not comparable"),
        ({"ratio": 0.5, "of": "fitted"}, "not comparable"),
        ({"ratio": 0.5, "of": "older"}, "not comparable"),
        ({"ratio": 0.5, "of": "elsewhere"}, "not comparable"),
    ],
)
def test_budgets(tmp_path, budget, state):
    """Ceilings: absolute, relative to another design, as a share of the device."""
    others = {
        "big": measurement(values={"alut": 2000}),
        "fitted": measurement(values={"alut": 2000}, stage="fit"),
        "older": measurement(values={"alut": 2000}, tool_version="2024.2"),
        "elsewhere": measurement(values={"alut": 2000}, part="Arria10"),
    }
    entry = {"budgets": [{"metric": "alut", "reason": "the claim", **budget}]}
    (verdict,) = judge(tmp_path, entry, others=others)
    assert (verdict.state, verdict.passed) == (state, state == "ok")


def test_budget_on_a_value_that_is_not_there(tmp_path):
    """A budget for which the report has no value fails as missing."""
    entry = {"budgets": [{"metric": "mlab", "max": 5, "reason": "r"}]}
    assert states(judge(tmp_path, entry)) == {"mlab": "missing"}


def test_missing_entry_names_the_command(tmp_path):
    """Without a baseline there is no verdict, but a sentence that says how to get one."""
    loaded = baselines.load(stored(tmp_path, content()))
    with pytest.raises(BaselineError, match=r"no resources entry for d; .* hlsgate record d"):
        judge_design("d", TARGET, measurement(), loaded, {})


def test_orphans_are_named(tmp_path):
    """An entry of nothing that is declared is found by comparing sets."""
    loaded = baselines.load(stored(tmp_path, content(d={"baseline": baseline()})))
    assert loaded.orphans([], []) == ["resources/d"]
    assert loaded.orphans([], ["d"]) == []


FMAX = {"metric": "fmax_mhz", "max": 200, "reason": "r"}
ORPHAN = {"metric": "alut", "ratio": 0.5, "of": "gone", "reason": "r"}


def broken(change):
    data = content(d={"baseline": baseline()})
    change(data)
    return data


def own_margin(data, margins):
    """Give a benchmark margins of its own; return the baselines."""
    data["parity"]["benchmarks"] = {"mine": margins}
    return data


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("", "is not what it should be"),
        ("[]", "top level"),
        ('{"schema": 1, "schema": 1}', "'schema' is there twice"),
        ('{"schema": NaN}', "NaN is no number"),
        ("[" * 100_000, "is not what it should be"),
        (broken(lambda data: data.update(schema=2)), "schema: 1 was expected"),
        (broken(lambda data: data.update(extra={})), "'extra' was unexpected"),
        (broken(lambda data: data["tolerances"].update(alut={"rel": -1})), "tolerances/alut/rel"),
        (broken(lambda data: data["tolerances"].update(luts={})), "unknown metric 'luts'"),
        (
            broken(lambda data: data["resources"]["d"]["baseline"]["metrics"].update(alut="9")),
            "resources/d/baseline/metrics/alut",
        ),
        (broken(lambda data: data["resources"].update(e={})), "resources/e"),
        (broken(lambda data: own_margin(data, {"accuracy": 0.1})), "'accuracy' was unexpected"),
        (broken(lambda data: own_margin(data, {"auc_margin": 2})), "benchmarks/mine/auc_margin"),
        (broken(lambda data: own_margin(data, {"confidence": 0.5})), "benchmarks/mine/confidence"),
        (broken(lambda data: data["resources"].update(e={"budgets": []})), "resources/e/budgets"),
        (
            broken(lambda data: data["resources"].update(e={"budgets": [FMAX]})),
            "fmax_mhz should be high",
        ),
        (
            broken(lambda data: data["resources"].update(e={"budgets": [ORPHAN]})),
            "relative to unknown 'gone'",
        ),
    ],
)
def test_bad_files_are_errors_that_name_the_place(tmp_path, data, sentence):
    """Whatever is wrong with the file, the error says where."""
    with pytest.raises(BaselineError, match=sentence):
        baselines.load(stored(tmp_path, data))


def test_a_benchmark_has_margins_of_its_own(tmp_path):
    """What the file does not say of a benchmark holds for all; and others keep theirs."""
    data = own_margin(content(), {"accuracy_margin": 0.02})
    data["parity"]["auc_margin"] = 0.03
    loaded = baselines.load(stored(tmp_path, data))
    assert loaded.parity("accuracy", "mine") == {"margin": 0.02, "confidence": 0.95}
    assert loaded.parity("auc", "mine") == {"margin": 0.03, "confidence": 0.95}
    assert loaded.parity("accuracy", "other") == {"margin": 0.01, "confidence": 0.95}
    data = own_margin(content(), {"auc_margin": 0.04, "confidence": 0.99})
    loaded = baselines.load(stored(tmp_path, data))
    assert loaded.parity("auc", "mine") == {"margin": 0.04, "confidence": 0.99}
    assert loaded.parity("accuracy", "mine") == {"margin": 0.01, "confidence": 0.99}
    assert loaded.parity("accuracy", "other")["confidence"] == 0.95


def test_margins_of_no_benchmark_are_orphans(tmp_path):
    """A typo there would leave a benchmark with everybody's margin, and nobody would know."""
    data = own_margin(content(), {"accuracy_margin": 0.02})
    loaded = baselines.load(stored(tmp_path, data))
    assert loaded.orphans(["mine-float"], []) == []
    assert loaded.orphans(["mines-float"], []) == ["parity/benchmarks/mine"]


def test_absent_file(tmp_path):
    """No file is an error, not an empty set of gates."""
    with pytest.raises(BaselineError, match="cannot be read"):
        baselines.load(tmp_path / "none.json")


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 0.5), st.floats(0, 100))
def test_a_gate_opens_exactly_up_to_its_limit(measured, base, rel, slack):
    """A value passes if and only if it exceeds the baseline by no more than the slack."""
    verdict = judge_value("d", "alut", measured, base, Tolerance(rel, slack))
    assert verdict.passed == (measured - base <= max(rel * base, slack))


def test_committed_baselines_are_valid_and_complete():
    """The repository's own file loads, and has no entry of anything undeclared."""
    from pathlib import Path

    from hlsgate.suites import suite

    loaded = baselines.load(Path(__file__).parents[1] / "baselines.json")
    variants = [variant.key for variant in suite.active().variants]
    designs = [design.key for design in suite.active().designs]
    assert loaded.orphans(variants, designs) == []
    assert sorted(loaded.content["accuracy"]) == sorted(variants)
    assert sorted(loaded.content["resources"]) == sorted(designs)


@pytest.mark.parametrize("place", ["accuracy", "resources"])
def test_deleting_an_entry_is_noticed(place):
    """Without its entry, a variant or design has no baseline, and the error names it."""
    from pathlib import Path

    path = Path(__file__).parents[1] / "baselines.json"
    data = copy.deepcopy(baselines.load(path).content)
    key = sorted(data[place])[0]
    del data[place][key]
    changed = baselines.Baselines(data, path)
    with pytest.raises(BaselineError, match=f"no {place} entry for {key}"):
        changed.accuracy(key, "jets_embedded") if place == "accuracy" else changed.resources(key)


def test_accuracy_on_another_data_set_is_no_baseline():
    """What was measured on one data set never judges another."""
    from pathlib import Path

    loaded = baselines.load(Path(__file__).parents[1] / "baselines.json")
    with pytest.raises(BaselineError, match="jets-float on jets_openml, only on jets_embedded"):
        loaded.accuracy("jets-float", "jets_openml")


@pytest.mark.parametrize(
    "entry",
    [
        {"baseline": baseline()},
        {"budgets": [{"metric": "ff", "reason": "the claim", "max": 10**6}]},
    ],
    ids=["baseline", "budget"],
)
def test_what_the_device_has_not_fails(tmp_path, entry):
    """A design that does not fit its device fails, whatever else is allowed, and nobody asked."""
    fits = measurement(capacity={"alut": MEASURED["alut"]})
    assert all(one.passed for one in judge(tmp_path, entry, fits))
    found = judge(tmp_path, entry, measurement(capacity={"alut": MEASURED["alut"] - 1}))
    (verdict,) = [one for one in found if not one.passed]
    assert verdict.text == "alut: measured 1,000, the device has 999"
