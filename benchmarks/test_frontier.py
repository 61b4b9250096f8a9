"""Claim: so far can one compress before accuracy drops, and not less far than it was before.

Two tests judge the stored frontiers, in seconds. The others sweep the whole grid of every benchmark
with a family: half an hour on two cores or more, by ``tox run -e frontier``.
"""

from __future__ import annotations

import sys

import pytest

from hlsgate.suites import suite
from hlsgate.sweep import documents, execution, gate, sweep, tables, work
from hlsgate.sweep.display import display
from hlsgate.sweep.points import point_of, points_of


def stored_of(benchmark):
    """Read a stored frontier, which checks that what it claims follows from its points."""
    path = suite.active().frontier(benchmark.key)
    if not path.is_file():
        pytest.fail(
            f"{path} is not there: {benchmark.key} declares a family, but nobody has stored its "
            f"frontier. Sweep it with 'python -m hlsgate frontier --benchmark {benchmark.key}', "
            f"keep it with 'python -m hlsgate frontier record --benchmark {benchmark.key}'.",
            pytrace=False,
        )
    return documents.read(path)


def test_the_stored_frontier_is_of_what_is_here(swept, pipeline, baselines):
    """Data set, reference, margin and grid are those in use."""
    stored, family = stored_of(swept), swept.family
    reference = suite.variant(family.reference)
    dataset = pipeline.dataset(reference)
    if dataset.name != stored["dataset"]:
        pytest.skip(f"the stored frontier is of {stored['dataset']}, this run of {dataset.name}.")
    policy = baselines.parity("accuracy", swept.key)
    assert stored["benchmark"] == swept.key
    assert stored["dataset_sha256"] == dataset.sha256
    assert stored["reference"]["variant"] == reference.key
    assert stored["reference"]["weights_sha256"] == pipeline.frozen(reference).sha256
    assert {name: stored[name] for name in policy} == policy
    groups = list(dict.fromkeys(point.group for point in points_of(swept, family.stored)))
    lacking = sorted(set(groups) - set(stored["grid"]["keys"]))
    assert not lacking, f"the stored frontier is of another grid; it lacks {', '.join(lacking)}"


def test_the_answer_saves_what_is_claimed(claiming):
    """The smallest network with parity takes at most the claimed share of the reference's ALUTs."""
    stored = stored_of(claiming)
    found, reference = stored["answer"], stored["reference"]
    assert found["group"] is not None, found["sentence"]
    assert reference["alut"] is not None, (
        f"nobody had recorded the ALUTs of {reference['variant']} when the sweep was run, so the "
        f"claim is not shown: record them, sweep again, and record that. {found['sentence']}"
    )
    assert found["saved"]["alut"] is not None, found["sentence"]
    assert 1.0 - found["saved"]["alut"] <= claiming.family.claim, found["sentence"]


@pytest.fixture(scope="session")
def place(swept, pytestconfig):
    """Where the workers find everything."""
    option = pytestconfig.getoption
    chosen = option("dataset").get(swept.key)
    paths = (option("cache"), option("baselines"), option("checkpoints"))
    return work.place_of(swept.key, *paths, chosen)


@pytest.fixture(scope="session")
def watched(pytestconfig):
    """Workers for every core, and a display that output capture does not swallow."""
    if "frontier" not in pytestconfig.getoption("markexpr"):
        pytest.skip("sweeps some sixty networks; 'tox run -e frontier' or '-m frontier' does.")
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with (
        capture.global_and_fixture_disabled(),
        sweep.cluster(None, None, work.ONE_THREAD) as client,
        display(print, terminal=sys.stdout.isatty()) as shown,
    ):
        yield client, shown


@pytest.fixture(scope="session")
def found(swept, pytestconfig, place, watched):
    """Make a whole grid, written beside the other results."""
    grid, kept = swept.family.stored, suite.active().frontier(swept.key)
    before = documents.read(kept) if kept.is_file() else None
    points = execution.with_stored(points_of(swept, grid), before, swept)
    content = execution.execute(points, grid.name, place, *watched)
    results = pytestconfig.getoption("results")
    path = documents.results_of(swept.key)
    path = results.with_name(path.name) if results else pytestconfig.rootpath / path
    documents.write(path, content)
    print(f"\n{tables.groups(content)}\n\n{tables.summary(content)}\n\nresults: {path}")
    return documents.read(path)


@pytest.mark.frontier
def test_every_point_is_made(swept, found):
    """No point of the grid fails, and the frontier's are synthesised."""
    assert not found["failed"], found["failed"]
    declared = {point.key for point in points_of(swept, swept.family.stored)}
    assert declared <= {point["key"] for point in found["points"]}
    lacking = [one["key"] for one in found["groups"] if one["pareto"] and one["alut"] is None]
    assert not lacking, f"not synthesised: {', '.join(lacking)}"


@pytest.mark.frontier
def test_points_equal_keras(swept, found, place, watched):
    """The logic of the frontier's points computes Keras' logits, bit for bit, on all test rows."""
    client, shown = watched
    front = [point_of(one, swept) for one in found["points"] if one["key"] in found["pareto"]]
    shown.phase("exactness", len(front))
    tasks = [sweep.Task(one.key, work.told, (work.exactness, one, place)) for one in front]
    held = sweep.run(tasks, client, shown)
    differing = {key: one for key, one in held.items() if not one.get("equal")}
    assert not differing, differing


@pytest.mark.frontier
def test_some_network_keeps_parity(found, request):
    """There is an answer; it is told at the end of the run."""
    request.node.user_properties.append(("note", tables.summary(found)))
    assert found["answer"]["group"] is not None, found["answer"]["sentence"]


@pytest.mark.frontier
def test_no_stored_point_is_dominated(swept, found, request):
    """Every stored point is as good as it was, within what retraining moves."""
    stored = stored_of(swept)
    judged = gate.judge(stored, found, gate.slack_of(stored))
    request.node.user_properties.append(("note", tables.findings(judged)))
    closed = [one for one in judged if one.fails]
    assert not closed, tables.findings(closed)
