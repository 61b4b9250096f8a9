"""The end of a run on one screen: what failed first, then a line a network, then counts.

Nothing is cut without a word: what does not fit is counted, and said where it stands.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from hlsgate.facts.outcomes import Failure, Run, Skip
from hlsgate.judge.layout import listed
from hlsgate.judge.summary import Summary, with_others
from hlsgate.report.overview import HEADS, LEFT, LEGEND, Mood, Row
from hlsgate.suites import suite

MOST_NETWORKS = 14
MOST_DETAILS = 6
MOST_FAILURES = 20
ELSEWHERE = "-v lists them"

_GAP = "  "
_LABEL = 14
_FEW = 3
_RANKS: dict[Mood, int] = {"bad": 0, "odd": 1, "good": 2, "": 2}


@dataclass(frozen=True)
class Line:
    """A line, and how it is coloured."""

    text: str
    mood: Mood = ""


def failures(summary: Summary, width: int, *, every: bool = False) -> list[Line]:
    """Tell what failed: a sentence each, and the command that shows it again.

    Parameters
    ----------
    summary : Summary
        The judged run.
    width : int
        Columns of the terminal; sentences are wrapped, commands are not.
    every : bool
        Whether to tell all, however many.
    """
    lines = [line for text in summary.faults for line in _wrapped("- ", text, width)]
    groups = summary.failed_tests
    shown = groups if every else groups[:MOST_FAILURES]
    for one in shown:
        lines += _wrapped("- ", with_others(one), width)
        lines.append(Line(f"  again: {one.first.command}"))
    if len(groups) > len(shown):
        more = sum(1 + len(one.others) for one in groups[len(shown) :])
        lines += _wrapped("- ", f"and {more} more failed tests: {ELSEWHERE}", width)
    return lines


def _wrapped(mark: str, text: str, width: int, mood: Mood = "bad") -> list[Line]:
    inside = textwrap.wrap(
        text, max(width, 40), initial_indent=mark, subsequent_indent=" " * len(mark),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return [Line(one, mood) for one in inside]


def networks(rows: Sequence[Row], width: int, *, every: bool = False) -> list[Line]:
    """Lay out a line for every network, or for those that need eyes most where there are many.

    Where the terminal is too narrow for all columns, each network has two lines.
    """
    if not rows:
        return []
    shown = list(rows)
    if len(rows) > MOST_NETWORKS and not every:
        worst = sorted(rows, key=lambda row: _RANKS[row.mood])[: MOST_NETWORKS - 1]
        shown = [row for row in rows if row in worst]
    lines = _grid(shown, width)
    hidden = [row for row in rows if row not in shown]
    if hidden:
        bad = sum(row.mood == "bad" for row in hidden)
        state = f"{bad} of them failed" if bad else "none of them failed"
        lines.append(Line(f"and {len(hidden)} more networks, {state}: {ELSEWHERE}"))
    return [*lines, *_wrapped("", LEGEND, width, "")]


def _grid(rows: Sequence[Row], width: int) -> list[Line]:
    """Align cells; in two blocks of columns where one would be too wide."""
    cells = [HEADS, *(row.cells for row in rows)]
    moods: list[Mood] = ["", *(row.mood for row in rows)]
    widths = [max(cell_len(line[at]) for line in cells) for at in range(len(HEADS))]
    columns = range(len(HEADS))
    if sum(widths) + len(_GAP) * (len(widths) - 1) <= width:
        blocks = [columns]
    else:
        blocks = [columns[:4], columns[4:]]
    lines = []
    for line, mood in zip(cells, moods, strict=True):
        for block in blocks:
            indent = "" if block[0] == 0 else _GAP
            padded = [_padded(line[at], widths[at], left=at in LEFT) for at in block]
            lines.append(Line((indent + _GAP.join(padded)).rstrip(), mood))
    return lines


def _padded(text: str, width: int, *, left: bool) -> str:
    space = " " * (width - cell_len(text))
    return text + space if left else space + text


def counts(summary: Summary, run: Run, notes: Sequence[str], width: int) -> list[Line]:
    """Count tests that passed, failed and were skipped, and say why, a line each."""
    known = ""
    if run.known_failures:
        word = "failure" if run.known_failures == 1 else "failures"
        known = f", and {run.known_failures} known {word}, as declared"
    failed: Mood = "bad" if run.failed or run.faults else ""
    lines = [
        Line(_counted("passed", run.passed, known), "good" if not failed else ""),
        Line(_counted("failed", run.failed), failed),
        Line(_counted("not compared", run.skipped)),
    ]
    details = [_reason(one) for one in run.skips] + [f"note: {note}" for note in notes]
    details = [_short(f"  {text}", width) for text in details]
    if len(details) > MOST_DETAILS:
        more = f"  and {len(details) - MOST_DETAILS + 1} more reasons: {ELSEWHERE}"
        details = [*details[: MOST_DETAILS - 1], more]
    lines += [Line(text, "odd") for text in details]
    return [*lines, *_odd(summary, width), *_better(summary, width), *_new(summary)]


def _odd(summary: Summary, width: int) -> list[Line]:
    """Tell what passes, and is to be looked at: replays, moved policy, values that are too good."""
    replayed = [one.key for one in summary.compared if one.origin == "replayed"]
    told = [f"replayed: {', '.join(replayed)}"] if replayed else []
    told += [f"policy moved: {one.what}, {one.old} to {one.new}" for one in summary.policy]
    if summary.free:
        told.append(f"held by no baseline of ours, and no budget: {listed(summary.free)}")
    odd = [one for one in summary.verdicts if one.state == "suspicious"]
    told += [f"suspicious: {one.design}, {one.text}" for one in odd]
    return [Line(_short(f"  {text}", width), "odd") for text in told]


def _counted(name: str, number: int, text: str = "") -> str:
    return f"{name:<{_LABEL}}{number:>4} {'test' if number == 1 else 'tests'}{text}"


def _reason(skip: Skip) -> str:
    """Say why, and of which: the first sentence of the reason."""
    names = [Failure(one, "", "").about for one in skip.ids]
    told = ", ".join(names) if len(names) <= _FEW else f"{len(names)} tests"
    first = skip.reason.partition(". ")[0].rstrip(".")
    return f"{told}: {first}"


def _short(text: str, width: int) -> str:
    """Return a text that fits into a line; dots stand for the rest, which -v shows."""
    if cell_len(text) <= width:
        return text
    while cell_len(text) > width - 4:
        text = text[:-1]
    return f"{text} ..."


def _better(summary: Summary, width: int) -> list[Line]:
    better = [one for one in summary.verdicts if one.state in ("better", "suspicious")]
    if not better:
        return []
    keys = list(dict.fromkeys(one.design for one in better))
    values = "value" if len(better) == 1 else "values"
    text = f"{'better':<{_LABEL}}{len(better):>4} {values}: {', '.join(keys)}"
    return [Line(_short(text, width)), Line(f"  locked in by: {suite.command('tighten')}")]


def _new(summary: Summary) -> list[Line]:
    """Name the command that records what has no baseline; whole, since it is to be copied."""
    unknown = [one.key for one in summary.judged if one.state == "new"]
    if not unknown:
        return []
    again = suite.command(f"record {' '.join(unknown)}")
    return [Line(f"{'new':<{_LABEL}}{len(unknown):>4} without a baseline; '{again}'", "bad")]
