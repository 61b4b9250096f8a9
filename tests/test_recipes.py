"""What a recipe promises: the limit, the judge, its mutants, and how draws are recorded."""

from __future__ import annotations

import copy
import json
import math
import statistics
from multiprocessing import active_children
from pathlib import Path

import numpy as np
import pytest

from hlsgate.infra.errors import BaselineError, SuiteError
from hlsgate.judge import baselines, kinds, recipes
from hlsgate.judge.baselines import Baselines
from hlsgate.suites import suite
from hlsgate.sweep import draws
from tests import processes, stored
from tests.projects import wait_for
from tests.stored import OTHER_SHA, SHA, VARIANT

COMMITTED = json.loads((Path(__file__).parents[1] / "baselines.json").read_text())
FILE = Path("baselines.json")
TWO = {
    "accuracy": [0.7421, 0.7433, 0.7428, 0.7440, 0.7419, 0.7431, 0.7425, 0.7436],
    "auc g": [0.9345, 0.9351, 0.9349, 0.9356, 0.9344, 0.9350, 0.9348, 0.9352],
}
SAME = {"accuracy": [0.7421] * 9, "auc g": [1.0] * 9}
INVENTED = stored.baselines(
    recipes={"jets-float": stored.recipe(TWO), VARIANT: stored.recipe(SAME)}
)
FACTS = {"recipe_sha256": OTHER_SHA, "dataset_sha256": OTHER_SHA, "n": 39_999, "packages": "none"}


# --- the limit ------------------------------------------------------------------------------------


def test_the_limit_is_that_of_the_tables():
    """Of one value, 1 % is its own: t of 7 degrees of freedom is 2.998 (any table of Student's)."""
    roots = [0.60, 0.61, 0.62, 0.63, 0.64, 0.65, 0.66, 0.67]
    expected = 0.635 + 2.998 * statistics.stdev(roots) * math.sqrt(9 / 8)
    found = recipes.limit([1 - root**3 for root in roots], 1000, 1)
    assert found == pytest.approx(1 - expected**3, abs=1e-4)


DISTRIBUTIONS = {
    "normal": lambda random, shape: random.normal(0.26, 0.002, shape),
    "gamma, skewness 1": lambda random, shape: random.gamma(4, 0.001, shape),
    "exponential": lambda random, shape: random.exponential(0.001, shape),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_one_in_a_hundred_draws_is_below_the_limit(name):
    """The formula keeps what it promises, of errors that are normal and of skew ones."""
    errors = DISTRIBUTIONS[name](np.random.default_rng(1), (10_000, 9))
    below = sum(1 - one[8] < recipes.limit((1 - one[:8]).tolist(), 10**9, 1) for one in errors)
    assert below / len(errors) == pytest.approx(recipes.FALSE_ALARMS, abs=0.0025)


def test_more_values_share_the_same_chance():
    """The limit of each goes down, so that all of them together fail no more often."""
    drawn = TWO["accuracy"]
    found = [recipes.limit(drawn, 40_000, count) for count in (1, 10, 100)]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 3


@pytest.mark.parametrize("agreed", [0.9, 1.0])
def test_seeds_that_agree_promise_no_more_than_rows_can_tell(agreed):
    """A standard deviation of zero would fail every other network."""
    assert recipes.limit([agreed] * 8, 900, 91) < agreed - 1 / 900


# --- every mutant of every value ------------------------------------------------------------------


def reference_limit(drawn, n, values):
    """Calculate the limit anew, by the definition of the t distribution's density."""
    from scipy.stats import t

    roots = np.cbrt(1 - np.array(drawn))
    mean = float(np.mean(roots))
    least = (np.cbrt(mean**3 + 1 / n) - mean) / 12**0.5
    quantile = float(t.isf(0.01 / values, len(drawn) - 1))
    highest = (
        mean + quantile * max(float(np.std(roots, ddof=1)), least) * (1 + 1 / len(drawn)) ** 0.5
    )
    return 1 - highest**3


def entries(content):
    for key, by_dataset in content.get("recipes", {}).items():
        for dataset, entry in by_dataset.items():
            yield key, dataset, entry


def about(dataset, entry, **changed):
    named = ("recipe_sha256", "dataset_sha256", "n", "packages")
    return {"dataset": dataset, **{name: entry[name] for name in named}, **changed}


def mutants(content):
    """Give a name, a state that must be found, and what the judge gets, for every value."""
    total = sum(len(entry["draws"]) for *_, entry in entries(content))
    for key, dataset, entry in entries(content):
        good = {name: statistics.fmean(one) for name, one in entry["draws"].items()}
        for fact, other in FACTS.items():
            yield f"{key}: {fact}", "not comparable", (key, about(dataset, entry, **{fact: other}),
                  good, content)  # fmt: skip
        for name, drawn in entry["draws"].items():
            lowest = reference_limit(drawn, entry["n"], total)
            place, right = f"{key} {name}", about(dataset, entry)
            for what, value, state in (
                ("at the mean", good[name], "ok"), ("inside", lowest + 1e-9, "ok"),
                ("beyond", lowest - 1e-9, "failed"), ("nan", math.nan, "failed"),
                ("chance", 0.0, "failed"), ("infinite", -math.inf, "failed"),
            ):  # fmt: skip
                yield f"{place}: {what}", state, (key, right, {**good, name: value}, content)
            rest = {one: value for one, value in good.items() if one != name}
            yield f"{place}: dropped", "missing", (key, right, rest, content)
            yield f"{place}: renamed", "missing", (key, right, {**rest, "auc x": good[name]},
                  content)  # fmt: skip
            yield from moved(content, key, dataset, name, good)


def moved(content, key, dataset, name, good):
    """Change each recorded draw: the limit follows, so that what is just beyond it still fails."""
    total = sum(len(entry["draws"]) for *_, entry in entries(content))
    for index in range(len(good) and len(content["recipes"][key][dataset]["seeds"])):
        changed = copy.deepcopy(content)
        entry = changed["recipes"][key][dataset]
        entry["draws"][name][index] -= 0.001
        lowest = reference_limit(entry["draws"][name], entry["n"], total)
        right = about(dataset, entry)
        for what, value, state in (("inside", lowest + 1e-9, "ok"), ("beyond", lowest - 1e-9,
                                   "failed")):  # fmt: skip
            yield (f"{key} {name}: draw {index} moved, {what}", state,
                   (key, right, {**good, name: value}, changed))  # fmt: skip


def survivors(content):
    return [title for title, state, args in mutants(content) if not caught(state, *args)]


def caught(state, key, facts, values, content):
    """Whether one verdict has the state, and every other one passes."""
    found = recipes.judge(key, facts, values, Baselines(content, FILE))
    odd = [one.state for one in found if one.state != "ok"]
    return set(odd) == ({state} if state != "ok" else set())


FILES = [INVENTED, *([COMMITTED] if "recipes" in COMMITTED else [])]


@pytest.mark.parametrize("content", FILES, ids=["invented", "committed"][: len(FILES)])
def test_every_mutant_is_caught(content, record_property):
    """Each value of each recipe: inside, beyond, gone, no number, of something else."""
    count, lives = len(list(mutants(content))), survivors(content)
    record_property("note", f"mutants of recipes: {count}, {count - len(lives)} caught")
    assert not lives


def test_draws_are_recorded_of_all_or_none():
    """A variant that was forgotten would be judged by nothing where bits may differ."""
    trainable = {one.key for one in suite.active().variants if one.recipe is not None}
    assert set(COMMITTED.get("recipes", {})) in (set(), trainable)


BROKEN = {
    "knows no spread": ("spread", lambda *_: 0.0),
    "forgets the number of values": ("count", lambda _: 1),
    "takes the mean": ("limit", lambda drawn, *_: statistics.fmean(drawn)),
    "takes the lowest draw": ("limit", lambda drawn, *_: min(drawn)),
    "passes everything": ("limit", lambda *_: -math.inf),
    "has no room for the next draw": (
        "limit", lambda drawn, n, values: reference_limit(drawn, n, values)
        + 1e-6,
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_judge_is_found_out(monkeypatch, fault):
    """The hunt itself can fail."""
    name, broken = BROKEN[fault]
    monkeypatch.setattr(recipes, name, broken)
    assert survivors(INVENTED)


@pytest.mark.parametrize("fact", ["recipe", "data set", "number of rows", "packages"])
def test_a_judge_that_ignores_a_fact_is_found_out(monkeypatch, fact):
    """Draws of another recipe, of other data or packages are no yardstick."""
    true = kinds.differences

    def blind(here, there, whose):
        return true(here, {name: one for name, one in there.items() if name != fact}, whose)

    monkeypatch.setattr(kinds, "differences", blind)
    assert survivors(INVENTED)


def spoilt():
    """Give files that no judge may get, each with what is wrong with it."""

    def changed(change):
        content = copy.deepcopy(INVENTED)
        change(content["recipes"]["jets-float"]["jets_embedded"])
        return content

    def shortened(entry):
        entry.update(seeds=entry["seeds"][:7], weights_sha256=entry["weights_sha256"][:7])
        entry["draws"] = {name: one[:7] for name, one in entry["draws"].items()}

    yield "seven seeds", changed(shortened)
    yield "a draw gone", changed(lambda entry: entry["draws"].update({"auc g": [0.9] * 9}))
    yield "a seed twice", changed(lambda entry: entry.update(seeds=[1, 1, 3, 4, 5, 6, 7, 8]))
    yield "weights twice", changed(lambda entry: entry.update(weights_sha256=[SHA] * 8))
    yield "in percent", changed(lambda entry: entry["draws"].update(accuracy=[74.0] * 8))
    yield "negative", changed(lambda entry: entry["draws"].update(accuracy=[-0.1] * 8))
    yield "no accuracy", changed(lambda entry: entry["draws"].pop("accuracy"))
    yield "unknown metric", changed(lambda entry: entry["draws"].update(glory=[0.5] * 8))
    yield "no recipe", changed(lambda entry: entry.pop("recipe_sha256"))


@pytest.mark.parametrize(("what", "content"), [*spoilt()], ids=lambda one: str(one)[:14])
def test_a_spoilt_file_is_refused(what, content):
    """A person who edits draws by hand gets a sentence."""
    with pytest.raises(BaselineError, match="recipes/jets-float"):
        baselines.check(content, FILE)


def test_nothing_recorded_is_told():
    """On a processor whose bits may differ there is nothing to judge by."""
    with pytest.raises(BaselineError, match="hlsgate seeds jets-float"):
        recipes.judge("jets-float", about("jets_embedded", stored.draws(TWO)), {},
                      Baselines(stored.baselines(), FILE))  # fmt: skip


# --- recorded, tightened, accepted ----------------------------------------------------------------


@pytest.fixture
def bench(run, tmp_path):
    """Return what runs a command on baselines and on what seeds gave."""

    class Bench:
        path = tmp_path / "baselines.json"

        def holds(self, **recipes):
            stored.write(self.path, stored.baselines(recipes=recipes))

        def found(self, drawn):
            content = stored.results()
            content["variants"] = {VARIANT: {"draws": drawn}}
            stored.write(tmp_path / "seeds.json", content)

        def run(self, *args, code=0):
            done = run(*args, "--results", "seeds.json", "--baselines", "baselines.json")
            assert done.exit_code == code, done.output
            return " ".join(done.output.split())

        @property
        def entry(self):
            return stored.read(self.path)["recipes"][VARIANT]["jets_embedded"]

    made = Bench()
    made.holds()
    made.found(stored.draws(TWO))
    return made


def test_draws_are_recorded_raw(bench, run):
    """Every seed's values, and what they are of, with machine, versions and date."""
    bench.run("record", VARIANT)
    entry = bench.entry
    assert entry["draws"] == TWO
    assert entry["seeds"] == list(range(1, 9))
    assert entry["recipe_sha256"] == SHA
    assert {"machine", "versions", "recorded", "commit"} <= set(entry["provenance"])
    shown = run("show", VARIANT, "--baselines", "baselines.json").output
    assert f"recipe of {VARIANT} on jets_embedded" in shown
    assert "mean of 8 seeds" in shown
    assert f"{reference_limit(TWO['accuracy'], 40000, 2):.6f}".rstrip("0") in shown


def test_too_few_seeds_are_not_recorded(bench):
    """Seven are no baseline; the file stays as it is."""
    bench.found(stored.draws({name: one[:7] for name, one in TWO.items()}))
    before = bench.path.read_bytes()
    assert "seeds" in bench.run("record", VARIANT, code=2)
    assert bench.path.read_bytes() == before


def test_recording_again_is_a_check(bench):
    """Equal draws change nothing; one other bit is refused."""
    bench.run("record", VARIANT)
    assert bench.run("record", VARIANT).startswith("nothing changed")
    other = stored.draws(TWO)
    other["weights_sha256"][3] = OTHER_SHA
    bench.found(other)
    assert "is not what was measured" in bench.run("record", VARIANT, code=2)


LOWER = {name: [value - 0.003 for value in one] for name, one in TWO.items()}


def test_draws_are_accepted_whole(bench, run):
    """All of them are replaced, for a reason; 'tighten' leaves them."""
    bench.run("record", VARIANT)
    bench.found(stored.draws(LOWER, recipe_sha256=OTHER_SHA))
    before = bench.path.read_bytes()
    assert "'accept' replaces them all" in bench.run("tighten")
    assert bench.path.read_bytes() == before
    said = bench.run("accept", VARIANT, "--reason", "half the steps")
    assert "recipe_sha256" in said
    assert "-0.3 points, worse" in said
    assert bench.entry["draws"] == LOWER
    (line,) = bench.entry["history"]
    assert line["reason"] == "half the steps"
    assert line["values"]["accuracy"]["old"] == pytest.approx(statistics.fmean(TWO["accuracy"]))
    assert "half the steps" in run("show", "--history", "--baselines", "baselines.json").output


def test_equal_draws_are_no_change(bench):
    """Accepting what is there already leaves no line of history."""
    bench.run("record", VARIANT)
    assert bench.run("accept", VARIANT, "--reason", "r").startswith("nothing changed")
    assert "history" not in bench.entry


def test_a_recipe_does_not_slide_away(bench):
    """Half a point of accuracy, all told, is the most without --drift."""
    bench.run("record", VARIANT)
    bench.found(stored.draws({name: [v - 0.006 for v in one] for name, one in TWO.items()}))
    assert "--drift" in bench.run("accept", VARIANT, "--reason", "r", code=2)
    bench.run("accept", VARIANT, "--reason", "r", "--drift")


def test_draws_of_nothing_are_orphans(bench, run):
    """A variant that is gone leaves none behind."""
    bench.holds(**{"jets-gone": stored.recipe(TWO)})
    done = run("orphans", "--baselines", "baselines.json")
    assert done.exit_code == 1
    assert "recipes/jets-gone" in done.output


# --- draws ----------------------------------------------------------------------------------------


def test_a_recipe_is_known_by_all_but_its_seed():
    """Its teacher's counts as its own; a key does not."""
    one = suite.variant("digits-q5")
    assert draws.identity(one) == draws.identity(draws.at(one, 5))
    assert draws.identity(one) != draws.identity(suite.variant("digits-q5_p75"))


def test_another_teacher_is_another_recipe(declare):
    """What a student learns from is part of chance."""
    from dataclasses import replace

    before = draws.identity(suite.variant("digits-q5"))
    teacher = suite.variant("digits-float")
    longer = replace(teacher, recipe=replace(teacher.training, steps=3_001))
    rest = tuple(one for one in suite.active().variants if one != teacher)
    declare(variants=(longer, *rest), designs=())
    assert draws.identity(suite.variant("digits-q5")) != before


def test_declared_seeds_are_left_out():
    """The frozen draw was looked at when the recipe was chosen; others are drawn blindly."""
    assert draws.seeds_of(["digits-q5"], 3) == [1, 2, 3]
    with pytest.raises(SuiteError, match="nonesuch"):
        draws.seeds_of(["nonesuch"], 3)


def test_teachers_come_first_then_the_longest():
    """Students wait for teachers; a long training that starts last is waited for alone."""
    keys = ["digits-conv_q5", "jets-q4_p75_exercise", "digits-float", "jets-q6_p75"]
    found = draws.longest_first(keys)
    assert found == ["digits-float", "jets-q4_p75_exercise", "jets-q6_p75", "digits-conv_q5"]


class Frozen:
    """Weights, as a checkpoint has them."""

    def __init__(self, *values, numpy="1.26.4"):
        self.weights = {"logits/kernel": np.array(values, np.float32)}
        self.about = {"versions": {"numpy": numpy}}
        self.sha256 = str(values)


def test_what_differs_is_counted():
    """How many weights, by how much, and which packages are others."""
    assert draws.unequal(Frozen(1, 2, 3), Frozen(1, 2, 3)) == ""
    assert draws.unequal(Frozen(1, 2, 3), Frozen(1, 2.25, 2.5)) == (
        "2 of 3 weights differ, by at most 0.5"
    )
    edited = draws.unequal(Frozen(1, 2), Frozen(1, 3, numpy="1.26.4 0123abc"))
    assert edited == "1 of 2 weights differ, by at most 1"
    said = draws.unequal(Frozen(1, 2), Frozen(1, 3, numpy="2.0"))
    assert said.endswith("; numpy 1.26.4 then, 2.0 now")


def test_draws_are_written_side_by_side(monkeypatch, tmp_path):
    """Whatever the order in which they are made, each value stands at its seed."""

    def made(tasks, *_):
        for key, seed in reversed(tasks):
            yield key, seed, {"weights_sha256": f"{seed:064x}", "values": {"accuracy": seed / 100}}

    monkeypatch.setattr(draws, "in_parallel", made)
    monkeypatch.setattr(draws, "facts", lambda *_: {
        name: one for name, one in stored.draws(TWO).items()
        if name not in ("seeds", "weights_sha256", "values")
    })  # fmt: skip
    told = []
    path = tmp_path / "seeds.json"
    draws.write(["digits-float"], [3, 1, 2], path, tmp_path, None, lambda *args: told.append(args))
    drawn = stored.read(path)["variants"]["digits-float"]["draws"]
    assert drawn["seeds"] == [3, 1, 2]
    assert drawn["values"] == {"accuracy": [0.03, 0.01, 0.02]}
    assert drawn["weights_sha256"][0] == f"{3:064x}"
    assert [one[:2] for one in told] == [(1, 3), (2, 3), (3, 3)]


def test_an_interrupt_leaves_no_process(tmp_path):
    """Who stops listening ends the trainings; what was finished is kept."""
    tasks = [("digits-float", seed) for seed in range(8)]
    made = draws.in_parallel(tasks, tmp_path, 2, processes.quick_then_slow)
    assert next(made)[0] == "digits-float"
    made.close()
    # the pool's own thread reaps them, too, and may be about to note that it has
    wait_for(lambda: not active_children(), 10)
    assert len(list(tmp_path.iterdir())) < len(tasks)
