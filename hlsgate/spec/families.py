"""What a sweep of a benchmark varies, and what all its points share; plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from hlsgate.infra.errors import SuiteError
from hlsgate.spec.declarations import Topology
from hlsgate.spec.fixedpoint import Fixed


@dataclass(frozen=True)
class Schedule:
    """What of a point's training may be varied, besides its seed.

    Parameters
    ----------
    steps : int
        Optimizer steps.
    learning_rate : float
        Adam's first rate; it falls to zero along a cosine.
    pruning_end : float
        Share of the steps after which the sparsity is reached.
    teacher_share : float
        Share of the reference's probabilities in the labels.
    """

    steps: int
    learning_rate: float = 5e-3
    pruning_end: float = 0.5
    teacher_share: float = 0.5


@dataclass(frozen=True)
class Setting:
    """How far a network is compressed.

    Parameters
    ----------
    weight_bits, activation_bits : int
        Widths of weights, and of the ReLUs' outputs.
    sparsity : float
        Share of zeros in every kernel.
    hidden : tuple of int
        Widths of the hidden layers.
    input_bits : int
        Width of the inputs.
    """

    weight_bits: int
    activation_bits: int
    sparsity: float
    hidden: tuple[int, ...]
    input_bits: int


@dataclass(frozen=True)
class Grid:
    """Every combination of bits, zeros and widths, and single settings besides.

    Parameters
    ----------
    name : str
        For results.
    weight_bits, sparsities : tuple
        Values to combine.
    activation_bits : tuple of int
        Values to combine, too; where empty, as many bits as the weights have.
    hidden, input_bits : tuple
        Values to combine, too; where empty, as is usual in the family.
    extra : tuple of Setting
        More of them.
    seeds : tuple of int
        Of every setting.
    """

    name: str
    weight_bits: tuple[int, ...]
    sparsities: tuple[float, ...]
    activation_bits: tuple[int, ...] = ()
    hidden: tuple[tuple[int, ...], ...] = ()
    input_bits: tuple[int, ...] = ()
    extra: tuple[Setting, ...] = ()
    seeds: tuple[int, ...] = (0, 1)


@dataclass(frozen=True)
class Ranges:
    """What a search varies: lowest and highest value, both included, or a choice of values.

    Besides these it tries the sparsities of the family's grids, and the usual teacher's share.

    Parameters
    ----------
    weight_bits, activation_bits, input_bits : (int, int)
        Widths.
    hidden : (int, int)
        Widths of each hidden layer, in steps of `hidden_step`.
    hidden_step : int
        See there.
    learning_rate : (float, float)
        Varied on a logarithmic scale.
    pruning_end : (float, float)
        In steps of a tenth.
    sparsities, teacher_shares : tuple of float
        Choices.
    """

    weight_bits: tuple[int, int]
    activation_bits: tuple[int, int]
    input_bits: tuple[int, int]
    hidden: tuple[int, int]
    hidden_step: int = 8
    learning_rate: tuple[float, float] = (1e-3, 2e-2)
    pruning_end: tuple[float, float] = (0.3, 0.8)
    sparsities: tuple[float, ...] = (0.0, 0.25, 0.5, 0.625, 0.75, 0.8125, 0.875, 0.9375)
    teacher_shares: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Family:
    """The compressed networks of a benchmark that a sweep tries.

    Parameters
    ----------
    reference : str
        Variant that every point is judged against, by its frozen weights; its teacher, too.
    network : Topology
        The usual one; a point's hidden layers may be of other widths, but are as many.
    inputs : Fixed
        Usual type of the inputs; a point's may have other bits right of the binary point.
    schedule : Schedule
        The usual one.
    grids : tuple of Grid
        What is swept by name; the stored frontier is of the first.
    search : Ranges
        What a search varies.
    batch_size : int
        As in Keras.
    l1 : float
        L1 penalty on kernels.
    validation_split : float
        Share of the training rows that is held out.
    activation_integer : int
        Bits left of the binary point of the ReLUs' outputs; fewer where they have so few bits.
    logits_integer : int
        The same of the logits, the sign bit included.
    claim : float or None
        Share of the reference's ALUTs that the smallest network with parity takes at most; None:
        nothing is claimed.
    """

    reference: str
    network: Topology
    inputs: Fixed
    schedule: Schedule
    grids: tuple[Grid, ...]
    search: Ranges
    batch_size: int = 256
    l1: float = 0.0
    validation_split: float = 0.25
    activation_integer: int = 2
    logits_integer: int = 6
    claim: float | None = None

    def __post_init__(self) -> None:
        names = [grid.name for grid in self.grids]
        if not names or len(set(names)) < len(names):
            raise SuiteError(
                f"the family of {self.reference} has {', '.join(names) or 'no'} grids; declare "
                "one or more, each with a name of its own."
            )
        for grid in self.grids:
            self._check(grid)

    @property
    def stored(self) -> Grid:
        """The grid that the stored frontier is of."""
        return self.grids[0]

    def grid(self, name: str) -> Grid:
        """Return a declared grid, or raise `SuiteError` with a list of those there are."""
        for grid in self.grids:
            if grid.name == name:
                return grid
        names = ", ".join(grid.name for grid in self.grids)
        raise SuiteError(f"no grid {name!r}; there are {names}.")

    def settings(self, grid: Grid) -> list[Setting]:
        """Return every setting of a grid."""
        combined = product(
            grid.weight_bits,
            grid.sparsities,
            grid.hidden or (self.network.hidden,),
            grid.input_bits or (self.inputs.width,),
        )
        found = [
            Setting(bits, activations, sparsity, hidden, inputs)
            for bits, sparsity, hidden, inputs in combined
            for activations in grid.activation_bits or (bits,)
        ]
        return [*found, *grid.extra]

    def _check(self, grid: Grid) -> None:
        settings = self.settings(grid)
        place = f"grid {grid.name!r} of the family of {self.reference}"
        if not settings or not grid.seeds:
            raise SuiteError(f"{place}: it has no points; declare bits, zeros and seeds.")
        for setting in settings:
            if settings.count(setting) > 1:
                raise SuiteError(f"{place} has {setting} twice; take one of them out.")
            if len(setting.hidden) != len(self.network.hidden):
                raise SuiteError(
                    f"{place}: {setting} has {len(setting.hidden)} hidden layers, the family's "
                    f"network {len(self.network.hidden)}."
                )


def sparsities(family: Family) -> Sequence[float]:
    """Return the shares of zeros that a search chooses from."""
    swept = {setting.sparsity for grid in family.grids for setting in family.settings(grid)}
    return sorted({*family.search.sparsities, *swept})


def teacher_shares(family: Family) -> Sequence[float]:
    """Return the teacher's shares that a search chooses from."""
    return sorted({*family.search.teacher_shares, family.schedule.teacher_share})
