"""Resources that were measured, and that neither a baseline nor a budget holds, are named."""

from pathlib import Path

from hlsgate.judge import baselines, summary
from tests import stored


def test_resources_that_nothing_holds_are_named():
    """Budgets hold what they name; other resources of the report may grow, and are told."""
    design, variant = "jets-q4_p75-yosys_cyclonev", "jets-q4_p75"
    budget = {"metric": "alut", "max": 3000, "reason": "r"}
    measured = stored.of_design({"alut": 2400, "ff": 1100, "dsp": 0})
    found = stored.results({design: measured}, {variant: stored.of_variant(0.74)})
    scores = {variant: stored.accuracy(0.74)}
    for entry, free in (
        ({"budgets": [budget]}, [f"{design} ff"]),
        (stored.baseline({"alut": 2400, "ff": 1100, "dsp": 0}), []),
    ):
        limits = baselines.Baselines(
            stored.baselines({design: entry}, scores), Path("baselines.json")
        )
        made = summary.summarise(found, limits)
        assert list(made.free) == free
        assert ("not held" in made.text()) is bool(free)
