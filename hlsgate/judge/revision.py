"""A revision of the baselines: one writer at a time, all or nothing, and never under CI."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hlsgate.facts import results
from hlsgate.infra import documents
from hlsgate.infra.errors import BaselineError, ResultsError
from hlsgate.judge import baselines as baselines_file
from hlsgate.judge import changes, entries
from hlsgate.judge.baselines import Baselines
from hlsgate.judge.changes import Change
from hlsgate.judge.entries import Entry

WAIT_S = 10.0
"""Longest wait for another command that writes the same baselines, in s."""


@dataclass
class Revision:
    """Baselines that are being changed, and what was changed in them.

    Parameters
    ----------
    baselines : Baselines
        As they were.
    found : mapping
        Results that values are taken from.
    source : pathlib.Path
        Where the results were read from; for messages.
    """

    baselines: Baselines
    found: Mapping[str, Any]
    source: Path
    content: dict[str, Any] = field(init=False)
    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.content = copy.deepcopy(dict(self.baselines.content))

    def stored(self, measured: Entry) -> Entry | None:
        """Return the baseline of what was measured, as it was."""
        return entries.of_baselines(self.baselines.content).get(measured.label)

    def measured(self, key: str) -> Entry:
        """Return what was measured of a design, or of a variant's accuracy."""
        for entry in entries.of_results(self.found).values():
            if entry.key == key:
                return entry
        if key in self.found["designs"]:
            raise ResultsError(
                f"{key} is slow and was not measured in that run, its numbers are the baseline's "
                "own; measure it with --slow."
            )
        raise ResultsError(
            f"{self.source} has no measurement of {key}; run the main job, whole, with --results "
            f"{self.source} first."
        )

    def replace(self, measured: Entry) -> None:
        """Put what was measured in the place of a baseline, or where there is none."""
        if measured.draws is not None:
            provenance = _provenance(self.found, measured.origin)
            self._node(measured).update(measured.draws, provenance=provenance)
            return
        _check_identity(measured)
        facts = {name: value for name, value in measured.facts.items() if value is not None}
        node = self._node(measured)
        provenance = _provenance(self.found, measured.origin)
        if measured.dataset is not None:
            node.update(facts, accuracy=measured.values["accuracy"], provenance=provenance)
            return
        values = dict(measured.values)
        node["baseline"] = {**facts, "metrics": values, "provenance": provenance}

    def move(self, stored: Entry, values: Mapping[str, float | None]) -> None:
        """Set some values of a baseline; None takes one out."""
        node = self._node(stored)
        place = node if stored.dataset is not None else node["baseline"]["metrics"]
        for name, value in values.items():
            if value is None:
                del place[name]
            else:
                place[name] = value

    def remember(self, command: str, reason: str, old: Entry, new: Entry) -> None:
        """Add a line of history: every value, and every fact, in which two entries differ."""
        values = _differing(old.values, new.values)
        facts = _differing(old.facts, new.facts)
        line = {
            "command": command,
            "commit": self.found["commit"],
            "date": datetime.now(UTC).date().isoformat(),
            "reason": reason,
            "values": values,
        }
        self._node(old).setdefault("history", []).append(line | ({"facts": facts} if facts else {}))

    def tell(self, old: Entry | None, new: Entry) -> None:
        """Add the lines of the printed table: facts and values that differ."""
        before = {new.label: old} if old else {}
        differing = changes.between(before, {new.label: new})
        self.changes += [one for one in differing if one.direction != "same"]

    def _node(self, entry: Entry) -> dict[str, Any]:
        name = "resources" if entry.dataset is None else "accuracy"
        section = self.content.setdefault("recipes" if entry.draws is not None else name, {})
        node: dict[str, Any] = section.setdefault(entry.key, {})
        return node if entry.dataset is None else node.setdefault(entry.dataset, {})


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: {"old": old.get(name), "new": new.get(name)}
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    }


def _provenance(found: Mapping[str, Any], origin: str) -> dict[str, str | None]:
    packages = {name: version for name, version in found["versions"].items() if version}
    return {
        "origin": origin,
        "recorded": datetime.now(UTC).date().isoformat(),
        "commit": found["commit"],
        "machine": found["machine"],
        "versions": ", ".join(f"{name} {version}" for name, version in sorted(packages.items())),
    }


def _check_identity(measured: Entry) -> None:
    """Refuse what could never be compared."""
    if measured.facts.get("tool_version", "") is None:
        raise ResultsError(
            f"the report of {measured.key} does not state its tool's version; not recorded."
        )
    if measured.facts["weights_sha256"] is None:
        raise ResultsError(
            f"the report of {measured.key} does not state its weights (no hlsgate.json beside "
            "it), so it can be no baseline; synthesise the design with hlsgate."
        )


def refuse_under_ci() -> None:
    """Baselines and weights change by a person's decision, never by a pipeline's."""
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        raise BaselineError(
            "weights and baselines are not written under CI (the variable CI is set); run this on "
            "your own machine and commit the change."
        )


def rewrite(path: Path, source: Path, edit: Callable[[Revision], None]) -> Revision:
    """Change baselines by results, alone, at once, and only to what can be loaded again."""
    refuse_under_ci()
    return rewrite_by(path, results.read(source), source, edit)


def rewrite_by(
    path: Path, found: Mapping[str, Any], source: Path, edit: Callable[[Revision], None]
) -> Revision:
    """Do the same by results that were read, or by none."""
    refuse_under_ci()
    path = path.resolve()  # a link stays one
    with _alone(path):
        revision = Revision(baselines_file.load(path), found, source)
        edit(revision)
        if revision.content != revision.baselines.content:
            baselines_file.check(revision.content, path)
            documents.write(path, revision.content, BaselineError)
    return revision


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep a second writer out, from reading to writing; readers are not hindered."""
    from filelock import FileLock, Timeout

    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        lock.acquire(timeout=WAIT_S)
    except Timeout as error:
        raise BaselineError(
            f"{path} is being written by another command; wait for it, then try again."
        ) from error
    except (OSError, NotImplementedError) as error:  # the latter where a file system has no locks
        what = getattr(error, "strerror", None) or error
        raise BaselineError(f"{path} cannot be written ({what}); nothing was changed.") from error
    try:
        for part in path.parent.glob(f".{path.name}.*.part"):
            part.unlink(missing_ok=True)  # of a command that was killed: no other writes now
        yield
    finally:
        lock.release()
