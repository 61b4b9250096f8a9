"""What a run compared with its baselines, in a few lines, as a table and as Markdown."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hlsgate.facts import outcomes
from hlsgate.facts.outcomes import Failure, Group, Run
from hlsgate.infra.errors import ResultsError
from hlsgate.infra.escaping import markdown, terminal
from hlsgate.judge import layout, networks, policy
from hlsgate.judge.baselines import Baselines
from hlsgate.judge.budgets import Verdict
from hlsgate.judge.changes import Change
from hlsgate.judge.claims import Claim
from hlsgate.judge.judging import Judged, explain, free_values, judge_run, new_values
from hlsgate.judge.policy import Policy
from hlsgate.suites import suite

_STEP_SUMMARY = "GITHUB_STEP_SUMMARY"


@dataclass(frozen=True)
class Summary:
    """A judged run.

    Parameters
    ----------
    judged : sequence of Judged
        Every declared variant and design, measured or not.
    orphans : sequence of str
        Entries of the baselines that belong to nothing.
    new_values : sequence of str
        What was measured of entries whose baseline lacks it.
    run : Run or None
        How the tests ended; None where the results do not tell.
    gaps : sequence of str
        What keeps the run from being the gate that it was to be: claims left out, or skipped.
    policy : sequence of Change
        What is decided otherwise than in the file that the run was held against: told first.
    free : sequence of str
        Resources that were measured and that neither a baseline nor a budget holds.
    claims : sequence of Claim
        What is claimed of networks beside baselines, as far as the results speak of it.
    """

    judged: Sequence[Judged]
    orphans: Sequence[str]
    new_values: Sequence[str]
    run: Run | None = None
    gaps: Sequence[str] = ()
    policy: Sequence[Change] = ()
    free: Sequence[str] = ()
    claims: Sequence[Claim] = ()

    @property
    def broken(self) -> list[Claim]:
        """Claims that do not hold, and are no known failures."""
        return [one for one in self.claims if not one.holds]

    @property
    def verdicts(self) -> list[Verdict]:
        """All verdicts, those that need eyes first, unchanged values last."""
        found = [verdict for one in self.judged for verdict in one.verdicts]
        return sorted(found, key=lambda one: (layout.rank(one), one.design, one.metric))

    @property
    def compared(self) -> list[Judged]:
        """What was held against numbers of its kind."""
        return [one for one in self.judged if one.compared]

    @property
    def fails(self) -> bool:
        """Whether a verdict fails, a test failed, or there was nothing to compare at all."""
        closed = any(one.fails for one in self.judged) or bool(self.orphans or self.gaps)
        closed = closed or bool(self.broken)
        return not self.compared or closed or self._run_fails

    @property
    def _run_fails(self) -> bool:
        return self.run is not None and self.run.fails(self._anew)

    @property
    def _anew(self) -> set[str]:
        """What is judged here by its measurement, whatever its test once said."""
        return {one.key for one in self.judged if one.verdicts or one.state == "new"}

    @property
    def faults(self) -> Sequence[str]:
        """What kept the run from being whole."""
        return (*(self.run.faults if self.run else ()), *self.gaps)

    @property
    def failed_tests(self) -> list[Group]:
        """Failed tests, but for those whose measurement is judged here, and passes now."""
        closed = {one.key for one in self.judged if one.fails}
        failures: Sequence[Failure] = self.run.closed(self._anew - closed) if self.run else ()
        return outcomes.grouped(failures)

    def lines(self) -> list[str]:
        """Count what was compared, was better, was not compared and why, is new, is orphaned."""
        better = [verdict for verdict in self.verdicts if verdict.state == "better"]
        apart = [one for one in self.judged if not one.compared and one.state != "new"]
        unknown = " ".join(one.key for one in self.judged if one.state == "new")
        new = [f"no baseline; '{suite.command(f'record {unknown}')}'"] if unknown else []
        new += [f"{name} (not in its baseline)" for name in self.new_values]
        failed = [one.key for one in self.judged if one.state == "failed"]
        moved = [one.what for one in self.policy]
        return [
            *([layout.count("policy", len(moved), ", ".join(moved))] if moved else []),
            layout.count("compared", len(self.compared), self._compared_text()),
            layout.count("failed", len(failed), ", ".join(failed)),
            *self._claim_lines(),
            layout.count(
                "better", len(better), layout.listed([layout.gain(verdict) for verdict in better])
            ),
            layout.count("not compared", len(apart), ""),
            *layout.by_reason(apart),
            layout.count("new", len(unknown.split()) + len(self.new_values), ", ".join(new)),
            layout.count("orphan", len(self.orphans), ", ".join(self.orphans)),
            *self._free_lines(),
        ]

    def _free_lines(self) -> list[str]:
        text = f"{layout.listed(self.free)}; no baseline of ours, and no budget, holds them"
        return [layout.count("not held", len(self.free), text)] if self.free else []

    def _claim_lines(self) -> list[str]:
        states = [one.state for one in self.claims]
        counts = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
        text = f"about networks, beside baselines: {counts}"
        return [layout.count("claims", len(states), text)] if states else []

    def _compared_text(self) -> str:
        states = [verdict.state for one in self.compared for verdict in one.verdicts]
        counts = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
        text = f"of {len(self.judged)} variants and designs"
        replayed = [one.key for one in self.compared if one.origin == "replayed"]
        if replayed:
            text += f", {len(replayed)} from replayed reports ({layout.listed(replayed)})"
        return f"{text}; {len(states)} values: {counts}" if states else text

    def text(self, *, every: bool = False) -> str:
        """Tell what a person at a terminal needs: changed values, failures in words, counts."""
        table = self.table(every=every)
        parts = [f"{line}\n" for line in self.failure_lines()]
        parts += [f"{table}\n"] if table else []
        told = {one.first.entry for one in self.failed_tests}
        for one in self.judged:
            if one.state == "failed" and one.verdicts and one.key not in told:
                again = f"pytest benchmarks -k {one.key}"
                parts.append(f"{explain(one.key, one.origin, one.verdicts, '', again)}\n")
        parts += self.lines()
        parts += [] if self.compared else ["nothing was compared, so nothing has passed"]
        return terminal("\n".join(parts))

    def failure_lines(self) -> list[str]:
        """Tell what failed in the run, one sentence each, and the command that shows it again."""
        lines = [f"- {text}" for text in self.faults]
        for one in self.failed_tests:
            sentence = with_others(one)
            lines.append(f"- {sentence}\n  again: {one.first.command}")
        lines += [f"- {one.text}\n  again: {again}" for one, again in self.untold()]
        return lines

    def untold(self) -> Iterator[tuple[Claim, str]]:
        """Give broken claims that no failed test tells, and what measures them again."""
        failures = self.run.failures if self.run else ()
        told = "\n".join(one.sentence for one in failures)
        for one in self.broken:
            if outcomes.one_line(one.text) not in told:
                yield one, f"pytest benchmarks -k {one.subject}"

    def _policy_as_markdown(self) -> list[str]:
        if not self.policy:
            return []
        rows = layout.safe([[one.what, one.old, one.new] for one in self.policy])
        title = f"**Decided otherwise than before** ({len(rows)}): a regression may pass by it."
        return [title, layout.grid(rows, "github", ("Policy", "Before", "Now"))]

    def table(self, *, every: bool = False, style: str = "simple") -> str:
        """Lay out the verdicts that changed, or every one; "" where there is none."""
        rows = [
            layout.row(one)
            for one in self.verdicts
            if every or layout.rank(one) <= len(layout.RANKS)
        ]
        return layout.grid(rows, style) if rows else ""

    def rows(self) -> tuple[list[list[str]], list[list[str]]]:
        """Return the rows, under `HEADS`, of what moved or needs eyes, and of what did not."""
        verdicts = self.verdicts
        changed = [layout.row(one) for one in verdicts if layout.rank(one) <= len(layout.RANKS)]
        return changed, [
            layout.row(one) for one in verdicts if layout.rank(one) > len(layout.RANKS)
        ]

    def markdown(self) -> str:
        """Return a summary for a pull request: changed rows first, the rest folded away."""
        changed, same = self.rows()
        state = "**failed**" if self.fails else "passed"
        parts = [f"### Gates: {state}", *self._policy_as_markdown()]
        parts += self._failures_as_markdown()
        parts.append(layout.grid(layout.safe(changed), "github") if changed else "")
        parts.append("\n".join(f"- {markdown(line.strip())}" for line in self.lines()))
        if same:
            title = f"<summary>{len(same)} unchanged values</summary>"
            parts.append(
                f"<details>{title}\n\n{layout.grid(layout.safe(same), 'github')}\n\n</details>"
            )
        return "\n\n".join(part for part in parts if part) + "\n"

    def _failures_as_markdown(self) -> Iterator[str]:
        lines = [f"- {markdown(text)}" for text in self.faults]
        for one in self.failed_tests:
            said = markdown(with_others(one))
            lines.append(f"- {said}<br>again: <code>{markdown(one.first.command)}</code>")
        for claim, again in self.untold():
            lines.append(f"- {markdown(claim.text)}<br>again: <code>{markdown(again)}</code>")
        if lines:
            yield "\n".join(lines)


def with_others(group: Group) -> str:
    """Return a sentence with the tests that it also stands for; the first few of many."""
    sentence, count = group.first.sentence, len(group.others)
    if not count:
        return sentence
    more = f"{count} more {'test' if count == 1 else 'tests'}: {layout.listed(group.others)}"
    return f"{sentence.removesuffix('.')}; and {more}"


def summarise(
    found: Mapping[str, Any],
    baselines: Baselines,
    *,
    required: Sequence[str] = (),
    whole: bool = False,
    told: Mapping[str, Judged] | None = None,
    against: Policy | None = None,
    complete: bool = False,
) -> Summary:
    """Judge a run.

    Parameters
    ----------
    found, baselines, required, whole, told
        As in `hlsgate.judge.judging.judge_run`.
    against : Policy, optional
        A policy to compare that of the baselines with.
    complete : bool
        Whether it is a gap that results do not speak of a claim that is due.
    """
    judged = judge_run(found, baselines, required=required, whole=whole, told=told)
    variants = [variant.key for variant in suite.active().variants]
    designs = [design.key for design in suite.active().designs]
    orphans = baselines.orphans(variants, designs)
    moved = policy.between(against, policy.of_run(baselines.content)) if against else []
    return Summary(
        judged,
        orphans,
        new_values(judged, found, baselines),
        outcomes.of(found),
        gaps=_lacking(found) if complete else (),
        policy=moved,
        free=free_values(judged, found),
        claims=networks.of_run(found, baselines),
    )


def _lacking(found: Mapping[str, Any]) -> list[str]:
    """Say in a sentence which claims results do not speak of; nothing where of all."""
    names = networks.lacking(found)
    listed = layout.listed(names)
    return [f"{len(names)} claims were not measured: {listed}; run the main job, whole."] * bool(
        names
    )


def publish(markdown: str) -> None:
    """Append to the page of a GitHub job, where there is one (``$GITHUB_STEP_SUMMARY``).

    Raises
    ------
    ResultsError
        If the file cannot be written.
    """
    named = os.environ.get(_STEP_SUMMARY)
    if not named:
        return
    try:
        with Path(named).open("a", encoding="utf-8") as stream:
            stream.write(markdown + "\n")
    except OSError as error:
        raise ResultsError(
            f"{named}, which {_STEP_SUMMARY} names, cannot be written ({error.strerror})."
        ) from error
