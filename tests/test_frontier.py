"""The frontier: what is declared, what follows from points, what is kept, what closes the gate."""

import copy
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from hlsgate.cli.main import main
from hlsgate.infra.errors import BaselineError, FrontierError, SuiteError
from hlsgate.spec.declarations import Pruning, Quantizer, Recipe, Saved
from hlsgate.spec.families import Grid, Setting
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.suites import suite
from hlsgate.sweep import documents, execution, gate, groups, tables, work
from hlsgate.sweep.gate import Slack
from hlsgate.sweep.points import family_of, point_of, points_of, reference2
from tests.frontiers import GROUPS, JETS, REFERENCE, group, made, point, sweep

SLACK = Slack(0.004, 0.1)


@pytest.fixture(params=["jets", "digits"])
def benchmark_(request):
    """Every benchmark of hlsgate's own suite that is swept."""
    return suite.benchmark(request.param)


def test_every_stored_grid_is_as_large_as_promised(benchmark_):
    """24 combinations and more, each with two seeds, a key of its own, and a way back to it."""
    points = points_of(benchmark_, benchmark_.family.stored)
    assert len({one.group for one in points}) >= 24
    assert len({one.key for one in points}) == len(points) == 2 * len({p.group for p in points})
    assert all(one.key.startswith(f"{benchmark_.key}-w") for one in points)
    assert [point_of(one.told(), benchmark_) for one in points] == points


def test_the_jets_points_are_what_they_were():
    """Keys and recipes are those that the stored frontier was made by."""
    keys = [one.key for one in points_of(JETS, JETS.family.stored)]
    assert (keys[0], keys[-1]) == ("jets-w2_a2_p0_s0", "jets-w6_a6_p9375_i8_s1")
    assert len(keys) == 64
    told = {one.key: one for one in points_of(JETS, JETS.family.stored)}
    assert told["jets-w4_a4_p875_i8_s0"].variant.recipe == Recipe(
        steps=20_000,
        learning_rate=5e-3,
        batch_size=256,
        schedule="cosine",
        l1=0.0,
        validation_split=0.25,
        inputs=Fixed(8, 4),
        weights=Quantizer(4, 1),
        activations=Quantizer(4, 2),
        pruning=Pruning(0.875, "polynomial", begin_step=0, end=0.5, frequency=100),
        teacher="jets-float",
        teacher_share=0.5,
    )


def with_grid(**changed):
    """Return the jets' family with one grid."""
    return replace(JETS.family, grids=(Grid("one", **changed),))


def test_a_setting_twice_is_refused():
    """Two groups of one key would be averaged."""
    twice = {"weight_bits": (4,), "sparsities": (0.75,)}
    with pytest.raises(SuiteError, match=r"grid 'one' of the family of jets-float has .* twice"):
        with_grid(**twice, extra=(Setting(4, 4, 0.75, (32, 32, 32), 12),))


def test_unusable_families_are_refused():
    """No grid, two of one name, an empty one, or other layers than the network's: a sentence."""
    grid = JETS.family.stored
    with pytest.raises(SuiteError, match="has no grids; declare one or more"):
        replace(JETS.family, grids=())
    with pytest.raises(SuiteError, match="has full, full grids"):
        replace(JETS.family, grids=(grid, grid))
    with pytest.raises(SuiteError, match="'one' of the family of jets-float: it has no points"):
        with_grid(weight_bits=(), sparsities=(0.5,))
    with pytest.raises(SuiteError, match=r"has 2 hidden layers, the family's network 3"):
        with_grid(weight_bits=(4,), sparsities=(0.5,), hidden=((8, 8),))


def test_a_suite_checks_its_families():
    """A reference of another benchmark, or one that cannot teach, is refused."""
    own = suite.shipped()

    def changed(**what):
        family = replace(JETS.family, **what)
        benchmarks = tuple(
            replace(one, family=family) if one.key == "jets" else one for one in own.benchmarks
        )
        return replace(own, benchmarks=benchmarks)

    with pytest.raises(SuiteError, match="family's reference is of another benchmark"):
        changed(reference="digits-float")
    saved = own.variant("jets-float")
    saved = replace(saved, key="jets-saved", network=Saved(Path("x.h5")), recipe=None)
    own = replace(own, variants=(*own.variants, saved))
    with pytest.raises(SuiteError, match="jets-saved comes with its weights, so it is nobody's"):
        changed(reference="jets-saved")


def test_a_benchmark_without_a_family():
    """It cannot be swept, and the sentence says what to declare."""
    with pytest.raises(SuiteError, match="'jets' declares no family of points to sweep"):
        family_of(replace(JETS, family=None))


def test_activations_are_free_or_tied():
    """Activation bits follow the weights', unless they are combined too."""
    tied = with_grid(weight_bits=(3, 4), sparsities=(0.5,))
    free = with_grid(weight_bits=(3, 4), sparsities=(0.5,), activation_bits=(4, 5))
    pairs = [(one.weight_bits, one.activation_bits) for one in tied.settings(tied.stored)]
    assert pairs == [(3, 3), (4, 4)]
    assert len(free.settings(free.stored)) == 2 * 2


def test_a_points_variant():
    """Types, zeros, seed and reference arrive in what the pipeline makes."""
    variant = made(4, 4, 0.875, (24, 16, 16), 8, seed=1).variant
    assert variant.key == "jets-w4_a4_p875_i8_h24x16x16_s1"
    recipe = variant.recipe
    assert (recipe.seed, recipe.pruning.sparsity, recipe.inputs) == (1, 0.875, Fixed(8, 4))
    assert recipe.weights.weight_type == Fixed(4, 2)
    assert variant.conversion.logits == Fixed(10, 6), "as jets-q4_p75 of the suite"
    assert variant.conversion.precision == Fixed(16, 6), "hls4ml's own"
    assert variant.network.hidden == (24, 16, 16)
    many = made(8, 8, 0.0).variant.conversion
    assert many.precision == many.logits == Fixed(18, 6), "16 bits would cut the logits"
    assert made(4, 4, 0.0).variant.recipe.pruning is None
    assert made(2, 2, 0.5).variant.recipe.weights.weight_type == Fixed(2, 1)
    few = made(2, 2, 0.5).variant
    assert few.recipe.activations.relu_type == Fixed(2, 1, signed=False), "no integer type"
    assert few.conversion.logits == Fixed(8, 6)


def test_what_a_family_declares_arrives():
    """Topology, batches, penalty, inputs and teacher of the digits are theirs."""
    digits = suite.benchmark("digits")
    variant = points_of(digits, digits.family.grid("trial"))[0].variant
    recipe = variant.recipe
    assert (variant.network.inputs, variant.network.classes) == (64, 10)
    assert (recipe.batch_size, recipe.l1, recipe.validation_split) == (32, 1e-4, 0.0)
    assert (recipe.teacher, variant.reference) == ("digits-float", "digits-float")
    assert str(recipe.inputs) == "fixed<6,2>"
    assert reference2(digits).key == "digits-float_better"


def test_another_schedule_is_another_group():
    """What the search varies in the training changes the key, and is told."""
    searched = made(4, 4, 0.75, learning_rate=1e-2)
    assert searched.group != made(4, 4, 0.75).group
    assert searched.told()["recipe"]["learning_rate"] == 1e-2
    assert "recipe" not in made(4, 4, 0.75).told()
    assert made(4, 4, 0.75, teacher_share=0.0).variant.recipe.teacher is None


def test_the_better_float_network_is_not_compressed():
    """The second reference has the points' recipe, but no types and no zeros."""
    recipe = reference2(JETS).recipe
    assert (recipe.weights, recipe.activations, recipe.pruning) == (None, None, None)
    assert recipe.learning_rate == made(4, 4, 0.0).variant.recipe.learning_rate
    assert (recipe.steps, recipe.teacher) == (2 * JETS.family.schedule.steps, None)


def test_only_some_groups():
    """A pattern picks groups with all their seeds; one that fits none is answered with a list."""
    grid = JETS.family.grid("trial")
    assert [p.key for p in execution.chosen(JETS, grid, ["*w3*"])] == [
        "jets-w3_a3_p75_s0",
        "jets-w3_a3_p75_s1",
    ]
    with pytest.raises(FrontierError, match=r"trial, fits x\*; there are jets-w3_a3_p75, jets-w4"):
        execution.chosen(JETS, grid, ["x*"])


def test_workers_load_the_suite_of_a_file(tmp_path):
    """A place carries the suite's file; a process that a task comes to works on that suite."""
    file = tmp_path / "mine.py"
    file.write_text(
        "from dataclasses import replace\n"
        "from pathlib import Path\n"
        "from hlsgate.suites import suite\n"
        "SUITE = replace(suite.shipped(), home=Path(__file__).parent)\n"
    )
    try:
        suite.use(suite.load(file), file)
        mine = suite.active()
        place = work.place_of("jets", tmp_path / "cache", mine.baselines, mine.checkpoints)
        assert place.suite == file.resolve()
        work.begin(place)
        assert suite.active() is mine, "it is in use, and is not run again"
        suite.use(None)
        work.begin(place)
        assert suite.active().home == tmp_path
        assert place.reference.key == "jets-float"
        own = replace(place, suite=None)
        work.begin(own)
        assert suite.active() is suite.shipped()
    finally:
        suite.use(None)


def test_groups_and_frontier(tmp_path):
    """The frontier holds what nothing dominates, by seed means, the cheapest first."""
    content = sweep(tmp_path)
    assert [g["key"] for g in content["groups"] if g["pareto"]] == [
        "jets-tiny", "jets-small", "jets-good", "jets-big",
    ]  # fmt: skip
    assert content["pareto"][:2] == ["jets-tiny_s0", "jets-tiny_s1"]
    good = next(g for g in content["groups"] if g["key"] == "jets-good")
    assert good["loss"]["mean"] == pytest.approx(0.001)
    assert good["loss"]["low"] < good["loss"]["mean"] < good["loss"]["high"] < good["loss_upper"]
    assert good["alut"]["mean"] == 12_000
    assert next(g for g in content["groups"] if g["key"] == "jets-dominated")["alut"] is None


def test_ties_are_dominated():
    """Of two equal points one is kept; a more expensive one that is no better is not."""
    members = [*group("jets-a", 0.5, 100), *group("jets-b", 0.5, 100), *group("jets-c", 0.5, 200)]
    found = groups.grouped(members, (0, 1))
    assert [g["key"] for g in found if g["pareto"]] == ["jets-a"]


def test_a_group_without_all_seeds_is_not_on_the_frontier(tmp_path):
    """One lucky seed is no frontier, and no answer."""
    content = sweep(tmp_path, small=GROUPS["small"][:1])
    small = next(g for g in content["groups"] if g["key"] == "jets-small")
    assert not small["complete"]
    assert not small["pareto"]
    assert content["answer"]["group"] == "jets-good"


def test_the_answer(tmp_path):
    """The smallest with parity for all seeds, with its savings, and where losses begin."""
    found = sweep(tmp_path)["answer"]
    assert (found["group"], found["key"]) == ("jets-small", "jets-small_s0")
    assert found["saved"]["da_cost"] == pytest.approx(0.95)
    assert found["saved"]["alut"] == pytest.approx(1 - 6_500 / 127_000)
    assert found["drop"] == {"last_without": "jets-good", "first_failing": "jets-tiny"}
    for part in (
        "smallest of 5 networks", "all 2 seeds", "95% confidence", "40,000 test rows",
        "jets-small: loss 0.60 points (0.56 to 0.64 by seed, at most 0.77)", "95.0% of da4ml",
        "94.9% of the ALUTs (6,500 of 127,000, recorded)",
        "told down to jets-good", "from jets-tiny",
    ):  # fmt: skip
        assert part in found["sentence"], part


def test_one_seed_without_parity_is_no_answer(tmp_path):
    """Parity must hold for every seed; a group is as good as its worst one."""
    half = [point("jets-small", 0, 0.5, 5_000, 6_500), point("jets-small", 1, 1.3, 5_000, 6_500)]
    content = sweep(tmp_path, small=half)
    assert next(g for g in content["groups"] if g["key"] == "jets-small")["parity"] == "fail"
    assert content["answer"]["group"] == "jets-good"


def test_no_answer(tmp_path):
    """Where nothing has parity, the sentence says so; and it does against the better network."""
    lossy = {name: group(f"jets-{name}", 3.0, 1000 * len(name)) for name in GROUPS}
    content = sweep(tmp_path, **lossy)
    assert content["answer"]["key"] is None
    assert content["answer"]["sentence"] == (
        "None of 5 networks keeps parity with jets-float for all its seeds (at most 1.00 points "
        "lost, 95% confidence)."
    )
    unsure = sweep(tmp_path, **lossy | {"big": group("jets-big", 1.0, 9_000)})
    assert unsure["answer"]["sentence"].endswith("; of 1 nobody can tell.")


def test_the_answer_against_the_better_float_network(tmp_path):
    """The second answer uses the second comparison, in its numbers too."""
    content = sweep(tmp_path)
    assert content["answer2"]["group"] == "jets-big"
    assert "parity with jets-float_better" in content["answer2"]["sentence"]
    assert "loss -0.50 points" not in content["answer2"]["sentence"]
    assert "was not counted" in content["answer2"]["sentence"]


def test_a_choice_among_many_is_doubted_more():
    """The bound that holds for all choices together is wider than a single one's."""
    near = point("jets-near", 0, 0.83, 5_000)
    assert near["parity"] == "pass"
    assert groups.adjusted(near, 40_000, 0.01, 0.95, 1) == "pass"
    assert groups.adjusted(near, 40_000, 0.01, 0.95, 30) == "cannot tell"


def test_an_answer_that_may_be_luck_says_so(tmp_path):
    """Where parity does not hold with all bounds together, the sentence tells it, and only then."""
    assert "together" not in sweep(tmp_path)["answer"]["sentence"]
    near = sweep(tmp_path, small=group("jets-small", 0.80, 5_000, 6_500, spread=0.03))
    assert (near["answer"]["group"], near["answer"]["adjusted_parity"]) == (
        "jets-small", "cannot tell",
    )  # fmt: skip
    assert near["answer"]["sentence"].endswith(
        "; as it is chosen from 5 on the rows that judge it, bounds that hold for all of them "
        "together say: cannot tell."
    )


def test_reference_that_nobody_synthesised(tmp_path):
    """Without recorded ALUTs there is no saving in ALUTs, and it is said."""
    unknown = {**REFERENCE, **dict.fromkeys(("alut", "ff", "alut_origin", "yosys"))}
    content = sweep(tmp_path)
    content["reference"] = unknown
    content.update(documents.derived(content))
    assert content["answer"]["saved"]["alut"] is None
    assert "the reference's are not measured" in content["answer"]["sentence"]
    assert "Nobody has recorded the ALUTs of jets-float" in tables.summary(content)


def test_cells_of_two_builds_are_not_compared(tmp_path):
    """Another Yosys counts otherwise, so nothing is said to be saved."""
    content = sweep(tmp_path)
    content["reference"] = {**REFERENCE, "yosys": "0.71, da4ml 0.5.2"}
    content.update(documents.derived(content))
    assert content["answer"]["saved"]["alut"] is None
    assert content["answer"]["saved"]["da_cost"] == pytest.approx(0.95)
    assert "by different builds of Yosys" in content["answer"]["sentence"]


def test_synthesised_are_frontier_and_answers(tmp_path):
    """Yosys gets every seed of what is on the frontier or is an answer, and no other."""
    wanted = documents.to_synthesise(sweep(tmp_path))
    assert "jets-small_s1" in wanted
    assert (wanted[0], wanted[-1]) == ("jets-big_s0", "jets-tiny_s1"), "the slowest first"
    assert not [key for key in wanted if "dominated" in key]


def test_cells_are_added_where_they_were_counted():
    """A point whose synthesis failed keeps null cells."""
    points = [point("jets-a", seed, 0.1, 10) for seed in (0, 1)]
    counted = {"jets-a_s0": {"alut": 5, "ff": 1, "yosys": "x"}, "jets-a_s1": {"error": "no"}}
    first, second = execution.with_cells(points, counted)
    assert (first["alut"], second["alut"]) == (5, None)


def test_a_document_comes_back(tmp_path):
    """What is written follows the schema and is read back as it was."""
    content, path = sweep(tmp_path), tmp_path / "frontier.json"
    documents.write(path, content)
    assert documents.read(path) == json.loads(json.dumps(content))


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda c: c.pop("margin"), "'margin' is a required property"),
        (lambda c: c["points"][0].update(alut=-1), "points/0/alut"),
        (lambda c: c["pareto"].pop(), "pareto: does not follow from the points"),
        (lambda c: c["answer"].update(group="jets-tiny"), "answer: does not follow"),
        (lambda c: c["points"][0].update(da_cost=1.0), "groups: does not follow"),
        (lambda c: c["points"][0].update(parity="fail"), "jets-big_s0: parity: does not follow"),
        (lambda c: c["points"].append(c["points"][0]), "a key is there twice"),
    ],
)
def test_a_damaged_document_is_refused(tmp_path, damage, sentence):
    """What breaks the schema, or does not follow from its points, is named."""
    content, path = sweep(tmp_path), tmp_path / "frontier.json"
    damage(content)
    documents.write(path, content)
    with pytest.raises(FrontierError, match=sentence):
        documents.read(path)


def test_no_document(tmp_path):
    """A missing file says how to make one."""
    with pytest.raises(FrontierError, match="python -m hlsgate frontier"):
        documents.read(tmp_path / "none.json")


def states(stored, run):
    return {one.key: one.state for one in gate.judge(stored, run, SLACK)}


def test_the_gate_is_open_for_the_same_run(tmp_path):
    """A frontier held against itself is fine, and nothing is new."""
    stored = sweep(tmp_path)
    keys = ("jets-tiny", "jets-small", "jets-good", "jets-big")
    assert states(stored, copy.deepcopy(stored)) == dict.fromkeys(keys, "ok")


@pytest.mark.parametrize(
    ("points_lost", "cost", "state"),
    [
        (0.6 + 0.3, 5_000, "ok"),  # within the slack
        (0.6 + 0.5, 5_000, "worse"),  # less accurate
        (0.6 + 0.5, 4_900, "worse"),  # less accurate, and hardly cheaper
        (0.6, 5_400, "ok"),
        (0.6, 5_600, "worse"),  # more expensive
        (0.6 + 0.5, 4_000, "ok"),  # along the frontier, downwards
        (0.6 - 0.45, 6_500, "ok"),  # along the frontier, upwards
        (0.6 - 0.45, 10_500, "worse"),  # the stored "good" is as accurate, and cheaper
        (2.5, 4_000, "worse"),  # the stored "tiny" is better and cheaper
        (0.0, 3_000, "ok"),  # better
    ],
)
def test_a_stored_point_must_not_become_dominated(tmp_path, points_lost, cost, state):
    """Worse at no lower cost, or more expensive at no higher accuracy, closes the gate."""
    run = sweep(tmp_path, small=group("jets-small", points_lost, cost, 6_500))
    assert states(sweep(tmp_path), run)["jets-small"] == state


def test_a_missing_point_closes_the_gate(tmp_path):
    """A stored point that was not made, or whose seed failed, is missing, and why is told."""
    run = sweep(tmp_path, small=GROUPS["small"][:1])
    run["failed"] = [{"key": "jets-small_s1", "error": "out of memory"}]
    found = {one.key: one for one in gate.judge(sweep(tmp_path), run, SLACK)}
    assert found["jets-small"].state == "missing"
    assert "out of memory" in found["jets-small"].text
    assert states(sweep(tmp_path), sweep(tmp_path, small=None))["jets-small"] == "missing"


def test_a_new_point_is_told(tmp_path):
    """What dominates stored points is reported by name, and is no failure."""
    run = sweep(tmp_path, new=group("jets-new", 0.0, 4_000))
    found = {one.key: one for one in gate.judge(sweep(tmp_path), run, SLACK)}
    assert found["jets-new"].state == "new"
    assert not found["jets-new"].fails
    assert "dominates the stored jets-small, jets-good" in found["jets-new"].text


@pytest.mark.parametrize("name", gate.IDENTITY)
def test_another_data_set_is_not_compared(tmp_path, name):
    """Sweeps of other rows, margins or references are not comparable, and that fails."""
    run = sweep(tmp_path)
    run[name] = "other"
    (found,) = gate.judge(sweep(tmp_path), run, SLACK)
    assert (found.state, found.fails) == ("not comparable", True)
    assert name in found.text


def test_another_reference_is_not_compared(tmp_path):
    """Parity with other weights is another claim."""
    run = sweep(tmp_path)
    run["reference"] = {**REFERENCE, "weights_sha256": "e" * 64}
    (found,) = gate.judge(sweep(tmp_path), run, SLACK)
    assert "weights of the reference" in found.text


@pytest.fixture
def run_and_stored(tmp_path, monkeypatch):
    """Results of a sweep, and where the stored frontier will be."""
    monkeypatch.delenv("CI", raising=False)
    run, stored = tmp_path / "run.json", tmp_path / "stored.json"
    documents.write(run, sweep(tmp_path))
    return run, stored


def test_record_and_record_again(run_and_stored, tmp_path):
    """The first time every frontier point is new; later only what moved, and slack stays."""
    run, stored = run_and_stored
    assert [one.what for one in documents.record(run, stored)] == [
        "jets-tiny", "jets-small", "jets-good", "jets-big",
    ]  # fmt: skip
    kept = documents.read(stored)
    assert kept["tolerances"] == {"accuracy": 0.004, "da_cost": 0.1}
    kept["tolerances"]["accuracy"] = 0.002
    documents.write(stored, kept)
    documents.write(run, sweep(tmp_path, good=None, new=group("jets-new", 0.1, 8_000, 9_000)))
    with pytest.raises(FrontierError, match="lacks jets-good of its grid"):
        documents.record(run, stored)
    moved = group("jets-good", 0.1, 8_000, 9_000)
    documents.write(run, sweep(tmp_path, good=moved))
    (change,) = documents.record(run, stored, "a better recipe")
    assert (change.what, change.old) == ("jets-good", "74.17 %, cost 9,000, 12,000 ALUTs")
    assert documents.read(stored)["tolerances"]["accuracy"] == 0.002
    assert documents.read(stored)["provenance"]["reason"] == "a better recipe"
    assert documents.record(run, stored) == []


def test_a_point_that_left_the_frontier_is_in_the_table(run_and_stored, tmp_path):
    """What the stored frontier loses is shown, with a dash."""
    run, stored = run_and_stored
    documents.record(run, stored)
    documents.write(run, sweep(tmp_path, new=group("jets-new", 0.0, 4_000, 5_000)))
    changed = {one.what: one.new for one in documents.record(run, stored)}
    assert changed["jets-new"].startswith("74.27 %")
    assert changed["jets-small"] == "-"


def test_nothing_is_recorded_under_ci(run_and_stored, monkeypatch):
    """A pipeline cannot move the frontier."""
    run, stored = run_and_stored
    monkeypatch.setenv("CI", "true")
    with pytest.raises(BaselineError, match="not written under CI"):
        documents.record(run, stored)
    assert not stored.exists()


def test_commands_check_and_record(run_and_stored, tmp_path):
    """The commands print what they found; a closed gate is exit code 1."""
    run, stored = run_and_stored
    options = ["--results", str(run), "--stored", str(stored)]
    recorded = CliRunner().invoke(main, ["frontier", "record", *options])
    assert recorded.exit_code == 0, recorded.output
    assert "| jets-small | " in " ".join(recorded.output.split())
    checked = CliRunner().invoke(main, ["frontier", "check", *options])
    assert (checked.exit_code, checked.output.count("ok:")) == (0, 4)
    documents.write(run, sweep(tmp_path, small=group("jets-small", 1.5, 5_000)))
    closed = CliRunner().invoke(main, ["frontier", "check", *options])
    assert closed.exit_code == 1
    assert "worse: jets-small: accuracy" in closed.output


def test_check_and_record_find_the_stored_frontier(run_and_stored, tmp_path, monkeypatch):
    """Without a path, it is the suite's, of the benchmark that the results are of."""
    run, _ = run_and_stored
    monkeypatch.chdir(tmp_path)
    suite.use(replace(suite.shipped(), home=tmp_path))
    try:
        recorded = CliRunner().invoke(main, ["frontier", "record", "--results", str(run)])
        assert recorded.exit_code == 0, recorded.output
        stored = tmp_path / "fixtures" / "frontiers" / "jets.json"
        assert list(documents.gathered()) == ["jets"]
        assert list(documents.gathered([stored])) == ["jets"]
        with pytest.raises(FrontierError, match="second sweep of jets"):
            documents.gathered([stored, run])
        missing = CliRunner().invoke(main, ["frontier", "check", "--benchmark", "digits"])
        assert missing.exit_code == 2
        assert "frontier-digits.json" in missing.output
    finally:
        suite.use(None)


def test_a_frontier_of_another_benchmark_is_not_overwritten(run_and_stored):
    """Results that are recorded where another benchmark's frontier is are refused."""
    run, stored = run_and_stored
    other = documents.read(run)
    other["benchmark"] = "digits"
    documents.write(stored, other)
    with pytest.raises(FrontierError, match="the frontier of digits, and the run is of jets"):
        documents.record(run, stored)
    assert documents.read(stored)["benchmark"] == "digits"


def test_what_cannot_be_swept_is_answered():
    """A typo is answered with what there is; nothing is started."""

    def told(*options):
        done = CliRunner().invoke(main, ["frontier", *options])
        assert done.exit_code == 2
        return " ".join(done.output.split())

    assert "no grid 'fill'; there are full, trial" in told("--grid", "fill")
    assert "no benchmark 'digit'; declared are jets, digits" in told("--benchmark", "digit")
    none = tuple(replace(one, family=None) for one in suite.shipped().benchmarks)
    suite.use(replace(suite.shipped(), benchmarks=none))
    try:
        assert "no benchmark of this suite declares a family" in told()
    finally:
        suite.use(None)


def test_tables(tmp_path):
    """The table shows the frontier, or all; the summary both answers and failures."""
    content = sweep(tmp_path)
    content["failed"] = [{"key": "jets-odd_s0", "error": "diverged"}]
    assert "jets-dominated" not in tables.groups(content)
    assert "jets-dominated" in tables.groups(content, every=True)
    text = tables.summary(content)
    assert "Against jets-float_better" in text
    assert "FAILED jets-odd_s0: diverged" in text
