"""Hard rows are what they claim to be."""

import numpy as np

from hlsgate.diagnosis.edges import edge_rows, rounding_edges
from hlsgate.spec.fixedpoint import Fixed

KIND = Fixed(12, 4)
RELU = Fixed(4, 2, False, "RND_CONV", "SAT")
RNG = np.random.default_rng(3)
KERNEL = np.round(RNG.normal(0, 0.5, (5, 4)) * 4) / 4
BIAS = np.zeros(4)


def test_ends_zeros_and_beyond():
    x = edge_rows(KIND, len(KERNEL), (KERNEL, BIAS, RELU))
    assert (x == 0).all(axis=1).any()
    for end in (KIND.low, KIND.high, KIND.high + KIND.lsb, KIND.low - KIND.lsb):
        assert (x == end).all(axis=1).any()
        assert ((x == end).sum(axis=1) == 1).any()
    assert (x > 2 * KIND.high).any()
    assert not KIND.holds(x).all(axis=1).all()


def test_rounding_edges_lie_on_both_sides():
    """Rows come in threes; a unit's sum is at an edge, and one step to each side of it."""
    x = rounding_edges(KIND, KERNEL, BIAS, RELU, np.random.default_rng(1))
    assert KIND.holds(x).all()
    sums = x @ KERNEL + BIAS
    half = (sums / RELU.lsb) % 1
    assert (half == 0.5).any(axis=1).sum() >= 10
    rounded = RELU.cast(np.maximum(sums, 0))
    assert len(np.unique(rounded)) > 8


def test_the_same_every_time():
    first, second = (edge_rows(KIND, len(KERNEL), (KERNEL, BIAS, RELU)) for _ in range(2))
    assert (first == second).all()
