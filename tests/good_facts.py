"""Facts of networks of which every claim holds, or fails as it is declared; and mutants of them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hlsgate.spec.declarations import Variant
from hlsgate.suites import suite
from tests.stored import SHA

Facts = dict[str, Any]

ROWS = 40_000
BOUNDS = {
    "mean error": ("mean_error", "max_mean_error"), "flips": ("flips", "max_flips"),
    "largest error": ("max_error", "max_error"), "step": ("step", "max_step"),
    "range": ("range_used", "max_range_used"),
}  # fmt: skip
FIRST = {"softmax": "range", "hardware": "accuracy"}
"""Bound of a declared failure that names none, in the suite that ships."""


def comparison(different: int = 0, **facts: Any) -> Facts:
    """Return how outputs compare of which so many rows differ."""
    lsb = 3.5 if different else 0.0
    return {
        "rows": ROWS, "rows_different": different, "rows_beyond": 0, "worst": lsb / 1024,
        "worst_lsb": lsb, "median_lsb": 0.0, "flips": 0, **facts,
    }  # fmt: skip


def parity(loss: float, rows: int = ROWS) -> Facts:
    """Return counts of rows of which a share was lost, and none gained."""
    return {"gained": 0, "lost": round(loss * rows), "n": rows}


def area(loss: float, variance: float | None = 1e-8) -> Facts:
    """Return how an area compares."""
    return {"difference": -loss, "variance": variance, "n": ROWS}


def _worst(variant: Variant, gate: str, backend: str | None = None) -> dict[str, float]:
    """Return the declared losses of a variant, by bound, each a hair within."""
    known = variant.known(gate, backend)
    return {one.bound or FIRST.get(gate, ""): 0.999 * one.worst for one in known}


def drift(variant: Variant, backend: str, policy: Facts) -> Facts:
    """Return what hardware loses against plain Keras."""
    losses, limit = _worst(variant, "hardware", backend), policy["hardware"]
    return comparison(
        7,
        rows_beyond=round(losses.get("rows", 0.0) * ROWS),
        accuracy=0.74,
        accuracy_drop=losses.get("accuracy", 0.0),
        tolerance_lsb=limit["max_lsb"],
    )


def softmax(variant: Variant, backend: str, policy: Facts) -> Facts:
    """Return what a softmax table costs: nothing, but for what is declared."""
    losses = _worst(variant, "softmax", backend)
    found: Facts = {name: losses.get(bound, 0.0) for bound, (name, _) in BOUNDS.items()}
    return {**found, "flips": round(found["flips"] * ROWS), "rows": ROWS}


def array(variant: Variant, *, kernel: bool) -> Facts:
    """Return what is found of one array of weights."""
    zeros = round(variant.zeros * 1024) if kernel else 0
    facts = {"size": 1024, "zeros": zeros, "off_grid": 0, "kernel": kernel}
    return {**facts, "type": "fixed<6,1>" if variant.exact else None}


def of_network(variant: Variant, policy: Facts) -> Facts:
    """Return everything that results hold of a network, but its scores.

    Parameters
    ----------
    variant : Variant
        A variant of the active suite.
    policy : dict
        ``emulation`` of a baselines file.
    """
    active, emulation = suite.active(), dict[str, Facts]()
    for backend in (*active.emulated, *active.streamed):
        # of float networks with streams between layers, sources are read and nothing is run
        run = variant.exact or backend in active.emulated
        found: Facts = {"compiler": "g++"} if run else {}
        found["firmware"] = {"facts": 99, "layers": 8, "wrong": []}
        if variant.exact:
            found |= {"exact": comparison(), "edges": comparison()}
        if backend in active.emulated:
            found["drift"] = drift(variant, backend.key, policy)
            found["softmax"] = softmax(variant, backend.key, policy)
        if run and backend is not active.emulated[0]:
            found["agreement"] = comparison(**{"with": active.emulated[0].key})
        emulation[backend.key] = found
    emulation[active.emulated[0].key] |= {"predicted": comparison(), "as_written": comparison()}
    emulation[active.emulated[0].key]["unexpected"] = {}
    emulation["dais"] = {"compiler": "da4ml", "exact": comparison(), "edges": comparison()}
    arrays = {
        "dense1/kernel": array(variant, kernel=True),
        "dense1/bias": array(variant, kernel=False),
    }
    return {
        "weights": {"frozen": arrays, "retrained": arrays},
        "emulation": emulation,
        "simulation": comparison(),
        "netlists": {f"{variant.key}-yosys_cyclonev": comparison()},
    }


def scores(variant: Variant) -> Facts:
    """Return parity with the reference: kept, or lost as declared."""
    if variant.reference is None:
        return {}
    lost = _worst(variant, "parity").get("", 0.0)
    worst = _worst(variant, "auc").get("", 0.0)
    return {"parity": parity(lost), "auc_parity": {"g": area(worst), "q": area(0.0)}}


def retrained(variant: Variant) -> Facts:
    """Return a network that was trained again, with equal bits."""
    return {
        "accuracy": 0.75, "interval": [0.74, 0.76], "n": ROWS, "auc": {}, "dataset": "none",
        "dataset_sha256": SHA, "weights_sha256": SHA, "recipe_sha256": SHA, "packages": "p 1",
        "processor": "x86-64 with AVX2", "must_be_equal": True, "equal_to_frozen": True,
        "differs": "",
    }  # fmt: skip


def good(variant: Variant, policy: Facts) -> Facts:
    """Return all facts of a network, every claim of which holds or fails as declared."""
    found = {**of_network(variant, policy), "frozen": scores(variant)}
    return {**found, "retrained": retrained(variant)} if variant.recipe else found


@dataclass(frozen=True)
class Wrong:
    """Facts of a network, one of which was changed so that a claim fails."""

    name: str
    claim: str
    facts: Facts


def mutants(variant: Variant, policy: Facts) -> Iterator[Wrong]:
    """Break every claim, in every way in which its facts can be wrong."""
    facts = good(variant, policy)

    def wrong(name: str, claim: str, change: Callable[[Facts], Any]) -> Wrong:
        other = copy.deepcopy(facts)
        change(other)
        return Wrong(f"{variant.key}: {name}", claim, other)

    for steps, claim, change in _changes(variant, facts, policy):

        def at(other: Facts, steps=steps, change=change) -> None:
            for step in steps:
                other = other[step]
            change(other)

        yield wrong("/".join(steps), claim, at)


def _changes(
    variant: Variant, facts: Facts, policy: Facts
) -> Iterator[tuple[tuple[str, ...], str, Callable[[Facts], Any]]]:
    """Give place, claim, and what to do to the facts there."""
    if variant.reference:
        yield from _less_accurate(variant)
    for kind in facts["weights"]:
        yield from _other_weights(variant, kind)
    if "retrained" in facts:
        again = {"equal_to_frozen": False, "differs": "3 of 9 weights differ"}
        yield ("retrained",), "recipe", lambda one: one.update(again)
    for backend, found in facts["emulation"].items():
        yield from _other_outputs(("emulation", backend), found)
        if "drift" in found:
            yield from _more_drift(variant, backend, policy)
            yield from _worse_softmax(variant, backend, policy)
    yield ("simulation",), "simulation", _unequal
    yield ("netlists", f"{variant.key}-yosys_cyclonev"), "simulation", _unequal


def _unequal(facts: Facts) -> None:
    facts.update(comparison(1, **{"with": "x"}))


def _other_outputs(place: tuple[str, ...], found: Facts):
    claims = {"exact": "equality", "edges": "edge rows", "agreement": "agreement",
              "predicted": "own code",
              "as_written": "own code"}  # fmt: skip
    for name, claim in claims.items():
        if name in found:
            yield (*place, name), claim, _unequal
            yield (*place, name), claim, lambda one: one.update(rows=0)
    if "firmware" in found:
        text = "fc1: weights of another type"
        yield (*place, "firmware"), "firmware", lambda one: one["wrong"].append(text)
        yield (*place, "firmware"), "firmware", lambda one: one.update(facts=8)
    if "unexpected" in found:
        yield (*place, "unexpected"), "layers", lambda one: one.update(dense1="wraps")


def _less_accurate(variant: Variant):
    known, areas = variant.known_failure("parity"), variant.known_failure("auc")
    place = ("frozen", "parity")
    lost = 1.01 * known.worst if known else 0.05
    yield place, "parity", lambda one: one.update(parity(lost))
    if known:  # holds, though it is declared to fail
        yield place, "parity", lambda one: one.update(parity(0.0))
    else:
        yield place, "parity", lambda one: one.update(parity(0.01, 400))  # too few rows to tell
    place = ("frozen", "auc_parity", "g")
    lost_area = 1.01 * areas.worst if areas else 0.05
    yield place, "auc", lambda one: one.update(area(lost_area))
    if areas:
        yield place, "auc", lambda one: one.update(area(0.0))
    else:
        yield place, "auc", lambda one: one.update(area(0.0, 1.0))
        yield place, "auc", lambda one: one.update(area(0.0, None))


def _other_weights(variant: Variant, kind: str):
    kernel = ("weights", kind, "dense1/kernel")
    yield kernel, "weights", lambda one: one.update(off_grid=1)
    yield kernel, "weights", lambda one: one.update(zeros=one["size"])
    if variant.zeros:
        yield kernel, "weights", lambda one: one.update(zeros=one["zeros"] - 1)
    yield ("weights", kind, "dense1/bias"), "weights", lambda one: one.update(off_grid=1)


def _more_drift(variant: Variant, backend: str, policy: Facts):
    place, limit = ("emulation", backend, "drift"), policy["hardware"]
    known = _worst(variant, "hardware", backend)
    dropped = max(1.01 * known.get("accuracy", 0.0), 1.01 * limit["max_accuracy_drop"])
    yield place, "drift", lambda one: one.update(accuracy_drop=dropped)
    beyond = round(1.05 * limit["max_share_beyond"] * ROWS)
    yield place, "drift", lambda one: one.update(rows_beyond=beyond)
    yield place, "drift", lambda one: one.update(tolerance_lsb=2 * limit["max_lsb"])
    if known:
        yield place, "drift", lambda one: one.update(accuracy_drop=0.0)


def _worse_softmax(variant: Variant, backend: str, policy: Facts):
    place, known = ("emulation", backend, "softmax"), _worst(variant, "softmax", backend)
    for bound, (name, limit) in BOUNDS.items():
        most = max(known.get(bound, 0.0), policy["softmax"][limit])
        value = 1.01 * most * (ROWS if name == "flips" else 1) + (name == "flips")
        yield place, "softmax", lambda one, n=name, v=value: one.update({n: v})
        if bound in known:
            yield place, "softmax", lambda one, n=name: one.update({n: 0})
    if "step" not in known:
        yield place, "softmax", lambda one: one.update(step=None)
    if "range" not in known:
        yield place, "softmax", lambda one: one.update(range_used=None)
