"""What people decide about verdicts is compared, and what a change touches of it is told first."""

from __future__ import annotations

import copy

import pytest

from hlsgate.judge import policy
from tests import stored
from tests.declared import changed, using
from tests.stored import DESIGN, VARIANT

BUDGET = {"metric": "alut", "max": 2000, "reason": "half the device"}
BEFORE = stored.baselines(
    {DESIGN: stored.baseline({"alut": 1000}) | {"budgets": [BUDGET]}},
    {VARIANT: stored.accuracy(0.74)},
)


def with_margin(content):
    content["parity"]["accuracy_margin"] = 0.05


def with_bound(content):
    content["emulation"]["softmax"]["max_flips"] = 0.9


def with_slack(content):
    content["tolerances"]["alut"]["rel"] = 0.5


def with_own_slack(content):
    content["resources"][DESIGN]["tolerances"] = {"alut": {"abs": 500}}


def with_budget(content):
    content["resources"][DESIGN]["budgets"][0]["max"] = 9000


def without_budget(content):
    del content["resources"][DESIGN]["budgets"]


def with_drift(content):
    content["drift"] = {"default": {"rel": 9}}


CHANGES = {
    "parity/accuracy_margin": with_margin,
    "emulation/softmax/max_flips": with_bound,
    "tolerances/alut/rel": with_slack,
    f"resources/{DESIGN}/tolerances/alut/abs": with_own_slack,
    f"resources/{DESIGN}/budgets/0/max": with_budget,
    "drift/default/rel": with_drift,
}


def after(change):
    content = copy.deepcopy(BEFORE)
    change(content)
    return content


@pytest.mark.parametrize("place", CHANGES)
def test_a_moved_policy_is_listed_first(run, tmp_path, place):
    """'diff' of two baselines, and the Markdown of a run, begin with what was decided otherwise."""
    old = stored.write(tmp_path / "old.json", BEFORE)
    stored.write(tmp_path / "baselines.json", after(CHANGES[place]))
    table = [line for line in run("diff", str(old), "baselines.json").output.splitlines() if line]
    assert table[2].startswith(f"| {place} ")
    designs = {DESIGN: stored.of_design({"alut": 990})}
    found = stored.results(designs, {VARIANT: stored.of_variant(0.74)})
    stored.write(tmp_path / "results.json", found)
    done = run("check", "results.json", "--against", str(old), "--markdown", "out.md")
    assert done.exit_code == 0, done.output
    assert f"policy          1: {place}" in done.output
    text = (tmp_path / "out.md").read_text()
    first = text.split("\n\n")[1:3]
    assert first[0].startswith("**Decided otherwise than before** (1)")
    assert place in first[1]
    assert text.index(place) < text.index("| Entry")


def test_nothing_moved_is_no_line(run, tmp_path):
    """An unchanged policy is not told; nor is what was measured anew."""
    old = stored.write(tmp_path / "old.json", BEFORE)
    new = after(lambda content: content["resources"][DESIGN]["baseline"]["metrics"].update(alut=9))
    stored.write(tmp_path / "baselines.json", new)
    output = run("diff", str(old), "baselines.json").output
    assert output.startswith("| Metric")
    assert output.splitlines()[2].startswith(f"| {DESIGN} alut")


def test_a_budget_that_is_gone_is_told(run, tmp_path):
    """Taking one out is a decision, too."""
    found = policy.between(policy.of_baselines(BEFORE), policy.of_baselines(after(without_budget)))
    places = [f"resources/{DESIGN}/budgets/0/{name}" for name in sorted(BUDGET)]
    assert [(one.what, one.new) for one in found] == [(place, "-") for place in places]


def test_known_failures_are_compared_where_both_sides_tell(tmp_path):
    """A new one, or one of more, is told; a file of baselines does not know them."""
    before = policy.of_run(BEFORE)
    assert any(place.startswith("known failures/jets-q4_p75_exercise/parity") for place in before)
    with using(changed(variants=_forgiving(), designs=())):
        now = policy.of_run(BEFORE)
    places = [one.what for one in policy.between(before, now)]
    assert "known failures/jets-q4_p75_exercise/parity" in places
    assert not policy.between(policy.of_baselines(BEFORE), now)
    assert not policy.between({}, now)


def _forgiving():
    """Return the suite's variants, where the exercise's may lose everything."""
    from dataclasses import replace

    from hlsgate.suites import suite

    return tuple(
        replace(
            one, known_failures=tuple(replace(known, worst=1.0) for known in one.known_failures)
        )
        for one in suite.active().variants
    )


def test_a_written_policy_is_read_again(run, tmp_path):
    """'hlsgate policy' writes what --against takes: baselines' decisions and known failures."""
    stored.write(tmp_path / "baselines.json", BEFORE)
    assert run("policy", "policy.json").exit_code == 0
    assert policy.load(tmp_path / "policy.json") == policy.of_run(BEFORE)


def test_results_carry_the_policy_they_were_judged_by(tmp_path):
    """So results of two runs can be compared by it; older files have none."""
    found = stored.results() | {policy.SECTION: policy.of_run(BEFORE)}
    assert policy.load(stored.write(tmp_path / "r.json", found)) == policy.of_run(BEFORE)
    assert policy.load(stored.write(tmp_path / "old.json", stored.results())) == {}


@pytest.mark.parametrize("content", [{"policy": []}, {"policy": {"a": 1}}, [], {"x": 1}])
def test_anything_else_is_refused_in_a_sentence(run, tmp_path, content):
    """What is no policy is exit code 2."""
    stored.write(tmp_path / "baselines.json", BEFORE)
    stored.write(tmp_path / "results.json", stored.results())
    stored.write(tmp_path / "odd.json", content)
    done = run("check", "results.json", "--against", "odd.json")
    assert done.exit_code == 2
    assert "odd.json" in done.output
    assert "Traceback" not in done.output
