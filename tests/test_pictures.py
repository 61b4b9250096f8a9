"""Points of a plot are of one kind; pictures are equal for equal results."""

import pytest
from click.testing import CliRunner

from hlsgate.cli.main import main
from hlsgate.facts import results
from hlsgate.infra.errors import ResultsError
from hlsgate.report import illustrations, tradeoff
from tests import page_sample

pytestmark = pytest.mark.usefixtures("only_jets")


@pytest.fixture(scope="module")
def content():
    """Results."""
    return page_sample.content()


@pytest.fixture(scope="module")
def sweep():
    """Return a sweep."""
    return page_sample.sweep()


def test_points_and_variants_on_one_axis(content, sweep):
    """Every point with that cost is there, with its interval; every variant, too."""
    found = tradeoff.compare("jets", "alut", content, sweep)
    counted = [one for one in sweep["points"] if one["alut"] is not None]
    assert {mark.key for mark in found.points} == {one["key"] for one in counted}
    assert len(counted) < len(sweep["points"])
    assert all(mark.low < mark.accuracy < mark.high for mark in found.points)
    assert [mark.key for mark in found.variants] == list(page_sample.COST)
    assert found.variants[0].verdict == "reference"
    assert found.limit == pytest.approx(0.7327)
    assert (found.tool, found.notes) == ("yosys 0.70, da4ml 0.5.2", ())
    shares = [share for _, share in found.line]
    assert shares == sorted(shares)


def test_line_goes_through_means(content, sweep):
    """The line joins the means of the groups on the frontier."""
    found = tradeoff.compare("jets", "da_cost", content, sweep)
    best = [one for one in sweep["groups"] if one["pareto"]]
    cheapest = min(best, key=lambda one: one["da_cost"]["mean"])
    assert found.line[0] == (cheapest["da_cost"]["mean"], cheapest["accuracy"]["mean"])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"dataset_sha256": "0" * 64}, "of another data set than the sweep's"),
        ({"versions": {"da4ml": "0.6"}}, "counted by da4ml 0.5.2, the sweep by da4ml 0.6"),
    ],
)
def test_nothing_of_another_kind_is_drawn(content, sweep, change, reason):
    """Variants of other data, or counted by another release, are named instead of drawn."""
    found = tradeoff.compare("jets", "da_cost", content, {**sweep, **change})
    assert found.variants == ()
    assert all(reason in note for note in found.notes)
    assert len(found.notes) == len(page_sample.COST)


def test_cost_and_accuracy_are_of_the_same_weights(content):
    """A design of other weights than those that were scored is not drawn."""
    old = content["designs"]["jets-q4_p75-da4ml"]["measurement"]
    designs = {**content["designs"]}
    designs["jets-q4_p75-da4ml"] = {"measurement": {**old, "weights_sha256": "9" * 64}}
    found = tradeoff.compare("jets", "da_cost", {**content, "designs": designs}, None)
    assert found.notes == ("jets-q4_p75: cost and accuracy are of different weights",)


def test_equal_results_give_equal_pictures(content, sweep, tmp_path):
    """PNG and SVG of everything, without dates, twice the same."""
    first = illustrations.write(tmp_path / "a", content, {}, {"jets": sweep})
    second = illustrations.write(tmp_path / "b", content, {}, {"jets": sweep})
    names = ["savings", "frontier_jets_alut", "frontier_jets_da_cost"]
    assert [path.name for path in first] == [
        f"{name}{ending}" for name in names for ending in (".png", ".svg")
    ]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
    svg = (tmp_path / "a" / "savings.svg").read_text()
    assert "dc:date" not in svg
    assert "<text" not in svg, "letters are outlines, so that a paper needs no font"


def test_every_benchmark_has_pictures_of_its_own(content, sweep, tmp_path):
    """A second sweep is on axes of its own, with none of the other's networks; strangers' too."""
    sweeps = {"jets": sweep, "digits": page_sample.sweep("digits"), "other": sweep}
    made = illustrations.write(tmp_path, content, {}, sweeps)
    assert {path.stem for path in made if path.suffix == ".png"} == {
        "savings",
        *(f"frontier_{key}_{metric}" for key in sweeps for metric in ("alut", "da_cost")),
    }
    for one in tradeoff.plots("digits", content, sweeps["digits"]):
        marks = (*one.points, *one.variants)
        assert marks
        assert all(mark.key.startswith("digits-") for mark in marks)


def test_command_draws_files(tmp_path):
    """The command reads files, and prints what it wrote."""
    found, sweep, stored = page_sample.write(tmp_path)
    arguments = ["--frontier", str(sweep), "--baselines", str(stored), "--out", str(tmp_path / "p")]
    done = CliRunner().invoke(main, ["pictures", str(found), *arguments])
    assert done.exit_code == 0, done.output
    assert done.output.split() == [str(path) for path in sorted(
        (tmp_path / "p").iterdir(), key=lambda path: (path.stem != "savings", path.name)
    )]  # fmt: skip


def test_nothing_to_draw(tmp_path):
    """Empty results give no empty picture."""
    with pytest.raises(ResultsError, match="hold nothing to draw"):
        illustrations.write(tmp_path, results.empty(), {}, {})


def test_pictures_that_cannot_be_written(content, tmp_path):
    """The error names the file."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(ResultsError, match=r"savings\.png cannot be written"):
        illustrations.write(tmp_path / "taken", content, {}, {})
