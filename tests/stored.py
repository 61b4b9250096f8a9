"""Invented results and baselines, small enough to be read, for tests of the commands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SHA = "c" * 64
OTHER_SHA = "d" * 64
VARIANT = "jets-q4_p75"
DESIGN = "jets-q4_p75-yosys_cyclonev"
COMMIT = "1" * 40
FACTS = ("toolchain", "tool_version", "part", "stage", "weights_sha256", "target_fmax_mhz")

Values = Mapping[str, float]


def of_design(values: Values, **facts: Any) -> dict[str, Any]:
    """Return a measurement by Yosys; keywords replace what it is of."""
    return {
        "toolchain": "yosys", "tool_version": "0.70", "part": "cyclonev", "stage": "synthesis",
        "origin": "measured", "weights_sha256": SHA, "values": dict(values), **facts,
    }  # fmt: skip


def of_variant(accuracy: float, **facts: Any) -> dict[str, Any]:
    """Return what a variant's weights score; keywords replace what it is of."""
    return {
        "accuracy": accuracy, "n": 40000, "dataset": "jets_embedded", "dataset_sha256": SHA,
        "weights_sha256": SHA, **facts,
    }  # fmt: skip


def results(
    designs: Mapping[str, Mapping[str, Any]] | None = None,
    variants: Mapping[str, Mapping[str, Any]] | None = None,
    commit: str = COMMIT,
) -> dict[str, Any]:
    """Return the results of a run that measured these designs and scored these variants."""
    return {
        "schema": 2,
        "hlsgate": "0.1.0",
        "created": "2031-02-03T04:05:06+00:00",
        "commit": commit,
        "machine": "a machine",
        "versions": {"hlsgate": "0.1.0", "pyosys": None},
        "variants": {key: {"frozen": scores} for key, scores in (variants or {}).items()},
        "designs": {key: {"measurement": one} for key, one in (designs or {}).items()},
    }


_PROVENANCE = {
    "origin": "measured", "recorded": "2031-01-01", "commit": "0" * 40, "machine": "a machine",
    "versions": "hlsgate 0.1.0",
}  # fmt: skip


def baseline(values: Values, **facts: Any) -> dict[str, Any]:
    """Return an entry of a design: what Yosys once gave; keywords replace what it is of."""
    measured = of_design(values, **facts)
    origin = measured.pop("origin")
    metrics = measured.pop("values")
    return {
        "baseline": {
            **measured,
            "metrics": metrics,
            "provenance": {**_PROVENANCE, "origin": origin},
        }
    }


def accuracy(value: float, **facts: Any) -> dict[str, Any]:
    """Return an entry of a variant on the embedded jets."""
    scores = of_variant(value, **facts)
    return {scores.pop("dataset"): {**scores, "provenance": dict(_PROVENANCE)}}


def draws(values: Mapping[str, list[float]], **facts: Any) -> dict[str, Any]:
    """Return what a recipe gave with seeds 1, 2, ...; keywords replace what it is of."""
    seeds = list(range(1, len(values["accuracy"]) + 1))
    return {
        "dataset": "jets_embedded", "dataset_sha256": SHA, "n": 40000, "recipe_sha256": SHA,
        "packages": "keras 2.14.0, numpy 1.26.4", "seeds": seeds,
        "weights_sha256": [f"{seed:064x}" for seed in seeds], "values": dict(values), **facts,
    }  # fmt: skip


def recipe(values: Mapping[str, list[float]], **facts: Any) -> dict[str, Any]:
    """Return an entry of a recipe on the embedded jets."""
    drawn = draws(values, **facts)
    drawn["draws"] = drawn.pop("values")
    return {drawn.pop("dataset"): {**drawn, "provenance": dict(_PROVENANCE)}}


def baselines(
    resources: Mapping[str, Any] | None = None,
    scores: Mapping[str, Any] | None = None,
    **policies: Any,
) -> dict[str, Any]:
    """Return baselines with these entries; 1 % of slack on ALUTs, none on anything else."""
    return {
        "schema": 1,
        "parity": {"accuracy_margin": 0.01, "auc_margin": 0.01, "confidence": 0.95},
        "emulation": {
            "hardware": {"max_lsb": 256, "max_share_beyond": 0.001, "max_accuracy_drop": 0.002},
            "softmax": {
                "max_mean_error": 0.02,
                "max_flips": 0.01,
                "max_error": 0.25,
                "max_step": 0.0625,
                "max_range_used": 1.0,
            },
        },
        "tolerances": {"alut": {"rel": 0.01}, "accuracy": {"abs": 0.0005}},
        "accuracy": dict(scores or {}),
        "resources": dict(resources or {}),
        **policies,
    }


def write(path: Path, content: Mapping[str, Any]) -> Path:
    """Write a document as JSON, whatever it is."""
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def read(path: Path) -> Any:
    """Read a document again."""
    return json.loads(path.read_text(encoding="utf-8"))
