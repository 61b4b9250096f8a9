"""Kept curves are points that thresholds attain; kept counts add up."""

import numpy as np
import pytest

from hlsgate.facts import compression, curves
from hlsgate.spec.fixedpoint import Fixed


def test_roc_is_the_best_threshold():
    """At each share of background: the most signal that any threshold keeps, ties included."""
    rng = np.random.default_rng(1)
    scores = np.round(rng.normal(size=400), 1)
    positive = rng.random(400) < 0.3
    found = curves.roc(scores, positive, [0.0, 0.05, 0.5, 1.0])
    for limit, signal in zip([0.0, 0.05, 0.5, 1.0], found, strict=True):
        kept = [scores >= threshold for threshold in [*np.unique(scores), np.inf]]
        fit = [keep[positive].mean() for keep in kept if keep[~positive].mean() <= limit]
        assert signal == pytest.approx(max(fit), abs=1e-6)


def test_roc_by_class_is_small_and_ends_at_one():
    """Every class has as many shares as there are of background, up to everything."""
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 3, 300)
    found = curves.roc_by_class(rng.random((300, 3)), truth, ["a", "b", "c"])
    assert list(found["signal"]) == ["a", "b", "c"]
    for signal in found["signal"].values():
        assert len(signal) == len(found["background"]) == 31
        assert signal == sorted(signal)
        assert signal[-1] == 1.0


def test_confusion_counts():
    """Rows are the truth, columns the answers."""
    answers = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])
    found = curves.confusion(answers, np.array([0, 0, 1]), ["a", "b"])
    assert found == {"classes": ["a", "b"], "counts": [[1, 1], [0, 1]]}


@pytest.mark.parametrize(
    ("values", "bits"),
    [
        ([0.0], 0), ([0.0, -0.25], 1), ([0.25], 2), ([0.0, 1.0], 2), ([-1.0, 0.5], 2),
        ([-0.5, 1.0], 3), ([0.25, -1.75], 4), ([-2.0, 1.75], 4),
    ],
)  # fmt: skip
def test_bits_in_use(values, bits):
    """The smallest type that holds all values: its width, by search."""
    declared = Fixed(4, 2)
    assert compression.bits_in_use(np.array(values), declared) == bits
    fitting = [
        width
        for width in range(1, 5)
        for integer in range(-3, 5)
        if Fixed(width, integer).holds(np.array(values)).all()
    ]
    assert min(fitting) == max(bits, 1)
