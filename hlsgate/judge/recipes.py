"""What a recipe promises of the next network that is trained by it.

A recipe is a random process. From what it gave with several seeds follows a one-sided prediction
limit for one more network: mean + t s sqrt(1 + 1/n), of the cube roots of errors (1 - accuracy, 1 -
area). Errors close to 0 are skew; their cube roots are close to a normal distribution (Wilson and
Hilferty, 1931, doi:10.1073/pnas.17.12.684), for which the limit is exact. The chance of a false
alarm is shared out evenly among all values that a file has limits for.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from hlsgate.infra.cache import digest
from hlsgate.infra.errors import BaselineError
from hlsgate.judge import kinds
from hlsgate.judge.baselines import Baselines
from hlsgate.judge.budgets import State, Verdict

FALSE_ALARMS = 0.01
"""Largest chance that a run without any fault fails, over all variants and metrics together."""

FEWEST = 8
"""Seeds, at least: with fewer, the limit is so far away that it would catch little."""

_FACTS = {
    "recipe": "recipe_sha256", "data set": "dataset_sha256", "number of rows": "n",
    "packages": "packages",
}  # fmt: skip
"""What draws are draws of, in words, and the fields that say so."""

STORED = ("recipe_sha256", "dataset_sha256", "n", "packages", "seeds", "weights_sha256", "draws")
"""Fields of what is recorded of a recipe, besides where and when."""


def facts(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the means of draws are means of, for tables and history."""
    told = {name: entry[name] for name in _FACTS.values()}
    drawn = digest([entry[name] for name in ("seeds", "weights_sha256", "draws")])
    wide = f"{statistics.stdev(entry['draws']['accuracy']):.3g}"
    return {**told, "seeds": len(entry["seeds"]), "spread": wide, "draws": drawn}


def means(entry: Mapping[str, Any]) -> dict[str, float]:
    """Return the mean of the draws, by metric."""
    return {name: statistics.fmean(values) for name, values in entry["draws"].items()}


def values(scored: Mapping[str, Any]) -> dict[str, float]:
    """Return accuracy and areas (`hlsgate.facts.evaluation.scored`), by metric."""
    areas = {f"auc {name}": value for name, value in scored["auc"].items()}
    return {"accuracy": scored["accuracy"], **areas}


def count(content: Mapping[str, Any]) -> int:
    """Return how many values a baselines file has limits for."""
    stored = content.get("recipes", {}).values()
    return sum(len(entry["draws"]) for by_dataset in stored for entry in by_dataset.values())


def limit(draws: Sequence[float], n: int, values: int) -> float:
    """Return the lowest value that one more draw may have.

    Parameters
    ----------
    draws : sequence of float
        What each seed gave: a share, or an area.
    n : int
        Test rows; see `spread`.
    values : int
        Limits among which the chance of a false alarm is shared out.
    """
    from scipy.special import stdtrit

    roots = [math.cbrt(1 - draw) for draw in draws]
    quantile = -float(stdtrit(len(draws) - 1, FALSE_ALARMS / values))
    highest = statistics.fmean(roots) + quantile * spread(roots, n) * math.sqrt(1 + 1 / len(draws))
    return 1 - highest**3


def spread(roots: Sequence[float], n: int) -> float:
    """Return the standard deviation of cube roots of errors, at least that of rounding to rows.

    Seeds that happen to agree would else promise that every seed does.
    """
    seen = statistics.stdev(roots) if len(roots) > 1 else 0.0
    mean = statistics.fmean(roots)
    return max(seen, (math.cbrt(mean**3 + 1 / n) - mean) / math.sqrt(12))


def entry_of(baselines: Baselines, variant: str, dataset: str) -> Mapping[str, Any] | None:
    """Return what is recorded of a variant's recipe on a data set; None where nothing is."""
    stored = baselines.content.get("recipes", {}).get(variant, {})
    entry: Mapping[str, Any] | None = stored.get(dataset)
    return entry


def judge(
    variant: str, found: Mapping[str, Any], values: Mapping[str, float], baselines: Baselines
) -> list[Verdict]:
    """Judge one more network of a recipe, value by value.

    Parameters
    ----------
    variant : str
        Key of the variant.
    found : mapping
        What the values are values of: ``dataset``, ``dataset_sha256``, ``n``, ``recipe_sha256``
        and ``packages``.
    values : mapping of str to float
        By metric: ``accuracy``, and ``auc CLASS`` for every class.
    baselines : Baselines
        Holds what the recipe gave before.

    Raises
    ------
    BaselineError
        If nothing is recorded of the recipe on that data set.
    """
    entry = entry_of(baselines, variant, found["dataset"])
    if entry is None:
        raise BaselineError(
            f"{baselines.path.name} has no draws from the recipe of {variant} on "
            f"{found['dataset']}, which a network trained on this processor could be held "
            f"against; train some with 'python -m hlsgate seeds {variant}', then record them."
        )
    here, there = ({name: str(one[field]) for name, field in _FACTS.items()} for one in
                   (found, entry))  # fmt: skip
    differing = kinds.differences(here, there, "that of the recorded seeds")
    if differing:
        text = f"not comparable with the recorded seeds: {differing}"
        return [Verdict(variant, "*", "not comparable", text, "baseline")]
    known = count(baselines.content)
    return [
        _judge_value(variant, name, values.get(name), entry, known)
        for name in sorted({*entry["draws"], *values})
    ]


def _judge_value(
    variant: str, name: str, value: float | None, entry: Mapping[str, Any], known: int
) -> Verdict:
    if value is None or name not in entry["draws"]:
        where = "this network has" if value is None else "the recorded seeds have"
        return Verdict(variant, name, "missing", f"{name}: {where} no such value", "baseline")
    draws = entry["draws"][name]
    lowest, mean = limit(draws, entry["n"], known), statistics.fmean(draws)
    state: State = "ok" if value >= lowest else "failed"  # not of nan, either
    text = (
        f"{name}: trained here {value:.4f}, at least {lowest:.4f} expected ({len(draws)} seeds "
        f"gave {min(draws):.4f} to {max(draws):.4f}, mean {mean:.4f})"
    )
    return Verdict(variant, name, state, text, "baseline", value, mean, lowest)
