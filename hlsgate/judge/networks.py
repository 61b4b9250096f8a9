"""One judge for each claim about a network: from what a run measured to verdicts.

Facts are those of ``results.json`` (docs/results.md), policy is that of ``baselines.json``, and
known failures are those that the suite declares. Tests judge by these functions what they have
just measured; ``check``, page and tables judge by the same ones what results hold.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hlsgate.facts import parity
from hlsgate.facts.equality import in_lsb
from hlsgate.facts.parity import Difference
from hlsgate.infra.errors import BaselineError
from hlsgate.judge import recipes
from hlsgate.judge.baselines import Baselines
from hlsgate.judge.claims import Claim, State, settled
from hlsgate.spec.declarations import Variant
from hlsgate.suites import suite

Facts = Mapping[str, Any]

INTERPRETER = "dais"
"""What stands in the place of a backend where the traced logic is run."""

_STATES: dict[str, State] = {"pass": "passed", "fail": "failed", "cannot tell": "inconclusive"}


def accuracy_parity(variant: Variant, facts: Facts, baselines: Baselines) -> list[Claim]:
    """Judge whether accuracy is at most the margin below the reference's, on the same rows.

    Parameters
    ----------
    variant : Variant
        A variant that has a reference.
    facts : mapping
        ``gained``, ``lost`` and ``n``: rows that only this network, and that only the reference,
        has right, of how many. Of files of version 1: ``difference``, ``low`` and ``high``.
    baselines : Baselines
        States margin and confidence.
    """
    policy = baselines.parity("accuracy", variant.benchmark)
    if "gained" in facts:
        found = parity.difference_of_counts(facts["gained"], facts["lost"], facts["n"], **policy)
    else:
        found = _stored(facts, policy)
    one = _of_difference("parity", variant, "", found, f"accuracy of {variant.key}")
    return settled([one], variant.known("parity"))


def auc_parity(variant: Variant, facts: Facts, baselines: Baselines) -> list[Claim]:
    """Judge the same of the area under every class's ROC curve; the worst class comes first.

    Parameters
    ----------
    variant, baselines
        As in `accuracy_parity`.
    facts : mapping
        By class: ``difference``, its ``variance`` (None where it cannot be estimated) and ``n``.
    """
    policy = baselines.parity("auc", variant.benchmark)
    found = {name: _area(one, policy) for name, one in facts.items()}
    claims = [
        _of_difference("auc", variant, name, one, f"AUC of {name} of {variant.key}")
        for name, one in sorted(found.items(), key=lambda item: item[1].high)
    ]
    return settled(claims, variant.known("auc"))


def _area(facts: Facts, policy: Mapping[str, float]) -> Difference:
    if "variance" not in facts:
        return _stored(facts, policy)
    variance = math.inf if facts["variance"] is None else facts["variance"]
    return parity.difference_of_areas(facts["difference"], variance, facts["n"], **policy)


def _stored(facts: Facts, policy: Mapping[str, float]) -> Difference:
    """Return what a file of version 1 tells: an interval, but not what it was calculated of."""
    return Difference(facts["difference"], facts["low"], facts["high"], n=facts["n"], **policy)


def _of_difference(claim: str, variant: Variant, where: str, found: Difference, what: str) -> Claim:
    state, text = _STATES[found.state], found.describe(what)
    return Claim(claim, variant.key, where, state, text, -found.value, difference=found)


_SAME = {
    "exact": ("equality", "{subject} on {where} against Keras"),
    "edges": ("edge rows", "edge rows of {subject} on {where}"),
    "agreement": ("agreement", "{subject}: {where} against {facts[with]}"),
    "predicted": ("own code", "hls4ml's own predict of {subject} on {where} against our emulation"),
    "as_written": (
        "own code",
        "{subject} on {where}: compiled as hls4ml wrote it against our emulation",
    ),
}
"""Outputs that must be equal in every row, by field of the facts: claim, and what is compared."""

_INTERPRETED = "{subject}: interpreter against hls4ml's emulation"


def same_outputs(field: str, variant: Variant, where: str, facts: Facts) -> list[Claim]:
    """Judge whether outputs on a backend are equal in every row, bit for bit.

    Parameters
    ----------
    field : {"exact", "edges", "agreement", "predicted", "as_written"}
        What is compared: with Keras on the test rows and on rows that are made to be hard, with
        the first backend, with hls4ml's own predict, and with hls4ml's sources as they are.
    variant : Variant
        The network.
    where : str
        Key of the backend, or `INTERPRETER`, which is held against hls4ml's own code on the test
        rows.
    facts : mapping
        ``rows``, ``rows_different`` and more (`hlsgate.facts.equality.Comparison.as_json`); of
        agreement also ``with``, the backend that it is with.
    """
    claim, what = _SAME[field]
    if field == "exact" and where == INTERPRETER:
        what = _INTERPRETED
    told = what.format(subject=variant.key, where=where, facts=facts)
    return [_equal(claim, variant.key, where, facts, told)]


def simulation(subject: str, what: str, facts: Facts) -> list[Claim]:
    """Judge whether simulated Verilog (`what` it is: written, or a netlist) gives the logits."""
    text = f"{subject}: {what} against the interpreter"
    return [_equal("simulation", subject, what, facts, text)]


def _equal(claim: str, subject: str, where: str, facts: Facts, what: str) -> Claim:
    """Return the verdict on outputs that must be equal in every row."""
    different, rows = facts["rows_different"], facts["rows"]
    text = f"{what}: {different:,} of {rows:,} rows differ, at most by {in_lsb(facts['worst_lsb'])}"
    state: State = "passed" if rows > 0 and different == 0 else "failed"
    return Claim(claim, subject, where, state, text, different / max(rows, 1))


def drift(variant: Variant, where: str, facts: Facts, baselines: Baselines) -> list[Claim]:
    """Judge what hardware loses against plain Keras, the model whose accuracy is judged.

    Parameters
    ----------
    variant, where
        As in `same_outputs`.
    facts : mapping
        ``rows``, ``rows_beyond`` (by more than ``tolerance_lsb``), ``accuracy_drop`` and more.
    baselines : Baselines
        States ``emulation/hardware``.
    """
    bounds = baselines.emulation["hardware"]
    what = f"{variant.key} on {where} against plain Keras"
    counted = facts.get("tolerance_lsb", bounds["max_lsb"])
    beyond, drop = facts["rows_beyond"] / facts["rows"], facts["accuracy_drop"]
    text = (
        f"{what}: {beyond:.2%} of rows differ by more than {counted:g} LSB, allowed "
        f"{bounds['max_share_beyond']:.2%}; at most by {in_lsb(facts['worst_lsb'])}, "
        f"{facts['flips']:,} change class"
    )
    if counted != bounds["max_lsb"]:
        text += f"; counted for another bound than {bounds['max_lsb']:g} LSB, so measure it again"
    rows = counted == bounds["max_lsb"] and beyond <= bounds["max_share_beyond"]
    lost = f"{what}: accuracy drops by {drop:.4f}, allowed {bounds['max_accuracy_drop']:g}"
    return settled(
        [
            _bound("drift", variant, where, rows, text, beyond, "rows"),
            _bound(
                "drift", variant, where, drop <= bounds["max_accuracy_drop"], lost, drop, "accuracy"
            ),
        ],
        variant.known("hardware", where),
    )


_SOFTMAX = (
    ("mean error", "mean error", "mean_error", "max_mean_error"),
    ("flips", "share of rows that change class", "flips", "max_flips"),
    ("largest error", "largest error", "max_error", "max_error"),
    ("step", "distance between two entries of its table", "step", "max_step"),
    ("range", "share of its table's range in use", "range_used", "max_range_used"),
)
"""Bounds of the softmax: name, in words, field of the facts, field of the policy."""


def softmax(variant: Variant, where: str, facts: Facts, baselines: Baselines) -> list[Claim]:
    """Judge the softmax's table apart from the logits that it gets.

    Parameters
    ----------
    variant, where
        As in `same_outputs`.
    facts : mapping
        ``rows``, ``mean_error``, ``max_error``, ``flips`` (rows), ``step`` and ``range_used``; the
        last two are None where the table's range is not known, which is beyond every bound.
    baselines : Baselines
        States ``emulation/softmax``.
    """
    bounds, claims = baselines.emulation["softmax"], []
    for name, words, field, limit in _SOFTMAX:
        value = math.inf if facts[field] is None else facts[field]
        if field == "flips":
            value /= facts["rows"]
        text = (
            f"softmax of {variant.key} on {where}: {words} {value:.4g}, allowed {bounds[limit]:g}"
        )
        claims.append(_bound("softmax", variant, where, value <= bounds[limit], text, value, name))
    return settled(claims, variant.known("softmax", where))


def _bound(
    claim: str, variant: Variant, where: str, kept: bool, text: str, loss: float, name: str
) -> Claim:
    state: State = "passed" if kept else "failed"
    return Claim(claim, variant.key, where, state, text, loss, name)


def firmware(variant: Variant, where: str, facts: Facts) -> list[Claim]:
    """Judge whether what was written is what is declared.

    Parameters
    ----------
    variant, where
        As in `same_outputs`.
    facts : mapping
        ``facts`` (how many were looked up), ``layers`` (of the network) and ``wrong`` (texts).
    """
    wrong, few = facts["wrong"], facts["facts"] <= facts["layers"]
    text = f"firmware of {variant.key} on {where}: {facts['facts']} facts looked up"
    if few:
        text += f", too few for {facts['layers']} layers"
    if wrong:
        text += f"; not as declared: {'; '.join(wrong)}"
    return [_bound("firmware", variant, where, not (wrong or few), text, len(wrong), "")]


def weights(variant: Variant, where: str, facts: Facts) -> list[Claim]:
    """Judge whether weights are of their types, and kernels have the zeros that are declared.

    Parameters
    ----------
    variant : Variant
        Declares ``zeros``, a share of every kernel.
    where : str
        ``"frozen"`` or ``"retrained"``.
    facts : mapping
        By array: ``size``, ``zeros``, ``off_grid`` (values that are none of its type), ``type``
        (None where it has none) and ``kernel`` (whether it is one).
    """
    claims = []
    for name, one in facts.items():
        wanted = round(variant.zeros * one["size"]) if one["kernel"] else 0
        empty = one["kernel"] and one["zeros"] == one["size"]
        wrong = []
        if one["off_grid"]:
            wrong.append(f"{one['off_grid']:,} values are none of {one['type']}")
        if one["zeros"] < wanted:
            wrong.append(f"{one['zeros']:,} zeros of {one['size']:,}, but {wanted:,} are declared")
        if empty:
            wrong.append("all values are zero")
        text = f"{name} of {variant.key}: {'; '.join(wrong) or 'as declared'}"
        claims.append(_bound("weights", variant, where, not wrong, text, len(wrong), ""))
    return claims


def recipe(variant: Variant, facts: Facts, baselines: Baselines) -> list[Claim]:
    """Judge a network that was trained again.

    Parameters
    ----------
    variant : Variant
        A variant that has a recipe.
    facts : mapping
        What it scored (``accuracy``, ``auc`` by class, ``n``, ``dataset``, ``dataset_sha256``),
        ``recipe_sha256``, ``packages``, ``processor``, ``equal_to_frozen`` and in what it
        ``differs``, and ``must_be_equal``: whether bits are claimed of this data and processor.
    baselines : Baselines
        Holds what the recipe gave with several seeds.
    """
    bound, equal = facts["must_be_equal"], facts["equal_to_frozen"]
    claims = []
    if bound:
        freeze = suite.command(f"freeze {variant.key}")
        told = "is" if equal else "is not"
        text = f"{variant.key}, trained again on {facts['processor']}, {told} what was frozen"
        if not equal:
            text += (
                f": {facts['differs']}; if recipe or packages were changed on purpose, '{freeze}'"
            )
        claims.append(_bound("recipe", variant, "bits", equal, text, 0.0, ""))
    if bound and recipes.entry_of(baselines, variant.key, facts["dataset"]) is None:
        return claims
    for one in recipes.judge(variant.key, facts, recipes.values(facts), baselines):
        text = f"recipe of {variant.key}: {one.text}"
        claims.append(_bound("recipe", variant, one.metric, one.passed, text, 0.0, ""))
    return claims


def layers(variant: Variant, where: str, facts: Facts) -> list[Claim]:
    """Judge whether layers differ from Keras for expected causes alone.

    Parameters
    ----------
    variant, where
        As in `same_outputs`.
    facts : mapping
        By layer: what is wrong with it, in words; empty where nothing is.
    """
    told = "; ".join(f"{name}: {what}" for name, what in facts.items())
    text = f"layers of {variant.key} on {where}: {told or 'as expected'}"
    return [_bound("layers", variant, where, not facts, text, len(facts), "")]


def of_network(variant: Variant, facts: Facts, baselines: Baselines) -> list[Claim]:
    """Judge everything that results hold of one network (``variants/KEY``)."""
    claims = _of_weights(variant, facts, baselines)
    for where, one in facts.get("emulation", {}).items():
        for field in filter(one.__contains__, _SAME):
            claims += same_outputs(field, variant, where, one[field])
        for field in filter(one.__contains__, _ON_A_BACKEND):
            claims += _ON_A_BACKEND[field](variant, where, one[field], baselines)
    if "simulation" in facts:
        claims += simulation(variant.key, "Verilog", facts["simulation"])
    for design, one in facts.get("netlists", {}).items():
        claims += simulation(design, "netlist", one)
    return claims


def _of_weights(variant: Variant, facts: Facts, baselines: Baselines) -> list[Claim]:
    """Judge what needs no hardware: accuracy, weights, and the recipe."""
    frozen, trained, claims = facts.get("frozen", {}), facts.get("retrained", {}), list[Claim]()
    if "parity" in frozen:
        claims += accuracy_parity(variant, frozen["parity"], baselines)
    if "auc_parity" in frozen:
        claims += auc_parity(variant, frozen["auc_parity"], baselines)
    for kind, arrays in facts.get("weights", {}).items():
        claims += weights(variant, kind, arrays)
    if "must_be_equal" in trained and "accuracy" in trained:
        claims += _recipe(variant, trained, baselines)
    return claims


def _recipe(variant: Variant, facts: Facts, baselines: Baselines) -> list[Claim]:
    try:
        return recipe(variant, facts, baselines)
    except BaselineError as error:
        return [Claim("recipe", variant.key, "", "failed", str(error))]


_Judge = Callable[[Variant, str, Facts, Baselines], list[Claim]]

_ON_A_BACKEND: dict[str, _Judge] = {
    "firmware": lambda variant, where, facts, _: firmware(variant, where, facts),
    "unexpected": lambda variant, where, facts, _: layers(variant, where, facts),
    "drift": drift,
    "softmax": softmax,
}
"""Judges of what results hold of a network on a backend, beside `_SAME`, by field."""


def of_run(found: Facts, baselines: Baselines) -> list[Claim]:
    """Judge every claim about the declared networks that results speak of."""
    return [
        claim
        for variant in suite.active().variants
        for claim in of_network(variant, found["variants"].get(variant.key, {}), baselines)
    ]


def lacking(found: Facts) -> list[str]:
    """Name the claims that are due of every run and that results do not speak of."""
    return [
        name
        for variant in suite.active().variants
        for name in _due(variant, found["variants"].get(variant.key, {}))
    ]


def _due(variant: Variant, facts: Facts) -> Iterator[str]:
    """Name what is due of one network and is not there."""
    frozen, emulation = facts.get("frozen", {}), facts.get("emulation", {})
    if variant.reference is not None:
        yield from (
            f"{name} of {variant.key}" for name in ("parity", "auc_parity") if name not in frozen
        )
    if "frozen" not in facts.get("weights", {}):
        yield f"weights of {variant.key}"
    for backend in (*suite.active().emulated, *suite.active().streamed):
        due = ["firmware", *(("exact", "edges") if variant.exact else ())]
        if backend in suite.active().emulated:
            due += ["drift", "softmax"]
        there = emulation.get(backend.key, {})
        yield from (
            f"{name} of {variant.key} on {backend.key}" for name in due if name not in there
        )
