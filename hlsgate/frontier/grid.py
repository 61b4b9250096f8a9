"""What a sweep tries: every combination of bits, zeros and widths; plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

from hlsgate.errors import SuiteError
from hlsgate.frontier.points import HIDDEN, INPUT_BITS, Point


@dataclass(frozen=True)
class Grid:
    """Every combination of bits, zeros, widths and seeds, and single points besides.

    Parameters
    ----------
    name : str
        For results.
    weight_bits, sparsities, hidden, input_bits : tuple
        Values to combine.
    activation_bits : tuple of int
        Values to combine, too; where empty, as many bits as the weights have.
    extra : tuple of Point
        More groups, whatever their seed.
    seeds : tuple of int
        Seeds of every group.
    """

    name: str
    weight_bits: tuple[int, ...]
    sparsities: tuple[float, ...]
    activation_bits: tuple[int, ...] = ()
    hidden: tuple[tuple[int, ...], ...] = (HIDDEN,)
    input_bits: tuple[int, ...] = (INPUT_BITS,)
    extra: tuple[Point, ...] = ()
    seeds: tuple[int, ...] = (0, 1)

    def points(self) -> list[Point]:
        """Return every point, seeds of a group side by side.

        Raises
        ------
        SuiteError
            If two groups have one key, so that their results would be mixed.
        """
        combined = product(self.weight_bits, self.sparsities, self.hidden, self.input_bits)
        groups = [
            Point(bits, activations, sparsity, hidden, inputs)
            for bits, sparsity, hidden, inputs in combined
            for activations in self.activation_bits or (bits,)
        ]
        groups += self.extra
        unique(groups)
        return [replace(group, seed=seed) for group in groups for seed in self.seeds]


def unique(groups: Sequence[Point]) -> None:
    """Raise `SuiteError` where two points, of one seed, have one key."""
    seen: set[str] = set()
    for point in groups:
        if point.group in seen:
            raise SuiteError(f"the grid has {point.group} twice; take one of them out.")
        seen.add(point.group)


FULL = Grid(
    "full",
    weight_bits=(2, 3, 4, 5, 6, 8),
    sparsities=(0.0, 0.5, 0.75, 0.875),
    extra=(
        Point(3, 3, 0.5, (16, 16, 16), 8),
        Point(4, 4, 0.5, (16, 16, 16), 8),
        Point(4, 4, 0.5, (24, 24, 24), 8),
        Point(3, 3, 0.75, HIDDEN, 8),
        Point(4, 4, 0.75, HIDDEN, 8),
        Point(4, 4, 0.875, HIDDEN, 8),
        Point(5, 5, 0.875, HIDDEN, 8),
        Point(6, 6, 0.9375, HIDDEN, 8),
    ),
)
"""What the stored frontier is of."""

TRIAL = Grid("trial", weight_bits=(3, 4), sparsities=(0.75,))
"""Four networks, to see that everything works."""

GRIDS = {grid.name: grid for grid in (FULL, TRIAL)}
