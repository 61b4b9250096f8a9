"""``baselines.json``: baselines, budgets and tolerances, checked when they are loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from hlsgate.infra import documents
from hlsgate.infra.errors import BaselineError, SuiteError
from hlsgate.spec.measurement import Measurement
from hlsgate.spec.metrics import metric
from hlsgate.suites import suite

SCHEMA = Path(__file__).parents[1] / "schemas" / "baselines-1.json"

FOREIGN = ("published", "imported")
"""Origins of numbers that nobody measured with hlsgate: `accept` replaces the whole baseline."""

_DEFAULT = "default"


@dataclass(frozen=True)
class Tolerance:
    """Slack of a gate: relative or absolute, whichever is larger; none by default."""

    rel: float = 0.0
    abs: float = 0.0

    def slack(self, baseline: float) -> Fraction:
        """Return the slack in the metric's unit, exactly."""
        return max(exact(self.rel) * abs(exact(baseline)), exact(self.abs))


def exact(value: float) -> Fraction:
    """Return the number that is written, not the nearest binary one.

    With floats, 0.7427 - 0.7422 exceeds 0.0005, and a value exactly at its limit fails.

    Examples
    --------
    >>> exact(0.7427) - exact(0.7422) == exact(0.0005)
    True
    """
    return Fraction(str(value))


_DRIFT = {_DEFAULT: Tolerance(rel=0.1), "accuracy": Tolerance(abs=0.005)}
_DEAD_BAND = {_DEFAULT: Tolerance(rel=0.01), "accuracy": Tolerance(abs=0.001)}


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

    def parity(self, what: str, benchmark: str) -> dict[str, float]:
        """Return ``margin`` and ``confidence`` of a benchmark's parity tests.

        Parameters
        ----------
        what : {"accuracy", "auc"}
            Parity of what.
        benchmark : str
            Its key; what the file does not say of it holds for all.
        """
        stated = self.content["parity"]
        own = stated.get("benchmarks", {}).get(benchmark, {})
        found = {**stated, **own}
        return {"margin": found[f"{what}_margin"], "confidence": found["confidence"]}

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
                f"{', '.join(by_dataset)}; record one with '{suite.command(f'record {variant}')}'."
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
                f"with '{suite.command(f'record {key}')}'."
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

    def foreign(self) -> set[str]:
        """Return the designs whose baselines are somebody else's numbers."""
        return {
            key
            for key, entry in self.content["resources"].items()
            if entry.get("baseline", {}).get("provenance", {}).get("origin") in FOREIGN
        }

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
            target_fmax_mhz=baseline.get("target_fmax_mhz"),
        )

    def tolerance(self, name: str, design: str | None = None) -> Tolerance:
        """Return a metric's slack: the design's own, else the file's, else none."""
        own = self.content["resources"].get(design, {}).get("tolerances", {})
        return Tolerance(**own.get(name, self.content["tolerances"].get(name, {})))

    def drift(self, name: str) -> Tolerance:
        """How far a metric's value may move from its first, all told, without being asked."""
        return self._policy("drift", name, _DRIFT)

    def dead_band(self, name: str) -> Tolerance:
        """Return the gain that is too small to be worth a commit."""
        return self._policy("dead_band", name, _DEAD_BAND)

    def _policy(self, section: str, name: str, usual: Mapping[str, Tolerance]) -> Tolerance:
        stated = self.content.get(section, {})
        known = {**usual, **{key: Tolerance(**value) for key, value in stated.items()}}
        return known.get(name, known[_DEFAULT])

    def orphans(self, variants: Sequence[str], designs: Sequence[str]) -> list[str]:
        """Return what belongs to nothing: entries and margins of nothing declared, idle slack."""
        declared = {"accuracy": variants, "recipes": variants, "resources": designs}
        found = [
            f"{section}/{key}"
            for section, known in declared.items()
            for key in sorted(set(self.content.get(section, ())) - set(known))
        ]
        for key, entry in sorted(self.content["resources"].items()):
            judged = entry.get("baseline", {}).get("metrics", {})
            idle = sorted(set(entry.get("tolerances", {})) - set(judged))
            found += [f"resources/{key}/tolerances/{name}" for name in idle]
        for key in sorted(self.content["parity"].get("benchmarks", {})):
            if not any(variant.startswith(f"{key}-") for variant in variants):
                found.append(f"parity/benchmarks/{key}")
        return found


def load(path: Path) -> Baselines:
    """Read and check ``baselines.json``.

    Raises
    ------
    BaselineError
        If the file is missing, no JSON, has a key twice, or does not follow the schema; the
        message names the place in the file.
    """
    content = documents.read(path, SCHEMA, BaselineError, "restore the committed file")
    _check_sense(content, path)
    return Baselines(content, path)


def check(content: Any, path: Path) -> None:
    """Raise `BaselineError` where content does not follow the schema or makes no sense."""
    documents.check(content, path, SCHEMA, BaselineError)
    _check_sense(content, path)


def _check_sense(content: Mapping[str, Any], path: Path) -> None:
    """Check what a schema cannot say: names of metrics, draws, what budgets are relative to."""
    _check_draws(content, path)
    for section in ("tolerances", "drift", "dead_band"):
        for name in content.get(section, {}):
            if name != _DEFAULT or section == "tolerances":
                _known_metric(name, path, section)
    for design, entry in content["resources"].items():
        for place, names in _names_of_metrics(entry):
            for name in names:
                _known_metric(name, path, f"resources/{design}/{place}")
        for index, budget in enumerate(entry.get("budgets", [])):
            place = f"{path}: resources/{design}/budgets/{index}"
            _check_budget(design, budget, content["resources"], place)


def _check_draws(content: Mapping[str, Any], path: Path) -> None:
    """Check that every list of draws has a value for every seed, and that no seed is twice."""
    for key, by_dataset in content.get("recipes", {}).items():
        for dataset, entry in by_dataset.items():
            place, seeds = f"{path}: recipes/{key}/{dataset}", entry["seeds"]
            for name in entry["draws"]:
                _known_metric(name, path, f"recipes/{key}/{dataset}/draws")
            lists = {"weights_sha256": entry["weights_sha256"], **entry["draws"]}
            wrong = [name for name, values in lists.items() if len(values) != len(seeds)]
            twice = [name for name in ("seeds", "weights_sha256") if _repeats(entry[name])]
            if wrong or twice:
                what = "has not one value a seed" if wrong else "has a value twice"
                raise BaselineError(f"{place}: {(wrong + twice)[0]} {what}; restore the file.")


def _repeats(values: Sequence[Any]) -> bool:
    return len(set(values)) != len(values)


def _names_of_metrics(entry: Mapping[str, Any]) -> Iterator[tuple[str, Iterable[str]]]:
    yield "baseline/metrics", entry.get("baseline", {}).get("metrics", {})
    yield "tolerances", entry.get("tolerances", {})
    for index, line in enumerate(entry.get("history", [])):
        yield f"history/{index}/values", line["values"]
    for index, budget in enumerate(entry.get("budgets", [])):
        yield f"budgets/{index}", [budget["metric"]]


def _known_metric(name: str, path: Path, place: str) -> None:
    try:
        metric(name)
    except SuiteError as error:
        raise BaselineError(f"{path}: {place}: {error}") from error


def _check_budget(
    design: str, budget: Mapping[str, Any], designs: Mapping[str, Any], place: str
) -> None:
    """Budgets are ceilings, so of metrics that should be low; and relative to known designs."""
    if metric(budget["metric"]).better == "higher":
        raise BaselineError(f"{place}: {budget['metric']} should be high; no ceiling fits.")
    if "of" in budget and budget["of"] not in designs:
        raise BaselineError(f"{place}: a budget is relative to unknown {budget['of']!r}.")
    if budget.get("of") == design:
        raise BaselineError(f"{place}: a budget is relative to its own design.")
