"""``baselines.json``: baselines, budgets and tolerances, checked when they are loaded."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hlsgate.errors import BaselineError
from hlsgate.measurement import Measurement
from hlsgate.metrics import metric

SCHEMA = Path(__file__).parent / "schemas" / "baselines-1.json"


@dataclass(frozen=True)
class Tolerance:
    """Slack of a gate: relative or absolute, whichever is larger; none by default."""

    rel: float = 0.0
    abs: float = 0.0

    def slack(self, baseline: float) -> float:
        """Return the slack in the metric's unit."""
        return max(self.rel * abs(baseline), self.abs)


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
        """Bounds on what hardware may lose against plain Keras, and its softmax tables."""
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

    def recorded(self, design: str) -> Measurement | None:
        """Return a design's baseline as a measurement; None where it has none."""
        baseline = self.content["resources"].get(design, {}).get("baseline")
        if baseline is None:
            return None
        return Measurement(
            toolchain=baseline["toolchain"],
            stage=baseline["stage"],
            values=baseline["metrics"],
            origin="recorded",
            tool_version=baseline["tool_version"],
            part=baseline["part"],
            weights_sha256=baseline["weights_sha256"],
        )

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
        for name in names:
            _known_metric(name, path, f"resources/{design}")
        for budget in entry.get("budgets", []):
            _check_budget(budget, content["resources"], path, f"resources/{design}")
    for name in content["tolerances"]:
        _known_metric(name, path, "tolerances")


def _known_metric(name: str, path: Path, place: str) -> None:
    try:
        metric(name)
    except Exception as error:
        raise BaselineError(f"{path}: {place}: {error}") from error


def _check_budget(
    budget: Mapping[str, Any], designs: Mapping[str, Any], path: Path, place: str
) -> None:
    """Budgets are ceilings, so of metrics that should be low; and relative to known designs."""
    _known_metric(budget["metric"], path, place)
    if metric(budget["metric"]).better == "higher":
        raise BaselineError(f"{path}: {place}: {budget['metric']} should be high; no ceiling fits.")
    if "of" in budget and budget["of"] not in designs:
        raise BaselineError(f"{path}: {place}: a budget is relative to unknown {budget['of']!r}.")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return unique


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no number")
