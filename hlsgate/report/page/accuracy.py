"""Accuracy, parity, ROC curves and what is taken for what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hlsgate.infra.errors import ResultsError
from hlsgate.judge.claims import Claim, worst_of
from hlsgate.report import tables
from hlsgate.report.figures import roc
from hlsgate.report.figures.kept import Figures
from hlsgate.report.page.blocks import (
    Block,
    Folded,
    Grid,
    Heading,
    Matrix,
    Picture,
    Row,
    Section,
    Text,
)
from hlsgate.spec.suites import Benchmark
from hlsgate.suites import suite

_NONE = "-"
_WORDS = (1, 5)


def accuracy(content: Mapping[str, Any], claims: Sequence[Claim]) -> Section:
    """Scores of every variant, and parity with its reference."""
    table = tables.accuracy(content, claims)
    grid = Grid("Accuracy on the test rows", table.heads, table.rows, _WORDS, table.notes)
    blocks: list[Block] = [grid if table.rows else _absent("accuracy")]
    return Section("accuracy", "Accuracy and parity", blocks)


def curves(content: Mapping[str, Any], claims: Sequence[Claim], figures: Figures) -> Section:
    """ROC curves of every class, and the areas under them."""
    blocks: list[Block] = []
    for benchmark in suite.active().benchmarks:
        found, names = _frozen(content, "roc", benchmark), _classes(content, benchmark)
        shown: list[Block] = [
            Row([_curve(benchmark.key, *one, found, figures) for one in enumerate(names)])
        ]
        shown = [*(shown if found else []), *_areas(content, claims, names, benchmark)]
        blocks += [Heading(benchmark.key), *shown] if shown else []
    return Section("roc", "ROC curves", blocks or [_absent("ROC curves")])


def _curve(
    benchmark: str, number: int, name: str, found: Mapping[str, Any], figures: Figures
) -> Picture:
    lines = {
        variant: _checked(variant, name, curve)
        for variant, curve in found.items()
        if name in curve["signal"]
    }
    title = f"ROC curves of {len(lines)} networks, {name} against the other classes"
    salt = f"roc-{benchmark}-{number}"
    svg = figures.inline(roc.draw, (name, lines), salt, title, {})
    return Picture(svg, f"{name} against the rest: lower and further right is better.")


def _checked(variant: str, name: str, curve: Mapping[str, Any]) -> tuple[list[float], list[float]]:
    background, signal = curve["background"], curve["signal"][name]
    if len(background) != len(signal):
        raise ResultsError(
            f"variants/{variant}/frozen/roc: {len(signal)} shares of {name} at {len(background)} "
            "shares of background; run the main job again."
        )
    return background, signal


def _areas(
    content: Mapping[str, Any], claims: Sequence[Claim], names: list[str], benchmark: Benchmark
) -> Iterator[Block]:
    rows = []
    for variant, scores in _frozen(content, "auc", benchmark).items():
        cells = [f"{scores[name]:.4f}" if name in scores else _NONE for name in names]
        worst = worst_of(claims, "auc", variant)
        rows.append([variant, *cells, worst.state if worst else _NONE])
    if rows:
        heads = ("variant", *names, "AUC parity, worst class")
        note = "One class against the rest; frozen weights. Parity: DeLong's interval and margin."
        title = f"Area under the ROC curve, by class: {benchmark.key}"
        yield Grid(title, heads, rows, (len(names) + 1,), (note,))


def confusion(content: Mapping[str, Any]) -> Section:
    """Show what every network takes for what."""
    note = Text(
        "Rows: what something is. Columns: what the network says. Percent of the row, and counts; "
        "frozen weights."
    )
    blocks: list[Block] = []
    for benchmark in suite.active().benchmarks:
        found = _frozen(content, "confusion", benchmark)
        shown = [_matrix(key, one) for key, one in found.items()]
        if shown:
            blocks += [Heading(benchmark.key), Row(shown[:2]), *_more(shown[2:])]
    absent = _absent("confusion counts")
    return Section("confusion", "Confusion", [note, *blocks] if blocks else [absent])


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


def _frozen(content: Mapping[str, Any], name: str, benchmark: Benchmark) -> dict[str, Any]:
    """Return one finding on frozen weights, by variant of a benchmark, in the suite's order."""
    keys = [variant.key for variant in suite.active().variants_of(benchmark.key)]
    found = {key: scores_of(content, key).get(name) for key in keys}
    return {key: value for key, value in found.items() if value}


def _classes(content: Mapping[str, Any], benchmark: Benchmark) -> list[str]:
    """Return the classes in the data's order where results say it, else sorted."""
    for found in _frozen(content, "confusion", benchmark).values():
        return list(found["classes"])
    areas = _frozen(content, "auc", benchmark).values()
    return sorted({name for one in areas for name in one})


def _absent(what: str) -> Text:
    return Text(f"These results hold no {what}; run the main job, whole.")
