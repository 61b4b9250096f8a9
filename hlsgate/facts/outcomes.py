"""How the tests of a run ended, as results tell it: counts, what failed, and how to see it again.

Files may come from anywhere, so that all sentences are one line of text, and of bounded length.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

LONGEST = 1000
"""Characters of one sentence."""

SECTION = "tests"

_EXIT_CODES = (0, 1)
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_ESCAPES = re.compile("\x1b\\[[0-9;?]*[A-Za-z]")


_NO_PARAMETERS = "[NOTSET]"
"""How pytest names a test that there is nothing to run on."""


@dataclass(frozen=True)
class Failure:
    """A test that failed.

    Parameters
    ----------
    id : str
        As pytest names it.
    sentence : str
        What was measured, and what was allowed.
    command : str
        What shows it again.
    entry : str or None
        Variant or design whose measurement the test held against its baseline; None for others.
    """

    id: str
    sentence: str
    command: str
    entry: str | None = None

    @property
    def about(self) -> str:
        """Return what is in the brackets of the test's name, or the name."""
        name = self.id.rpartition("::")[2].removesuffix(_NO_PARAMETERS)
        return name.partition("[")[2].removesuffix("]") or name


@dataclass(frozen=True)
class Skip:
    """A reason for which tests were skipped."""

    reason: str
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Failures of which one sentence tells all; `others` are what the others are about."""

    first: Failure
    others: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """What became of the tests of a run.

    Parameters
    ----------
    exit_code : int
        pytest's.
    passed, failed, known_failures, skipped, not_run : int
        Numbers of tests.
    faults : tuple of str
        What kept the run from being whole: collection, interruption, workers that crashed.
    failures : tuple of Failure
        One for each failed test.
    skips : tuple of Skip
        Why tests were skipped.
    """

    exit_code: int
    passed: int
    failed: int
    known_failures: int
    skipped: int
    not_run: int
    faults: tuple[str, ...]
    failures: tuple[Failure, ...]
    skips: tuple[Skip, ...]

    def closed(self, judged: Collection[str] = ()) -> tuple[Failure, ...]:
        """Return the failures, but for those of entries that the reader judges anew."""
        return tuple(one for one in self.failures if one.entry is None or one.entry not in judged)

    def fails(self, judged: Collection[str] = ()) -> bool:
        """Whether the run is red, whatever is said of the entries that the reader judges anew."""
        untold = self.exit_code != 0 and not self.failures
        odd = self.exit_code not in _EXIT_CODES or self.failed != len(self.failures)
        return bool(untold or odd or self.faults or self.not_run or self.closed(judged))

    def as_json(self) -> dict[str, Any]:
        """Return what results hold of it."""
        found = asdict(self)
        return {key: list(one) if isinstance(one, tuple) else one for key, one in found.items()}


def of(found: Mapping[str, Any]) -> Run | None:
    """Return what results say of their tests; None where they say nothing (older files)."""
    told = found.get(SECTION)
    if told is None:
        return None
    counts = {
        name: told[name]
        for name in ("exit_code", "passed", "failed", "known_failures", "skipped", "not_run")
    }
    return Run(
        **counts,
        faults=tuple(one_line(text) for text in told["faults"]),
        failures=tuple(Failure(**one) for one in told["failures"]),
        skips=tuple(Skip(one["reason"], tuple(one["ids"])) for one in told["skips"]),
    )


def one_line(text: str) -> str:
    r"""Return a text as one line of bounded length, without control characters.

    Examples
    --------
    >>> one_line("red:\n  alut: 2,600\n  ff: 1,200\n\na table")
    'red: alut: 2,600; ff: 1,200'
    """
    paragraph = text.strip().split("\n\n")[0]
    lines = [" ".join(_plain(line).split()) for line in paragraph.splitlines()]
    told = ""
    for line in filter(None, lines):
        joint = "" if not told else " " if told[-1] in ":,;." else "; "
        told += joint + line
    return told if len(told) <= LONGEST else told[: LONGEST - 4] + " ..."


def _plain(text: str) -> str:
    return _CONTROLS.sub(" ", _ESCAPES.sub("", text))


def grouped(failures: Iterable[Failure]) -> list[Group]:
    """Tell failures once whose sentences are equal, or differ in what they are about alone."""
    found: dict[str, list[Failure]] = {}
    for one in failures:
        found.setdefault(_general(one.sentence, one.about), []).append(one)
    return [Group(same[0], tuple(one.about for one in same[1:])) for same in found.values()]


def skips_of(reasons: Sequence[tuple[str, str]]) -> tuple[Skip, ...]:
    """Group skipped tests (identifier, reason) by reason, the most frequent reason first."""
    found: dict[str, list[tuple[str, str]]] = {}
    for identifier, reason in reasons:
        about = Failure(identifier, reason, "").about
        found.setdefault(_general(reason, about), []).append((identifier, reason))
    skips = [
        Skip(same[0][1] if len(same) == 1 else general, tuple(one for one, _ in same))
        for general, same in found.items()
    ]
    return tuple(sorted(skips, key=lambda one: -len(one.ids)))


def _general(text: str, about: str) -> str:
    """Return a sentence with 'it' in the place of the variant or design that it is about."""
    parts = about.split("-")
    for count in range(len(parts), 1, -1):
        name = "-".join(parts[:count])
        if name in text:
            return re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w])", "it", text)
    return text
