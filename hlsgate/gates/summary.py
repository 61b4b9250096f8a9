"""What a run compared with its baselines, in a few lines, as a table and as Markdown."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hlsgate import suite
from hlsgate.errors import ResultsError
from hlsgate.escaping import markdown, terminal
from hlsgate.gates import changes
from hlsgate.gates.baselines import Baselines
from hlsgate.gates.budgets import Verdict
from hlsgate.gates.judging import Judged, explain, judge_run, new_values

_RANKS = ("failed", "missing", "other weights", "not comparable", "suspicious", "better")
HEADS = ("Entry", "Metric", "Baseline", "Measured", "Change", "Allowed", "State")
_RIGHT = ("left", "left", "right", "right", "right", "right", "left")
_FEW = 5
_STEP_SUMMARY = "GITHUB_STEP_SUMMARY"


@dataclass(frozen=True)
class Summary:
    """A judged run.

    Parameters
    ----------
    judged : sequence of Judged
        Every declared variant and design, measured or not.
    orphans : sequence of str
        Entries of the baselines that belong to nothing.
    new_values : sequence of str
        What was measured of entries whose baseline lacks it.
    """

    judged: Sequence[Judged]
    orphans: Sequence[str]
    new_values: Sequence[str]

    @property
    def verdicts(self) -> list[Verdict]:
        """All verdicts, those that need eyes first, unchanged values last."""
        found = [verdict for one in self.judged for verdict in one.verdicts]
        return sorted(found, key=lambda one: (_rank(one), one.design, one.metric))

    @property
    def compared(self) -> list[Judged]:
        """What was held against numbers of its kind."""
        return [one for one in self.judged if one.compared]

    @property
    def fails(self) -> bool:
        """Whether any gate is closed, or there was nothing to compare at all."""
        return not self.compared or bool(self.orphans) or any(one.fails for one in self.judged)

    def lines(self) -> list[str]:
        """Count what was compared, was better, was not compared and why, is new, is orphaned."""
        better = [verdict for verdict in self.verdicts if verdict.state == "better"]
        apart = [one for one in self.judged if not one.compared and one.state != "new"]
        unknown = " ".join(one.key for one in self.judged if one.state == "new")
        new = [f"no baseline; '{suite.command(f'record {unknown}')}'"] if unknown else []
        new += [f"{name} (not in its baseline)" for name in self.new_values]
        failed = [one.key for one in self.judged if one.state == "failed"]
        return [
            _count("compared", len(self.compared), self._compared_text()),
            _count("failed", len(failed), ", ".join(failed)),
            _count("better", len(better), _listed([_gain(verdict) for verdict in better])),
            _count("not compared", len(apart), ""),
            *_by_reason(apart),
            _count("new", len(unknown.split()) + len(self.new_values), ", ".join(new)),
            _count("orphan", len(self.orphans), ", ".join(self.orphans)),
        ]

    def _compared_text(self) -> str:
        states = [verdict.state for one in self.compared for verdict in one.verdicts]
        counts = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
        text = f"of {len(self.judged)} variants and designs"
        replayed = [one.key for one in self.compared if one.origin == "replayed"]
        if replayed:
            text += f", {len(replayed)} from replayed reports ({_listed(replayed)})"
        return f"{text}; {len(states)} values: {counts}" if states else text

    def text(self, *, every: bool = False) -> str:
        """Tell what a person at a terminal needs: changed values, failures in words, counts."""
        table = self.table(every=every)
        parts = [f"{table}\n"] if table else []
        for one in self.judged:
            if one.state == "failed" and one.verdicts:
                again = f"pytest benchmarks -k {one.key}"
                parts.append(f"{explain(one.key, one.origin, one.verdicts, '', again)}\n")
        parts += self.lines()
        parts += [] if self.compared else ["nothing was compared, so nothing has passed"]
        return terminal("\n".join(parts))

    def table(self, *, every: bool = False, style: str = "simple") -> str:
        """Lay out the verdicts that changed, or every one; "" where there is none."""
        rows = [_row(one) for one in self.verdicts if every or _rank(one) <= len(_RANKS)]
        return _grid(rows, style) if rows else ""

    def rows(self) -> tuple[list[list[str]], list[list[str]]]:
        """Return the rows, under `HEADS`, of what moved or needs eyes, and of what did not."""
        verdicts = self.verdicts
        changed = [_row(one) for one in verdicts if _rank(one) <= len(_RANKS)]
        return changed, [_row(one) for one in verdicts if _rank(one) > len(_RANKS)]

    def markdown(self) -> str:
        """Return a summary for a pull request: changed rows first, the rest folded away."""
        changed, same = self.rows()
        state = "**failed**" if self.fails else "passed"
        parts = [f"### Baselines: {state}", _grid(_safe(changed), "github") if changed else ""]
        parts.append("\n".join(f"- {markdown(line.strip())}" for line in self.lines()))
        if same:
            title = f"<summary>{len(same)} unchanged values</summary>"
            parts.append(f"<details>{title}\n\n{_grid(_safe(same), 'github')}\n\n</details>")
        return "\n\n".join(part for part in parts if part) + "\n"


def summarise(
    found: Mapping[str, Any],
    baselines: Baselines,
    *,
    required: Sequence[str] = (),
    told: Mapping[str, Judged] | None = None,
) -> Summary:
    """Judge a run; parameters are those of `judge_run`."""
    judged = judge_run(found, baselines, required=required, told=told)
    variants = [variant.key for variant in suite.active().variants]
    designs = [design.key for design in suite.active().designs]
    orphans = baselines.orphans(variants, designs)
    return Summary(judged, orphans, new_values(judged, found, baselines))


def _rank(verdict: Verdict) -> int:
    """Return the place in a table: by state, then changed values, then unchanged ones."""
    if verdict.state in _RANKS:
        return _RANKS.index(verdict.state)
    moved = verdict.against == "baseline" and verdict.measured != verdict.baseline
    return len(_RANKS) + (not moved)


def _row(verdict: Verdict) -> list[str]:
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


def _grid(rows: Sequence[Sequence[str]], style: str) -> str:
    from tabulate import tabulate

    return str(tabulate(rows, HEADS, style, colalign=_RIGHT, disable_numparse=True))


def _safe(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Escape cells: results may be a stranger's upload."""
    return [[markdown(cell) for cell in row] for row in rows]


def _gain(verdict: Verdict) -> str:
    step = changes.step(verdict.metric, verdict.baseline or 0.0, verdict.measured or 0.0)
    return f"{verdict.design} {verdict.metric} {step}"


def _count(name: str, number: int, text: str) -> str:
    colon = ":" if text and not text.startswith("of ") else ""
    return f"{name:<13}{number:>4}{colon} {text}".rstrip()


def _by_reason(apart: Sequence[Judged]) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for one in apart:
        text = one.why or "; ".join(verdict.text for verdict in one.verdicts)
        reasons.setdefault(" ".join(text.split()), []).append(one.key)
    for reason, keys in sorted(reasons.items()):
        yield f"  {_listed(keys)}: {reason}"


def _listed(names: Sequence[str]) -> str:
    """List names; the first few where there are many."""
    more = len(names) - _FEW
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:_FEW])} and {more} more"


def publish(markdown: str) -> None:
    """Append to the page of a GitHub job, where there is one (``$GITHUB_STEP_SUMMARY``).

    Raises
    ------
    ResultsError
        If the file cannot be written.
    """
    named = os.environ.get(_STEP_SUMMARY)
    if not named:
        return
    try:
        with Path(named).open("a", encoding="utf-8") as stream:
            stream.write(markdown + "\n")
    except OSError as error:
        raise ResultsError(
            f"{named}, which {_STEP_SUMMARY} names, cannot be written ({error.strerror})."
        ) from error
