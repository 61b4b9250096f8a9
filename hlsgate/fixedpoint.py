"""Fixed-point types, as hls4ml writes them: ``fixed<width, integer>``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hlsgate.errors import SuiteError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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

    Examples
    --------
    >>> Fixed(16, 6).lsb
    0.0009765625
    >>> str(Fixed(6, 2, signed=False))
    'ufixed<6,2>'
    """

    width: int
    integer: int
    signed: bool = True

    def __post_init__(self) -> None:
        if self.width < 1:
            raise SuiteError(f"a fixed-point type needs at least one bit, not {self.width}.")

    def __str__(self) -> str:
        return f"{'' if self.signed else 'u'}fixed<{self.width},{self.integer}>"

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

        on_grid = np.round(np.asarray(values, np.float64) / self.lsb) * self.lsb
        clipped: NDArray[np.float32] = np.clip(on_grid, self.low, self.high).astype(np.float32)
        return clipped

    def cut(self, values: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Drop lower bits and wrap around, as an ``ac_fixed`` or ``ap_fixed`` cast does by default.

        Parameters
        ----------
        values : ndarray of float
            Any shape; must be finite.

        Returns
        -------
        ndarray of float32, same shape
        """
        import numpy as np

        steps = np.floor(np.asarray(values, np.float64) / self.lsb) * self.lsb
        wrapped: NDArray[np.float64] = np.mod(steps - self.low, 2.0**self.integer) + self.low
        return wrapped.astype(np.float32)

    def holds(self, values: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
        """Tell for each value whether it is exactly one of the type's values."""
        import numpy as np

        exact = np.asarray(values, np.float64)
        steps = exact / self.lsb
        held: NDArray[np.bool_] = (
            (steps == np.round(steps)) & (exact >= self.low) & (exact <= self.high)
        )
        return held
