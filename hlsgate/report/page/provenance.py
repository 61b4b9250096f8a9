"""Where every number of the page comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hlsgate import __version__
from hlsgate.judge.baselines import Baselines
from hlsgate.judge.changes import number
from hlsgate.judge.kinds import short
from hlsgate.report.page.blocks import Block, Folded, Grid, Section
from hlsgate.suites import suite

_HEAD = ("created", "commit", "machine", "cores", "hlsgate")
_UNKNOWN = "not stated"
_Sweeps = Mapping[str, Mapping[str, Any]]


def section(content: Mapping[str, Any], baselines: Baselines, sweeps: _Sweeps) -> Section:
    """Show machine, versions, commit and hashes of everything."""
    blocks: list[Block] = [
        Grid("Runs", ("what", *_HEAD), _runs(content, sweeps), (1, 2, 3, 4, 5)),
        Folded("Hashes of weights and data", [
            Grid("Weights and data", ("what", "data set", "rows", "data sha256", "weights sha256"),
                 _weights(content, sweeps), (1, 3, 4)),
        ]),
        Folded("Tools, parts and weights of every design", [
            Grid("Designs", ("design", "tool", "part", "stage", "clock aimed at, MHz", "origin",
                             "weights sha256"), _tools(content), (1, 2, 3, 5, 6)),
        ]),
        Folded("Versions of packages", [_versions(content, sweeps)]),
        Folded("Provenance of the baselines", [_baselines(baselines)]),
    ]  # fmt: skip
    return Section("provenance", "Provenance", blocks)


def _runs(content: Mapping[str, Any], sweeps: _Sweeps) -> list[list[str]]:
    rows = [["results", *(_told(content.get(name)) for name in _HEAD)]]
    for key, sweep in sweeps.items():
        rows.append([f"sweep of {key}", *(_told(sweep.get(name)) for name in _HEAD)])
    return [*rows, ["this page", "", "", "", "", __version__]]


def _told(value: object) -> str:
    return _UNKNOWN if value is None else str(value)


def _weights(content: Mapping[str, Any], sweeps: _Sweeps) -> list[list[str]]:
    rows = []
    for variant in suite.active().variants:
        for kind in ("frozen", "retrained"):
            found = content["variants"].get(variant.key, {}).get(kind, {})
            if "accuracy" in found:
                name = f"{variant.key}, {kind}"
                hashes = (found["dataset_sha256"], found["weights_sha256"])
                rows.append([name, found["dataset"], f"{found['n']:,}", *hashes])
    for sweep in sweeps.values():
        data = (sweep["dataset"], f"{sweep['n']:,}", sweep["dataset_sha256"])
        rows += [[one["key"], *data, one["weights_sha256"]] for one in sweep["points"]
                 if one["key"] in sweep["pareto"]]  # fmt: skip
    return rows


def _tools(content: Mapping[str, Any]) -> list[list[str]]:
    rows = []
    for key, design in sorted(content["designs"].items()):
        found = design["measurement"]
        tool = f"{found['toolchain']} {_told(found['tool_version'])}"
        clock = number(found.get("target_fmax_mhz"))
        facts = (_told(found["part"]), found["stage"], clock, found["origin"])
        rows.append([key, tool, *facts, _told(found["weights_sha256"])])
    return rows


def _versions(content: Mapping[str, Any], sweeps: _Sweeps) -> Grid:
    sides = [content["versions"], *(sweep["versions"] for sweep in sweeps.values())]
    names = sorted({name for side in sides for name in side})
    rows = [[name, *(side.get(name) or "-" for side in sides)] for name in names]
    heads = ("package", "results", *(f"sweep of {key}" for key in sweeps))
    return Grid("Versions", heads, rows, range(1, len(heads)))


def _baselines(baselines: Baselines) -> Grid:
    rows = []
    for key, by_dataset in sorted(baselines.content["accuracy"].items()):
        for dataset, entry in by_dataset.items():
            rows.append(_source(f"{key} on {dataset}", entry))
    for key, entry in sorted(baselines.content["resources"].items()):
        if "baseline" in entry:
            rows.append(_source(key, entry["baseline"]))
    heads = ("entry", "origin", "recorded", "commit", "weights", "machine", "versions", "source")
    return Grid("Baselines", heads, rows, range(1, len(heads)))


def _source(label: str, entry: Mapping[str, Any]) -> list[str]:
    from_ = entry["provenance"]
    told = " ".join(from_.get(name, "") for name in ("source", "note")).strip()
    names = ("recorded", "commit", "machine", "versions")
    recorded, commit, machine, versions = (str(from_.get(name) or "-") for name in names)
    weights = short(entry["weights_sha256"] or "") or "unknown"
    return [label, from_["origin"], recorded, commit[:12], weights, machine, versions, told or "-"]
