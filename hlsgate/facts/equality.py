"""Does an emulation compute what Keras computes? Counted in rows and in LSBs, never by eye."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SHOWN = 5


@dataclass(frozen=True)
class Comparison:
    """Two sets of outputs, row by row.

    Parameters
    ----------
    rows, rows_different : int
        Rows compared, and rows in which any value differs at all.
    worst : float
        Largest absolute difference.
    worst_lsb : float
        The same, in units of the LSB that was given.
    median_lsb : float
        Median over rows of a row's largest difference, in LSB.
    rows_beyond : int
        Rows in which any value differs by more than the tolerance.
    flips : int
        Rows whose largest value is another class.
    first : list of (int, int, float, float)
        Row, column, observed and expected of the first differing values.
    """

    rows: int
    rows_different: int
    worst: float
    worst_lsb: float
    median_lsb: float
    rows_beyond: int
    flips: int
    first: list[tuple[int, int, float, float]]

    @property
    def equal(self) -> bool:
        """Whether every value of every row is the same."""
        return self.rows_different == 0

    def shown(self) -> str:
        """Show the first differing values."""
        return ", ".join(
            f"row {row} output {column}: {observed!r}, should be {expected!r}"
            for row, column, observed, expected in self.first
        )

    def describe(self) -> str:
        """Say in one line how much differs, with the first differing values."""
        return (
            f"{self.rows_different} of {self.rows} rows differ, at most by {self.worst_lsb:g} LSB; "
            f"{self.flips} change class; {self.shown()}"
        )

    def as_json(self) -> dict[str, Any]:
        """Return a plain dictionary for ``results.json``."""
        return {
            "rows": self.rows,
            "rows_different": self.rows_different,
            "worst": self.worst,
            "worst_lsb": self.worst_lsb,
            "median_lsb": self.median_lsb,
            "rows_beyond": self.rows_beyond,
            "flips": self.flips,
        }


def in_lsb(worst: float | None) -> str:
    """Return a largest difference in words; None stands for one that is not finite."""
    return "not finite" if worst is None else f"{worst:,.6g} LSB"


def compare(
    observed: NDArray[np.floating[Any]],
    expected: NDArray[np.floating[Any]],
    *,
    lsb: float,
    tolerance_lsb: float = 0.0,
) -> Comparison:
    """Compare outputs value by value.

    Parameters
    ----------
    observed, expected : ndarray, shape (n, outputs), float
        Outputs of the emulation and of the reference.
    lsb : float
        Unit in which differences are stated.
    tolerance_lsb : float
        Difference beyond which a row is counted as such, in LSB.

    Raises
    ------
    ValueError
        If the shapes differ, or there are no rows: nothing compared is not equality.
    """
    import numpy as np

    if observed.shape != expected.shape or not len(observed):
        raise ValueError(f"cannot compare outputs {observed.shape} with {expected.shape}")
    observed, expected = np.asarray(observed, np.float64), np.asarray(expected, np.float64)
    error = np.abs(observed - expected)
    error[np.isnan(error)] = np.inf
    by_row = error.max(axis=1) / lsb
    places = np.argwhere(error > 0)
    return Comparison(
        rows=len(observed),
        rows_different=int((by_row > 0).sum()),
        worst=float(error.max()),
        worst_lsb=float(by_row.max()),
        median_lsb=float(np.median(by_row)),
        rows_beyond=int((by_row > tolerance_lsb).sum()),
        flips=int((observed.argmax(axis=1) != expected.argmax(axis=1)).sum()),
        first=[
            (int(i), int(j), float(observed[i, j]), float(expected[i, j]))
            for i, j in places[:_SHOWN]
        ],
    )
