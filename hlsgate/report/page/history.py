"""What is allowed, and how it came to be: baselines, budgets and their history."""

from __future__ import annotations

from hlsgate.judge import listing
from hlsgate.judge.baselines import Baselines
from hlsgate.report.page.blocks import Block, Folded, Grid, Section, Text

_TOLD = 4


def section(baselines: Baselines) -> Section:
    """Show every change of a baseline with its reason, then all that holds now."""
    moved = _filled(listing.history_rows(baselines))
    now = listing.value_rows(baselines)
    budgets = [row for row in now if not row[2]]
    values = [row for row in now if row[2]]
    blocks: list[Block] = []
    if moved:
        blocks.append(Grid("Changes, oldest first", listing.HISTORY_HEADS, moved, (1, 2, 3, 4, 7)))
    else:
        blocks.append(Text("No baseline was ever moved: every value is the first one recorded."))
    if budgets:
        rows = [[row[0], row[1], row[3], row[5]] for row in budgets]
        heads = ("Entry", "Metric", "At most", "Reason")
        blocks.append(Grid("Budgets", heads, rows, (1, 3)))
    if values:
        grid = Grid("Baselines in force", listing.VALUE_HEADS, values, (1, 5))
        blocks.append(Folded(f"{len(values)} baselines in force", [grid]))
    return Section("history", "Budgets and their history", blocks)


def _filled(rows: list[list[str]]) -> list[list[str]]:
    """Repeat what a listing says once, so that rows can be sorted."""
    filled: list[list[str]] = []
    for row in rows:
        told = row[:_TOLD] if row[0] else filled[-1][:_TOLD]
        filled.append([*told, *row[_TOLD:]])
    return filled
