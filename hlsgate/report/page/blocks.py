"""What a page is made of: sections of paragraphs, tables, figures and matrices; plain data.

Text in blocks is untrusted and is escaped when it is laid out; only figures hold markup, which
`hlsgate.report.figures.svg` has escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

State = Literal["", "good", "bad", "odd"]

_STATES: dict[str, State] = {
    "ok": "good", "pass": "good", "passed": "good", "better": "good",
    "failed": "bad", "fail": "bad", "missing": "bad", "new metric": "bad",
    "other weights": "bad", "new": "bad",
    "known failure": "odd", "suspicious": "odd", "inconclusive": "odd",
    "not comparable": "odd", "cannot tell": "odd",
    "not compared": "odd", "not measured": "odd",
}  # fmt: skip


def state_of(text: str) -> State:
    """Return how a cell that says this is marked; most are not."""
    return _STATES.get(text, "")


@dataclass(frozen=True)
class Text:
    """A paragraph; `strong` ones stand out."""

    text: str
    strong: bool = False
    kind: ClassVar[str] = "text"


@dataclass(frozen=True)
class Heading:
    """The heading of what follows, within a section."""

    text: str
    kind: ClassVar[str] = "heading"


@dataclass(frozen=True)
class Listing:
    """Lines that belong together."""

    lines: Sequence[str]
    kind: ClassVar[str] = "listing"


@dataclass(frozen=True)
class Tile:
    """A count that is seen at once."""

    name: str
    value: str
    note: str = ""
    state: State = ""


@dataclass(frozen=True)
class Tiles:
    """Counts, side by side."""

    tiles: Sequence[Tile]
    kind: ClassVar[str] = "tiles"


@dataclass(frozen=True)
class Grid:
    """A table that readers can sort.

    Parameters
    ----------
    caption : str
        What it shows.
    heads : sequence of str
        Of the columns.
    rows : sequence of sequence of str
        Cells; the first of each row names it.
    left : collection of int
        Columns of words, set flush left; the first always is.
    notes : sequence of str
        Below the table.
    titled : bool
        Whether a heading above says what the caption says, which then is for screen readers only.
    """

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: Sequence[int] = ()
    notes: Sequence[str] = ()
    titled: bool = False
    kind: ClassVar[str] = "grid"


@dataclass(frozen=True)
class Picture:
    """A figure as SVG, safe to be put into a page, with its caption."""

    svg: str
    caption: str
    kind: ClassVar[str] = "picture"


@dataclass(frozen=True)
class Row:
    """Blocks that stand side by side where there is room."""

    blocks: Sequence[Block]
    kind: ClassVar[str] = "row"


@dataclass(frozen=True)
class Matrix:
    """A square table of counts, shaded by their share of the row.

    Parameters
    ----------
    caption : str
        What it shows.
    names : sequence of str
        Of rows and columns.
    counts : sequence of sequence of int
        One row for each name.
    """

    caption: str
    names: Sequence[str]
    counts: Sequence[Sequence[int]]
    kind: ClassVar[str] = "matrix"

    @property
    def shares(self) -> list[list[float]]:
        """Counts as percent of their row; 0 where a row is empty."""
        return [[100 * one / max(sum(row), 1) for one in row] for row in self.counts]


@dataclass(frozen=True)
class Folded:
    """Blocks behind a line that opens them; open in print."""

    title: str
    blocks: Sequence[Block]
    kind: ClassVar[str] = "folded"


Block = Text | Heading | Listing | Tiles | Grid | Picture | Row | Matrix | Folded


@dataclass(frozen=True)
class Section:
    """A part of the page with a heading, and an identifier to link to."""

    key: str
    title: str
    blocks: Sequence[Block] = field(default=())
