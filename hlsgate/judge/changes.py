"""What changed from one number to another, and from one file to another, in words and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hlsgate.infra.escaping import markdown
from hlsgate.judge import kinds
from hlsgate.judge.entries import Entry
from hlsgate.spec.metrics import metric

_NONE = "-"
_SHARES = ("accuracy", "auc")
_LONGEST_FACT = 40

Direction = Literal["worse", "better", "same", "other"]


@dataclass(frozen=True)
class Change:
    """One line of the table that a commit message of a re-baselining holds."""

    what: str
    old: str
    new: str
    change: str = ""
    direction: Direction = "other"


def of_value(label: str, name: str, old: float | None, new: float | None) -> Change:
    """Tell the change of a metric's value; None stands for no value.

    Examples
    --------
    >>> of_value("d", "alut", 100, 103)
    Change(what='d alut', old='100', new='103', change='+3.0 %, worse', direction='worse')
    """
    what, cells = f"{label} {name}", (number(old), number(new))
    if old is None or new is None:
        return Change(what, *cells, "new" if old is None else "gone")
    side = direction(name, old, new)
    text = "" if side == "same" else f"{step(name, old, new)}, {side}"
    return Change(what, *cells, text, side)


def direction(name: str, old: float, new: float) -> Direction:
    """Say whether a metric's value became worse or better."""
    if old == new:
        return "same"
    return "worse" if (new > old) == (metric(name).better == "lower") else "better"


def step(name: str, old: float, new: float) -> str:
    """Return the way from one value to another: in percent, or in points for a share."""
    if name.partition(" ")[0] in _SHARES:
        return f"{100 * (new - old):+.3g} points"
    if old == 0:
        return f"{new - old:+,.6g}"
    return f"{100 * (new / old - 1):+.1f} %"


def number(value: float | None) -> str:
    """Return a value as people read it; a dash where there is none."""
    return _NONE if value is None else f"{value:,.10g}"


def of_facts(label: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Tell in which facts two entries differ: tool, part, clock, weights, data."""
    return [
        Change(f"{label} {name}", fact(old.get(name)), fact(new.get(name)))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]


def fact(value: object) -> str:
    """Return a fact in a few characters."""
    return _NONE if value is None else kinds.short(str(value))[:_LONGEST_FACT]


def between(old: Mapping[str, Entry], new: Mapping[str, Entry]) -> list[Change]:
    """Tell everything that differs between two files, and what does not.

    Returns
    -------
    list of Change
        By entry: facts first, then every value; unchanged values too, as ``"same"``.
    """
    changes = []
    for label in sorted({*old, *new}):
        here, there = old.get(label), new.get(label)
        if here and there:
            changes += of_facts(label, here.facts, there.facts)
        values = (here.values if here else {}, there.values if there else {})
        changes += [
            of_value(label, name, values[0].get(name), values[1].get(name))
            for name in sorted({*values[0], *values[1]})
        ]
    return changes


def table(changes: Sequence[Change]) -> str:
    """Lay changes out as Markdown, for terminals and commit messages alike."""
    from tabulate import tabulate

    rows = [
        [markdown(cell) for cell in (one.what, one.old, one.new, one.change)] for one in changes
    ]
    heads = ("Metric", "Old", "New", "Change")
    alignment = ("left", "right", "right", "left")
    return str(tabulate(rows, heads, "github", colalign=alignment, disable_numparse=True))


def tally(changes: Sequence[Change]) -> str:
    """Count changes by what they are."""
    kinds_of = [one.change if one.change in ("new", "gone") else one.direction for one in changes]
    names = {
        "worse": "worse",
        "better": "better",
        "new": "new",
        "gone": "gone",
        "same": "unchanged",
    }
    return ", ".join(f"{kinds_of.count(kind)} {name}" for kind, name in names.items())
