"""The judge: pure functions from a measurement and its baselines to verdicts.

Judging needs no TensorFlow, no hls4ml and no vendor tool. Gates are one-sided by the metric's
direction; nothing that was not compared is ever called a pass.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal

from hlsgate.judge import kinds
from hlsgate.judge.baselines import FOREIGN, Baselines, Tolerance, exact
from hlsgate.spec.measurement import Measurement
from hlsgate.spec.metrics import metric
from hlsgate.suites import suite

State = Literal[
    "ok", "better", "suspicious", "failed", "missing", "new metric", "other weights",
    "not comparable",
]  # fmt: skip

Against = Literal["baseline", "budget", "nothing"]
Outcome = Literal["passed", "failed", "not compared"]

SUSPICIOUS = 2
"""A gain by this factor, or more, more likely means an empty design or another unit."""

_SIZES = ("alut", "lut", "da_cost")


@dataclass(frozen=True)
class Verdict:
    """What the judge says of one metric of one design.

    Parameters
    ----------
    design, metric : str
        What was judged (a design, or a variant's accuracy); where nothing of it can be compared,
        `metric` is ``"*"``.
    state : str
        "ok" and "better" pass; "suspicious" warns; "not comparable" (another tool, part or stage
        than the baseline's) is no verdict at all; everything else fails.
    text : str
        One line with measured, allowed, baseline and slack, or why there is no comparison.
    against : {"baseline", "budget", "nothing"}
        What it was held against.
    measured, baseline, limit : float or None
        The numbers in the text, in the metric's unit; None where there is no such number.
    """

    design: str
    metric: str
    state: State
    text: str
    against: Against = "nothing"
    measured: float | None = None
    baseline: float | None = None
    limit: float | None = None

    @property
    def passed(self) -> bool:
        """Whether it passes."""
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
    if not _counts(measured):
        return Verdict(design, name, "failed", f"{name}: {measured} is no {name}", "baseline")
    sign = 1 if kind.better == "lower" else -1
    slack = tolerance.slack(baseline)
    worse = sign * (exact(measured) - exact(baseline))
    limit = float(exact(baseline) + sign * slack)
    relation = "<=" if kind.better == "lower" else ">="
    text = (
        f"{name}: measured {_number(measured)}, allowed {relation} {_number(limit)} "
        f"(baseline {_number(baseline)}, slack {_number(float(slack))})"
    )
    state: State = "failed" if worse > slack else "better" if worse < 0 else "ok"
    if state == "better" and _suspicious(measured, baseline, kind.better):
        state, text = "suspicious", f"{text}: suspiciously {_SIDE[kind.better]}"
    return Verdict(design, name, state, text, "baseline", measured, baseline, limit)


_SIDE = {"lower": "low", "higher": "high"}


def _counts(value: float) -> bool:
    """Whether it can be a value of any metric: finite, and not negative."""
    return math.isfinite(value) and value >= 0


def _suspicious(measured: float, baseline: float, better: str) -> bool:
    small, large = (measured, baseline) if better == "lower" else (baseline, measured)
    return baseline > 0 and SUSPICIOUS * exact(small) <= exact(large)


def _number(value: float) -> str:
    return f"{value:,.10g}"


def judge_accuracy(variant: str, found: Mapping[str, Any], baselines: Baselines) -> list[Verdict]:
    """Judge what a variant's frozen weights score against its baseline on the same data.

    Parameters
    ----------
    variant : str
        Key of the variant.
    found : mapping
        ``accuracy`` (a share), ``n``, ``dataset``, ``dataset_sha256`` and ``weights_sha256``, as
        in ``results.json``.
    baselines : Baselines
        What to judge by.

    Raises
    ------
    BaselineError
        If the variant has no entry for that data set.
    """
    baseline = baselines.accuracy(variant, found["dataset"])
    data = {"data set": baseline["dataset_sha256"], "number of rows": str(baseline["n"])}
    here = {"data set": found["dataset_sha256"], "number of rows": str(found["n"])}
    differing = kinds.differences(here, data, "the baseline's")
    if differing:
        text = f"not its baseline's kind: {differing}"
        return [Verdict(variant, "*", "not comparable", text, "baseline")]
    verdict = judge_value(
        variant,
        "accuracy",
        found["accuracy"],
        baseline["accuracy"],
        baselines.tolerance("accuracy"),
    )
    return _of_other_weights([verdict], found["weights_sha256"], baseline["weights_sha256"])


def _of_other_weights(verdicts: list[Verdict], here: str | None, there: str) -> list[Verdict]:
    """Turn verdicts on other weights into no verdict; their numbers stay."""
    differing = kinds.differences({"weights": here or ""}, {"weights": there}, "the baseline's")
    if not differing:
        return verdicts
    return [
        replace(one, state="other weights", text=f"{one.text}; {differing}") for one in verdicts
    ]


def decide(verdicts: Sequence[Verdict], *, required: bool) -> Outcome:
    """Say what the verdicts on one design or variant come to.

    Parameters
    ----------
    verdicts : sequence of Verdict
        All of them; none at all is a failure.
    required : bool
        Whether it must be compared, so that "not comparable" is a failure too.
    """
    unfit = {verdict.state for verdict in verdicts if not verdict.passed}
    if verdicts and not unfit:
        return "passed"
    return "not compared" if unfit == {"not comparable"} and not required else "failed"


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
    differing = kinds.differences(kinds.of(measurement), target, "the design's")
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
    return [*verdicts, *_beyond_device(design, measurement)]


def _beyond_device(design: str, measurement: Measurement) -> Iterator[Verdict]:
    """Fail what the device has not, whatever baseline and budgets allow."""
    for name, most in measurement.capacity.items():
        value = measurement.values.get(name, 0)
        if not _counts(value):
            yield Verdict(design, name, "failed", f"{name}: {value} is no {name}", "budget")
        elif exact(value) > most:
            text = f"{name}: measured {_number(value)}, the device has {_number(most)}"
            yield Verdict(design, name, "failed", text, "budget", value, limit=most)


def _judge_baseline(
    design: str, measurement: Measurement, entry: Mapping[str, Any], baselines: Baselines
) -> list[Verdict]:
    baseline = entry["baseline"]
    wanted = {
        "toolchain": baseline["toolchain"],
        "stage": baseline["stage"],
        "tool release": kinds.release(baseline["toolchain"], baseline["tool_version"]),
        "part": kinds.family(baseline["part"]),
    }
    if baseline.get("target_fmax_mhz") is not None:
        wanted["clock"] = kinds.clock(baseline["target_fmax_mhz"])
    differing = kinds.differences(kinds.of(measurement), wanted, "the baseline's")
    if differing:
        text = f"not its baseline's kind: {differing}"
        return [Verdict(design, "*", "not comparable", text, "baseline")]
    verdicts = []
    for name, value in baseline["metrics"].items():
        if name not in measurement.values:
            text = f"{name}: the baseline has {_number(value)}, the report has no such value"
            missing = Verdict(design, name, "missing", text, "baseline", baseline=value)
            verdicts.append(missing)
            continue
        tolerance = baselines.tolerance(name, design)
        verdicts.append(judge_value(design, name, measurement.values[name], value, tolerance))
    verdicts += _new_metrics(design, measurement, baseline)
    # Where nobody knows the baseline's weights, it is a mere ceiling.
    if baseline["weights_sha256"] is None:
        return verdicts
    return _of_other_weights(verdicts, measurement.weights_sha256, baseline["weights_sha256"])


def _new_metrics(
    design: str, measurement: Measurement, baseline: Mapping[str, Any]
) -> Iterator[Verdict]:
    """Fail what a measured baseline lacks, but for counts of 0: no resource is used unseen.

    Numbers that somebody published are what they chose to tell, so they forbid nothing else.
    """
    if baseline["provenance"]["origin"] in FOREIGN:
        return
    again = suite.command(f"accept {design} --reason ...")
    for name in sorted(set(measurement.values) - set(baseline["metrics"])):
        value = measurement.values[name]
        if value == 0 and metric(name).better == "lower":
            continue
        text = (
            f"{name}: measured {_number(value)}, the baseline has no such value; '{again}' adds it"
        )
        yield Verdict(design, name, "new metric", text, "baseline", value)


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
        return Verdict(design, name, "missing", text, "budget")
    if not _counts(measured):
        return Verdict(design, name, "failed", f"{name}: {measured} is no {name}", "budget")
    ceiling, source = _ceiling(budget, measurement, others)
    if ceiling is None:
        return Verdict(design, name, "not comparable", f"{name}: {source}", "budget", measured)
    text = f"{name}: measured {_number(measured)}, budget {_number(float(ceiling))} ({source})"
    state: State = "ok"
    if exact(measured) > ceiling:
        warns = budget.get("level", "error") == "warning"
        state, text = ("suspicious", f"{text}: over a budget that warns") if warns else (
            "failed", text
        )  # fmt: skip
    return Verdict(design, name, state, text, "budget", measured, limit=float(ceiling))


def _ceiling(
    budget: Mapping[str, Any], measurement: Measurement, others: Mapping[str, Measurement]
) -> tuple[Fraction | None, str]:
    name = budget["metric"]
    if "max" in budget:
        return exact(budget["max"]), budget["reason"]
    if "capacity_share" in budget:
        if name not in measurement.capacity:
            return None, "the report does not say how much the device has"
        share = budget["capacity_share"]
        return exact(share) * exact(measurement.capacity[name]), f"{share:.0%} of the device"
    return _multiple(budget, measurement, others.get(budget["of"]))


def _multiple(
    budget: Mapping[str, Any], measurement: Measurement, other: Measurement | None
) -> tuple[Fraction | None, str]:
    name, of = budget["metric"], budget["of"]
    if other is None or name not in other.values:
        return None, f"the budget is relative to {of}, of which there is no report"
    here, there = kinds.of(measurement), kinds.of(other)
    if not (here["clock"] and there["clock"]):  # where one does not state it
        there.pop("clock")
    differing = kinds.differences(here, there, f"that of {of}")
    if differing:
        return None, differing
    ratio, value = budget["ratio"], other.values[name]
    if not _counts(value):
        return None, f"the budget is relative to {value} of {of}, which is no {name}"
    return exact(ratio) * exact(value), f"{ratio:g} x {_number(value)} of {of}"
