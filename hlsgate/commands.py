"""What the commands do: freeze weights, record what was measured."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hlsgate import baselines as baselines_file
from hlsgate import checkpoints, datasets, results, suite
from hlsgate.cache import Cache, write_atomically
from hlsgate.declarations import Variant
from hlsgate.errors import BaselineError, HlsgateError, ResultsError
from hlsgate.pipeline import Pipeline, checkpoint_path
from hlsgate.progress import Step, silent


@dataclass(frozen=True)
class Change:
    """One line of the table that a commit message of a re-baselining holds."""

    what: str
    old: str
    new: str


def freeze(keys: Sequence[str], root: Path, cache: Cache, step: Step = silent) -> list[Change]:
    """Train variants on the embedded jets and store their weights as checkpoints.

    Parameters
    ----------
    keys : sequence of str
        Variants.
    root : pathlib.Path
        The checkout; ``fixtures/jets`` and ``fixtures/checkpoints`` are below it.
    cache : Cache
        Where trained weights are looked up first.
    step : callable
        Shows progress.
    """
    _refuse_under_ci()
    variants = [suite.variant(key) for key in keys]
    folder = root / "fixtures" / "checkpoints"
    folder.mkdir(parents=True, exist_ok=True)
    pipeline = Pipeline(lambda: datasets.embedded(root / "fixtures" / "jets"), cache, folder, step)
    changes = []
    for variant in variants:
        path = checkpoint_path(folder, variant)
        old = _identity(path, variant)
        new = pipeline.trained(variant)
        checkpoints.save(path, new)
        changes.append(Change(f"{variant.key} weights", old, new.sha256[:12]))
    return changes


def _identity(path: Path, variant: Variant) -> str:
    try:
        return checkpoints.load(path, variant).sha256[:12]
    except HlsgateError:
        return "-"


def _refuse_under_ci() -> None:
    """Baselines and weights change by a person's decision, never by a pipeline's."""
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        raise BaselineError(
            "weights and baselines are not written under CI (the variable CI is set); run this on "
            "your own machine and commit the change."
        )


def record(keys: Sequence[str], found: Path, path: Path) -> list[Change]:
    """Copy measured values from results into ``baselines.json``.

    Parameters
    ----------
    keys : sequence of str
        Variants (their accuracy) and designs (their resources).
    found : pathlib.Path
        Results of a run with ``--results``.
    path : pathlib.Path
        The baselines; replaced at once, with sorted keys.

    Raises
    ------
    ResultsError
        If the results have nothing for a key.
    """
    _refuse_under_ci()
    content = results.read(found)
    baselines = copy.deepcopy(dict(baselines_file.load(path).content))
    changes: list[Change] = []
    for key in keys:
        if key in content["variants"] and "frozen" in content["variants"][key]:
            changes += _record_accuracy(key, content, baselines)
        elif key in content["designs"]:
            changes += _record_resources(key, content, baselines)
        else:
            raise ResultsError(
                f"{found} has no measurement of {key}; run the main job, whole, with --results "
                f"{found} first."
            )
    baselines_file.check(baselines, path)
    write_atomically(path, json.dumps(baselines, indent=1, sort_keys=True) + "\n")
    return changes


def _provenance(content: dict[str, Any], origin: str) -> dict[str, str | None]:
    packages = {name: version for name, version in content["versions"].items() if version}
    return {
        "origin": origin,
        "recorded": datetime.now(UTC).date().isoformat(),
        "commit": content["commit"],
        "machine": content["machine"],
        "versions": ", ".join(f"{name} {version}" for name, version in sorted(packages.items())),
    }


def _record_accuracy(key: str, content: dict[str, Any], baselines: dict[str, Any]) -> list[Change]:
    found = content["variants"][key]["frozen"]
    by_dataset = baselines["accuracy"].setdefault(key, {})
    old = by_dataset.get(found["dataset"], {})
    entry = {name: found[name] for name in ("accuracy", "n", "dataset_sha256", "weights_sha256")}
    by_dataset[found["dataset"]] = {**entry, "provenance": _provenance(content, "measured")}
    return _changes(f"{key} on {found['dataset']}", old, entry)


def _record_resources(key: str, content: dict[str, Any], baselines: dict[str, Any]) -> list[Change]:
    found = content["designs"][key]["measurement"]
    if found["origin"] == "recorded":
        raise ResultsError(
            f"{key} is slow and was not measured in that run, its numbers are the baseline's own; "
            "measure it with --slow."
        )
    if found["tool_version"] is None:
        raise ResultsError(f"the report of {key} does not state its tool's version; not recorded.")
    if found["weights_sha256"] is None:
        raise ResultsError(
            f"the report of {key} does not state its weights (no hlsgate.json beside it), so it "
            "can be no baseline; synthesise the design with hlsgate."
        )
    entry = baselines["resources"].setdefault(key, {})
    old = entry.get("baseline", {}).get("metrics", {})
    names = ("toolchain", "tool_version", "part", "stage")
    entry["baseline"] = {
        **{name: found[name] for name in names},
        "weights_sha256": found["weights_sha256"],
        "metrics": found["values"],
        "provenance": _provenance(content, found["origin"]),
    }
    return _changes(key, old, found["values"])


def _changes(key: str, old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    return [
        Change(f"{key} {name}", _short(old.get(name)), _short(value))
        for name, value in new.items()
        if old.get(name) != value
    ]


def _short(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)[:20]
