"""The layers of a network as the hardware has them, in plain data: names, types, weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.spec.fixedpoint import Fixed

SOFTMAX, INPUT = "Softmax", "Input"
WRAPPER = "PruneLowMagnitude"
"""Class that TF-MOT wraps layers with while it prunes."""


@dataclass(frozen=True)
class HardwareLayer:
    """One layer of an hls4ml graph.

    Parameters
    ----------
    name, kind : str
        hls4ml's name and class of it.
    variable : str
        C++ name of its output, as in the written sources.
    pipe : str or None
        Name of the pipe that carries it (oneAPI with streams).
    size : int
        Values in a row of its output.
    result : Fixed or None
        Type of its output; None where it is not fixed-point.
    source : str or None
        Name of the layer that it reads; None for the input, and where there are several.
    keras : str or None
        Keras layer whose output its own should be; None where Keras has no such value.
    activation : str or None
        ``"relu"``, ``"linear"`` and so on.
    types : mapping of str to Fixed
        Further types: ``"accum"``, and ``"weight"``, ``"bias"``, ``"scale"`` of constants.
    weights : mapping of str to ndarray, float64
        Constants as the model has them; a kernel has shape (inputs, outputs).
    written : mapping of str to ndarray, float64
        The same in their types, as the firmware reads them.
    table_size : int or None
        Entries of its look-up tables.
    strategy : str or None
        ``"latency"`` or ``"resource"``, where it has one.
    reuse : int or None
        Reuse factor, where it has one.
    """

    name: str
    kind: str
    variable: str
    size: int
    result: Fixed | None
    pipe: str | None = None
    source: str | None = None
    keras: str | None = None
    activation: str | None = None
    types: dict[str, Fixed] = field(default_factory=dict)
    weights: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    written: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    table_size: int | None = None
    strategy: str | None = None
    reuse: int | None = None


@dataclass(frozen=True)
class KerasLayer:
    """One layer of a Keras model.

    Parameters
    ----------
    name, kind : str
        Its name and class.
    quantizer : Fixed or None
        Type that its own quantizer gives to its output.
    activation : str or None
        Activation inside it, if that is not linear.
    function : str or None
        What an activation layer computes: ``"relu"``, ``"softmax"`` and so on.
    types : mapping of str to Fixed
        Types that its quantizers give to its ``"kernel"`` and ``"bias"``; those it has none for
        are left out.
    weights : tuple of str
        Names of its arrays, such as ``"kernel"``.
    untyped : tuple of str
        Those with a quantizer that gives no type that is known: binary, ternary, powers of two, or
        with a scale (``alpha``) other than 1.
    """

    name: str
    kind: str
    quantizer: Fixed | None = None
    activation: str | None = None
    function: str | None = None
    types: Mapping[str, Fixed] = field(default_factory=dict)
    weights: tuple[str, ...] = ()
    untyped: tuple[str, ...] = ()

    @property
    def is_relu(self) -> bool:
        """Whether its output has passed a ReLU, its own or one inside it."""
        return "relu" in (self.function or self.activation or "")


Outputs = dict[str, Any]
"""Values of layers by name: ndarrays of shape (rows, size), float64."""
