"""A verdict on a claim that no baseline has a number of, and what a known failure makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from hlsgate.facts.parity import Difference
from hlsgate.spec.declarations import KnownFailure

State = Literal["passed", "failed", "inconclusive", "known failure"]


@dataclass(frozen=True)
class Claim:
    """What is claimed of one network, or of one of its designs, and whether it holds.

    Parameters
    ----------
    claim : str
        Which claim, for example ``"parity"`` (`hlsgate.judge.networks`).
    subject : str
        Key of the variant or design.
    where : str
        Backend, class or kind of weights, where there are several; else "".
    state : {"passed", "failed", "inconclusive", "known failure"}
        Inconclusive: there are too few rows to tell.
    text : str
        One line with what was measured and what is allowed.
    loss : float
        What was lost, in the unit of the bound.
    bound : str
        Which bound, where a claim has several; what a known failure calls it.
    reason : str
        Why a known failure is one.
    difference : Difference or None
        Of a claim of parity: the difference with its interval.
    """

    claim: str
    subject: str
    where: str
    state: State
    text: str
    loss: float = 0.0
    bound: str = ""
    reason: str = ""
    difference: Difference | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong: it is kept, or fails as its variant declares."""
        return self.state in ("passed", "known failure")


_WORST: tuple[State, ...] = ("failed", "inconclusive", "known failure", "passed")


def worst_of(
    claims: Sequence[Claim], claim: str, subject: str, where: str | None = None
) -> Claim | None:
    """Return the worst verdict on a claim about one network (on a backend); None without any."""
    found = [
        one
        for one in claims
        if (one.claim, one.subject) == (claim, subject) and where in (None, one.where)
    ]
    return min(found, key=lambda one: _WORST.index(one.state), default=None)


def settled(found: Sequence[Claim], known: Sequence[KnownFailure]) -> list[Claim]:
    """Hold one claim's verdicts against the failures that are declared of it, strictly.

    Parameters
    ----------
    found : sequence of Claim
        Every bound of one claim, in order; of parity of areas, every class.
    known : sequence of KnownFailure
        What is declared: the loss of each is the largest that is still the known one. Those
        without a bound are of the first bound that is not kept.

    Returns
    -------
    list of Claim
        Declared failures are known ones, whether rows suffice to tell or not. A loss beyond what
        is declared, one of another bound, and a bound that is kept though it is declared, fail.
    """
    if not known:
        return list(found)
    named = {one.bound: one for one in known if one.bound}
    unmet = [one for one in found if one.state != "passed"]
    first = next((one.bound for one in unmet if one.bound not in named), None)
    expected = {(one.bound or first): one for one in known}
    broken = {one.bound for one in unmet}
    judged = [_against(one, expected) if one.state != "passed" else one for one in found]
    idle = [one for one in known if (one.bound or first) not in broken]
    return [*judged, *_idle(found, idle)]


def _against(one: Claim, expected: dict[str | None, KnownFailure]) -> Claim:
    """Return a failure as the known one, or say in what it is another."""
    known = expected.get(one.bound)
    if known is None:
        text = f"{one.text}; no known failure is declared for the bound {one.bound!r}"
        return replace(one, state="failed", text=text)
    if one.loss > known.worst:
        text = f"{one.text}; known to fail by at most {known.worst:g}, but fails by {one.loss:.4g}"
        return replace(one, state="failed", text=text)
    return replace(one, state="known failure", reason=known.reason)


def _idle(found: Sequence[Claim], idle: Sequence[KnownFailure]) -> Iterator[Claim]:
    """Fail where a failure is declared of what is kept: it would hide the next one."""
    for known in idle if found else ():
        held = next((one for one in found if one.bound == known.bound), found[0])
        what = f"the bound {known.bound!r} is kept" if known.bound else "it holds"
        text = f"{held.text}: {what}, though a known failure is declared; delete that"
        yield replace(held, state="failed", text=text)
