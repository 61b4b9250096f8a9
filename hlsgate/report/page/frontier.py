"""How far can one compress before accuracy drops: a sweep, as plots and as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hlsgate.judge.changes import number
from hlsgate.report.figures import frontier
from hlsgate.report.figures.kept import Figures
from hlsgate.report.page.blocks import (
    Block,
    Folded,
    Grid,
    Heading,
    Listing,
    Picture,
    Row,
    Section,
    Text,
)
from hlsgate.report.tradeoff import Tradeoff, benchmarks, plots
from hlsgate.suites import suite

_HEADS = ("point", "weights, bits", "activations, bits", "zeros", "hidden", "seed", "from",
          "accuracy %", "loss, points", "parity", "DA cost", "ALUT", "FF")  # fmt: skip
_WORDS = (4, 6, 9)


def section(
    content: Mapping[str, Any], sweeps: Mapping[str, Mapping[str, Any]], figures: Figures
) -> Section:
    """Plot accuracy against cost, each benchmark by itself; `sweeps` are by benchmark."""
    blocks: list[Block] = []
    for key in benchmarks(sweeps):
        blocks += _benchmark(key, content, sweeps.get(key), figures)
    return Section("frontier", "Accuracy against cost", blocks)


def _benchmark(
    key: str, content: Mapping[str, Any], sweep: Mapping[str, Any] | None, figures: Figures
) -> Iterator[Block]:
    """Show the answer first, where there is a sweep."""
    yield Heading(key)
    if sweep is None:
        yield Text(_missing(key))
    else:
        yield Text(sweep["answer"]["sentence"], strong=True)
        if "answer2" in sweep:
            yield Text(sweep["answer2"]["sentence"])
    shown = plots(key, content, sweep)
    if shown:
        yield Row([_picture(one, figures) for one in shown])
        yield Listing(_notes(shown, content, sweep))
    if sweep is not None:
        yield from _tables(key, sweep)


def _missing(key: str) -> str:
    if suite.benchmark(key).family is None:
        return f"No family of points is declared for {key}, so there is no sweep of it."
    return (
        f"There is no sweep of {key}. Make one with 'python -m hlsgate frontier --benchmark {key}',"
        f" then name it here: 'python -m hlsgate report RESULTS --frontier "
        f"results/frontier-{key}.json'; or store it: 'python -m hlsgate frontier record'."
    )


def _picture(one: Tradeoff, figures: Figures) -> Picture:
    name = f"frontier-{one.benchmark}-{one.metric}".replace("_", "-")
    swept = f"{len(one.points)} points of a sweep and " if one.points else ""
    shown = f"{swept}{len(one.variants)} declared networks"
    title = f"{one.benchmark}: accuracy against {frontier.AXES[one.metric]}: {shown}"
    svg = figures.inline(frontier.draw, (one,), name, title, frontier.tips(one))
    return Picture(svg, f"{title}. Bars: 95 % intervals of the accuracy. Counted by {one.tool}.")


def _notes(
    shown: list[Tradeoff], content: Mapping[str, Any], sweep: Mapping[str, Any] | None
) -> list[str]:
    """Say what is not in the plots."""
    notes = [f"Not drawn: {note}." for one in shown for note in one.notes]
    variants = suite.active().variants_of(shown[0].benchmark)
    scores = [content["variants"].get(one.key, {}).get("frozen", {}) for one in variants]
    data = {one["dataset"] for one in scores if "dataset" in one}
    data |= {sweep["dataset"]} if sweep else set()
    known = " and ".join(sorted(data)) or "unknown"
    notes.append(
        f"No published networks are drawn: these rows are {known}, and the costs are da4ml's and "
        "ALUTs without softmax; published networks were scored on other rows, and are counted in "
        "LUTs (AMD) or in ALUTs that another tool estimates, softmax included."
    )
    paired = (
        "Parity is judged on the same rows, pair by pair, so its bounds are tighter than the bars: "
        "two bars may overlap although one network is certainly worse."
    )
    return list(dict.fromkeys([*notes, paired]))


def _tables(key: str, sweep: Mapping[str, Any]) -> list[Block]:
    best = [one for one in sweep["points"] if one["key"] in sweep["pareto"]]
    rest = [one for one in sweep["points"] if one["key"] not in sweep["pareto"]]
    note = (
        f"Loss: against {sweep['reference']['variant']} on the same {sweep['n']:,} rows, with "
        f"one-sided {100 * sweep['confidence']:g} % bounds; parity: at most "
        f"{100 * sweep['margin']:g} point. ALUTs: synthesised on the frontier only."
    )
    blocks: list[Block] = [Grid(f"The frontier of {key}", _HEADS, _rows(best), _WORDS, (note,))]
    if rest:
        grid = Grid(f"Other points of {key}", _HEADS, _rows(rest), _WORDS)
        blocks.append(Folded(f"{len(rest)} other points", [grid]))
    failed = sweep.get("failed", [])
    if failed:
        rows = [[one["key"], one["error"]] for one in failed]
        caption = f"Points of {key} that could not be made"
        blocks.append(Grid(caption, ("point", "why"), rows, (1,)))
    return blocks


def _rows(points: list[Mapping[str, Any]]) -> list[list[str]]:
    return [_row(one) for one in sorted(points, key=lambda one: (one["da_cost"], one["key"]))]


def _row(one: Mapping[str, Any]) -> list[str]:
    bounds = f"{100 * one['loss_lower']:.2f} to {100 * one['loss_upper']:.2f}"
    return [
        one["key"],
        str(one["weight_bits"]),
        str(one["activation_bits"]),
        f"{100 * one['sparsity']:g} %",
        " x ".join(map(str, one["hidden"])),
        str(one["seed"]),
        one["source"],
        f"{100 * one['accuracy']:.2f}",
        f"{100 * one['loss']:.2f} ({bounds})",
        one["parity"],
        number(one["da_cost"]),
        number(one["alut"]),
        number(one["ff"]),
    ]
