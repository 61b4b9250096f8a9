"""The hunt for mutants that live: those that get another verdict than they must."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from hlsgate.facts import results
from hlsgate.infra import documents
from hlsgate.infra.errors import HlsgateError
from hlsgate.judge import summary
from hlsgate.judge.baselines import Baselines
from hlsgate.judge.judging import Judged
from hlsgate.suites import suite
from tests.good_runs import Content, Gate, gates, good_run
from tests.mutants import Mutant, valued


def judge_good(content: Content) -> dict[str, Judged]:
    """Return what is made of a good run, whole, by key; and see that it passes."""
    found, loaded = good_run(content), Baselines(content, Path("baselines.json"))
    tools = {suite.design(key).target.toolchain for key in content["resources"]}
    made = summary.summarise(found, loaded, required=sorted(tools))
    assert not made.fails, made.text()
    return {one.key: one for one in made.judged}


def survives(mutant: Mutant, rest: Mapping[str, Judged]) -> str:
    """Return what is wrong with the verdict on a mutant; "" where it was caught.

    `rest` is what was made of the good run; all entries but the mutant's are as they were in it.
    """
    try:
        return _misjudged(mutant, {key: one for key, one in rest.items() if key != mutant.gate.key})
    except Exception as error:
        return f"{mutant.title}: {error!r}"


def _misjudged(mutant: Mutant, rest: Mapping[str, Judged]) -> str:
    gate, loaded = mutant.gate, Baselines(mutant.content, Path("baselines.json"))
    toolchain = suite.design(gate.key).target.toolchain if gate.dataset is None else "oneapi"
    lacking = "failed" if mutant.strict == "not measured" and gate.dataset else mutant.strict
    strict, whole = ((toolchain,), False, mutant.strict), ((toolchain,), True, lacking)
    asked = (((), False, mutant.free), strict, whole)
    for required, whole, demanded in asked:
        made = summary.summarise(mutant.found, loaded, required=required, whole=whole, told=rest)
        judged = next(one for one in made.judged if one.key == gate.key)
        wanted = {
            "entry": demanded,
            "session fails": demanded in ("failed", "new") or mutant.orphan,
            "orphan": mutant.orphan,
            "new value": mutant.new,
        }
        seen = {
            "entry": judged.state,
            "session fails": made.fails,
            "orphan": any(gate.key in one for one in made.orphans),
            "new value": f"{gate.key} {gate.metric}" in made.new_values,
        }
        if mutant.state is not None:
            wanted["gate"], seen["gate"] = mutant.state, state_at(judged, gate)
        for name, value in wanted.items():
            if seen[name] != value:
                mode = f"{', required' * bool(required)}{', whole' * whole}"
                return f"{mutant.title}{mode}: {name} is {seen[name]}, but must be {value}"
    return ""


def state_at(judged: Judged, gate: Gate) -> str:
    """Return the state of a gate's own verdict, or of the one on its whole design."""
    whole = [one for one in judged.verdicts if one.against == "nothing"]
    kind = "baseline" if gate.index is None else "budget"
    own = [one for one in judged.verdicts if one.against == kind]
    if gate.index is None:
        own = [one for one in own if one.metric in (gate.metric, "*")]
    else:
        own = own[gate.index : gate.index + 1]
    found = whole or own
    return found[0].state if len(found) == 1 else f"{len(found)} verdicts"


def unreadable(content: Content) -> Iterator[tuple[str, Content]]:
    """Give results with a number that no file may hold, gate by gate."""
    found = good_run(content)
    for gate in gates(content, found):
        good = Mutant("", gate, found, content, None, "", "")
        for value in (math.nan, math.inf, -1.0, "12", True, None, 10**400):
            yield f"{gate.place}: {value}", valued(good, value)
        if gate.dataset is not None:
            percent = float(100 * gate.baseline)
            yield f"{gate.place}: in percent", valued(good, percent)


def refused(found: Content) -> bool:
    """Whether results are refused when they are read from a file."""
    head = {
        "schema": 2, "hlsgate": "0", "created": "now", "commit": None, "machine": "m",
        "versions": {},
    }  # fmt: skip
    try:
        results.checked(documents.parse(json.dumps({**head, **found})), Path("results.json"))
    except (ValueError, HlsgateError):
        return True
    return False
