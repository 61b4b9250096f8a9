"""Points that differ in the seed only are a group; the frontier is of groups, by their means.

Pure functions of plain data, so that a stored sweep is judged without any tool.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hlsgate.facts.parity import difference_of_counts

Facts = Mapping[str, Any]
_WORST = ("fail", "cannot tell", "pass")


def grouped(points: Iterable[Facts], seeds: Sequence[int]) -> list[dict[str, Any]]:
    """Return the groups of points, the cheapest first, with the frontier marked.

    Parameters
    ----------
    points : iterable of mapping
        As in the schema.
    seeds : sequence of int
        Those that every group should have; a group that lacks one is never on the frontier.
    """
    found: dict[str, list[Facts]] = {}
    for point in sorted(points, key=lambda one: int(one["seed"])):
        found.setdefault(point["group"], []).append(point)
    groups = [_group(key, members, seeds) for key, members in found.items()]
    groups.sort(key=lambda group: (group["da_cost"]["mean"], group["key"]))
    front = frontier([group for group in groups if group["complete"]])
    for group in groups:
        group["pareto"] = group["key"] in front
    return groups


def _group(key: str, members: Sequence[Facts], seeds: Sequence[int]) -> dict[str, Any]:
    return {
        "key": key,
        "points": [member["key"] for member in members],
        **{name: spread(members, name) for name in ("accuracy", "loss", "da_cost", "alut", "ff")},
        "loss_upper": max(member["loss_upper"] for member in members),
        "parity": worst_state(members),
        "complete": {member["seed"] for member in members} >= set(seeds),
    }


def spread(members: Sequence[Facts], name: str) -> dict[str, float] | None:
    """Return mean, lowest and highest of a value; None where one of the members has none."""
    values = [member[name] for member in members]
    if any(value is None for value in values):
        return None
    return {"mean": sum(values) / len(values), "low": min(values), "high": max(values)}


def frontier(groups: Iterable[Facts]) -> set[str]:
    """Return the keys of groups that no other one dominates.

    One dominates another if it is no less accurate and no more expensive, and better in one of the
    two; both by the means, expensive by da4ml's cost, which every point has.
    """
    ordered = sorted(groups, key=lambda group: (cost(group), -accuracy(group), group["key"]))
    kept: set[str] = set()
    best = float("-inf")
    for group in ordered:
        if accuracy(group) > best:
            kept.add(group["key"])
            best = accuracy(group)
    return kept


def cost(group: Facts) -> float:
    """Mean of da4ml's cost."""
    return float(group["da_cost"]["mean"])


def accuracy(group: Facts) -> float:
    """Mean of the accuracy, as a share."""
    return float(group["accuracy"]["mean"])


def smallest(groups: Iterable[Facts], states: Mapping[str, str]) -> Facts | None:
    """Return the cheapest complete group whose state is "pass"; None where there is none.

    Parameters
    ----------
    states : mapping of str to str
        Verdict by group.
    """
    passing = [group for group in groups if group["complete"] and states[group["key"]] == "pass"]
    return min(passing, key=lambda group: (cost(group), group["key"]), default=None)


def worst_state(members: Iterable[Facts]) -> str:
    """Return the worst verdict of points."""
    return min((str(member["parity"]) for member in members), key=_WORST.index)


def adjusted(point: Facts, n: int, margin: float, confidence: float, choices: int) -> str:
    """Return a point's verdict when its doubt is shared among all that it was chosen from.

    The smallest of many networks that pass is a choice made on the rows that judge it; with
    ``(1 - confidence) / choices`` of doubt for each, all statements hold together (Bonferroni).
    """
    together = 1.0 - (1.0 - confidence) / max(choices, 1)
    found = difference_of_counts(
        point["gained"], point["lost"], n, margin=margin, confidence=together
    )
    return found.state
