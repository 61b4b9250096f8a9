"""How far one can compress before accuracy drops: the answer of a sweep, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hlsgate.sweep.groups import Facts, adjusted, cost, smallest, worst_state

Members = Mapping[str, Sequence[Facts]]
"""Points of each group, as they are judged against one reference."""


def answer(
    points: Sequence[Facts],
    groups: Sequence[Facts],
    reference: Facts,
    head: Facts,
    against: str | None = None,
) -> dict[str, Any]:
    """Return the smallest group with parity for all its seeds, its savings, and where it ends.

    Parameters
    ----------
    points, groups, reference : sequence of mapping, mapping
        As in the schema.
    head : mapping
        ``n``, ``margin``, ``confidence`` and ``seeds`` of the sweep.
    against : str, optional
        Where points keep the comparison with this reference, if it is not the first.
    """
    members = _members(points, against)
    states = {key: worst_state(judged) for key, judged in members.items()}
    best = smallest(groups, states)
    if best is None:
        return _none(reference["variant"], states, head)
    found = {
        "key": members[best["key"]][0]["key"],
        "group": best["key"],
        "adjusted_parity": _together(members[best["key"]], len(groups), head),
        "drop": _drop(members, groups, states, best),
        "saved": _saved(best, members[best["key"]], reference),
    }
    return found | {"sentence": _sentence(found, best, members, reference, head, groups)}


def _members(points: Sequence[Facts], against: str | None) -> Members:
    found: dict[str, list[Facts]] = {}
    for point in sorted(points, key=lambda one: int(one["seed"])):
        judged = {**point, **point[against]} if against else point
        found.setdefault(point["group"], []).append(judged)
    return found


def _none(name: str, states: Mapping[str, str], head: Facts) -> dict[str, Any]:
    unsure = sum(state == "cannot tell" for state in states.values())
    sentence = (
        f"None of {len(states)} networks keeps parity with {name} for all its seeds (at most "
        f"{_points(head['margin'])} points lost, {head['confidence']:.0%} confidence)"
    )
    sentence += f"; of {unsure} nobody can tell." if unsure else "."
    return {"key": None, "group": None, "sentence": sentence}


def _together(judged: Sequence[Facts], choices: int, head: Facts) -> str:
    rule = (head["n"], head["margin"], head["confidence"], choices)
    return worst_state([{"parity": adjusted(point, *rule)} for point in judged])


def _saved(best: Facts, judged: Sequence[Facts], reference: Facts) -> dict[str, float | None]:
    """Return what is saved; of cells only where both were counted by one build of Yosys."""
    found = {name: saved(best, reference, name) for name in ("alut", "ff", "da_cost")}
    if any(point["yosys"] != reference.get("yosys") for point in judged):
        found.update(alut=None, ff=None)
    return found


def saved(group: Facts, reference: Facts, name: str) -> float | None:
    """Return the share of the reference's that a group saves; None where one is not measured."""
    if group[name] is None or not reference[name]:
        return None
    return 1.0 - float(group[name]["mean"]) / float(reference[name])


def _drop(
    members: Members, groups: Sequence[Facts], states: Mapping[str, str], best: Facts
) -> dict[str, Any]:
    """Say where losses begin: to be measurable, and to be more than the margin."""
    front = [group for group in groups if group["pareto"]]
    without = [
        group
        for group in front
        if min(point["loss_lower"] for point in members[group["key"]]) <= 0.0
    ]
    beyond = [
        group for group in front if cost(group) < cost(best) and states[group["key"]] == "fail"
    ]
    return {
        "last_without": min(without, key=cost)["key"] if without else None,
        "first_failing": max(beyond, key=cost)["key"] if beyond else None,
    }


def _sentence(
    found: Facts,
    best: Facts,
    members: Members,
    reference: Facts,
    head: Facts,
    groups: Sequence[Facts],
) -> str:
    judged, by_key = members[best["key"]], {group["key"]: group for group in groups}
    text = (
        f"The smallest of {len(groups)} networks that keeps parity with {reference['variant']} "
        f"for all {len(judged)} seeds (at most {_points(head['margin'])} points lost, "
        f"{head['confidence']:.0%} confidence, {head['n']:,} test rows) is {best['key']}: "
        f"{_losses(judged)}; {_savings(found['saved'], best, reference)}"
    )

    def named(key: str) -> str:
        return f"{key} (cost {cost(by_key[key]):,.0f}, loss {_points(_mean(members[key]))})"

    drop = found["drop"]
    if drop["last_without"]:
        text += f"; no loss can be told down to {named(drop['last_without'])}"
    if drop["first_failing"]:
        text += f"; parity fails from {named(drop['first_failing'])} down"
    if found["adjusted_parity"] != "pass":
        text += (
            f"; as it is chosen from {len(groups)} on the rows that judge it, bounds that hold for "
            f"all of them together say: {found['adjusted_parity']}"
        )
    return text + "."


def _mean(judged: Sequence[Facts]) -> float:
    return sum(float(point["loss"]) for point in judged) / len(judged)


def _losses(judged: Sequence[Facts]) -> str:
    losses = [point["loss"] for point in judged]
    upper = max(point["loss_upper"] for point in judged)
    return (
        f"loss {_points(_mean(judged))} points ({_points(min(losses))} to "
        f"{_points(max(losses))} by seed, at most {_points(upper)})"
    )


def _savings(shares: Facts, best: Facts, reference: Facts) -> str:
    if shares["da_cost"] is None:
        return f"it costs {best['da_cost']['mean']:,.0f} by da4ml (the reference was not counted)"
    text = f"it saves {shares['da_cost']:.1%} of da4ml's cost"
    if shares["alut"] is None or shares["ff"] is None:
        if best["alut"] and reference["alut"]:
            return f"{text} (ALUTs and FFs not compared: counted by different builds of Yosys)"
        lacking = "the reference's" if best["alut"] else "its own"
        return f"{text} (ALUTs and FFs not compared: {lacking} are not measured)"
    origin = reference["alut_origin"]
    return (
        f"{text}, {shares['alut']:.1%} of the ALUTs ({best['alut']['mean']:,.0f} of "
        f"{reference['alut']:,}, {origin}) and {shares['ff']:.1%} of the FFs"
    )


def _points(share: float) -> str:
    return f"{100 * share:.2f}"
