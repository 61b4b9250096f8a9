"""hls4ml's synthesis baselines become baselines of designs: what a person says, and no more.

hls4ml's files state neither part nor weights, and the weights of its tests are random. So nothing
is taken unless somebody says which design a file is of, on which part, and either which weights
they are of or that they are to be a mere ceiling.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hlsgate.facts import results
from hlsgate.infra.errors import BaselineError
from hlsgate.judge import hls4ml_folder, kinds
from hlsgate.judge.entries import Entry
from hlsgate.judge.hls4ml_files import Imported
from hlsgate.judge.revision import Revision, rewrite_by
from hlsgate.spec.declarations import Design
from hlsgate.suites import suite

STAGE = "hls_estimate"
IMPORTED = "imported"
_NULLABLE = ("weights_sha256",)
_HEX = set("0123456789abcdef")
_SHA_LENGTH = 64


@dataclass(frozen=True)
class Told:
    """What no file of hls4ml says, and a person does.

    Parameters
    ----------
    designs : sequence of (str, str)
        A test, such as ``"test_dense"`` or ``"Vitis/2024.1/test_dense"``, and its design's key.
    part : str
        Device that the tests were synthesised for.
    clock_mhz : float or None
        Clock that was aimed at, in MHz; needed where files do not state it.
    weights : mapping of str to str
        By design: sha256 of the weights that the numbers are of.
    ceiling : bool
        Take designs without known weights as ceilings, like published numbers.
    slack : bool
        Take hls4ml's tolerances over, one-sided.
    """

    designs: Sequence[tuple[str, str]]
    part: str
    clock_mhz: float | None = None
    weights: Mapping[str, str] = field(default_factory=dict)
    ceiling: bool = False
    slack: bool = False


def take(folder: Path, told: Told, path: Path) -> Revision:
    """Add the mapped files to the baselines, as entries of origin "imported".

    Parameters
    ----------
    folder : pathlib.Path
        hls4ml's ``test/pytest/baselines``.
    told : Told
        What the files do not say.
    path : pathlib.Path
        The baselines; changed all or not at all.

    Raises
    ------
    BaselineError
        If anything is missing, contradicts itself, or has a baseline already; nothing is written.
    SuiteError
        If there is no such design.
    """
    known = hls4ml_folder.files(folder)
    _refuse_twice(key for _, key in told.designs)
    chosen = {key: _one(test, known, folder) for test, key in told.designs}
    if unused := sorted(set(told.weights) - set(chosen)):
        raise BaselineError(f"weights of {unused[0]} are named, but no test is mapped to it.")

    def edit(revision: Revision) -> None:
        for key, file in chosen.items():
            _add(revision, suite.design(key), known[file], file, told)

    return rewrite_by(path, results.empty(), folder, edit)


def _refuse_twice(keys: Iterable[str]) -> None:
    """One design has one baseline."""
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise BaselineError(f"two tests are mapped to {key}; map one.")
        seen.add(key)


def _one(test: str, known: Mapping[str, Path], folder: Path) -> str:
    """Return the file that is meant by a test's name, or by the end of its path."""
    found = [name for name in known if name == test or name.endswith(f"/{test}")]
    if not found:
        raise BaselineError(f"{folder} has no test {test!r}; without --map its tests are listed.")
    if len(found) > 1:
        raise BaselineError(f"{test!r} may be any of {', '.join(found)}; name one.")
    return found[0]


def _add(revision: Revision, design: Design, path: Path, name: str, told: Told) -> None:
    found = hls4ml_folder.read(path)
    node = revision.content["resources"].setdefault(design.key, {})
    if "baseline" in node:
        raise BaselineError(
            f"{design.key} has a baseline already, which stands; 'python -m hlsgate accept "
            f"{design.key} --reason ...' replaces it by what is measured."
        )
    facts = _facts(design, found, path, told)
    node["baseline"] = {
        **{fact: value for fact, value in facts.items() if value is not None or fact in _NULLABLE},
        "metrics": dict(found.values),
        "provenance": _provenance(name, facts["weights_sha256"]),
    }
    if told.slack:
        own = node.setdefault("tolerances", {})
        own.update({name: {"rel": rel} for name, rel in found.slack.items() if name not in own})
    revision.tell(None, Entry(design.key, None, facts, found.values, IMPORTED))
    revision.notes += _left_out(name, found)


def _left_out(name: str, found: Imported) -> Iterator[str]:
    """Tell what was not taken, by reason."""
    reasons: dict[str, list[str]] = {}
    for place, why in found.left_out.items():
        reasons.setdefault(why, []).append(place)
    for why, places in reasons.items():
        yield f"{name}: left out: {', '.join(places)} ({why})"


def _facts(design: Design, found: Imported, path: Path, told: Told) -> dict[str, Any]:
    """Say what the numbers are of; refuse what could never be compared with the design's."""
    target = design.target
    here = {"toolchain": found.toolchain, "stage": STAGE, "part": kinds.family(told.part)}
    wanted = {
        "toolchain": target.toolchain,
        "stage": target.stage,
        "part": kinds.family(target.part),
    }
    differing = kinds.differences(here, wanted, f"that of {design.key}")
    if differing:
        raise BaselineError(f"{path}: {differing}; map it to a design of its own kind.")
    return {
        "toolchain": found.toolchain,
        "tool_version": found.tool_version,
        "part": told.part,
        "stage": STAGE,
        "target_fmax_mhz": _clock(found, path, told),
        "weights_sha256": _weights(design.key, told),
    }


def _clock(found: Imported, path: Path, told: Told) -> float:
    stated = found.target_fmax_mhz
    if stated is None and told.clock_mhz is None:
        raise BaselineError(f"{path} does not state for which clock it was made; add --clock MHZ.")
    if None not in (stated, told.clock_mhz) and stated != told.clock_mhz:
        raise BaselineError(f"{path} is of {stated:g} MHz, not of {told.clock_mhz:g} MHz.")
    clock = told.clock_mhz if stated is None else stated
    assert clock is not None
    return clock


def _weights(key: str, told: Told) -> str | None:
    sha256 = told.weights.get(key)
    if sha256 is None and not told.ceiling:
        raise BaselineError(
            f"hls4ml's files do not say of which weights they are; say it with --weights "
            f"{key}=SHA256, or take them as a mere ceiling with --ceiling."
        )
    if sha256 is not None and not (len(sha256) == _SHA_LENGTH and set(sha256) <= _HEX):
        raise BaselineError(f"--weights {key}: {sha256!r} is no sha256 of 64 hexadecimal digits.")
    return sha256


def _provenance(name: str, sha256: str | None) -> dict[str, str | None]:
    return {
        "origin": IMPORTED,
        "file": f"{name}.json",
        "source": "a baseline of hls4ml's own test suite",
        "weights": "as whoever imported it said" if sha256 else "unknown",
        "recorded": datetime.now(UTC).date().isoformat(),
    }
