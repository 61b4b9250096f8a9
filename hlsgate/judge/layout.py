"""How verdicts and counts are laid out: rows of tables, Markdown that acts on nothing, lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hlsgate.infra.escaping import markdown
from hlsgate.judge import changes
from hlsgate.judge.budgets import Verdict
from hlsgate.judge.judging import Judged

RANKS = (
    "failed",
    "missing",
    "new metric",
    "other weights",
    "not comparable",
    "suspicious",
    "better",
)
HEADS = ("Entry", "Metric", "Baseline", "Measured", "Change", "Allowed", "State")
_RIGHT = ("left", "left", "right", "right", "right", "right", "left")
_FEW = 5


def rank(verdict: Verdict) -> int:
    """Return the place in a table: by state, then changed values, then unchanged ones."""
    if verdict.state in RANKS:
        return RANKS.index(verdict.state)
    moved = verdict.against == "baseline" and verdict.measured != verdict.baseline
    return len(RANKS) + (not moved)


def row(verdict: Verdict) -> list[str]:
    """Return the cells of a verdict, under `HEADS`."""
    if verdict.metric == "*":
        return [verdict.design, "*", "", "", "", "", verdict.state]  # why: among the counts
    step = ""
    if verdict.baseline is not None and verdict.measured not in (None, verdict.baseline):
        step = changes.step(verdict.metric, verdict.baseline, verdict.measured or 0.0)
    elif verdict.against == "budget":
        step = "budget"
    numbers = [changes.number(one) for one in (verdict.baseline, verdict.measured)]
    allowed = changes.number(verdict.limit)
    return [verdict.design, verdict.metric, *numbers, step, allowed, verdict.state]


def grid(rows: Sequence[Sequence[str]], style: str, heads: Sequence[str] = HEADS) -> str:
    """Lay rows out under their heads, in a style of tabulate."""
    from tabulate import tabulate

    sides = _RIGHT if heads == HEADS else ("left",) * len(heads)
    return str(tabulate(rows, heads, style, colalign=sides, disable_numparse=True))


def safe(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return rows whose cells Markdown takes as text."""
    return [[markdown(cell) for cell in cells] for cells in rows]


def gain(verdict: Verdict) -> str:
    """Tell by how much a value is better than its baseline."""
    step = changes.step(verdict.metric, verdict.baseline or 0.0, verdict.measured or 0.0)
    return f"{verdict.design} {verdict.metric} {step}"


def count(name: str, number: int, text: str) -> str:
    """Return a line of a count: its name, its number, what it is about."""
    colon = ":" if text and not text.startswith("of ") else ""
    return f"{name:<13}{number:>4}{colon} {text}".rstrip()


def by_reason(apart: Sequence[Judged]) -> Iterator[str]:
    """Give a line for each reason for which something was not compared."""
    reasons: dict[str, list[str]] = {}
    for one in apart:
        text = one.why or "; ".join(verdict.text for verdict in one.verdicts)
        reasons.setdefault(" ".join(text.split()), []).append(one.key)
    for reason, keys in sorted(reasons.items()):
        yield f"  {listed(keys)}: {reason}"


def listed(names: Sequence[str]) -> str:
    """List names; the first few where there are many."""
    more = len(names) - _FEW
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:_FEW])} and {more} more"
