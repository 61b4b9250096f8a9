"""One line a network: what a run says of it, over all claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hlsgate.judge.budgets import Verdict
from hlsgate.judge.claims import Claim, State, worst_of
from hlsgate.judge.judging import Judged
from hlsgate.judge.networks import INTERPRETER
from hlsgate.judge.summary import Summary
from hlsgate.report import tables
from hlsgate.spec.declarations import Variant
from hlsgate.suites import suite

Mood = Literal["", "good", "bad", "odd"]

HEADS = ("network", "accuracy %", "loss (at most)", "parity", "emulation", "cost", "saved %",
         "baselines")  # fmt: skip
LEFT = (0, 3, 4, 7)
"""Columns of words."""

LEGEND = (
    "loss: points against the reference; emulation: backends equal to Keras bit for bit or, of "
    "floats, within bounds"
)
KNOWN: State = "known failure"

_NONE = "-"
_COSTS = (("alut", "ALUT"), ("lut", "LUT"), ("da_cost", "DA"))
_STAGES = ("hls_estimate", "synthesis", "fit", "logic")


@dataclass(frozen=True)
class Row:
    """A network: its cells, under `HEADS`, and whether it needs eyes."""

    key: str
    cells: Sequence[str]
    mood: Mood


def rows(content: Mapping[str, Any], summary: Summary) -> list[Row]:
    """Return a row for every network that results have anything of, in declared order.

    Parameters
    ----------
    content : mapping
        Results.
    summary : Summary
        Their judgement.
    """
    return [
        _row(variant, content, summary)
        for variant in suite.active().variants
        if content["variants"].get(variant.key) or _designs(variant, content)
    ]


def _designs(variant: Variant, content: Mapping[str, Any]) -> list[str]:
    declared = [one.key for one in suite.active().designs if one.variant.key == variant.key]
    return [key for key in declared if key in content["designs"]]


def _row(variant: Variant, content: Mapping[str, Any], summary: Summary) -> Row:
    scores = content["variants"].get(variant.key, {}).get("frozen", {})
    parity = worst_of(summary.claims, "parity", variant.key)
    cost, saved = _cost(variant, content)
    cells = (
        variant.key,
        f"{100 * scores['accuracy']:.2f}" if "accuracy" in scores else _NONE,
        _loss(parity),
        parity_word(variant, parity),
        emulation(variant, summary.claims),
        cost,
        saved,
        _baselines(variant, summary),
    )
    return Row(variant.key, cells, _mood(variant, cells, summary))


def _mood(variant: Variant, cells: Sequence[str], summary: Summary) -> Mood:
    failed = [name for one in summary.failed_tests for name in (one.first.about, *one.others)]
    gates = [one for one in summary.judged if one.fails and _about(one.key, variant)]
    if gates or any(_about(name, variant) for name in failed):
        return "bad"
    return "odd" if KNOWN in cells else ""


def _about(name: str, variant: Variant) -> bool:
    return name == variant.key or name.startswith(f"{variant.key}-")


def _loss(parity: Claim | None) -> str:
    if parity is None or parity.difference is None:
        return _NONE
    return f"{-100 * parity.difference.value:z.2f} ({-100 * parity.difference.low:z.2f})"


def parity_word(variant: Variant, parity: Claim | None) -> str:
    """Return the state of a variant's parity, as a reader needs it."""
    if variant.reference is None:
        return "reference"
    return parity.state if parity else "not judged"


def emulation(variant: Variant, claims: Sequence[Claim]) -> str:
    """Count the backends whose emulation equals Keras, or stays near it where types are open."""
    claim, word = ("equality", "equal") if variant.exact else ("drift", "bounded")
    mine = [one for one in claims if (one.claim, one.subject) == (claim, variant.key)]
    backends = dict.fromkeys(one.where for one in mine if one.where != INTERPRETER)
    worst = [worst_of(mine, claim, variant.key, backend) for backend in backends]
    states = [one.state for one in worst if one]
    if not states:
        return _NONE
    held = states.count("passed")
    if KNOWN in states and held + states.count(KNOWN) == len(states):
        return KNOWN
    return f"{word} {held} of {len(states)}"


def _cost(variant: Variant, content: Mapping[str, Any]) -> tuple[str, str]:
    """Return a cost and what it saves against the reference, by the tool that has both if any."""
    reference = variant.reference or variant.key
    lines = tables.lines_of(variant.key, reference, content, {}, _STAGES)
    best = (_NONE, _NONE)
    for name, unit in _COSTS:
        for _label, values, base in lines:
            if name not in values:
                continue
            cost = f"{values[name]:,.6g} {unit}"
            if variant.reference is None:
                return cost, _NONE
            if base.get(name):
                return cost, f"{100 * (1 - values[name] / base[name]):.1f}"
            best = (cost, _NONE) if best == (_NONE, _NONE) else best
    return best


def _baselines(variant: Variant, summary: Summary) -> str:
    """Count the values of a network's accuracy and designs by how they stand to baselines."""
    mine = [one for one in summary.judged if one.verdicts or one.state in ("new", "failed")]
    mine = [one for one in mine if _about_entry(one, variant)]
    counts: dict[str, int] = {}
    for one in mine:
        words = [_standing(verdict) for verdict in one.verdicts]
        if one.fails and not any(word == "failed" for word in words):
            words.append("new" if one.state == "new" else "failed")
        for word in filter(None, words):
            counts[word] = counts.get(word, 0) + 1
    order = ("failed", "new", "not comparable", "suspicious", "worse, allowed", "better", "equal")
    return ", ".join(f"{counts[word]} {word}" for word in order if word in counts) or _NONE


def _about_entry(one: Judged, variant: Variant) -> bool:
    mine = {variant.key, *(d.key for d in suite.active().designs if d.variant.key == variant.key)}
    return one.key in mine


def _standing(verdict: Verdict) -> str:
    """Return how a value stands to its baseline; budgets count only where they are not open."""
    if verdict.state in ("suspicious", "not comparable"):
        return verdict.state
    if not verdict.passed:
        return "failed"
    if verdict.against != "baseline":
        return ""
    if verdict.state == "better":
        return "better"
    return "equal" if verdict.measured == verdict.baseline else "worse, allowed"
