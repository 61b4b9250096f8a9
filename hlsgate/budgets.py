"""The judge: pure functions from a measurement and its baselines to verdicts.

Judging needs no TensorFlow, no hls4ml and no vendor tool. Gates are one-sided by the metric's
direction; nothing that was not compared is ever called a pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from hlsgate.baselines import Baselines, Tolerance
from hlsgate.measurement import Measurement
from hlsgate.metrics import metric

State = Literal[
    "ok", "better", "suspicious", "failed", "missing", "other weights", "not comparable"
]

SUSPICIOUS = 0.5
"""A value this many times its baseline, or less, more likely means an empty design than a gain."""

_SIZES = ("alut", "da_cost")
_HASH_LENGTH = 64


@dataclass(frozen=True)
class Verdict:
    """What the judge says of one metric of one design.

    Parameters
    ----------
    design, metric : str
        What was judged; for a whole design that cannot be compared, `metric` is ``"*"``.
    state : str
        "ok" and "better" pass; "suspicious" warns; "not comparable" (another tool, part or stage
        than the baseline's) is no verdict at all; everything else fails.
    text : str
        One line with measured, allowed, baseline and slack, or why there is no comparison.
    """

    design: str
    metric: str
    state: State
    text: str

    @property
    def passed(self) -> bool:
        """Whether the gate is open."""
        return self.state in ("ok", "better", "suspicious")


def judge_value(
    design: str, name: str, measured: float, baseline: float, tolerance: Tolerance
) -> Verdict:
    """Judge one value against its baseline, in the metric's direction.

    Examples
    --------
    >>> judge_value("d", "alut", 104, 100, Tolerance(rel=0.05)).state
    'ok'
    >>> judge_value("d", "alut", 106, 100, Tolerance(rel=0.05)).state
    'failed'
    """
    kind = metric(name)
    slack = tolerance.slack(baseline)
    worse = measured - baseline if kind.better == "lower" else baseline - measured
    limit = baseline + slack if kind.better == "lower" else baseline - slack
    relation = "<=" if kind.better == "lower" else ">="
    text = (
        f"{name}: measured {_number(measured)}, allowed {relation} {_number(limit)} "
        f"(baseline {_number(baseline)}, slack {_number(slack)})"
    )
    if worse > slack:
        return Verdict(design, name, "failed", text)
    if kind.better == "lower" and baseline > 0 and measured <= SUSPICIOUS * baseline:
        return Verdict(design, name, "suspicious", f"{text}: suspiciously low")
    return Verdict(design, name, "better" if worse < 0 else "ok", text)


def _number(value: float) -> str:
    return f"{value:,.10g}"


def judge_design(
    design: str,
    target: Mapping[str, str],
    measurement: Measurement,
    baselines: Baselines,
    others: Mapping[str, Measurement],
) -> list[Verdict]:
    """Judge a design's measurement against its baseline and its budgets.

    Parameters
    ----------
    design : str
        Key of the design.
    target : mapping of str to str
        The design's ``toolchain``, ``part`` and ``stage``, which the measurement must be of.
    measurement : Measurement
        What was measured.
    baselines : Baselines
        What to judge by.
    others : mapping of str to Measurement
        Measurements of other designs, for budgets relative to them.

    Raises
    ------
    BaselineError
        If the design has no entry.
    """
    entry = baselines.resources(design)
    differing = _differences(_identity(measurement), target, "the design's")
    if differing:
        return [Verdict(design, "*", "not comparable", f"report of something else: {differing}")]
    for name in _SIZES:
        if measurement.values.get(name, 1) <= 0:
            return [Verdict(design, name, "failed", f"{name}: 0 measured; the design is empty")]
    verdicts = []
    if "baseline" in entry:
        verdicts += _judge_baseline(design, measurement, entry, baselines)
    for budget in entry.get("budgets", []):
        verdicts.append(_judge_budget(design, budget, measurement, others))
    return verdicts


def _judge_baseline(
    design: str, measurement: Measurement, entry: Mapping[str, Any], baselines: Baselines
) -> list[Verdict]:
    baseline = entry["baseline"]
    wanted = {
        "toolchain": baseline["toolchain"],
        "stage": baseline["stage"],
        "tool release": _release(baseline["toolchain"], baseline["tool_version"]),
        "part": _family(baseline["part"]),
    }
    differing = _differences(_identity(measurement), wanted, "the baseline's")
    if differing:
        return [Verdict(design, "*", "not comparable", f"not its baseline's kind: {differing}")]
    verdicts = []
    for name, value in baseline["metrics"].items():
        if name not in measurement.values:
            text = f"{name}: the baseline has {_number(value)}, the report has no such value"
            verdicts.append(Verdict(design, name, "missing", text))
            continue
        tolerance = baselines.tolerance(name, design)
        verdicts.append(judge_value(design, name, measurement.values[name], value, tolerance))
    # Where nobody knows the baseline's weights, it is a mere ceiling.
    weights = {"weights": baseline["weights_sha256"]} if baseline["weights_sha256"] else {}
    other = _differences(_identity(measurement), weights, "the baseline's")
    if other:
        verdicts = [
            replace(one, state="other weights", text=f"{one.text}; {other}") for one in verdicts
        ]
    return verdicts


def _identity(measurement: Measurement) -> dict[str, str]:
    """Return what a measurement's numbers are numbers of."""
    return {
        "toolchain": measurement.toolchain,
        "stage": measurement.stage,
        "tool release": _release(measurement.toolchain, measurement.tool_version),
        "part": _family(measurement.part),
        "weights": measurement.weights_sha256 or "",
    }


def _differences(here: Mapping[str, str], there: Mapping[str, str], whose: str) -> str:
    """Say in which respects two sets of numbers are of different things; empty if in none."""
    return "; ".join(
        f"{name} is {_short(here[name]) or 'not stated'}, {whose} is {_short(wanted)}"
        for name, wanted in there.items()
        if here[name] != wanted
    )


def _short(text: str) -> str:
    """Shorten hashes; leave words."""
    return text[:12] if len(text) == _HASH_LENGTH else text


def _release(toolchain: str, version: str | None) -> str:
    """Return what counts as the same tool.

    Patch builds of one oneAPI release do; every build of an open tool gives other counts.
    """
    return ".".join((version or "").split(".")[:2]) if toolchain == "oneapi" else version or ""


def _family(part: str | None) -> str:
    """Return the family of a part such as ``"Agilex7, AGFB014R24A2E2V"``."""
    return (part or "").split(",")[0].strip()


def _judge_budget(
    design: str,
    budget: Mapping[str, Any],
    measurement: Measurement,
    others: Mapping[str, Measurement],
) -> Verdict:
    """Judge a ceiling: absolute, a multiple of another design's value, or a share of the device."""
    name = budget["metric"]
    measured = measurement.values.get(name)
    if measured is None:
        text = f"{name}: there is a budget, but the report has no such value"
        return Verdict(design, name, "missing", text)
    ceiling, source = _ceiling(budget, measurement, others)
    if ceiling is None:
        return Verdict(design, name, "not comparable", f"{name}: {source}")
    text = f"{name}: measured {_number(measured)}, budget {_number(ceiling)} ({source})"
    return Verdict(design, name, "failed" if measured > ceiling else "ok", text)


def _ceiling(
    budget: Mapping[str, Any], measurement: Measurement, others: Mapping[str, Measurement]
) -> tuple[float | None, str]:
    name = budget["metric"]
    if "max" in budget:
        return budget["max"], budget["reason"]
    if "capacity_share" in budget:
        if name not in measurement.capacity:
            return None, "the report does not say how much the device has"
        share = budget["capacity_share"]
        return share * measurement.capacity[name], f"{share:.0%} of the device"
    other = others.get(budget["of"])
    if other is None or name not in other.values:
        return None, f"the budget is relative to {budget['of']}, of which there is no report"
    kinds = [_identity(one) | {"weights": ""} for one in (measurement, other)]
    differing = _differences(kinds[0], kinds[1], f"that of {budget['of']}")
    if differing:
        return None, differing
    ratio = budget["ratio"]
    return ratio * other.values[
        name
    ], f"{ratio:g} x {_number(other.values[name])} of {budget['of']}"
