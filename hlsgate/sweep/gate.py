"""A run held against the stored frontier: pure functions, without any tool.

A stored point must not become dominated: be less accurate at no lower cost, or more expensive at no
higher accuracy, beyond a tolerance that covers what retraining moves. A point that moves along
the frontier is no loss. New points beyond the frontier are told, and can be recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hlsgate.infra.errors import FrontierError
from hlsgate.sweep.groups import Facts, accuracy, cost

State = Literal["ok", "worse", "missing", "not comparable", "new"]
FAILING: tuple[State, ...] = ("worse", "missing", "not comparable")

IDENTITY = ("benchmark", "dataset", "dataset_sha256", "n", "margin", "confidence")
"""What two sweeps must have in common to be compared."""


@dataclass(frozen=True)
class Finding:
    """What became of one group; `key` is empty for the sweep as a whole."""

    key: str
    state: State
    text: str

    @property
    def fails(self) -> bool:
        """Whether it closes the gate."""
        return self.state in FAILING


@dataclass(frozen=True)
class Slack:
    """How far a point may move: accuracy as a share, cost relative to the stored one."""

    accuracy: float
    da_cost: float


def judge(stored: Facts, run: Facts, slack: Slack) -> list[Finding]:
    """Hold every group of a stored frontier against a run, and every new one against it.

    Parameters
    ----------
    stored, run : mapping
        Documents of the schema.
    slack : Slack
        Tolerance.
    """
    odd = [name for name in IDENTITY if stored[name] != run[name]]
    if stored["reference"]["weights_sha256"] != run["reference"]["weights_sha256"]:
        odd.append("weights of the reference")
    if odd:
        text = f"another {', '.join(odd)} than the stored frontier's; record a frontier for it"
        return [Finding("", "not comparable", text)]
    front = [group for group in stored["groups"] if group["pareto"]]
    here = {group["key"]: group for group in run["groups"]}
    found = [_stored_group(group, here, run, front, slack) for group in front]
    known = {group["key"] for group in front}
    new = [group for group in run["groups"] if group["pareto"] and group["key"] not in known]
    return found + list(_new(new, front, slack))


def _stored_group(
    group: Facts, here: Mapping[str, Facts], run: Facts, front: Sequence[Facts], slack: Slack
) -> Finding:
    key, now = group["key"], here.get(group["key"])
    if now is None or not now["complete"]:
        return Finding(key, "missing", f"{key} is on the stored frontier: {_why(key, run)}")
    reason = _worse_than_itself(group, now, slack) or _dominated(now, front, slack)
    moved = f"{key}: {_step(group, now)}"
    if reason:
        return Finding(key, "worse", f"{moved}; {reason}")
    return Finding(key, "ok", moved)


def _why(key: str, run: Facts) -> str:
    for failed in run.get("failed", []):
        if failed["key"].startswith(f"{key}_s"):
            return f"{failed['key']} failed ({failed['error']})"
    return "not all of its seeds were made"


def _step(old: Facts, new: Facts) -> str:
    return (
        f"accuracy {accuracy(old):.4f} to {accuracy(new):.4f}, cost {cost(old):,.0f} to "
        f"{cost(new):,.0f}"
    )


def _worse_than_itself(old: Facts, new: Facts, slack: Slack) -> str:
    """Say how a group became worse than it was; nothing where it moved along the frontier."""
    lost, raised = accuracy(old) - accuracy(new), cost(new) / cost(old) - 1.0
    if lost > slack.accuracy and raised >= -slack.da_cost:
        return f"{100 * lost:.2f} points less (allowed {100 * slack.accuracy:.2f}) at no less cost"
    if raised > slack.da_cost and -lost <= slack.accuracy:
        return f"{raised:.1%} more expensive (allowed {slack.da_cost:.1%}) at no more accuracy"
    return ""


def _dominated(new: Facts, front: Iterable[Facts], slack: Slack) -> str:
    """Name a stored group that dominates a group, beyond the tolerance."""
    for other in front:
        if dominates(other, new, slack):
            return f"the stored {other['key']} ({_at(other)}) now dominates it"
    return ""


def dominates(one: Facts, other: Facts, slack: Slack) -> bool:
    """Whether a group is as cheap and more accurate than another, or as accurate and cheaper.

    More accurate, and cheaper, by more than the slack.
    """
    gained = accuracy(one) - accuracy(other) > slack.accuracy and cost(one) <= cost(other)
    cheaper = cost(other) > cost(one) * (1.0 + slack.da_cost)
    return gained or (cheaper and accuracy(one) >= accuracy(other))


def _at(group: Facts) -> str:
    return f"accuracy {accuracy(group):.4f}, cost {cost(group):,.0f}"


def _new(groups: Iterable[Facts], front: Sequence[Facts], slack: Slack) -> Iterable[Finding]:
    for group in groups:
        beaten = [other["key"] for other in front if dominates(group, other, slack)]
        if beaten:
            text = f"{group['key']} ({_at(group)}) dominates the stored {', '.join(beaten)}"
            hint = "'python -m hlsgate frontier record' keeps it"
            yield Finding(group["key"], "new", f"{text}; {hint}")


def slack_of(stored: Mapping[str, Any]) -> Slack:
    """Return the tolerance that a stored frontier states.

    Raises
    ------
    FrontierError
        If it states none, as results of a sweep that were not recorded do.
    """
    if "tolerances" not in stored:
        raise FrontierError(
            f"the stored frontier of {stored['benchmark']} states no tolerances; 'python -m "
            "hlsgate frontier record' makes results of a sweep one."
        )
    return Slack(**stored["tolerances"])
