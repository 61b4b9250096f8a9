"""Bit operations of a network: a size that needs no tool, and that papers quote."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class DenseLayer:
    """A dense layer, as far as bit operations go.

    Parameters
    ----------
    inputs, outputs : int
        Its shape.
    input_bits, weight_bits : int
        Widths of what enters, and of the weights.
    zeros : float
        Share of the weights that are zero, in [0, 1].
    """

    inputs: int
    outputs: int
    input_bits: int
    weight_bits: int
    zeros: float = 0.0


def bops(layers: Iterable[DenseLayer]) -> float:
    """Count bit operations: of products that zeros do not save, and of the sums of these.

    Notes
    -----
    An estimate from before any hardware: no gate is set on it. Zeros save products, but not the
    width of the sums.

    Source: B. Hawks et al., Frontiers in AI 4 (2021) 676564, arXiv:2102.11289, equation 8.

    Examples
    --------
    >>> bops([DenseLayer(16, 64, 32, 32)])
    1118208.0
    """
    total = 0.0
    for layer in layers:
        product = layer.input_bits * layer.weight_bits
        sums = layer.input_bits + layer.weight_bits + math.log2(layer.inputs)
        total += layer.inputs * layer.outputs * ((1.0 - layer.zeros) * product + sums)
    return total
