"""Accuracy, parity, ROC curves and what is taken for what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hlsgate import suite, tables
from hlsgate.errors import ResultsError
from hlsgate.figures import roc, style
from hlsgate.figures.svg import inline
from hlsgate.page.blocks import Block, Folded, Grid, Matrix, Picture, Row, Section, Text

_NONE = "-"
_WORDS = (1, 5)


def accuracy(content: Mapping[str, Any]) -> Section:
    """Scores of every variant, and parity with its reference."""
    table = tables.accuracy(content)
    grid = Grid("Accuracy on the test jets", table.heads, table.rows, _WORDS, table.notes)
    blocks: list[Block] = [grid if table.rows else _absent("accuracy")]
    return Section("accuracy", "Accuracy and parity", blocks)


def curves(content: Mapping[str, Any]) -> Section:
    """ROC curves of every class, and the areas under them."""
    blocks: list[Block] = []
    found = _frozen(content, "roc")
    names = _classes(content)
    pictures = [_curve(number, name, found) for number, name in enumerate(names) if found]
    if pictures:
        blocks.append(Row(pictures))
    else:
        blocks.append(_absent("ROC curves"))
    blocks += _areas(content, names)
    return Section("roc", "ROC curves", blocks)


def _curve(number: int, name: str, found: Mapping[str, Any]) -> Picture:
    lines = {
        variant: _checked(variant, name, curve)
        for variant, curve in found.items()
        if name in curve["signal"]
    }
    title = f"ROC curves of {len(lines)} networks, {name} against the other classes"
    with style(f"roc-{number}"):
        svg = inline(roc.draw(name, lines), f"roc-{number}", title, {})
    return Picture(svg, f"{name} against the rest: lower and further right is better.")


def _checked(variant: str, name: str, curve: Mapping[str, Any]) -> tuple[list[float], list[float]]:
    background, signal = curve["background"], curve["signal"][name]
    if len(background) != len(signal):
        raise ResultsError(
            f"variants/{variant}/frozen/roc: {len(signal)} shares of {name} at {len(background)} "
            "shares of background; run the main job again."
        )
    return background, signal


def _areas(content: Mapping[str, Any], names: list[str]) -> Iterator[Block]:
    rows = []
    for variant, scores in _frozen(content, "auc").items():
        losses = scores_of(content, variant).get("auc_parity", {})
        cells = [f"{scores[name]:.4f}" if name in scores else _NONE for name in names]
        states = {one["state"] for one in losses.values()}
        worst = next((state for state in ("fail", "cannot tell", "pass") if state in states), _NONE)
        known = worst == "fail" and suite.variant(variant).shortfall("auc") is not None
        rows.append([variant, *cells, worst + (" (declared)" if known else "")])
    if rows:
        heads = ("variant", *names, "AUC parity, worst class")
        note = "One class against the rest; frozen weights. Parity: DeLong's interval and margin."
        yield Grid("Area under the ROC curve, by class", heads, rows, (len(names) + 1,), (note,))


def confusion(content: Mapping[str, Any]) -> Section:
    """Show what every network takes for what."""
    shown = [_matrix(key, found) for key, found in _frozen(content, "confusion").items()]
    note = Text(
        "Rows: what a jet is. Columns: what the network says. Percent of the row, and jets; "
        "frozen weights."
    )
    blocks: list[Block] = [note, Row(shown[:2]), *_more(shown[2:])]
    return Section("confusion", "Confusion", blocks if shown else [_absent("confusion counts")])


def _more(shown: list[Matrix]) -> list[Block]:
    return [Folded(f"{len(shown)} more networks", [Row(shown)])] if shown else []


def _matrix(variant: str, found: Mapping[str, Any]) -> Matrix:
    names, counts = found["classes"], found["counts"]
    if len(counts) != len(names) or any(len(row) != len(names) for row in counts):
        raise ResultsError(
            f"variants/{variant}/frozen/confusion: the counts are not {len(names)} by "
            f"{len(names)}, as the classes are; run the main job again."
        )
    return Matrix(variant, names, counts)


def scores_of(content: Mapping[str, Any], variant: str) -> Mapping[str, Any]:
    """Return what a variant's frozen weights score; empty where nobody measured."""
    found: Mapping[str, Any] = content["variants"].get(variant, {}).get("frozen", {})
    return found


def _frozen(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return one finding on frozen weights, by variant, in the suite's order."""
    keys = [variant.key for variant in suite.VARIANTS]
    found = {key: scores_of(content, key).get(name) for key in keys}
    return {key: value for key, value in found.items() if value}


def _classes(content: Mapping[str, Any]) -> list[str]:
    """Return the classes in the data's order where results say it, else sorted."""
    for found in _frozen(content, "confusion").values():
        return list(found["classes"])
    return sorted({name for areas in _frozen(content, "auc").values() for name in areas})


def _absent(what: str) -> Text:
    return Text(f"These results hold no {what}; run the main job, whole.")
