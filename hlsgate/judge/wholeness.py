"""What a run left out: claims that were not selected, and what was required but not compared."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hlsgate.judge.judging import Judged
from hlsgate.spec.declarations import Design
from hlsgate.suites import suite

_FEW = 3


@dataclass(frozen=True)
class Selection:
    """Which claims of those that there are a run chose, and what became of them.

    Parameters
    ----------
    chosen : int
        Number of claims that were selected.
    left_out : tuple of str
        Claims that were not, as pytest names them; those that have a job of their own (timing,
        frontier, speed) are no claims of this one.
    uncollected : tuple of str
        Files with claims, or parts of them, that were not even looked at.
    by : str
        The options that chose, as they were typed.
    decided : int
        Number of tests that passed, failed or failed as declared: all but skips.
    """

    chosen: int = 0
    left_out: tuple[str, ...] = ()
    uncollected: tuple[str, ...] = ()
    by: str = ""
    decided: int = 0

    def narrowed(self) -> list[str]:
        """Say in a sentence how many claims options left out; nothing where none."""
        if not self.left_out:
            return []
        number, total = len(self.left_out), self.chosen + len(self.left_out)
        by = f" ({self.by})" if self.by else ""
        return [f"{number} of {total} claims were not selected{by}: {_listed(self.left_out)}"]

    def lacking(self) -> list[str]:
        """Say the same, and what was not even looked at."""
        files = ", ".join(self.uncollected)
        return self.narrowed() + ([f"claims were not looked at: {files}"] if files else [])


def gaps(
    judged: Sequence[Judged],
    selection: Selection,
    skipped: Mapping[str, str],
    *,
    required: Collection[str] = (),
    whole: bool = False,
) -> list[str]:
    """Say what keeps a run from being a gate; empty where nothing does, or it is to be none.

    Parameters
    ----------
    judged : sequence of Judged
        Every declared variant and design.
    selection : Selection
        What was chosen.
    skipped : mapping of str to str
        By key of a variant or design: why its test was skipped.
    required : collection of str
        Toolchains of which nothing may be skipped, but for slow designs.
    whole : bool
        Whether no claim may be left out.
    """
    if not (required or whole):
        return []
    if not suite.active().variants:
        return ["the suite declares no variant, so there is nothing that could pass."]
    found = list(_required(judged, skipped, required))
    if not (found or selection.decided):
        found.append("every selected test was skipped, so nothing has passed.")
    return found + (list(_whole(judged, selection)) if whole else [])


def _required(
    judged: Sequence[Judged], skipped: Mapping[str, str], required: Collection[str]
) -> Iterator[str]:
    """Tell skips of designs that are required, and that none of them was compared."""
    designs = [one for one in suite.active().designs if one.target.toolchain in required]
    for design in designs:
        if design.key in skipped and not design.slow:
            why = skipped[design.key]
            yield f"{design.key} was skipped, though {design.target.toolchain} is required: {why}"
    compared = {one.key for one in judged if one.compared}
    chosen = [one for one in designs if _looked_at(one, judged, skipped)]
    if chosen and not any(one.key in compared for one in chosen):
        names = ", ".join(sorted({one.target.toolchain for one in chosen}))
        yield (
            f"no design of {names} was compared, though it is required, of "
            f"{_listed([one.key for one in chosen])}; slow ones are measured with --slow."
        )


def _looked_at(design: Design, judged: Sequence[Judged], skipped: Mapping[str, str]) -> bool:
    verdicts = any(one.key == design.key and one.verdicts for one in judged)
    return design.key in skipped or verdicts


def _whole(judged: Sequence[Judged], selection: Selection) -> Iterator[str]:
    for text in selection.lacking():
        yield f"{text}; --whole leaves none out."
    variants = {one.key for one in suite.active().variants}
    lacking = [one.key for one in judged if one.key in variants and not one.compared]
    if lacking:
        yield f"the accuracy of {_listed(lacking)} was not compared; --whole leaves none out."


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _FEW
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:_FEW])} and {more} more"
