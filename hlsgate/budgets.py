"""``baselines.json``, and the judge: pure functions from a measurement to verdicts.

Judging needs no TensorFlow, no hls4ml and no vendor tool. Gates are one-sided by the metric's
direction; nothing that was not compared is ever called a pass.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hlsgate.errors import BaselineError
from hlsgate.measurement import Measurement
from hlsgate.metrics import metric

SCHEMA = Path(__file__).parent / "schemas" / "baselines-1.json"

State = Literal["ok", "better", "suspicious", "failed", "missing", "not comparable"]

SUSPICIOUS = 0.5
"""A value this many times its baseline, or less, more likely means an empty design than a gain."""


@dataclass(frozen=True)
class Tolerance:
    """Slack of a gate: relative or absolute, whichever is larger; none by default."""

    rel: float = 0.0
    abs: float = 0.0

    def slack(self, baseline: float) -> float:
        """Return the slack in the metric's unit."""
        return max(self.rel * abs(baseline), self.abs)


@dataclass(frozen=True)
class Verdict:
    """What the judge says of one metric of one design.

    Parameters
    ----------
    design, metric : str
        What was judged; for a whole design that cannot be compared, `metric` is ``"*"``.
    state : str
        "ok" and "better" pass; "suspicious" warns; everything else fails.
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


class Baselines:
    """The content of a checked ``baselines.json``.

    Parameters
    ----------
    content : mapping
        As the schema says.
    path : pathlib.Path
        Where it was read from; for messages.
    """

    def __init__(self, content: Mapping[str, Any], path: Path) -> None:
        self.content = content
        self.path = path

    @property
    def parity(self) -> Mapping[str, float]:
        """Margins and confidence of the parity tests."""
        margins: Mapping[str, float] = self.content["parity"]
        return margins

    @property
    def emulation(self) -> Mapping[str, Mapping[str, float]]:
        """Bounds on what untyped activations and softmax tables may cost."""
        bounds: Mapping[str, Mapping[str, float]] = self.content["emulation"]
        return bounds

    def accuracy(self, variant: str, dataset: str) -> Mapping[str, Any]:
        """Return a variant's accuracy baseline on a data set, or raise `BaselineError`."""
        by_dataset = self._entry("accuracy", variant)
        if dataset not in by_dataset:
            raise BaselineError(
                f"{self.path.name} has no accuracy of {variant} on {dataset}, only on "
                f"{', '.join(by_dataset)}; record one with 'python -m hlsgate record {variant}'."
            )
        entry: Mapping[str, Any] = by_dataset[dataset]
        return entry

    def resources(self, design: str) -> Mapping[str, Any]:
        """Return a design's resource baseline and budgets, or raise `BaselineError`."""
        return self._entry("resources", design)

    def _entry(self, section: str, key: str) -> Mapping[str, Any]:
        try:
            entry: Mapping[str, Any] = self.content[section][key]
        except KeyError:
            raise BaselineError(
                f"{self.path.name} has no {section} entry for {key}; measure it, then record it "
                f"with 'python -m hlsgate record {key}'."
            ) from None
        return entry

    def published(self) -> dict[str, Any]:
        """Return, by design, the resource baselines that somebody published and nobody measured."""
        found = {}
        for key, entry in self.content["resources"].items():
            baseline = entry.get("baseline", {})
            if baseline.get("provenance", {}).get("origin") == "published":
                found[key] = {**baseline, "values": baseline["metrics"], "origin": "published"}
        return found

    def tolerance(self, name: str, design: str | None = None) -> Tolerance:
        """Return a metric's slack: the design's own, else the file's, else none."""
        own = self.content["resources"].get(design, {}).get("tolerances", {})
        return Tolerance(**own.get(name, self.content["tolerances"].get(name, {})))

    def orphans(self, variants: Sequence[str], designs: Sequence[str]) -> list[str]:
        """Return the entries that belong to nothing that is declared."""
        declared = {"accuracy": variants, "resources": designs}
        return [
            f"{section}/{key}"
            for section, known in declared.items()
            for key in sorted(set(self.content[section]) - set(known))
        ]


def load(path: Path) -> Baselines:
    """Read and check ``baselines.json``.

    Raises
    ------
    BaselineError
        If the file is missing, no JSON, has a key twice, or does not follow the schema; the
        message names the place in the file.
    """
    try:
        content = json.loads(
            path.read_text(encoding="utf-8"),
            object_pairs_hook=_unique_keys,
            parse_constant=_refuse_constant,
        )
    except OSError as error:
        raise BaselineError(f"{path} cannot be read ({error.strerror}); restore it.") from error
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"{path} is not what it should be: {error}.") from error
    check(content, path)
    return Baselines(content, path)


def check(content: Any, path: Path) -> None:
    """Raise `BaselineError` where content does not follow the schema or names unknown metrics."""
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(json.loads(SCHEMA.read_text()))
    problems = sorted(validator.iter_errors(content), key=lambda problem: list(problem.path))
    if problems:
        place = "/".join(str(step) for step in problems[0].path) or "top level"
        raise BaselineError(f"{path}: {place}: {problems[0].message}")
    for design, entry in content["resources"].items():
        names = [*entry.get("baseline", {}).get("metrics", {}), *entry.get("tolerances", {})]
        for name in [*names, *(budget["metric"] for budget in entry.get("budgets", []))]:
            _known_metric(name, path, f"resources/{design}")
    for name in content["tolerances"]:
        _known_metric(name, path, "tolerances")


def _known_metric(name: str, path: Path, place: str) -> None:
    try:
        metric(name)
    except Exception as error:
        raise BaselineError(f"{path}: {place}: {error}") from error


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return unique


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no number")


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
    measurement: Measurement,
    weights_sha256: str,
    baselines: Baselines,
    others: Mapping[str, Measurement],
) -> list[Verdict]:
    """Judge a design's measurement against its baseline and its budgets.

    Parameters
    ----------
    design : str
        Key of the design.
    measurement : Measurement
        What was measured.
    weights_sha256 : str
        Identity of the weights that the measured project was written from.
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
    verdicts = []
    if "baseline" in entry:
        verdicts += _judge_baseline(design, measurement, weights_sha256, entry, baselines)
    for budget in entry.get("budgets", []):
        verdicts.append(_judge_budget(design, budget, measurement, others))
    return verdicts


def _judge_baseline(
    design: str,
    measurement: Measurement,
    weights_sha256: str,
    entry: Mapping[str, Any],
    baselines: Baselines,
) -> list[Verdict]:
    baseline = entry["baseline"]
    differing = _differences(measurement, weights_sha256, baseline)
    if differing:
        text = "not comparable with its baseline: " + "; ".join(differing)
        return [Verdict(design, "*", "not comparable", text)]
    verdicts = []
    for name, value in baseline["metrics"].items():
        if name not in measurement.values:
            text = f"{name}: the baseline has {_number(value)}, the report has no such value"
            verdicts.append(Verdict(design, name, "missing", text))
            continue
        tolerance = baselines.tolerance(name, design)
        verdicts.append(judge_value(design, name, measurement.values[name], value, tolerance))
    return verdicts


def _differences(
    measurement: Measurement, weights_sha256: str, baseline: Mapping[str, Any]
) -> list[str]:
    """Say what makes two sets of numbers numbers of different things."""
    pairs = {
        "toolchain": (measurement.toolchain, baseline["toolchain"]),
        "stage": (measurement.stage, baseline["stage"]),
        "tool version": (_release(measurement.tool_version), _release(baseline["tool_version"])),
        "part": (_family(measurement.part), _family(baseline["part"])),
        "weights": (weights_sha256, baseline["weights_sha256"] or weights_sha256),
    }
    return [
        f"{name} is {here or 'not stated'}, the baseline's is {there}"
        for name, (here, there) in pairs.items()
        if here != there
    ]


def _release(version: str | None) -> str:
    """Return year and release: patch builds of one release count as the same tool."""
    return ".".join((version or "").split(".")[:2])


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
    if (other.toolchain, other.stage) != (measurement.toolchain, measurement.stage):
        return None, f"{budget['of']} was measured at another stage or by another toolchain"
    ratio = budget["ratio"]
    return ratio * other.values[
        name
    ], f"{ratio:g} x {_number(other.values[name])} of {budget['of']}"
