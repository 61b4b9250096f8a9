"""Claim: so far can one compress before accuracy drops, and not less far than it was before.

Sweeps the whole grid: half an hour on two cores, by ``tox run -e frontier``. No frontier is stored
yet; once one is, the first two tests, which judge it in seconds, belong into the main job.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hlsgate import suite
from hlsgate.frontier import documents, execution, gate, sweep, tables, work
from hlsgate.frontier.display import display
from hlsgate.frontier.grid import FULL
from hlsgate.frontier.points import REFERENCE, point_of

ROOT = Path(__file__).parents[1]
ALUT_SHARE = 0.1
"""Of the reference's: what the smallest network with parity may take at most."""


@pytest.fixture(scope="module")
def stored():
    """Read the stored frontier, which checks that what it claims follows from its points."""
    return documents.read(ROOT / documents.STORED)


@pytest.mark.frontier
def test_the_stored_frontier_is_of_what_is_here(stored, pipeline, baselines):
    """Data set, reference, margin and grid are those in use."""
    reference = suite.variant(REFERENCE)
    dataset = pipeline.dataset(reference)
    if dataset.name != stored["dataset"]:
        pytest.skip(f"the stored frontier is of {stored['dataset']}, this run of {dataset.name}.")
    policy = baselines.parity("accuracy", reference.benchmark)
    assert stored["dataset_sha256"] == dataset.sha256
    assert stored["reference"]["weights_sha256"] == pipeline.frozen(reference).sha256
    assert {name: stored[name] for name in policy} == policy
    groups = list(dict.fromkeys(point.group for point in FULL.points()))
    lacking = sorted(set(groups) - set(stored["grid"]["keys"]))
    assert not lacking, f"the stored frontier is of another grid; it lacks {', '.join(lacking)}"


@pytest.mark.frontier
def test_the_answer_saves_nine_tenths(stored):
    """The smallest network with parity takes at most a tenth of the reference's ALUTs."""
    found, reference = stored["answer"], stored["reference"]
    assert found["group"] is not None, found["sentence"]
    if reference["alut"] is None:
        pytest.skip(f"nobody had recorded the ALUTs of {REFERENCE} when the sweep was run.")
    assert 1.0 - found["saved"]["alut"] <= ALUT_SHARE, found["sentence"]


@pytest.fixture(scope="module")
def place(pytestconfig):
    """Where the workers find everything."""
    cache, chosen = pytestconfig.getoption("cache"), pytestconfig.getoption("dataset")
    return work.Place(ROOT, cache.resolve(), chosen.get(suite.variant(REFERENCE).benchmark))


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def swept(pytestconfig, place, watched):
    """Make the whole grid, written beside the other results."""
    kept = ROOT / documents.STORED
    found = documents.read(kept) if kept.is_file() else None
    points = execution.with_stored(FULL.points(), found)
    content = execution.execute(points, FULL.name, place, *watched)
    results = pytestconfig.getoption("results")
    path = results.with_name(documents.RESULTS.name) if results else ROOT / documents.RESULTS
    documents.write(path, content)
    print(f"\n{tables.groups(content)}\n\n{tables.summary(content)}\n\nresults: {path}")
    return documents.read(path)


@pytest.mark.frontier
def test_every_point_is_made(swept):
    """No point of the grid fails, and the frontier's are synthesised."""
    assert not swept["failed"], swept["failed"]
    assert {point.key for point in FULL.points()} <= {point["key"] for point in swept["points"]}
    lacking = [one["key"] for one in swept["groups"] if one["pareto"] and one["alut"] is None]
    assert not lacking, f"not synthesised: {', '.join(lacking)}"


@pytest.mark.frontier
def test_points_equal_keras(swept, place, watched):
    """The logic of the frontier's points computes Keras' logits, bit for bit, on all test jets."""
    client, shown = watched
    front = [point_of(one) for one in swept["points"] if one["key"] in swept["pareto"]]
    shown.phase("exactness", len(front))
    tasks = [sweep.Task(one.key, work.told, (work.exactness, one, place)) for one in front]
    found = sweep.run(tasks, client, shown)
    differing = {key: one for key, one in found.items() if not one.get("equal")}
    assert not differing, differing


@pytest.mark.frontier
def test_some_network_keeps_parity(swept, request):
    """There is an answer; it is told at the end of the run."""
    request.node.user_properties.append(("note", tables.summary(swept)))
    assert swept["answer"]["group"] is not None, swept["answer"]["sentence"]


@pytest.mark.frontier
def test_no_stored_point_is_dominated(swept, stored, request):
    """Every stored point is as good as it was, within what retraining moves."""
    found = gate.judge(stored, swept, gate.slack_of(stored))
    request.node.user_properties.append(("note", tables.findings(found)))
    closed = [one for one in found if one.fails]
    assert not closed, tables.findings(closed)
