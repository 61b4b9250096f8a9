"""Good runs and their limits, made from a baselines file alone.

A *gate* is one number of the file that a measurement is held against: a value of a baseline or a
budget. Limits are calculated here anew, in fractions, and not by the code that is under test.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hlsgate.spec.metrics import METRICS
from hlsgate.suites import suite

Content = dict[str, Any]

OTHER_SHA = "f" * 64
UNMEASURED = 1000


@dataclass(frozen=True)
class Gate:
    """One number that a measurement is held against."""

    place: str
    key: str
    metric: str
    limit: Fraction
    dataset: str | None = None
    index: int | None = None
    baseline: Fraction | None = None
    budget: Mapping[str, Any] | None = None

    @property
    def lower(self) -> bool:
        return METRICS[self.metric].better == "lower"

    @property
    def warns(self) -> bool:
        return bool(self.budget) and self.budget.get("level") == "warning"

    def crossed(self, value: float) -> bool:
        """Whether a value is beyond the limit of a gate that fails."""
        beyond = written(value) - self.limit
        return not self.warns and (beyond if self.lower else -beyond) > 0


def written(value: float) -> Fraction:
    """Return the decimal number that is written for a value."""
    return Fraction(str(value))


def places(content: Content) -> set[str]:
    """Return every number of a baselines file that judges something."""
    found = {
        f"accuracy/{key}/{dataset}"
        for key, entry in content["accuracy"].items()
        for dataset in entry
    }
    for key, entry in content["resources"].items():
        metrics = entry.get("baseline", {}).get("metrics", {})
        found |= {f"resources/{key}/baseline/{name}" for name in metrics}
        found |= {f"resources/{key}/budgets/{i}" for i in range(len(entry.get("budgets", [])))}
    return found


def good_run(content: Content) -> Content:
    """Return results in which every entry of the file is measured, and is what the file says."""
    variants = {
        key: {"frozen": scores(entry, next(iter(entry)))}
        for key, entry in content["accuracy"].items()
    }
    designs = {key: measured(content, key) for key in content["resources"]}
    return {"variants": variants, "designs": designs}


def scores(entry: Content, dataset: str) -> Content:
    """Return what a variant scores by its baseline on a data set."""
    names = ("accuracy", "n", "dataset_sha256", "weights_sha256")
    return {name: entry[dataset][name] for name in names} | {"dataset": dataset}


def measured(content: Content, key: str) -> Content:
    """Return a measurement of a design that meets its baseline, and its budgets, if only just."""
    entry, target = content["resources"][key], suite.design(key).target
    baseline = entry.get("baseline", {})
    values = dict(baseline.get("metrics", {}))
    facts = {
        "toolchain": target.toolchain,
        "stage": target.stage,
        "part": target.part,
        "tool_version": baseline.get("tool_version", "2025.0"),
        "weights_sha256": baseline.get("weights_sha256") or OTHER_SHA,
        "target_fmax_mhz": baseline.get("target_fmax_mhz"),
        "origin": "measured",
    }
    capacity: dict[str, int] = {}
    related: dict[str, Content] = {}
    for budget in entry.get("budgets", []):
        _meet(budget, values, capacity, related, content["resources"])
    others = {name: {**facts, "values": one} for name, one in related.items()}
    return {"measurement": {**facts, "values": values, "capacity": capacity}, "related": others}


def _meet(
    budget: Content,
    values: dict[str, float],
    capacity: dict[str, int],
    related: dict[str, Content],
    designs: Content,
) -> None:
    """Choose the value, the device and the other design so that a budget is met."""
    name = budget["metric"]
    if "max" in budget:
        values[name] = min(values.get(name, budget["max"]), budget["max"])
    elif "capacity_share" in budget:
        value = values.setdefault(name, UNMEASURED)
        needed = math.ceil(written(value) / written(budget["capacity_share"]))
        capacity[name] = max(capacity.get(name, 1), needed)
    else:
        known = designs[budget["of"]].get("baseline", {}).get("metrics", {})
        ratio = written(budget["ratio"])
        other = known.get(name, UNMEASURED)
        value = values.setdefault(name, math.floor(ratio * written(other)))
        needed = math.ceil(written(value) / ratio)
        there = related.setdefault(budget["of"], {})
        there[name] = max(there.get(name, 0), other, needed)


def gates(content: Content, found: Content) -> Iterator[Gate]:
    """Give every gate of the file, with its limit for a run."""
    for key, entry in content["accuracy"].items():
        for dataset, stored in entry.items():
            place, value = f"accuracy/{key}/{dataset}", stored["accuracy"]
            slack = _slack(content["tolerances"].get("accuracy", {}), value)
            limit = written(value) - slack
            yield Gate(place, key, "accuracy", limit, dataset, None, written(value))
    for key, entry in content["resources"].items():
        own = entry.get("tolerances", {})
        for name, value in entry.get("baseline", {}).get("metrics", {}).items():
            slack = _slack(own.get(name, content["tolerances"].get(name, {})), value)
            sign = 1 if METRICS[name].better == "lower" else -1
            limit = written(value) + sign * slack
            place = f"resources/{key}/baseline/{name}"
            yield Gate(place, key, name, limit, baseline=written(value))
        for index, budget in enumerate(entry.get("budgets", [])):
            limit = _ceiling(budget, found["designs"][key])
            place = f"resources/{key}/budgets/{index}"
            yield Gate(place, key, budget["metric"], limit, index=index, budget=budget)


def _slack(tolerance: Content, value: float) -> Fraction:
    rel = written(tolerance.get("rel", 0)) * written(value)
    return max(rel, written(tolerance.get("abs", 0)))


def _ceiling(budget: Content, entry: Content) -> Fraction:
    name = budget["metric"]
    if "max" in budget:
        return written(budget["max"])
    if "capacity_share" in budget:
        return written(budget["capacity_share"]) * entry["measurement"]["capacity"][name]
    return written(budget["ratio"]) * written(entry["related"][budget["of"]]["values"][name])
