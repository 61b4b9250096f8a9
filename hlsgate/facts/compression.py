"""What compression did to the weights themselves: bits in use, zeros, and the sizes that follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.spec.fixedpoint import Fixed


@dataclass(frozen=True)
class LayerWeights:
    """One array of weights, held against its declared type.

    Parameters
    ----------
    name : str
        For example ``"dense1/kernel"``.
    type : Fixed or None
        Declared type; None where the recipe does not quantise.
    off_grid : int
        Values that are no value of the type (0 where there is no type).
    zeros, size : int
        Zero values, and all values.
    """

    name: str
    type: Fixed | None
    off_grid: int
    zeros: int
    size: int

    def as_json(self) -> dict[str, Any]:
        """Return a plain dictionary for ``results.json``."""
        return {
            "type": str(self.type) if self.type else None,
            "off_grid": self.off_grid,
            "zeros": self.zeros,
            "size": self.size,
            "kernel": is_kernel(self.name),
        }


def inspect(
    types: Mapping[str, Fixed], weights: Mapping[str, NDArray[np.float32]]
) -> list[LayerWeights]:
    """Hold every array of a variant's weights against its declared type, where it has one."""
    return [
        LayerWeights(
            name=name,
            type=typed,
            off_grid=int((~typed.holds(values)).sum()) if typed else 0,
            zeros=int((values == 0).sum()),
            size=values.size,
        )
        for name, values in weights.items()
        for typed in [types.get(name)]
    ]


def kernel_sizes(
    types: Mapping[str, Fixed], default: Fixed, weights: Mapping[str, NDArray[np.float32]]
) -> dict[str, int]:
    """Return ``weights_nonzero`` and ``weight_bits`` over all kernels.

    A weight takes the bits of its declared type, or of the `default` that conversion gives it.
    """
    nonzero = {
        name: int((values != 0).sum()) for name, values in weights.items() if is_kernel(name)
    }
    bits = sum(count * types.get(name, default).width for name, count in nonzero.items())
    return {"weights_nonzero": sum(nonzero.values()), "weight_bits": bits}


def is_kernel(name: str) -> bool:
    """Tell whether an array is multiplied with what a layer gets."""
    return name.endswith("kernel")


def bits_in_use(values: NDArray[np.floating[Any]], declared: Fixed) -> int:
    """Return the bits of the smallest fixed-point type that holds all values, sign included.

    Parameters
    ----------
    values : ndarray of float
        Values of the declared type; others are an error of the weights, and count as rounded.
    declared : Fixed
        Their type.

    Examples
    --------
    >>> import numpy as np
    >>> from hlsgate.spec.fixedpoint import Fixed
    >>> bits_in_use(np.array([-0.5, 0.0, 1.0]), Fixed(6, 2))
    3
    """
    import numpy as np

    steps = [int(step) for step in np.unique(np.rint(np.asarray(values) / declared.lsb))]
    unused = min((_trailing_zeros(step) for step in steps if step), default=0)
    # two's complement: -4 to 3 take two bits and the sign
    used = [step >> unused for step in steps]
    return max((~one if one < 0 else one).bit_length() for one in used) + 1 if any(steps) else 0


def _trailing_zeros(step: int) -> int:
    return (step & -step).bit_length() - 1
