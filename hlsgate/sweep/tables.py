"""A sweep as a table, for terminals and files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hlsgate.sweep.gate import Finding
from hlsgate.sweep.groups import Facts


def groups(content: Facts, *, every: bool = False) -> str:
    """Lay out the groups on the frontier, or all of them, the cheapest first."""
    from tabulate import tabulate

    heads = (
        "network", "seeds", "accuracy %", "by seed", "loss, points", "parity", "DA cost", "ALUT",
        "FF", "on the frontier",
    )  # fmt: skip
    rows = [_row(group) for group in content["groups"] if every or group["pareto"]]
    right = ["left"] + ["right"] * (len(heads) - 1)
    return str(tabulate(rows, heads, "simple", colalign=right, disable_numparse=True))


def _row(group: Facts) -> list[str]:
    spread = group["accuracy"]
    return [
        group["key"],
        str(len(group["points"])),
        f"{100 * spread['mean']:.2f}",
        f"{100 * spread['low']:.2f} to {100 * spread['high']:.2f}",
        f"{100 * group['loss']['mean']:.2f} (at most {100 * group['loss_upper']:.2f})",
        group["parity"],
        _count(group["da_cost"]),
        _count(group["alut"]),
        _count(group["ff"]),
        "yes" if group["pareto"] else "no",
    ]


def _count(spread: Any) -> str:
    return "-" if spread is None else f"{spread['mean']:,.0f}"


def summary(content: Facts) -> str:
    """Return the answers and what failed, a line each."""
    lines = [content["answer"]["sentence"]]
    if "answer2" in content:
        second = content["reference2"]
        lines.append(
            f"Against {second['variant']}, the better-trained float network "
            f"({100 * second['accuracy']:.2f} %): {content['answer2']['sentence']}"
        )
    if content["reference"]["alut"] is None:
        lines.append(
            f"Nobody has recorded the ALUTs of {content['reference']['variant']} for these "
            "weights: 'tox run -e open -- --slow' measures them, 'python -m hlsgate record' keeps "
            "them."
        )
    lines += [f"FAILED {one['key']}: {one['error']}" for one in content.get("failed", [])]
    return "\n".join(lines)


def findings(found: Sequence[Finding]) -> str:
    """Return the gate's findings, those that fail first."""
    ordered = sorted(found, key=lambda one: (not one.fails, one.state))
    return "\n".join(f"{one.state}: {one.text}" for one in ordered)
