"""Fixed-point types, as hls4ml writes them: ``fixed<width, integer>``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hlsgate.infra.errors import EmulationError, SuiteError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


ROUNDINGS = ("TRN", "TRN_ZERO", "RND", "RND_ZERO", "RND_INF", "RND_MIN_INF", "RND_CONV")
SATURATIONS = ("WRAP", "SAT", "SAT_SYM", "SAT_ZERO")


@dataclass(frozen=True)
class Fixed:
    """A binary fixed-point type.

    Parameters
    ----------
    width : int
        All bits, the sign bit included.
    integer : int
        Bits left of the binary point, the sign bit included.
    signed : bool
        Whether there is a sign bit.
    rounding : str
        How values are brought onto the grid: ``TRN`` (down), ``TRN_ZERO`` (towards zero), or to
        the nearest with ties up (``RND``), towards zero, away from zero, down or to even
        (``RND_ZERO``, ``RND_INF``, ``RND_MIN_INF``, ``RND_CONV``).
    saturation : str
        How values are brought into the range: ``WRAP``, or what lies outside goes to the nearest
        end (``SAT``), to the nearest of two ends of equal size (``SAT_SYM``), or to zero
        (``SAT_ZERO``).

    Examples
    --------
    >>> Fixed(16, 6).lsb
    0.0009765625
    >>> str(Fixed(6, 2, signed=False)), str(Fixed(10, 6, saturation="SAT"))
    ('ufixed<6,2>', 'fixed<10,6,TRN,SAT>')
    """

    width: int
    integer: int
    signed: bool = True
    rounding: str = "TRN"
    saturation: str = "WRAP"

    def __post_init__(self) -> None:
        if self.width < 1:
            raise SuiteError(f"a fixed-point type needs at least one bit, not {self.width}.")
        if self.rounding not in ROUNDINGS or self.saturation not in SATURATIONS:
            raise SuiteError(f"modes {self.rounding}, {self.saturation} are unknown.")

    def __str__(self) -> str:
        modes = (self.rounding, self.saturation)
        named = "" if modes == ("TRN", "WRAP") else f",{self.rounding},{self.saturation}"
        return f"{'' if self.signed else 'u'}fixed<{self.width},{self.integer}{named}>"

    @property
    def fraction(self) -> int:
        """Bits right of the binary point."""
        return self.width - self.integer

    @property
    def lsb(self) -> float:
        """Distance between neighbouring values."""
        return 2.0**-self.fraction

    @property
    def low(self) -> float:
        """Smallest value."""
        if self.signed and self.saturation == "SAT_SYM":
            return -self.high
        return -(2.0 ** (self.integer - 1)) if self.signed else 0.0

    @property
    def high(self) -> float:
        """Largest value."""
        return 2.0 ** (self.integer - self.signed) - self.lsb

    def round(self, values: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Round to the nearest value of the type (ties to even) and saturate.

        Parameters
        ----------
        values : ndarray of float
            Any shape; must be finite.

        Returns
        -------
        ndarray of float32, same shape
            Exact for types of up to 24 bits.
        """
        import numpy as np

        nearest = replace(self, rounding="RND_CONV", saturation="SAT")
        return nearest.cast(values).astype(np.float32)

    def cast(self, values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Bring numbers into the type, as the type says.

        Parameters
        ----------
        values : ndarray of float
            Any shape; must be finite.

        Returns
        -------
        ndarray of float64, same shape
            Exact for types of up to 52 bits.
        """
        import numpy as np

        exact = np.asarray(values, np.float64) / self.lsb
        return self._saturated(_rounded(exact, self.rounding) * self.lsb)

    def _saturated(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        import numpy as np

        if not values.size or (values.min() >= self.low and values.max() <= self.high):
            return values
        if self.saturation == "WRAP":
            span, low = 2.0**self.integer, self.low
            wrapped: NDArray[np.float64] = np.mod(np.mod(values, span) - low, span) + low
            return wrapped
        if self.saturation == "SAT_ZERO":
            return np.where((values < self.low) | (values > self.high), 0.0, values)
        return np.clip(values, self.low, self.high)

    def holds(self, values: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
        """Tell for each value whether it is exactly one of the type's values."""
        import numpy as np

        exact = np.asarray(values, np.float64)
        steps = exact / self.lsb
        held: NDArray[np.bool_] = (
            (steps == np.round(steps)) & (exact >= self.low) & (exact <= self.high)
        )
        return held


def _rounded(values: NDArray[np.float64], mode: str) -> NDArray[np.float64]:
    """Round to integers."""
    import numpy as np

    down = np.floor(values)
    if mode == "TRN":
        return down
    if mode == "TRN_ZERO":
        return np.trunc(values)
    ties = {
        "RND": np.full(values.shape, True),
        "RND_MIN_INF": np.full(values.shape, False),
        "RND_INF": values > 0,
        "RND_ZERO": values < 0,
        "RND_CONV": down % 2 == 1,
    }[mode]
    half = 0.5
    up = (values - down > half) | ((values - down == half) & ties)
    return np.where(up, down + 1, down)


def require_finite(rows: NDArray[np.floating[Any]]) -> None:
    """Refuse rows, shape (n, values), that no fixed-point type can hold.

    Raises
    ------
    EmulationError
        If a value is NaN or infinite; the message names the first such row.
    """
    import numpy as np

    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(bad):
        raise EmulationError(
            f"row {bad[0]} (and {len(bad) - 1} more) holds NaN or infinity, which no fixed-point "
            "type can hold; clean the inputs first."
        )
