"""The search: its budget, its file, what it begins from and what it hands over."""

import time

import pytest

pytest.importorskip("optuna")

from optuna.trial import TrialState

from hlsgate.infra.errors import FrontierError, SuiteError
from hlsgate.sweep import documents, execution, search
from hlsgate.sweep.points import point_of, points_of
from tests.frontiers import JETS, made, sweep
from tests.frontiers import point as told_point


def real(point, lost, cost):
    """Return facts of a declared point, with whatever loss and cost."""
    return {**told_point(point.group, point.seed, lost, cost), **point.told()}


@pytest.fixture
def content(tmp_path):
    """Return a sweep of two declared groups."""
    grid = [made(4, 4, 0.75, seed=seed) for seed in (0, 1)]
    grid += [made(3, 3, 0.5, seed=seed) for seed in (0, 1)]
    facts = [real(one, 0.1 * one.setting.weight_bits, 1000 * one.setting.weight_bits)
             for one in grid]  # fmt: skip
    return sweep(tmp_path, **dict.fromkeys(("big", "good", "small", "tiny", "dominated")),
                 grid=facts)  # fmt: skip


@pytest.fixture
def study(content, tmp_path):
    """Begin a search's file."""
    return search.open_study(tmp_path / "search.db", content, JETS)


def by_bits(points):
    """Make points: fewer bits cost and lose less, which no network does."""
    return {
        one.key: {
            "accuracy": 0.7427 - one.setting.weight_bits / 1e4,
            "da_cost": 100.0 * one.setting.weight_bits,
        }
        for one in points
    }


def test_a_search_begins_from_the_frontier(study, content):
    """The first trials are the sweep's frontier; each told point can be made again."""
    tried = []

    def make(points):
        tried.extend(points)
        return by_bits(points)

    assert search.search(study, search.Budget(trials=3), make, 2, JETS) == 3
    assert (tried[0].setting.weight_bits, tried[0].setting.sparsity) == (3, 0.5)
    assert all(one.source == "search" for one in tried)
    assert len(study.get_trials(states=(TrialState.COMPLETE,))) == 3
    for one in tried:
        assert point_of(one.told(), JETS) == one


def test_a_search_goes_on_where_it_ended(study, content, tmp_path):
    """Another process finds the trials done, and tries again what was interrupted."""
    search.search(study, search.Budget(trials=2), by_bits, 2, JETS)
    begun = study.ask()
    wanted = search.suggest(begun, JETS)
    again = search.open_study(tmp_path / "search.db", content, JETS)
    assert len(again.get_trials(states=(TrialState.COMPLETE,))) == 2
    assert again.trials[begun.number].state == TrialState.FAIL
    assert search.suggest(again.ask(), JETS) == wanted


def test_a_failed_point_is_a_failed_trial(study):
    """A point that could not be made ends its trial, not the search."""
    tried = search.search(
        study,
        search.Budget(trials=2),
        lambda points: {p.key: {"error": "x"} for p in points},
        1,
        JETS,
    )
    assert tried == 2
    assert [one.state for one in study.trials] == [TrialState.FAIL] * 2


def test_budgets(study):
    """A search ends by trials or by time, and must have one of the two."""
    with pytest.raises(FrontierError, match="give --trials, --minutes or both"):
        search.Budget()
    started = time.monotonic()
    assert search.Budget(trials=5).left(3, started, 4) == 2
    assert search.Budget(minutes=1.0).left(100, started, 4) == 4
    assert search.Budget(minutes=1.0).left(0, started - 61, 4) == 0
    assert search.search(study, search.Budget(minutes=0.0), by_bits, 2, JETS) == 0


def test_another_judge_is_refused(study, content, tmp_path):
    """Trials of other rows or of another reference would be mixed."""
    content["reference"] = {**content["reference"], "weights_sha256": "e" * 64}
    with pytest.raises(FrontierError, match="search under another reference"):
        search.open_study(tmp_path / "search.db", content, JETS)


def test_no_search_file(content, tmp_path):
    """A file that is something else is named."""
    path = tmp_path / "other.db"
    path.write_text("no database at all" * 100)
    with pytest.raises(FrontierError, match=r"other\.db cannot be used as a search's file"):
        search.open_study(path, content, JETS)


def test_the_best_are_made_with_all_seeds(study, content):
    """Points that no point of the sweep beats, with parity first, each with every seed."""
    search.search(study, search.Budget(trials=8), by_bits, 4, JETS)
    points = search.promising(study, content, most=1, benchmark=JETS)
    assert len({one.group for one in points}) == 1
    assert [one.seed for one in points] == [0, 1]
    assert {one.source for one in points} == {"search"}
    assert search.promising(study, content, most=0, benchmark=JETS) == []
    hopeless = {**content, "points": [{**one, "accuracy": 1.0, "da_cost": 0.0}
                                      for one in content["points"]]}  # fmt: skip
    assert search.promising(study, hopeless, most=5, benchmark=JETS) == []


def test_found_points_join_the_sweep(content, tmp_path):
    """A better point is on the frontier, the document is whole, and a later sweep makes it too."""
    better = [made(2, 3, 0.5, seed=seed, source="search") for seed in (0, 1)]
    more = search.joined(content, [real(one, 0.0, 500) for one in better], [])
    assert more["answer"]["group"] == better[0].group
    path = tmp_path / "more.json"
    documents.write(path, more)
    kept = documents.read(path)
    grid = points_of(JETS, JETS.family.stored)
    points = execution.with_stored(grid, kept, JETS)
    assert points[-2:] == better
    assert execution.with_stored(points, kept, JETS) == points
    assert execution.with_stored(grid, None, JETS) == grid


def test_parameters_are_those_that_are_searched(study):
    """A point that a search begins from is suggested as it was."""
    begin = made(5, 4, 0.875, (24, 16, 8), 8, 0, "search", learning_rate=2e-3, teacher_share=0.25)
    while any(one.state == TrialState.WAITING for one in study.get_trials()):
        study.ask()
    study.enqueue_trial(search.parameters(begin))
    assert search.suggest(study.ask(), JETS) == begin


def test_a_changed_recipe_is_another_point():
    """A stored point whose usual schedule has changed since is not taken for the new one."""
    facts = made(4, 4, 0.75).told() | {"key": "jets-w4_a4_p75_t123456_s0"}
    with pytest.raises(SuiteError, match="would now be jets-w4_a4_p75_s0"):
        point_of(facts, JETS)


def test_a_search_stays_within_the_ranges_of_its_family(content, tmp_path):
    """Every family has ranges of its own, and as many widths as its network has layers."""
    import optuna

    from hlsgate.suites import suite

    digits = suite.benchmark("digits")
    study = optuna.create_study(directions=["maximize", "minimize"])
    for _ in range(20):
        setting = search.suggest(study.ask(), digits).setting
        assert 3 <= setting.input_bits <= 6
        assert len(setting.hidden) == 2
        assert all(width % 8 == 0 and 8 <= width <= 40 for width in setting.hidden)
