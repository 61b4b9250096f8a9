"""Differences are counted in rows and LSBs, and comparing nothing is no equality."""

import numpy as np
import pytest

from hlsgate.facts import equality


def test_equal():
    """The same values, in other float types too, are equal."""
    values = np.arange(12.0).reshape(4, 3)
    found = equality.compare(values, values.astype(np.float32), lsb=0.5)
    assert found.equal
    assert (found.rows, found.rows_different, found.worst_lsb, found.flips) == (4, 0, 0, 0)


def test_one_lsb_in_one_value():
    """The smallest difference is seen, counted and located."""
    expected = np.arange(12.0).reshape(4, 3)
    observed = expected.copy()
    observed[2, 1] += 0.25
    found = equality.compare(observed, expected, lsb=0.25)
    assert (found.rows_different, found.worst_lsb, found.median_lsb) == (1, 1.0, 0.0)
    assert "1 of 4 rows differ, at most by 1 LSB; 0 change class; row 2 output 1: 7.25" in (
        found.describe()
    )


def test_changed_class_is_a_flip():
    """A row whose largest value moves is counted."""
    found = equality.compare(np.array([[2.0, 1.0]]), np.array([[1.0, 2.0]]), lsb=1)
    assert found.flips == 1


def test_rows_beyond_a_tolerance():
    """Rows within the tolerance differ, but are not beyond it."""
    expected = np.zeros((3, 2))
    observed = np.array([[0, 0], [1, 0], [0, 3]])
    found = equality.compare(observed, expected, lsb=1, tolerance_lsb=1)
    assert (found.rows_different, found.rows_beyond) == (2, 1)


def test_nan_is_never_equal():
    """NaN against NaN is a difference."""
    found = equality.compare(np.array([[np.nan]]), np.array([[np.nan]]), lsb=1)
    assert not found.equal


@pytest.mark.parametrize("shape", [(0, 5), (3, 4)])
def test_nothing_compared_is_an_error(shape):
    """No rows, or other shapes, cannot be equal."""
    with pytest.raises(ValueError, match="cannot compare"):
        equality.compare(np.zeros(shape), np.zeros((0, 5)), lsb=1)
