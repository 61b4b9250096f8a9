"""A gate of several bounds looks at each, and a known failure stays one where rows are too few."""

from __future__ import annotations

import pytest

from fixtures.gate import Bound, Gate, of_difference
from hlsgate import suite
from hlsgate.declarations import Shortfall
from hlsgate.errors import GateFailed, Undecided
from hlsgate.parity import Difference

KEPT = Bound(True, "first kept", 0.0, "first")
FIRST = Bound(False, "first 2", 2.0, "first")
SECOND = Bound(False, "second 7", 7.0, "second")
OPEN = Bound(False, "open", 0.5, undecided=True)
KNOWN = Shortfall("softmax", 3.0, "why")
NAMED = Shortfall("softmax", 8.0, "why", bound="second")


def said(bounds, *known):
    """Return class and text of what a gate says."""
    try:
        Gate(known).require(bounds)
    except AssertionError as error:
        return type(error), str(error)
    return None, ""


@pytest.mark.parametrize(
    ("bounds", "known", "expected"),
    [
        ([KEPT], (), (None, "")),
        ([FIRST, SECOND], (), (GateFailed, "first 2\nsecond 7")),
        ([KEPT, SECOND], (), (GateFailed, "second 7")),
        ([FIRST, KEPT], (KNOWN,), (GateFailed, "first 2")),
        ([FIRST, SECOND], (KNOWN, NAMED), (GateFailed, "first 2\nsecond 7")),
        ([OPEN], (), (Undecided, "open")),
        ([OPEN, FIRST], (), (GateFailed, "open\nfirst 2")),
        ([OPEN], (Shortfall("parity", 0.6, "why"),), (GateFailed, "open")),
    ],
)
def test_what_is_declared_is_the_known_failure(bounds, known, expected):
    """All bounds are told; what is declared fails as declared, whether rows suffice or not."""
    assert said(bounds, *known) == expected


@pytest.mark.parametrize(
    ("bounds", "known", "text"),
    [
        ([FIRST, SECOND], (KNOWN,), "no shortfall is declared for the bound 'second'"),
        ([FIRST], (Shortfall("softmax", 1.0, "why"),), "fall short by at most 1, but by 2"),
        ([FIRST, SECOND], (KNOWN, Shortfall("softmax", 6.0, "w", bound="second")), "at most 6"),
        ([FIRST], (KNOWN, NAMED), "the bound 'second' is kept, though a shortfall is declared"),
        ([OPEN], (Shortfall("parity", 0.4, "why"),), "at most 0.4, but by 0.5"),
    ],
)
def test_what_is_not_as_declared_is_another_failure(bounds, known, text):
    """A bound behind the first is reached: it is covered by a shortfall of its own, or fails."""
    kind, told = said(bounds, *known)
    assert kind is AssertionError
    assert text in told


def test_classes_of_an_area_share_one_shortfall():
    """Areas have one unit, so one declaration holds for every class."""
    worst, other = (Difference(-x, -x - 0.01, -x + 0.001, 0.01, 0.95, 9) for x in (0.018, 0.0105))
    bounds = [of_difference(worst, "w"), of_difference(other, "t")]
    assert [one.undecided for one in bounds] == [False, True]
    kind, told = said(bounds, Shortfall("auc", 0.02, "why"))
    assert kind is GateFailed
    assert told.index("w: -0.0180") < told.index("t: -0.0105")
    assert "cannot tell" in told
    assert said(bounds, Shortfall("auc", 0.017, "why"))[0] is AssertionError


def test_shipped_shortfalls_name_bounds_once():
    """Two declarations of one bound on one backend would hide each other."""
    for variant in suite.shipped().variants:
        for backend in suite.shipped().emulated:
            for gate in ("parity", "auc", "hardware", "softmax", "logic"):
                names = [one.bound for one in variant.known(gate, backend.key)]
                assert len(set(names)) == len(names), (variant.key, backend.key, gate)
