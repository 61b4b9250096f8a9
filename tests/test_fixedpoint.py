"""Fixed-point types round, cut and count as hls4ml's types do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlsgate.infra.errors import SuiteError
from hlsgate.spec.fixedpoint import Fixed

TYPES = st.builds(Fixed, st.integers(1, 20), st.integers(-4, 20), st.booleans())


def test_range_of_hls4ml_default():
    """fixed<16,6> runs from -32 to 32 less one LSB, in steps of 1/1024."""
    typed = Fixed(16, 6)
    assert (typed.low, typed.high, typed.lsb) == (-32.0, 32.0 - 2**-10, 2**-10)


def test_unsigned_range():
    """ufixed<6,2> runs from 0 to 4 less one LSB."""
    typed = Fixed(6, 2, signed=False)
    assert (typed.low, typed.high, typed.lsb) == (0.0, 4.0 - 2**-4, 2**-4)


def test_round_is_to_nearest_even_and_saturates():
    """Ties go to the even neighbour; what is too large becomes the largest value."""
    typed = Fixed(4, 2)
    found = typed.round(np.array([0.125, 0.375, -0.125, 9.0, -9.0]))
    assert found.tolist() == [0.0, 0.5, -0.0, 1.75, -2.0]


def test_default_cast_drops_bits_and_wraps():
    """A default ac_fixed cast rounds down and wraps around."""
    typed = Fixed(4, 2)
    assert typed.cast(np.array([0.3, -0.1, 2.0, -2.25])).tolist() == [0.25, -0.25, -2.0, 1.75]


@given(TYPES, st.lists(st.floats(-1e4, 1e4), min_size=1))
def test_rounded_values_are_held(typed, values):
    """Whatever goes in, what comes out is a value of the type, and rounding it again is idle."""
    for operation in (typed.round, typed.cast):
        once = operation(np.array(values))
        assert typed.holds(once).all()
        assert (operation(once) == once).all()


@given(TYPES, st.floats(-0.999, 0.999))
def test_rounding_error_is_half_an_lsb(typed, share):
    """Inside the range, rounding moves a value by at most half an LSB."""
    value = share * typed.high
    if value >= typed.low:
        assert abs(float(typed.round(np.array([value]))[0]) - value) <= typed.lsb / 2


def test_no_bits_are_refused():
    """A type without bits is an error in words."""
    with pytest.raises(SuiteError, match="at least one bit"):
        Fixed(0, 0)
