"""A sweep as a document: put together, written, read strictly, recorded as the stored frontier."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from hlsgate import __version__
from hlsgate.facts import results
from hlsgate.facts.parity import difference_of_counts
from hlsgate.infra import documents
from hlsgate.infra.errors import FrontierError
from hlsgate.infra.packages import versions
from hlsgate.judge.changes import Change
from hlsgate.judge.revision import refuse_under_ci
from hlsgate.suites import suite
from hlsgate.sweep.answer import answer
from hlsgate.sweep.groups import Facts, cost, grouped

SCHEMA = 1
SCHEMA_FILE = Path(__file__).parents[1] / "schemas" / f"frontier-{SCHEMA}.json"

RESULTS = Path("results")
"""Folder of what sweeps write."""

COST_TOLERANCE = 0.1
MARGIN_SHARE = 0.4
"""Tolerances of a frontier that is recorded for the first time: on the cost, and on the accuracy as
a share of the margin, which is wider where there are few rows; docs/frontier.md says why.
"""

_PACKAGES = (*results.PACKAGES, "da4ml", "numba", "pyosys", "dask", "distributed", "optuna")
_DERIVED = ("groups", "pareto", "answer", "answer2")

Content = dict[str, Any]


def assemble(
    common: Facts,
    references: Facts,
    points: Iterable[Facts],
    *,
    root: Path,
    grid: Facts,
    seeds: Sequence[int],
    failed: Iterable[Facts] = (),
) -> Content:
    """Put a sweep's results together, with what follows from them, and where and when it ran.

    Parameters
    ----------
    common, references : mapping
        As `hlsgate.sweep.work` returns them.
    points, failed : iterable of mapping
        What was made, and what could not be.
    root : pathlib.Path
        The checkout, for its commit.
    grid : mapping
        Name and keys of the groups that were declared.
    seeds : sequence of int
        Of every group.
    """
    content = {
        "schema": SCHEMA,
        "kind": "frontier",
        "hlsgate": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": results.commit(root),
        "machine": results.machine(),
        "cores": os.cpu_count(),
        "versions": versions(_PACKAGES),
        **common,
        **references,
        "grid": dict(grid),
        "seeds": list(seeds),
        "points": sorted((dict(point) for point in points), key=lambda point: point["key"]),
        "failed": [dict(one) for one in failed],
    }
    return content | derived(content)


def derived(content: Facts) -> Content:
    """Return what follows from a sweep's points: groups, frontier and answers."""
    points = content["points"]
    groups = grouped(points, content["seeds"])
    found: Content = {
        "groups": groups,
        "pareto": [key for group in groups if group["pareto"] for key in group["points"]],
        "answer": answer(points, groups, content["reference"], content),
    }
    if "reference2" in content:
        found["answer2"] = answer(points, groups, content["reference2"], content, "against2")
    return found


def to_synthesise(content: Facts) -> list[str]:
    """Return the keys of points whose cells are wanted: on the frontier, or of an answer.

    The dearest first, as they take longest: the last one should not keep all workers waiting.
    """
    answers = [content[name]["group"] for name in ("answer", "answer2") if name in content]
    return [
        key
        for group in reversed(content["groups"])
        if group["pareto"] or group["key"] in answers
        for key in group["points"]
    ]


def results_of(benchmark: str) -> Path:
    """Return where a sweep of a benchmark writes to, by the benchmark's key."""
    return RESULTS / f"frontier-{benchmark}.json"


def write(path: Path, content: Facts) -> None:
    """Write a sweep; raise `FrontierError` where the file cannot be written."""
    documents.write(path, content, FrontierError)


def read(path: Path) -> Content:
    """Read a sweep strictly.

    Raises
    ------
    FrontierError
        If the file is missing, does not follow ``schemas/frontier-1.json``, or states a frontier
        or an answer that does not follow from its own points.
    """
    hint = "write one with 'python -m hlsgate frontier', and store it with 'frontier record'"
    content: Content = documents.read(path, SCHEMA_FILE, FrontierError, hint)
    _check_sense(content, path)
    return content


def gathered(paths: Iterable[Path] = ()) -> dict[str, Content]:
    """Read sweeps, by benchmark; where none is named, those that the suite in use has stored.

    Raises
    ------
    FrontierError
        As `read`; and if two are of one benchmark, which would share their plots.
    """
    stored = (suite.active().frontier(one.key) for one in suite.active().families)
    found: dict[str, Content] = {}
    for path in list(paths) or [path for path in stored if path.is_file()]:
        content = read(path)
        if content["benchmark"] in found:
            raise FrontierError(
                f"{path} is a second sweep of {content['benchmark']}; name one for each benchmark."
            )
        found[content["benchmark"]] = content
    return found


def _check_sense(content: Content, path: Path) -> None:
    keys = [point["key"] for point in content["points"]]
    if len(set(keys)) != len(keys):
        raise FrontierError(f"{path}: points: a key is there twice; restore the file.")
    for point in content["points"]:
        found = difference_of_counts(
            point["gained"],
            point["lost"],
            content["n"],
            margin=content["margin"],
            confidence=content["confidence"],
        )
        if (found.state, -found.value) != (point["parity"], point["loss"]):
            _refuse(path, f"points: {point['key']}: parity", "its counts of rows")
    for name, value in derived(content).items():
        stated = content.get(name)
        follows = documents.parse(documents.dumps(value))
        if name.startswith("answer"):  # its words may change, what it says may not
            follows["sentence"] = (stated or {}).get("sentence")
        if follows != stated:
            _refuse(path, name, "the points of the file")


def _refuse(path: Path, place: str, source: str) -> NoReturn:
    raise FrontierError(
        f"{path}: {place}: does not follow from {source}; it was changed by hand, or by another "
        "version of hlsgate: run the sweep again."
    )


def record(run: Path, stored: Path, reason: str | None = None) -> list[Change]:
    """Make a run the stored frontier; the stored tolerances are kept.

    Parameters
    ----------
    run, stored : pathlib.Path
        Results of a sweep, and the file that they become.
    reason : str, optional
        Why; kept.

    Raises
    ------
    BaselineError
        Under CI.
    FrontierError
        If the run is not whole: points failed, or groups of its grid are missing; or if the stored
        frontier is of another benchmark.
    """
    refuse_under_ci()
    content = read(run)
    _refuse_partial(content, run)
    before = read(stored) if stored.is_file() else None
    _refuse_another(content, before, stored)
    first = {"accuracy": MARGIN_SHARE * content["margin"], "da_cost": COST_TOLERANCE}
    content["tolerances"] = (before or {}).get("tolerances", first)
    content["provenance"] = {"recorded": datetime.now(UTC).date().isoformat()}
    if reason:
        content["provenance"]["reason"] = reason
    write(stored, content)
    return compare(before, content)


def _refuse_partial(content: Facts, path: Path) -> None:
    made = {group["key"] for group in content["groups"] if group["complete"]}
    lacking = [key for key in content["grid"]["keys"] if key not in made]
    if lacking:
        raise FrontierError(
            f"{path} lacks {', '.join(lacking)} of its grid, whole; run 'python -m hlsgate "
            "frontier' again, which goes on where it ended."
        )


def _refuse_another(content: Facts, before: Facts | None, stored: Path) -> None:
    if before is not None and before["benchmark"] != content["benchmark"]:
        raise FrontierError(
            f"{stored} is the frontier of {before['benchmark']}, and the run is of "
            f"{content['benchmark']}; name another file with --stored."
        )


def compare(old: Facts | None, new: Facts) -> list[Change]:
    """Return what differs between two frontiers, group by group."""
    before = {group["key"]: _line(group) for group in (old or {"groups": []})["groups"]}
    after = {group["key"]: _line(group) for group in new["groups"] if group["pareto"]}
    on_front = {group["key"] for group in (old or {"groups": []})["groups"] if group["pareto"]}
    keys = [*after, *sorted(on_front - set(after))]
    return [
        Change(key, before.get(key, "-") if key in on_front else "-", after.get(key, "-"))
        for key in keys
        if (before.get(key) if key in on_front else None) != after.get(key)
    ]


def _line(group: Mapping[str, Any]) -> str:
    cells = f", {group['alut']['mean']:,.0f} ALUTs" if group["alut"] else ""
    return f"{100 * group['accuracy']['mean']:.2f} %, cost {cost(group):,.0f}{cells}"
