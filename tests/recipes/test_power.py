"""Planted faults in trainings are caught: by equality where bits are promised, else by limits.

``tox run -e recipes`` trains some hundred networks, an hour on two cores at first; afterwards it
takes them from the cache. The table goes into docs/recipes.md; ``HLSGATE_WRITE_DOCS=1`` writes it
there. Faults that no limit can show stand in the table all the same.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from hlsgate.data import datasets
from hlsgate.infra.cache import Cache, default_root
from hlsgate.judge import baselines, recipes
from hlsgate.pipeline.pipeline import Pipeline
from hlsgate.suites import suite
from hlsgate.sweep import draws
from tests.recipes.faults import FAULTS

KEYS = ("digits-q5_p75", "jets-q4_p75_exercise")
SEEDS = {"digits": range(101, 109), "jets": range(101, 104)}
CERTAIN = {
    "digits": ("a fifth of the rows", "columns reversed", "labels reversed"),
    "jets": ("columns reversed", "labels reversed"),
}
"""What must be below a limit, every time; a fifth of the jets are 32,000, and as good as all."""

DOCUMENT = Path(__file__).parents[2] / "docs" / "recipes.md"
_PART = re.compile(r"(<!-- power -->\n).*?(<!-- end of power -->)", re.DOTALL)


def trained(variant, fault, seed):
    """Train a variant with a fault; return its weights' identity, facts and scores."""
    cache = Cache(default_root())

    def load(key):
        return fault.rows(datasets.load(suite.benchmark(key), None, cache))

    pipeline = Pipeline(load, cache, suite.active().checkpoints)
    weights = draws.draw(pipeline, fault.variant(variant), seed)
    return weights.sha256, draws.facts(pipeline, variant), draws.scores(pipeline, variant, weights)


def counted(variant, fault, loaded):
    """Count the seeds of a fault that limits catch, and the weights that are not the faultless."""
    seeds = SEEDS[variant.benchmark]
    caught, unequal, accuracies = 0, 0, []
    for seed in seeds:
        sha256, about, values = trained(variant, fault, seed)
        verdicts = recipes.judge(variant.key, about, values, loaded)
        caught += any(not one.passed for one in verdicts)
        unequal += sha256 != trained(variant, FAULTS[0], seed)[0]
        accuracies.append(values["accuracy"])
    return caught, unequal, len(seeds), accuracies


def row(variant, fault, found):
    caught, unequal, n, accuracies = found
    span = f"{100 * min(accuracies):.2f} to {100 * max(accuracies):.2f}"
    return f"| `{variant.key}` | {fault.name} | {span} | {unequal} of {n} | {caught} of {n} |"


@pytest.fixture(scope="module")
def loaded():
    return baselines.load(suite.active().baselines)


@pytest.mark.parametrize("key", KEYS)
def test_planted_faults(key, loaded):
    """Every fault gives other bits; gross ones are below a limit; no fault, no alarm."""
    variant, rows = suite.variant(key), []
    for fault in FAULTS:
        if not fault.where(variant.training):
            continue
        found = counted(variant, fault, loaded)
        caught, unequal, n, _ = found
        rows.append(row(variant, fault, found))
        assert unequal == (0 if fault is FAULTS[0] else n), fault.name
        assert fault is not FAULTS[0] or caught == 0
        assert fault.name not in CERTAIN[variant.benchmark] or caught == n, rows[-1]
    written(key, rows)


def written(key, rows):
    """Hold the document's rows against what was counted; write them where that is asked for."""
    text = DOCUMENT.read_text(encoding="utf-8")
    stated = [line for line in text.splitlines() if line.startswith(f"| `{key}` |")]
    if os.environ.get("HLSGATE_WRITE_DOCS") == "1":
        others = [line for line in _PART.search(text)[0].splitlines()[3:-1] if line not in stated]
        body = "\n".join([HEADS, *sorted({*others, *rows})])
        DOCUMENT.write_text(
            _PART.sub(lambda part: f"{part[1]}{body}\n{part[2]}", text), encoding="utf-8"
        )
        return
    assert sorted(stated) == sorted(rows)


HEADS = "| variant | fault | accuracy, % | other weights | below a limit |\n|---|---|---|---|---|"
