"""Results and baselines in one form: values by entry, with what they are values of.

An entry is a design's resources, or a variant's accuracy on one data set, or what its recipe gave
there with several seeds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hlsgate.facts import results
from hlsgate.infra import documents
from hlsgate.infra.errors import ResultsError
from hlsgate.judge import baselines, recipes

_RESOURCE_FACTS = (
    "toolchain", "tool_version", "part", "stage", "target_fmax_mhz", "weights_sha256",
)  # fmt: skip
_ACCURACY_FACTS = ("n", "dataset_sha256", "weights_sha256")


@dataclass(frozen=True)
class Entry:
    """Values of one design or variant.

    Parameters
    ----------
    key : str
        Key of the design or variant.
    dataset : str or None
        What accuracy was measured on; None for resources.
    facts : mapping of str to object
        What the values are values of: tool, part, weights; data and weights.
    values : mapping of str to float
        By metric.
    origin : str
        Whether they were measured, replayed, recorded, published or imported.
    history : sequence of mapping
        How they came to be what they are, oldest first (baselines only).
    draws : mapping or None
        Of a recipe: what is stored of its draws. `values` are their means then.
    """

    key: str
    dataset: str | None
    facts: Mapping[str, Any]
    values: Mapping[str, float]
    origin: str
    history: tuple[Mapping[str, Any], ...] = field(default=())
    draws: Mapping[str, Any] | None = None

    @property
    def label(self) -> str:
        """Name for tables."""
        if self.draws is not None:
            return f"recipe of {self.key} on {self.dataset}"
        return self.key if self.dataset is None else f"{self.key} on {self.dataset}"

    def first(self, name: str) -> float | None:
        """Return the first value that was ever recorded of a metric."""
        for line in self.history:
            if name in line["values"] and line["values"][name]["old"] is not None:
                old: float = line["values"][name]["old"]
                return old
        return self.values.get(name)


def of_results(content: Mapping[str, Any]) -> dict[str, Entry]:
    """Return the entries of results by label; what merely stood in is left out."""
    found = []
    for key, variant in content["variants"].items():
        frozen = variant.get("frozen", {})
        if "accuracy" in frozen:
            facts = {name: frozen[name] for name in _ACCURACY_FACTS}
            values = {"accuracy": frozen["accuracy"]}
            found.append(Entry(key, frozen["dataset"], facts, values, "measured"))
        if "draws" in variant:
            stored = {**variant["draws"], "draws": variant["draws"]["values"]}
            found.append(_of_draws(key, stored["dataset"], stored, "measured"))
    for key, design in content["designs"].items():
        measurement = design["measurement"]
        if measurement["origin"] != "recorded":
            facts = {name: measurement.get(name) for name in _RESOURCE_FACTS}
            found.append(Entry(key, None, facts, measurement["values"], measurement["origin"]))
    return {entry.label: entry for entry in found}


def of_baselines(content: Mapping[str, Any]) -> dict[str, Entry]:
    """Return the entries of baselines by label; designs that have budgets only are left out."""
    found = []
    for key, by_dataset in content["accuracy"].items():
        for dataset, stored in by_dataset.items():
            facts = {name: stored[name] for name in _ACCURACY_FACTS}
            values = {"accuracy": stored["accuracy"]}
            origin = stored["provenance"]["origin"]
            history = tuple(stored.get("history", ()))
            found.append(Entry(key, dataset, facts, values, origin, history))
    for key, by_dataset in content.get("recipes", {}).items():
        for dataset, stored in by_dataset.items():
            origin = stored["provenance"]["origin"]
            found.append(_of_draws(key, dataset, stored, origin, tuple(stored.get("history", ()))))
    for key, design in content["resources"].items():
        if "baseline" in design:
            stored = design["baseline"]
            facts = {name: stored.get(name) for name in _RESOURCE_FACTS}
            origin = stored["provenance"]["origin"]
            history = tuple(design.get("history", ()))
            found.append(Entry(key, None, facts, stored["metrics"], origin, history))
    return {entry.label: entry for entry in found}


def _of_draws(
    key: str,
    dataset: str,
    stored: Mapping[str, Any],
    origin: str,
    history: tuple[Mapping[str, Any], ...] = (),
) -> Entry:
    kept = {name: stored[name] for name in recipes.STORED}
    return Entry(key, dataset, recipes.facts(kept), recipes.means(kept), origin, history, kept)


def load(path: Path) -> dict[str, Entry]:
    """Read the entries of a results file or of a baselines file.

    Raises
    ------
    ResultsError, BaselineError
        If it is neither; the message names the place where it is not.
    """
    content = documents.load(path, ResultsError, "name a results file or a baselines file")
    if isinstance(content, dict) and "variants" in content:
        return of_results(results.checked(content, path))
    baselines.check(content, path)
    return of_baselines(content)
