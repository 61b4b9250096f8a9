"""Accuracy against cost, ready to be drawn: a sweep's points beside the suite's variants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hlsgate.facts import parity
from hlsgate.suites import suite

COSTS = {"alut": "yosys_cyclonev", "da_cost": "da4ml"}
"""Cost of a sweep's points, and the target on which the suite measures the same of its variants."""

_VERDICTS = {"pass": "parity", "fail": "no parity", "cannot tell": "parity is inconclusive"}


@dataclass(frozen=True)
class Mark:
    """One network in a plot of accuracy against a cost.

    Parameters
    ----------
    key : str
        Point of a sweep, or variant.
    cost : float
        In the plot's quantity.
    accuracy, low, high : float
        Share, with its two-sided 95 % interval.
    verdict : str
        Parity with the reference: "pass", "fail", "cannot tell"; "reference" for itself, and ""
        where nobody judged.
    best : bool
        Whether a sweep says that it is on the frontier.
    text : str
        One line on it.
    """

    key: str
    cost: float
    accuracy: float
    low: float
    high: float
    verdict: str
    best: bool
    text: str


@dataclass(frozen=True)
class Tradeoff:
    """What is drawn for one quantity of cost.

    Parameters
    ----------
    benchmark : str
        Key of the benchmark that all of it is of.
    metric : str
        Name of the cost.
    tool : str
        Whose count it is.
    points : tuple of Mark
        A sweep's points, by cost.
    line : tuple of (float, float)
        Cost and accuracy along the frontier.
    variants : tuple of Mark
        The suite's variants, in its order.
    limit : float or None
        Accuracy one margin below the reference.
    answer : str or None
        Key of the point that the sweep gives as its answer.
    notes : tuple of str
        What is not drawn, and why.
    """

    benchmark: str
    metric: str
    tool: str
    points: tuple[Mark, ...]
    line: tuple[tuple[float, float], ...]
    variants: tuple[Mark, ...]
    limit: float | None
    answer: str | None
    notes: tuple[str, ...]


def benchmarks(sweeps: Mapping[str, Any]) -> list[str]:
    """Return the keys of what there may be a plot of: the suite's benchmarks, then others swept."""
    return list(dict.fromkeys([*(one.key for one in suite.active().benchmarks), *sweeps]))


def plots(
    benchmark: str, found: Mapping[str, Any], sweep: Mapping[str, Any] | None
) -> list[Tradeoff]:
    """Return a benchmark's plots, one for each cost that anything is known of."""
    compared = [compare(benchmark, metric, found, sweep) for metric in COSTS]
    return [one for one in compared if one.points or one.variants]


def compare(
    benchmark: str, metric: str, found: Mapping[str, Any], sweep: Mapping[str, Any] | None
) -> Tradeoff:
    """Put a sweep's points and the suite's variants side by side, where they are of one kind.

    Parameters
    ----------
    benchmark : str
        Key of the benchmark; no other's networks are drawn.
    metric : str
        A key of `COSTS`.
    found : mapping
        Results.
    sweep : mapping or None
        A sweep of the benchmark; without it, the variants stand alone.
    """
    points = [point for point in (sweep or {}).get("points", ()) if point[metric] is not None]
    tools = {_tool_of_point(metric, point, sweep or {}) for point in points}
    kind = (sweep["dataset_sha256"] if sweep else None, tools)
    variants, notes = [], []
    for variant in suite.active().variants_of(benchmark):
        mark, note = _variant(variant.key, metric, found, kind)
        variants += [mark] if mark else []
        notes += [note] if note else []
    return Tradeoff(
        benchmark=benchmark,
        metric=metric,
        tool=", ".join(sorted(one for one in tools if one))
        or _tool_of_variants(benchmark, metric, found),
        points=tuple(sorted((_point(metric, one, sweep or {}) for one in points), key=_cost)),
        line=_line(metric, sweep or {}),
        variants=tuple(variants),
        limit=sweep["reference"]["accuracy"] - sweep["margin"] if sweep else None,
        answer=sweep["answer"]["key"] if sweep else None,
        notes=tuple(dict.fromkeys(notes)),
    )


def _cost(mark: Mark) -> float:
    return mark.cost


def _tool_of_point(metric: str, point: Mapping[str, Any], sweep: Mapping[str, Any]) -> str:
    version = point["yosys"] if metric == "alut" else sweep["versions"].get("da4ml")
    return f"{'yosys' if metric == 'alut' else 'da4ml'} {version or '(version not stated)'}"


def _tool_of_variants(benchmark: str, metric: str, found: Mapping[str, Any]) -> str:
    for variant in suite.active().variants_of(benchmark):
        design = found["designs"].get(f"{variant.key}-{COSTS[metric]}")
        if design is not None:
            return _tool(design["measurement"])
    return ""


def _tool(measurement: Mapping[str, Any]) -> str:
    version = measurement["tool_version"] or "(version not stated)"
    return f"{measurement['toolchain']} {version}"


def _point(metric: str, point: Mapping[str, Any], sweep: Mapping[str, Any]) -> Mark:
    n = sweep["n"]
    low, high = parity.wilson(round(point["accuracy"] * n), n)
    text = (
        f"{point['key']}: {100 * point['accuracy']:.2f} %, {point[metric]:,.0f}, "
        f"loss {100 * point['loss']:+.2f} ({100 * point['loss_lower']:+.2f} to "
        f"{100 * point['loss_upper']:+.2f}) points, {_VERDICTS[point['parity']]}"
    )
    best = point["key"] in sweep["pareto"]
    facts = (point["accuracy"], low, high, point["parity"], best, text)
    return Mark(point["key"], point[metric], *facts)


def _line(metric: str, sweep: Mapping[str, Any]) -> tuple[tuple[float, float], ...]:
    """Return the frontier: means over seeds, of what has that cost."""
    groups = sweep.get("groups", ())
    best = [one for one in groups if one["pareto"] and one[metric] is not None]
    return tuple(sorted((one[metric]["mean"], one["accuracy"]["mean"]) for one in best))


def _variant(
    key: str, metric: str, found: Mapping[str, Any], kind: tuple[str | None, set[str]]
) -> tuple[Mark | None, str]:
    """Return a variant's mark, or why it cannot stand in this plot."""
    scores = found["variants"].get(key, {}).get("frozen", {})
    design = found["designs"].get(f"{key}-{COSTS[metric]}", {}).get("measurement")
    if "accuracy" not in scores or design is None or metric not in design["values"]:
        return None, f"{key}: not measured"
    dataset, tools = kind
    if dataset is not None and scores["dataset_sha256"] != dataset:
        return None, f"{key}: its results are of another data set than the sweep's"
    if tools and _tool(design) not in tools:
        return None, f"{key}: counted by {_tool(design)}, the sweep by {', '.join(sorted(tools))}"
    if design["weights_sha256"] != scores["weights_sha256"]:
        return None, f"{key}: cost and accuracy are of different weights"
    cost, accuracy = design["values"][metric], scores["accuracy"]
    low, high = scores.get("interval") or parity.wilson(round(accuracy * scores["n"]), scores["n"])
    verdict = scores.get("parity", {}).get("state", "")
    if suite.variant(key).reference is None:
        verdict = "reference"
    text = f"{key}: {100 * accuracy:.2f} %, {cost:,.0f} ({design['origin']})"
    return Mark(key, cost, accuracy, low, high, verdict, best=False, text=text), ""
