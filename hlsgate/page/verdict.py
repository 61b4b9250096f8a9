"""The page's first section: what was compared, with which outcome, and what was known before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hlsgate import suite
from hlsgate.declarations import Shortfall, Variant
from hlsgate.gates.layout import HEADS
from hlsgate.gates.summary import Summary, others
from hlsgate.page.blocks import Block, Folded, Grid, Listing, Section, State, Text, Tile, Tiles

_WORDS = (0, 1, 6)
_NONE = "-"
_DECLARED = " (declared)"


def section(content: Mapping[str, Any], summary: Summary) -> Section:
    """Count and list the verdicts of a run, and the shortfalls that its variants declare."""
    blocks: list[Block] = [
        *_failures(summary),
        Tiles([*_test_tiles(summary), *_baseline_tiles(summary), *_claim_tiles(content)]),
        *_untold(summary),
        Listing(_details(summary)),
        *_grids(summary),
        _shortfalls(content),
    ]
    return Section("verdict", "Verdict", blocks)


def _failures(summary: Summary) -> Iterator[Block]:
    """Tell what failed, whatever claim it is of, and the command that shows it again."""
    rows = [["the run", text, _NONE] for text in summary.faults]
    rows += [
        [one.first.about, one.first.sentence + others(one), one.first.command]
        for one in summary.failed_tests
    ]
    if rows:
        yield Grid("What failed", ("About", "What it says", "Again"), rows, (1, 2))


def _untold(summary: Summary) -> Iterator[Block]:
    """Say so where results know of baselines alone."""
    if summary.run is None:
        yield Text(
            "These results do not say how the tests ended; parity, emulation and whatever else is "
            "not held against a baseline may have failed."
        )


def _test_tiles(summary: Summary) -> Iterator[Tile]:
    """Count the tests of the run, where results tell of them."""
    run = summary.run
    if run is None:
        return
    failed = sum(1 + len(one.others) for one in summary.failed_tests)
    passed: State = "good" if run.passed and not summary.fails else ""
    yield Tile("tests passed", str(run.passed), "", passed)
    yield Tile(
        "tests failed", str(failed), "listed above" if failed else "", "bad" if failed else "good"
    )
    yield Tile("known failures", str(run.known_failures), "as declared below")
    yield Tile("tests skipped", str(run.skipped), "", "odd" if run.skipped else "")
    if run.not_run:
        yield Tile("tests not run", str(run.not_run), "the run ended before", "bad")


def _details(summary: Summary) -> list[str]:
    """Return what a summary says beyond its counts, which the tiles show."""
    counted, *lines = summary.lines()
    told = [" ".join(line.split()) for line in lines]
    details = [
        f"not compared: {text}" if line.startswith(" ") else text
        for line, text in zip(lines, told, strict=True)
        if ": " in text
    ]
    return [" ".join(counted.split()), *details]


def _baseline_tiles(summary: Summary) -> Iterator[Tile]:
    judged = summary.judged
    failed = sum(one.state == "failed" for one in judged)
    better = sum(verdict.state == "better" for verdict in summary.verdicts)
    apart = sum(not one.compared and one.state != "new" for one in judged)
    new = sum(one.state == "new" for one in judged) + len(summary.new_values)
    yield Tile("compared", str(len(summary.compared)), f"of {len(judged)} variants and designs")
    # green where the whole run is: a closed parity is no reason to look calm
    state: State = "bad" if failed else "" if summary.fails else "good"
    yield Tile("failed", str(failed), "baselines and budgets", state)
    yield Tile("better", str(better), "values than their baselines")
    yield Tile("not compared", str(apart), "reasons below", "odd" if apart else "")
    yield Tile("new", str(new), "without a baseline", "bad" if new else "")
    orphans = len(summary.orphans)
    yield Tile("orphan", str(orphans), "baselines of nothing", "bad" if orphans else "")


def _claim_tiles(content: Mapping[str, Any]) -> Iterator[Tile]:
    """Count parity and equality; what pytest judged, and the page only tells."""
    words = [
        parity_word(variant, content["variants"].get(variant.key, {}).get("frozen", {}))
        for variant in suite.active().variants
    ]
    states = [word for word in words if word not in ("reference", "not judged")]
    if states:
        known = sum(one.endswith(_DECLARED) for one in states)
        note = f"of {len(states)} compressed networks" + (f"; {known} declared" if known else "")
        closed = len(states) - states.count("pass") - known
        state: State = "bad" if closed else "good"
        yield Tile("accuracy parity", str(states.count("pass")), note, state)
    equal = [
        one["exact"]["rows_different"] == 0
        for found in content["variants"].values()
        for one in found.get("emulation", {}).values()
        if "exact" in one
    ]
    if equal:
        state = "good" if all(equal) else "bad"
        yield Tile("bit-exact emulation", str(sum(equal)), f"of {len(equal)} comparisons", state)


def _grids(summary: Summary) -> Iterator[Block]:
    changed, same = summary.rows()
    if changed:
        yield Grid("Values that moved, or need eyes", HEADS, changed, _WORDS)
    if same:
        grid = Grid("Values equal to their baselines, or within their budgets", HEADS, same, _WORDS)
        yield Folded(f"{len(same)} unchanged values", [grid])
    if not summary.compared:
        yield Text("Nothing was compared, so nothing has passed.", strong=True)


def _shortfalls(content: Mapping[str, Any]) -> Block:
    rows = [
        [
            variant.key,
            ", ".join(filter(None, (known.gate, known.bound))),
            ", ".join(known.backends) or "all",
            f"{known.worst:g}",
            _measured(content["variants"].get(variant.key, {}), known),
            known.reason,
        ]
        for variant in suite.active().variants
        for known in variant.shortfalls
    ]
    heads = ("Variant", "Gate", "Backends", "At most", "Measured", "Reason")
    notes = (
        "Strict in both directions: a variant that falls shorter than declared fails its test, and "
        "so does one that meets the gate. Parity and hardware: share of accuracy; AUC: area; "
        "softmax: error, share of rows (flips) or difference of inputs (step), by bound, the "
        "largest of the backends.",
    )
    return Grid("Declared shortfalls: gates that are known to fail", heads, rows, (1, 2, 5), notes)


def _measured(found: Mapping[str, Any], known: Shortfall) -> str:
    """Return what a run says of a declared shortfall, in the gate's unit."""
    frozen = found.get("frozen", {})
    emulated = [
        one for key, one in found.get("emulation", {}).items() if key in (known.backends or (key,))
    ]
    losses = {
        "parity": [-frozen["parity"]["difference"]] if "parity" in frozen else [],
        "auc": [-one["difference"] for one in frozen.get("auc_parity", {}).values()],
        "softmax": [
            value
            for one in emulated
            if "softmax" in one
            for value in _softmax(one["softmax"], known)
        ],
        "hardware": [one["drift"]["accuracy_drop"] for one in emulated if "drift" in one],
        "logic": [],
    }[known.gate]
    return f"{max(losses):.4f}" if losses else _NONE


_SOFTMAX = {"largest error": "max_error", "step": "step", "range": "range_used"}
"""Fields of the results, by bound; the mean error where a declaration names none."""


def _softmax(facts: Mapping[str, Any], known: Shortfall) -> list[float]:
    """Return what a declaration's bound is about; nothing where the results do not have it."""
    if known.bound == "flips":
        return [facts["flips"] / facts["rows"]]
    name = _SOFTMAX.get(known.bound, "mean_error")
    return [facts[name]] if facts.get(name) is not None else []


def parity_word(variant: Variant, scores: Mapping[str, Any]) -> str:
    """Return the state of a variant's parity, as tables say it."""
    if variant.reference is None:
        return "reference"
    state: str = scores.get("parity", {}).get("state", "not judged")
    known = state in ("fail", "cannot tell") and variant.shortfall("parity") is not None
    return f"{state}{_DECLARED}" if known else state
