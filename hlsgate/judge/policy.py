"""What verdicts depend on by people's decision: margins, slack, budgets, known failures.

A regression is waved through by changing these, so what a change touches of them is told first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hlsgate.facts import results
from hlsgate.infra import documents
from hlsgate.infra.errors import ResultsError
from hlsgate.judge import baselines
from hlsgate.judge.changes import Change
from hlsgate.suites import suite

Policy = Mapping[str, str]
"""By place: what is decided there, as text."""

KNOWN = "known failures"
SECTION = "policy"

_SECTIONS = ("parity", "emulation", "tolerances", "drift", "dead_band")
_HINT = "name results, baselines, or what 'hlsgate policy' wrote"


def of_run(content: Mapping[str, Any]) -> Policy:
    """Return the whole policy of a run on the present suite: of its baselines, and declared."""
    declared = dict(_declared())
    return {**of_baselines(content), KNOWN: f"{len(declared)} declared", **declared}


def of_baselines(content: Mapping[str, Any]) -> Policy:
    """Return the policy in baselines: all but what was measured."""
    found: dict[str, str] = {}
    for section in _SECTIONS:
        found.update(_flat(section, content.get(section, {})))
    for key, entry in content["resources"].items():
        for part in ("tolerances", "budgets"):
            found.update(_flat(f"resources/{key}/{part}", entry.get(part, {})))
    return found


def _flat(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _flat(f"{place}/{key}", one)
    else:
        yield place, str(value)


def _declared() -> Iterator[tuple[str, str]]:
    """Give every known failure that the suite declares."""
    for variant in suite.active().variants:
        for one in variant.known_failures:
            where = f" on {', '.join(one.backends)}" if one.backends else ""
            bound = f" ({one.bound})" if one.bound else ""
            place = f"{KNOWN}/{variant.key}/{one.gate}{bound}{where}"
            yield place, f"at most {one.worst:g}: {one.reason}"


def load(path: Path) -> Policy:
    """Read the policy of baselines, of results, or of a file that ``hlsgate policy`` wrote.

    Raises
    ------
    ResultsError, BaselineError
        If it is neither; the message names the place where it is not.
    """
    content = documents.load(path, ResultsError, _HINT)
    if isinstance(content, dict) and "variants" in content:
        return dict(results.checked(content, path).get(SECTION, {}))
    if isinstance(content, dict) and set(content) == {SECTION}:
        found = content[SECTION]
        if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
            raise ResultsError(f"{path}: {SECTION}: not by place, as text; {_HINT}.")
        return found
    baselines.check(content, path)
    return of_baselines(content)


def between(old: Policy, new: Policy) -> list[Change]:
    """Tell what differs between two policies.

    Results of before there was one have none, and baselines know no known failures: what one side
    cannot say is no difference.
    """
    if not (old and new):
        return []
    places = sorted({*old, *new})
    if KNOWN not in old or KNOWN not in new:
        places = [place for place in places if not place.startswith(KNOWN)]
    return [
        Change(place, old.get(place, "-"), new.get(place, "-"), "policy")
        for place in places
        if old.get(place) != new.get(place)
    ]
