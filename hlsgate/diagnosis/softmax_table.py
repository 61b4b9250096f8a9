"""A softmax's look-up table against the softmax of the inputs that it got."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hlsgate.spec.declarations import HLS4ML_TABLE_SIZE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class SoftmaxTable:
    """What a table costs.

    Parameters
    ----------
    rows : int
        Rows that were computed.
    mean_error, max_error : float
        Of the outputs, absolute.
    flips : int
        Rows whose largest value is another class than that of the largest input.
    built_for : float or None
        Largest difference between inputs that the table was filled for; None where unknown.
    occurs : float
        Largest difference between inputs of one row that occurs.
    """

    rows: int
    mean_error: float
    max_error: float
    flips: int
    built_for: float | None
    occurs: float

    @property
    def step(self) -> float:
        """Difference of inputs between two entries; infinite where that is unknown."""
        return float("inf") if self.built_for is None else self.built_for / HLS4ML_TABLE_SIZE

    @property
    def range_used(self) -> float:
        """Share of the table's range that occurs; beyond 1 inputs leave the table."""
        return float("inf") if self.built_for is None else self.occurs / self.built_for

    def as_json(self) -> dict[str, Any]:
        """Return a plain dictionary for ``results.json``."""
        names = ("rows", "mean_error", "max_error", "flips", "step", "range_used")
        return {name: getattr(self, name) for name in names}

    def describe(self) -> str:
        """Say in one line what was measured."""
        built = "unknown" if self.built_for is None else f"{self.built_for:g}"
        return (
            f"mean error {self.mean_error:.4f}, at most {self.max_error:.4f}; {self.flips:,} rows "
            f"change class; filled for differences up to {built}, {self.occurs:g} occurs"
        )


def measure(
    observed: NDArray[np.float64], logits: NDArray[np.float64], built_for: float | None
) -> SoftmaxTable:
    """Compare outputs of a table with the softmax of its inputs.

    Parameters
    ----------
    observed, logits : ndarray, shape (n, classes), float64
        What the table gave, and what it was given.
    built_for : float or None
        See `hlsgate.diagnosis.firmware.table_range`.
    """
    from scipy.special import softmax

    error = abs(observed - softmax(logits, axis=1))
    return SoftmaxTable(
        rows=len(logits),
        mean_error=float(error.mean()),
        max_error=float(error.max()),
        flips=int((observed.argmax(axis=1) != logits.argmax(axis=1)).sum()),
        built_for=built_for,
        occurs=float((logits.max(axis=1) - logits.min(axis=1)).max()),
    )
