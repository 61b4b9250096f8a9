"""Baselines as tables: values with their limits and budgets, and how they came about."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from hlsgate.infra.errors import BaselineError
from hlsgate.judge import changes, entries, kinds, recipes
from hlsgate.judge.baselines import Baselines
from hlsgate.judge.budgets import judge_value
from hlsgate.judge.entries import Entry

VALUE_HEADS = ("Entry", "Metric", "Value", "Allowed", "Since first", "Of")
HISTORY_HEADS = ("Date", "Command", "Commit", "Reason", "Metric", "Old", "New", "Change")


def values(baselines: Baselines, keys: Collection[str]) -> str:
    """Lay out every value, what it may become, and where it comes from.

    Parameters
    ----------
    baselines : Baselines
        What to show.
    keys : collection of str
        Variants and designs to show; all where empty.

    Raises
    ------
    BaselineError
        If there is no entry of a key.
    """
    _check_keys(baselines, keys)
    return _grid(value_rows(baselines, keys), VALUE_HEADS)


def value_rows(baselines: Baselines, keys: Collection[str] = ()) -> list[list[str]]:
    """Return the rows of `values`, under `VALUE_HEADS`."""
    rows: list[list[str]] = []
    for entry in _chosen(baselines, keys):
        rows += _value_rows(baselines, entry)
    for key, entry in sorted(baselines.content["resources"].items()):
        if not keys or key in keys:
            rows += [_budget_row(key, budget) for budget in entry.get("budgets", [])]
    return rows


def history(baselines: Baselines, keys: Collection[str]) -> str:
    """Lay out every line of history, oldest first; parameters are those of `values`."""
    _check_keys(baselines, keys)
    rows = history_rows(baselines, keys)
    return _grid(rows, HISTORY_HEADS) if rows else "no value was ever moved"


def history_rows(baselines: Baselines, keys: Collection[str] = ()) -> list[list[str]]:
    """Return the rows of `history`, under `HISTORY_HEADS`; what a row repeats is left empty."""
    rows = []
    for entry in _chosen(baselines, keys):
        for line in entry.history:
            told = [line["date"], line["command"], (line["commit"] or "-")[:12], line["reason"]]
            for change in _moved(entry.label, line):
                rows.append([*told, change.what, change.old, change.new, change.change])
                told = [""] * len(told)
    return rows


def _moved(label: str, line: Mapping[str, Any]) -> Iterator[changes.Change]:
    facts = line.get("facts", {})
    before, after = ({name: one[side] for name, one in facts.items()} for side in ("old", "new"))
    yield from changes.of_facts(label, before, after)
    for name, one in line["values"].items():
        yield changes.of_value(label, name, one["old"], one["new"])


def _check_keys(baselines: Baselines, keys: Collection[str]) -> None:
    sections = ("accuracy", "recipes", "resources")
    known = {key for section in sections for key in baselines.content.get(section, {})}
    for key in keys:
        if key not in known:
            raise BaselineError(f"{baselines.path.name} has no entry {key!r}; see 'show'.")


def _chosen(baselines: Baselines, keys: Collection[str]) -> list[Entry]:
    found = entries.of_baselines(baselines.content).values()
    return sorted((one for one in found if not keys or one.key in keys), key=lambda one: one.label)


def _value_rows(baselines: Baselines, entry: Entry) -> Iterator[list[str]]:
    known = recipes.count(baselines.content)
    for name, value in sorted(entry.values.items()):
        tolerance = baselines.tolerance(name, entry.key)
        limit = judge_value(entry.key, name, value, value, tolerance).limit
        if entry.draws is not None:
            limit = round(recipes.limit(entry.draws["draws"][name], entry.draws["n"], known), 6)
        first = entry.first(name)
        since = "" if first in (None, value) else changes.step(name, first or 0.0, value)
        shown = value if entry.draws is None else round(value, 6)
        cells = [changes.number(shown), changes.number(limit), since]
        yield [entry.label, name, *cells, f"{entry.origin}: {_kind(entry)}"]


def _kind(entry: Entry) -> str:
    facts = entry.facts
    if entry.draws is not None:
        recipe = kinds.short(facts["recipe_sha256"])
        return f"mean of {facts['seeds']} seeds, {facts['n']:,} rows, recipe {recipe}"
    if entry.dataset is not None:
        return f"{facts['n']:,} rows, weights {kinds.short(facts['weights_sha256'])}"
    weights = facts["weights_sha256"]
    told = [f"{facts['toolchain']} {facts['tool_version']}", facts["part"], facts["stage"]]
    told += [f"{facts['target_fmax_mhz']:g} MHz"] if facts["target_fmax_mhz"] else []
    return ", ".join([*told, f"weights {kinds.short(weights) if weights else 'unknown'}"])


def _budget_row(key: str, budget: Mapping[str, Any]) -> list[str]:
    if "max" in budget:
        allowed = changes.number(budget["max"])
    elif "ratio" in budget:
        allowed = f"{budget['ratio']:g} x {budget['of']}"
    else:
        allowed = f"{budget['capacity_share']:.0%} of the device"
    level = "warning" if budget.get("level") == "warning" else "budget"
    return [key, budget["metric"], "", allowed, "", f"{level}: {budget['reason']}"]


def _grid(rows: list[list[str]], heads: tuple[str, ...]) -> str:
    from tabulate import tabulate

    return str(tabulate(rows, heads, "simple", disable_numparse=True))
