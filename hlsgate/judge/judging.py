"""A whole run judged: what was compared, what was not, and why; by pytest and by ``check``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hlsgate.infra.errors import BaselineError
from hlsgate.judge.baselines import Baselines
from hlsgate.judge.budgets import Verdict, decide, judge_accuracy, judge_design
from hlsgate.spec.declarations import Design, Target
from hlsgate.spec.measurement import Measurement
from hlsgate.suites import suite

State = Literal["passed", "failed", "not compared", "new", "not measured"]

_NOT_MEASURED = "not measured in this run"
_NO_MEASUREMENT = {
    "": _NOT_MEASURED,
    "recorded": "slow; its recorded baseline stood in",
    "published": "published numbers, which nobody measured",
}
"""Why numbers of some origins are not judged."""


@dataclass(frozen=True)
class Judged:
    """What a run says of one variant's accuracy or one design's resources.

    Parameters
    ----------
    key : str
        Key of the variant or design.
    state : str
        "passed" only where something was compared; "new" (measured, but no baseline) fails too.
    verdicts : tuple of Verdict
        One for each value that was held against something.
    why : str
        Why it was not compared; "" where it was.
    origin : str
        Where the numbers come from; "" where there are none.
    """

    key: str
    state: State
    verdicts: tuple[Verdict, ...] = ()
    why: str = ""
    origin: str = ""

    @property
    def fails(self) -> bool:
        """Whether it fails."""
        return self.state in ("failed", "new")

    @property
    def compared(self) -> bool:
        """Whether its numbers were held against numbers of the same kind."""
        states = {verdict.state for verdict in self.verdicts}
        return bool(states) and not states & {"not comparable", "other weights"}


def target_facts(target: Target) -> dict[str, str]:
    """Return what a report must be of, to be a report of a design on this target."""
    return {"toolchain": target.toolchain, "part": target.part, "stage": target.stage}


def verdicts_on(key: str, found: Mapping[str, Any], baselines: Baselines) -> list[Verdict]:
    """Judge one variant or design of a run's results.

    Parameters
    ----------
    key : str
        A variant or design that the results have a measurement of.
    found : mapping
        Results.
    baselines : Baselines
        What to judge by.

    Raises
    ------
    BaselineError
        If it has no baseline and no budget.
    SuiteError
        If no such design is declared.
    """
    if any(design.key == key for design in suite.active().designs):
        entry = found["designs"][key]
        related = {name: Measurement(**one) for name, one in entry.get("related", {}).items()}
        target = target_facts(suite.design(key).target)
        return judge_design(key, target, Measurement(**entry["measurement"]), baselines, related)
    return judge_accuracy(key, found["variants"][key]["frozen"], baselines)


def judge_run(
    found: Mapping[str, Any],
    baselines: Baselines,
    *,
    required: Collection[str] = (),
    whole: bool = False,
    told: Mapping[str, Judged] | None = None,
) -> list[Judged]:
    """Judge everything that is declared, and everything else that results have.

    Parameters
    ----------
    found : mapping
        Results.
    baselines : Baselines
        What to judge by.
    required : collection of str
        Toolchains whose designs must all be compared, slow ones apart.
    whole : bool
        Whether the accuracy of every variant must be compared.
    told : mapping of str to Judged
        By key: what became of it elsewhere, which stands, whatever the results have of it.
    """
    known = dict(told or {})
    for variant in suite.active().variants:
        if variant.key not in known:
            known[variant.key] = _judge_variant(variant.key, found, baselines, required=whole)
    for design in suite.active().designs:
        if design.key not in known:
            must = design.target.toolchain in required
            known[design.key] = _judge_design(design, found, baselines, required=must)
    keys = [variant.key for variant in suite.active().variants] + [
        design.key for design in suite.active().designs
    ]
    return [known[key] for key in keys] + _undeclared(found)


def _undeclared(found: Mapping[str, Any]) -> list[Judged]:
    """Return what results have of nothing that is declared, section by section."""
    variants = {variant.key for variant in suite.active().variants}
    designs = {design.key for design in suite.active().designs}
    strange = {*found["variants"]} - variants | {*found["designs"]} - designs
    why = "not declared in the suite"
    return [Judged(key, "not compared", why=why) for key in sorted(strange)]


def _judge_variant(
    key: str, found: Mapping[str, Any], baselines: Baselines, *, required: bool
) -> Judged:
    if "accuracy" not in found["variants"].get(key, {}).get("frozen", {}):
        if required:
            return Judged(key, "failed", why=f"{_NOT_MEASURED}, though it is required")
        return Judged(key, "not measured", why=_NOT_MEASURED)
    return _judged(key, found, baselines, "measured", required=True)


def _judge_design(
    design: Design, found: Mapping[str, Any], baselines: Baselines, *, required: bool
) -> Judged:
    entry = found["designs"].get(design.key)
    origin = entry["measurement"]["origin"] if entry else ""
    why = _NO_MEASUREMENT.get(origin)
    if why and required and not design.slow:
        return Judged(design.key, "failed", why=f"{why}, though it is required")
    if why:
        return Judged(design.key, "not measured", why=why)
    return _judged(design.key, found, baselines, origin, required=required)


def _judged(
    key: str, found: Mapping[str, Any], baselines: Baselines, origin: str, *, required: bool
) -> Judged:
    try:
        verdicts = tuple(verdicts_on(key, found, baselines))
    except BaselineError as error:
        return Judged(key, "new", why=str(error), origin=origin)
    state = decide(verdicts, required=required)
    why = "; ".join(one.text for one in verdicts if one.state == "not comparable")
    return Judged(key, state, verdicts, why, origin)


def new_values(
    judged: Sequence[Judged], found: Mapping[str, Any], baselines: Baselines
) -> list[str]:
    """Return the values that a measured baseline lacks, though they were measured now.

    Those that are not 0 fail, too.
    """
    foreign = baselines.foreign()
    names = []
    for one in judged:
        against = [verdict for verdict in one.verdicts if verdict.against == "baseline"]
        held = {verdict.metric for verdict in against if verdict.state != "new metric"}
        if one.compared and against and one.key in found["designs"] and one.key not in foreign:
            values = found["designs"][one.key]["measurement"]["values"]
            names += [f"{one.key} {name}" for name in sorted(set(values) - held)]
    return names


def free_values(judged: Sequence[Judged], found: Mapping[str, Any]) -> list[str]:
    """Return the resources that were measured of compared designs and that nothing holds.

    Of a design with budgets alone, what no budget names; of one whose baseline is somebody else's,
    what they did not publish. They may grow without failing anything, so they are named.
    """
    names = []
    for one in judged:
        if one.compared and one.key in found["designs"]:
            held = {verdict.metric for verdict in one.verdicts}
            values = found["designs"][one.key]["measurement"]["values"]
            names += [f"{one.key} {name}" for name in sorted(set(values) - held) if values[name]]
    return names


def explain(key: str, origin: str, verdicts: Sequence[Verdict], note: str, reproduce: str) -> str:
    """Tell everything that does not pass, and how to see it again."""
    lines = [f"{key} ({origin}):"]
    lines += [f"  {one.state}: {one.text}" for one in verdicts if not one.passed]
    return "\n".join([*lines, *([f"  {note}"] if note else []), f"reproduce: {reproduce}"])
