"""How baselines change: recorded, tightened, or accepted with a reason.

Each command moves values in one direction only, so that none rides along with another: *record*
adds what is not there yet, *tighten* moves values for the better, *accept* moves those that fail,
or replaces values of another kind (tool, weights, data). What moved, when, from which commit and
why is kept in the entry's ``history``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hlsgate.infra.errors import BaselineError, SuiteError
from hlsgate.judge import changes, entries, networks
from hlsgate.judge.baselines import FOREIGN, exact
from hlsgate.judge.budgets import Verdict
from hlsgate.judge.entries import Entry
from hlsgate.judge.judging import verdicts_on
from hlsgate.judge.revision import Revision, rewrite
from hlsgate.spec.declarations import Variant
from hlsgate.spec.metrics import metric
from hlsgate.suites import suite

_OF_ANOTHER_KIND = ("other weights", "not comparable")


def record(keys: Sequence[str], source: Path, path: Path) -> Revision:
    """Add baselines for what has none yet: entries, and values of entries.

    Parameters
    ----------
    keys : sequence of str
        Variants (their accuracy) and designs (their resources).
    source : pathlib.Path
        Results of a run with ``--results``.
    path : pathlib.Path
        The baselines; replaced at once, with sorted keys.

    Raises
    ------
    ResultsError
        If the results have nothing for a key.
    BaselineError
        If there is a baseline already that says something else.
    """

    def edit(revision: Revision) -> None:
        for key in keys:
            _record(revision, revision.measured(key))

    return rewrite(path, source, edit)


def _record(revision: Revision, measured: Entry) -> None:
    stored = revision.stored(measured)
    if stored is None:
        revision.replace(measured)
        revision.tell(None, measured)
        return
    known = {name: measured.values.get(name) for name in stored.values}
    if changes.of_facts("", stored.facts, measured.facts) or known != dict(stored.values):
        raise BaselineError(
            f"{measured.label} has a baseline, which is not what was measured; see 'python -m "
            f"hlsgate diff {revision.baselines.path} {revision.source}', then 'tighten' to lock in "
            "gains, or 'accept' with a reason."
        )
    added = {name: value for name, value in measured.values.items() if name not in stored.values}
    revision.move(stored, added)
    revision.tell(stored, replace(stored, values={**stored.values, **added}))


def tighten(keys: Sequence[str], source: Path, path: Path) -> Revision:
    """Move baselines to better values, where the gain is beyond the dead band.

    Only values of the same tool, part, weights and data move; no other does. A suspicious gain is
    left to `accept`. Parameters are those of `record`; without keys, everything measured.
    """

    def edit(revision: Revision) -> None:
        for measured in _chosen(revision, keys):
            _tighten(revision, measured)

    return rewrite(path, source, edit)


def _chosen(revision: Revision, keys: Sequence[str]) -> list[Entry]:
    if keys:
        return [revision.measured(key) for key in keys]
    known = entries.of_baselines(revision.baselines.content)
    return [one for one in entries.of_results(revision.found).values() if one.label in known]


def _tighten(revision: Revision, measured: Entry) -> None:
    stored = _need_baseline(revision, measured)
    if stored.origin in FOREIGN:
        told = f"{stored.label}: its baseline is {stored.origin}; 'accept' replaces it"
        revision.notes.append(told)
        return
    if measured.draws is not None:
        told = f"{stored.label}: draws are not judged by one another; 'accept' replaces them all"
        revision.notes.extend([told] if measured.facts != stored.facts else [])
        return
    verdicts = _against_baseline(revision, measured)
    apart = [one for one in verdicts if one.state in _OF_ANOTHER_KIND]
    if apart:
        revision.notes.append(f"{stored.label} {apart[0].text}; 'accept' replaces the baseline")
        return
    gains = {one.metric: one.measured for one in verdicts if _is_gain(revision, stored, one)}
    if gains:
        _move(revision, stored, gains, "tighten", "gain locked in")


def _is_gain(revision: Revision, stored: Entry, verdict: Verdict) -> bool:
    """Tell whether a better value is to be locked in; note why not."""
    name, new = verdict.metric, verdict.measured
    if verdict.state == "suspicious":
        revision.notes.append(f"{stored.label} {verdict.text}; if it is true, 'accept' it")
    if verdict.state != "better" or new is None:
        return False
    old = stored.values[name]
    if abs(exact(old) - exact(new)) > revision.baselines.dead_band(name).slack(old):
        return True
    gain = changes.step(name, old, new)
    revision.notes.append(f"{stored.label} {name}: gain of {gain} is within the dead band; left")
    return False


def accept(
    keys: Sequence[str], source: Path, path: Path, reason: str, *, drift: bool = False
) -> Revision:
    """Take what was measured as the new baseline, for a reason that is kept.

    Values that fail (or gain suspiciously much, or are no longer reported) move, those within their
    slack do not; values of another kind (tool, clock, weights, data, or no longer
    published or imported) replace the whole baseline, as no two kinds stand in one.

    Parameters
    ----------
    reason : str
        Why; kept in the entry's history with date, commit, old and new values.
    drift : bool
        Accept values further from the first one recorded than ``drift`` in the baselines allows.

    Raises
    ------
    BaselineError
        If there is no baseline, no reason, or too much drift, or if the results show that parity
        is lost, or logits are not Keras'; nothing is written then.
    """
    if not reason.strip():
        raise BaselineError("a relaxed baseline needs a reason that tells a reader why.")

    def edit(revision: Revision) -> None:
        for key in keys:
            measured = revision.measured(key)
            _refuse_broken(revision, key)
            _accept(revision, measured, reason.strip())
        _check_drift(revision, allowed=drift)

    return rewrite(path, source, edit)


def _variant_of(key: str) -> Variant:
    """Return the variant that a key is of: its own, or its design's."""
    try:
        return suite.variant(key)
    except SuiteError:
        return suite.design(key).variant


def _refuse_broken(revision: Revision, key: str) -> None:
    """Take nothing of weights about which a claim does not hold, if it is not declared so."""
    variant = _variant_of(key)
    facts = revision.found["variants"].get(variant.key, {})
    claims = networks.of_network(variant, facts, revision.baselines)
    # Trained again, it may be anything: what is taken is of the frozen weights.
    told = [one.text for one in claims if not one.holds and one.claim != "recipe"]
    if told:
        raise BaselineError(
            f"{revision.source} shows that {variant.key} does not keep what is claimed of it: "
            f"{'; '.join(told)}; make it keep that, or declare a KnownFailure in the suite, with a "
            "reason, then run the main job again."
        )


def _accept(revision: Revision, measured: Entry, reason: str) -> None:
    stored = _need_baseline(revision, measured)
    redrawn = measured.draws is not None and measured.facts != stored.facts
    verdicts = _against_baseline(revision, measured) if measured.draws is None else []
    apart = any(one.state in _OF_ANOTHER_KIND for one in verdicts)
    if redrawn or apart or stored.origin in FOREIGN:
        revision.replace(measured)
        revision.remember("accept", reason, stored, measured)
        revision.tell(stored, measured)
        return
    moved = {
        one.metric: one.measured
        for one in verdicts
        if one.state in ("failed", "suspicious", "missing", "new metric")
    }
    if moved:
        _move(revision, stored, moved, "accept", reason)
    else:
        revision.notes.append(f"{stored.label}: nothing fails; 'tighten' locks in gains")


def _move(
    revision: Revision,
    stored: Entry,
    values: Mapping[str, float | None],
    command: str,
    reason: str,
) -> None:
    kept = {**stored.values, **values}
    new = replace(stored, values={name: one for name, one in kept.items() if one is not None})
    revision.move(stored, values)
    revision.remember(command, reason, stored, new)
    revision.tell(stored, new)


def _need_baseline(revision: Revision, measured: Entry) -> Entry:
    stored = revision.stored(measured)
    if stored is None:
        raise BaselineError(
            f"{measured.label} has no baseline yet; '{suite.command(f'record {measured.key}')}' "
            "makes one."
        )
    return stored


def _against_baseline(revision: Revision, measured: Entry) -> list[Verdict]:
    """Judge what was measured; refuse a report of something else, or of nothing."""
    verdicts = verdicts_on(measured.key, revision.found, revision.baselines)
    for verdict in verdicts:
        if verdict.against == "nothing":
            raise BaselineError(f"{measured.label}: {verdict.text}; measure the design again.")
        if verdict.against == "budget" and not verdict.passed:
            revision.notes.append(
                f"{measured.label} {verdict.text}: budgets are changed by hand, in a commit that "
                "says why"
            )
    return [verdict for verdict in verdicts if verdict.against == "baseline"]


def _check_drift(revision: Revision, *, allowed: bool) -> None:
    """Tell how far changed values are from the first ones; refuse those that are too far."""
    before = entries.of_baselines(revision.baselines.content)
    too_far = []
    for label, entry in entries.of_baselines(revision.content).items():
        for name, value in entry.values.items():
            first = entry.first(name)
            if label not in before or first is None or before[label].values.get(name) == value:
                continue
            text = f"{label} {name}: {changes.step(name, first, value)} since the first value"
            text += f" recorded, {changes.number(first)}"
            sign = 1 if metric(name).better == "lower" else -1
            if sign * (exact(value) - exact(first)) > revision.baselines.drift(name).slack(first):
                too_far.append(text)
            revision.notes.append(text)
    if too_far and not allowed:
        raise BaselineError(
            f"{'; '.join(too_far)}: more than may be accepted bit by bit; --drift accepts it."
        )
