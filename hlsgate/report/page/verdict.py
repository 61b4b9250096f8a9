"""The page's first section: what was compared, with which outcome, and what was known before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hlsgate.judge.claims import Claim
from hlsgate.judge.layout import HEADS
from hlsgate.judge.summary import Summary, with_others
from hlsgate.report.page.blocks import (
    Block,
    Folded,
    Grid,
    Listing,
    Section,
    State,
    Text,
    Tile,
    Tiles,
)
from hlsgate.spec.declarations import KnownFailure, Variant
from hlsgate.suites import suite

_WORDS = (0, 1, 6)
_NONE = "-"


def section(summary: Summary) -> Section:
    """Count and list the verdicts of a run, and the known failures that its variants declare."""
    blocks: list[Block] = [
        *_failures(summary),
        Tiles([*_test_tiles(summary), *_baseline_tiles(summary), *_claim_tiles(summary)]),
        *_untold(summary),
        Listing(_details(summary)),
        *_grids(summary),
        _known_failures(summary.claims),
    ]
    return Section("verdict", "Verdict", blocks)


def _failures(summary: Summary) -> Iterator[Block]:
    """Tell what failed, whatever claim it is of, and the command that shows it again."""
    rows = [["the run", text, _NONE] for text in summary.faults]
    rows += [[one.first.about, with_others(one), one.first.command] for one in summary.failed_tests]
    rows += [[one.subject, one.text, again] for one, again in summary.untold()]
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


def _claim_tiles(summary: Summary) -> Iterator[Tile]:
    """Count parity and equality."""
    for claim, title, of in (
        ("parity", "accuracy parity", "compressed networks"),
        ("equality", "bit-exact emulation", "comparisons"),
    ):
        states = [one.state for one in summary.claims if one.claim == claim]
        if states:
            known, passed = states.count("known failure"), states.count("passed")
            note = f"of {len(states)} {of}" + (f"; {known} declared" if known else "")
            state: State = "good" if passed + known == len(states) else "bad"
            yield Tile(title, str(passed), note, state)


def _grids(summary: Summary) -> Iterator[Block]:
    changed, same = summary.rows()
    if changed:
        yield Grid("Values that moved, or need eyes", HEADS, changed, _WORDS)
    if same:
        grid = Grid("Values equal to their baselines, or within their budgets", HEADS, same, _WORDS)
        yield Folded(f"{len(same)} unchanged values", [grid])
    if not summary.compared:
        yield Text("Nothing was compared, so nothing has passed.", strong=True)


def _known_failures(claims: Sequence[Claim]) -> Block:
    rows = [
        [
            variant.key,
            ", ".join(filter(None, (known.gate, known.bound))),
            ", ".join(known.backends) or "all",
            f"{known.worst:g}",
            _measured(claims, variant, known),
            known.reason,
        ]
        for variant in suite.active().variants
        for known in variant.known_failures
    ]
    heads = ("Variant", "Claim", "Backends", "At most", "Measured", "Reason")
    notes = (
        "Strict in both directions: a variant that loses more than declared fails its test, and "
        "so does one of which the claim holds. Parity and hardware: share of accuracy; AUC: area; "
        "softmax: error, share of rows (flips) or difference of inputs (step), by bound, the "
        "largest of the backends.",
    )
    return Grid("Known failures, as declared", heads, rows, (1, 2, 5), notes)


_CLAIMS = {"parity": "parity", "auc": "auc", "hardware": "drift", "softmax": "softmax"}
"""Claims that known failures can be declared of, by the name that declarations use."""


def _measured(claims: Sequence[Claim], variant: Variant, known: KnownFailure) -> str:
    """Return what a run says of a known failure, in the unit of its bound."""
    found = [
        one
        for one in claims
        if (one.claim, one.subject) == (_CLAIMS.get(known.gate), variant.key)
        and (not known.backends or one.where in known.backends)
        and known.bound in ("", one.bound)
    ]
    losses = [one.loss for one in found if one.state != "passed"] or [one.loss for one in found]
    return f"{max(losses):.4f}" if losses else _NONE
