"""Mutants of a good run, each with the verdict that it must get; of every gate of a file."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from hlsgate.suites import suite
from tests.good_runs import OTHER_SHA, Content, Gate, gates, good_run, scores, written

SIZES = ("alut", "lut", "da_cost")
SPARE = ("uram", "auc", "weight_bits", "bram_18k", "frac_dsp")
OF_THE_TARGET = {"part": "Arria10", "stage": "fit", "toolchain": "quartus"}


@dataclass(frozen=True)
class Mutant:
    """A run, and what must be made of it.

    `state` is that of the gate's own verdict (None where it has none, or is not concerned); `free`
    and `strict` are those of its entry, without and with its toolchain required.
    """

    name: str
    gate: Gate
    found: Content
    content: Content
    state: str | None
    free: str
    strict: str
    orphan: bool = False
    new: bool = False

    @property
    def title(self) -> str:
        return f"{self.gate.place}: {self.name}"


def breed(content: Content) -> Iterator[Mutant]:
    """Give every mutant of every gate of a baselines file."""
    found = good_run(content)
    everything = list(gates(content, found))
    for gate in everything:
        run = found
        if gate.dataset is not None:
            frozen = scores(content["accuracy"][gate.key], gate.dataset)
            run = _with(found, "variants", gate.key, {"frozen": frozen})
        rivals = [one for one in everything if one.key == gate.key and one != gate]
        rivals = [one for one in rivals if gate.dataset is None]
        good = Mutant("unchanged", gate, run, content, None, "passed", "passed")
        yield good
        yield from _other_values(good, [one for one in rivals if one.metric == gate.metric])
        yield from _other_entries(good)
        if gate.dataset is not None:
            yield from _other_data(good)
        else:
            yield from _other_kinds(good, rivals)
            yield from _other_weights(good)
            yield from _other_reports(good)
        if gate.budget and "of" in gate.budget:
            yield from _other_reference(good, rivals)


def _with(found: Content, section: str, key: str, entry: Content) -> Content:
    return {**found, section: {**found[section], key: entry}}


def _changed(good: Mutant, change: Callable[[Content], None]) -> Content:
    """Return the good run with one entry changed: its measurement, or its scores."""
    section, inner = ("variants", "frozen") if good.gate.dataset else ("designs", "measurement")
    entry = copy.deepcopy(good.found[section][good.gate.key])
    change(entry[inner])
    return _with(good.found, section, good.gate.key, entry)


def valued(good: Mutant, value: object) -> Content:
    """Return the good run with another value of the gate's metric."""
    name = good.gate.metric
    if good.gate.dataset:
        return _changed(good, lambda frozen: frozen.update({name: value}))
    return _changed(good, lambda one: one["values"].update({name: value}))


def _other_values(good: Mutant, rivals: list[Gate]) -> Iterator[Mutant]:
    for name, value, state in (*_at_the_limit(good.gate), *_far_off(good.gate)):
        shut = state == "failed" or any(one.crossed(value) for one in rivals)
        what = "failed" if shut else "passed"
        run = valued(good, value)
        yield replace(good, name=name, found=run, state=state, free=what, strict=what)
    for value in (math.nan, math.inf, -math.inf, -1.0):
        run = valued(good, value)
        yield replace(
            good, name=f"{value}", found=run, state="failed", free="failed", strict="failed"
        )


def _at_the_limit(gate: Gate) -> Iterator[tuple[str, float, str]]:
    """Give the last value inside a limit and the first one beyond, as floats and whole numbers."""
    worse = math.inf if gate.lower else -math.inf
    inside = float(gate.limit)
    while (written(inside) - gate.limit) * (1 if gate.lower else -1) > 0:
        inside = math.nextafter(inside, -worse)
    beyond = math.nextafter(inside, worse)
    good, bad = "ok", "suspicious" if gate.warns else "failed"
    yield "just inside", inside, good
    yield "just beyond", beyond, bad
    if gate.metric != "accuracy":
        whole = math.floor(gate.limit) if gate.lower else math.ceil(gate.limit)
        if (
            gate.baseline is None
            or (whole >= gate.baseline) == gate.lower
            or whole == gate.baseline
        ):
            yield "last whole number inside", whole, good
        yield "first whole number beyond", whole + (1 if gate.lower else -1), bad


def _far_off(gate: Gate) -> Iterator[tuple[str, float, str]]:
    """Give better values, suspiciously good ones, and those of another unit."""
    bad = "suspicious" if gate.warns else "failed"
    base = float(gate.baseline if gate.baseline is not None else gate.limit)
    if base == 0:
        return
    better = 0 if gate.lower else math.inf
    good, far = ("ok", "ok") if gate.baseline is None else ("better", "suspicious")
    yield "better by a step", math.nextafter(base, better), good
    if gate.metric == "accuracy":
        return
    half = _half(base) if gate.lower else _twice(base)
    yield "twice as good", half, far
    yield "almost twice as good", math.nextafter(half, base), good
    up, down = ("in thousandths", base * 1000), ("in thousands", base / 1000)
    yield (*(up if gate.lower else down), bad)
    yield (*(down if gate.lower else up), far)


def _half(base: float) -> float:
    """Return the largest number that, as written, is at most half of another."""
    half = math.nextafter(base / 2, math.inf)
    while 2 * written(half) > written(base):
        half = math.nextafter(half, 0)
    return half


def _twice(base: float) -> float:
    """Return the smallest number that, as written, is at least twice another."""
    twice = math.nextafter(base * 2, 0)
    while written(twice) < 2 * written(base):
        twice = math.nextafter(twice, math.inf)
    return twice


def _other_entries(good: Mutant) -> Iterator[Mutant]:
    """Take the entry from the run or from the file, or leave it there under another name."""
    gate = good.gate
    section, place = ("variants", "accuracy") if gate.dataset else ("designs", "resources")
    rest = {key: one for key, one in good.found[section].items() if key != gate.key}
    excused = bool(gate.dataset) or suite.design(gate.key).slow
    yield replace(
        good,
        name="not measured",
        found={**good.found, section: rest},
        free="not measured",
        strict="not measured" if excused else "failed",
    )
    stored = {key: one for key, one in good.content[place].items() if key != gate.key}
    new = replace(good, free="new", strict="new", content={**good.content, place: stored})
    yield replace(new, name="no entry")
    stored = {**stored, f"{gate.key}_gone": good.content[place][gate.key]}
    yield replace(new, name="orphan", content={**good.content, place: stored}, orphan=True)


def _other_data(good: Mutant) -> Iterator[Mutant]:
    shut = replace(good, free="failed", strict="failed")
    for field, value, state in (
        ("dataset_sha256", OTHER_SHA, "not comparable"),
        ("n", 39_999, "not comparable"),
        ("weights_sha256", OTHER_SHA, "other weights"),
    ):
        run = _changed(good, lambda frozen, field=field, value=value: frozen.update({field: value}))
        yield replace(shut, name=f"other {field}", found=run, state=state)
    run = _changed(good, lambda frozen: frozen.update(dataset="jets_elsewhere"))
    yield replace(good, name="other data set", found=run, free="new", strict="new")


def _other_kinds(good: Mutant, rivals: list[Gate]) -> Iterator[Mutant]:
    """Change what the numbers are numbers of: part, stage, toolchain, version, clock."""
    apart = replace(good, free="not compared", strict="failed", state="not comparable")
    for field, value in OF_THE_TARGET.items():
        fact = {field: "logic" if value == _fact(good, field) else value}
        run = _changed(good, lambda one, fact=fact: one.update(fact))
        yield replace(apart, name=f"other {field}", found=run)
    concerned = [one for one in (good.gate, *rivals) if _needs_kind(one)]
    state = "not comparable" if good.gate in concerned else None
    stated = _fact(good, "tool_version")
    if concerned:
        for version in ("1999.1", None, ""):
            run = _changed(good, lambda one, version=version: one.update(tool_version=version))
            yield replace(apart, name=f"tool version {version}", found=run, state=state)
    patched = _changed(good, lambda one: one.update(tool_version=f"{stated}.99"))
    if _fact(good, "toolchain") == "oneapi":
        yield replace(good, name="patch release", found=patched)
    elif concerned:
        yield replace(apart, name="patch release", found=patched, state=state)
    if _fact(good, "target_fmax_mhz") is not None:
        for clock in (999.0, None):
            run = _changed(good, lambda one, clock=clock: one.update(target_fmax_mhz=clock))
            held = good.gate.baseline is not None or (clock and "of" in (good.gate.budget or {}))
            yield replace(
                apart, name=f"clock {clock}", found=run, state="not comparable" if held else None
            )


def _needs_kind(gate: Gate) -> bool:
    return gate.baseline is not None or "of" in (gate.budget or {})


def _fact(good: Mutant, field: str) -> Any:
    return good.found["designs"][good.gate.key]["measurement"][field]


def _other_weights(good: Mutant) -> Iterator[Mutant]:
    baseline = good.content["resources"][good.gate.key].get("baseline")
    for value in ("e" * 64, None):
        run = _changed(good, lambda one, value=value: one.update(weights_sha256=value))
        name = f"weights {value}"
        if baseline is None or baseline["weights_sha256"] is None:
            yield replace(good, name=name, found=run)
            continue
        state = "other weights" if good.gate.baseline is not None else None
        yield replace(good, name=name, found=run, state=state, free="failed", strict="failed")


def _other_reports(good: Mutant) -> Iterator[Mutant]:
    """Take a value away, rename it, empty the design, or let other numbers stand in."""
    name, key = good.gate.metric, good.gate.key
    shut = replace(good, free="failed", strict="failed")
    run = _changed(good, lambda one: one["values"].pop(name))
    yield replace(shut, name="dropped", found=run, state="missing")
    spare = next(one for one in SPARE if one not in _fact(good, "values"))
    run = _changed(good, lambda one: one["values"].update({spare: one["values"].pop(name)}))
    yield replace(shut, name="renamed", found=run, state="missing")
    yield from _grown(good, spare)
    sizes = [one for one in SIZES if one in _fact(good, "values")]
    run = _changed(good, lambda one: one["values"].update(dict.fromkeys(sizes, 0)))
    if sizes:
        yield replace(shut, name="empty", found=run, state="failed")
    slow = suite.design(key).slow
    for origin in ("recorded", "published"):
        run = _changed(good, lambda one, origin=origin: one.update(origin=origin))
        strict = "not measured" if slow else "failed"
        yield replace(good, name=origin, found=run, free="not measured", strict=strict)
    if good.gate.baseline is not None:
        yield _forgotten(good)
    if good.gate.budget and "capacity_share" in good.gate.budget:
        run = _changed(good, lambda one: one["capacity"].pop(name))
        apart = replace(good, free="not compared", strict="failed", state="not comparable")
        yield replace(apart, name="device unknown", found=run)


def _forgotten(good: Mutant) -> Mutant:
    """Take a value from the baseline, which the report has."""
    content = copy.deepcopy(good.content)
    entry = content["resources"][good.gate.key]
    del entry["baseline"]["metrics"][good.gate.metric]
    published = entry["baseline"]["provenance"]["origin"] == "published"
    nothing = _fact(good, "values")[good.gate.metric] == 0 and good.gate.lower
    left = bool(entry["baseline"]["metrics"])
    passes = (left or entry.get("budgets")) and (published or nothing)
    state = "passed" if passes else "failed"
    forgotten = replace(good, name="forgotten", content=content, free=state, strict=state)
    idle = good.gate.metric in entry.get("tolerances", {})
    listed = not published and (left or not nothing)
    own = None if published or nothing else "new metric"
    return replace(forgotten, new=listed, orphan=idle, state=own)


def _grown(good: Mutant, spare: str) -> Iterator[Mutant]:
    """Let the design use what its baseline has no value of: much of it, or none."""
    baseline = good.content["resources"][good.gate.key].get("baseline")
    free = baseline is None or baseline["provenance"]["origin"] == "published"
    for name, value in (("grown", 1000), ("grown by nothing", 0)):
        run = _changed(good, lambda one, value=value: one["values"].update({spare: value}))
        what = "passed" if free or not value else "failed"
        yield replace(good, name=name, found=run, free=what, strict=what)


def _other_reference(good: Mutant, rivals: list[Gate]) -> Iterator[Mutant]:
    """Change the measurement of the other design that a budget is relative to."""
    key, name, other = good.gate.key, good.gate.metric, good.gate.budget["of"]
    apart = replace(good, free="not compared", strict="failed", state="not comparable")

    def changed(change: Callable[[Content], Any]) -> Content:
        entry = copy.deepcopy(good.found["designs"][key])
        change(entry["related"])
        return _with(good.found, "designs", key, entry)

    run = changed(lambda related: related.pop(other))
    yield replace(apart, name="reference not measured", found=run)
    run = changed(lambda related: related[other]["values"].pop(name))
    yield replace(apart, name="reference has no such value", found=run)
    for value in (math.nan, math.inf, -1.0):
        run = changed(lambda related, v=value: related[other]["values"].update({name: v}))
        yield replace(apart, name=f"reference is {value}", found=run)
    for field, value in (*OF_THE_TARGET.items(), ("tool_version", "1999.1")):
        fact = {field: "logic" if value == _fact(good, field) else value}
        run = changed(lambda related, fact=fact: related[other].update(fact))
        yield replace(apart, name=f"reference of other {field}", found=run)
    if _fact(good, "values")[name] > 0:
        run = changed(lambda related: related[other]["values"].update({name: 0}))
        shut = "suspicious" if good.gate.warns else "failed"
        same = [one for one in (good.gate, *rivals) if (one.budget or {}).get("of") == other]
        fails = any(one.metric == name and not one.warns for one in same)
        what = "failed" if fails else "passed"
        yield replace(
            good, name="reference is empty", found=run, state=shut, free=what, strict=what
        )
