"""The parity test decides as its statistics say, and says so when it cannot decide."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from hlsgate.facts import parity


def compare(_both, gained, lost, _neither, margin=0.01):
    """Compare a model with its reference, from the four counts."""
    n = _both + gained + lost + _neither
    return parity.difference_of_counts(gained, lost, n, margin=margin)


def areas(scores, reference, positive, margin=0.01):
    """Compare the areas of two scores."""
    value, variance = parity.auc_estimate(scores, reference, positive)
    return parity.difference_of_areas(value, variance, len(positive), margin=margin)


def test_equal_answers_pass_with_a_bound_above_zero():
    """Identical models pass, but few rows do not prove it to any precision."""
    found = compare(7000, 0, 0, 3000)
    assert found.value == 0
    assert found.state == "pass"
    assert -found.low == pytest.approx(norm.ppf(0.95) ** 2 / 10000, rel=0.01)


def test_small_loss_passes_large_loss_fails():
    """Half a point lost is parity at a margin of one point; two points are not."""
    assert compare(29000, 400, 600, 10000).state == "pass"
    assert compare(29000, 200, 1000, 9800).state == "fail"


def test_loss_near_the_margin_cannot_be_told():
    """A loss of exactly the margin is neither proven nor refuted."""
    assert compare(29000, 400, 800, 9800).state == "cannot tell"


def test_few_rows_cannot_tell():
    """With a hundred rows no verdict is possible."""
    assert compare(70, 2, 2, 26).state == "cannot tell"


def test_agrees_with_the_normal_interval_for_many_rows():
    """For large counts Tango's bounds become the textbook ones."""
    found = compare(290000, 5000, 6000, 99000)
    n, value = 400000, -1000 / 400000
    error = np.sqrt(11000 / n - value**2) / np.sqrt(n)
    assert found.low == pytest.approx(value - norm.ppf(0.95) * error, abs=2e-6)
    assert found.high == pytest.approx(value + norm.ppf(0.95) * error, abs=2e-6)


def score_by_search(gained, lost, n, delta):
    """Compute the score statistic with the constrained likelihood maximised numerically."""
    rest = n - gained - lost

    def loss(lost_share):
        shares = np.array([lost_share + delta, lost_share, 1 - 2 * lost_share - delta])
        return -np.dot([gained, lost, rest], np.log(np.maximum(shares, 1e-300)))

    lower, upper = max(0.0, -delta), (1 - delta) / 2
    best = minimize_scalar(loss, bounds=(lower, upper), method="bounded", options={"xatol": 1e-12})
    variance = n * (2 * best.x + delta - delta**2)
    return (gained - lost - n * delta) / np.sqrt(variance)


@pytest.mark.parametrize("counts", [(43, 2, 5, 3), (10, 0, 4, 6), (700, 20, 30, 250)])
def test_bounds_solve_the_score_equation(counts):
    """At each bound the score test, computed by other means, is just at its quantile."""
    found = compare(*counts)
    _, gained, lost, _ = counts
    for bound, quantile in ((found.low, 1), (found.high, -1)):
        score = score_by_search(gained, lost, sum(counts), bound)
        assert score == pytest.approx(quantile * norm.ppf(0.95), abs=1e-3)


@given(st.integers(0, 50), st.integers(0, 20), st.integers(0, 20), st.integers(1, 50))
def test_bounds_hold_the_estimate_and_mirror(both, gained, lost, neither):
    """Bounds lie on both sides of the estimate, and swapping the models mirrors them."""
    found, mirrored = compare(both, gained, lost, neither), compare(both, lost, gained, neither)
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert found.low == pytest.approx(-mirrored.high, abs=1e-9)


def test_coverage_by_simulation():
    """The lower bound lies below the true difference in about 95 % of experiments."""
    rng = np.random.default_rng(1)
    counts = rng.multinomial(2000, [0.70, 0.02, 0.03, 0.25], size=400)
    below = [compare(*row).low <= -0.01 for row in counts]
    assert 0.92 <= np.mean(below) <= 0.98


def test_text():
    """All numbers; and what to do where rows do not suffice."""
    assert "accuracy of x: -0.0200 against the reference, 95% bounds" in (
        compare(29000, 200, 1000, 9800).describe("accuracy of x")
    )
    assert compare(70, 2, 2, 26).describe("x").endswith("inconclusive; use more test rows")


def scored(rng, n=3000, shift=1.0):
    positive = rng.random(n) < 0.3
    return positive, rng.normal(size=n) + shift * positive


def test_one_row_of_a_class_tells_nothing():
    """A variance of one row is none: neither a pass nor a warning of numpy's."""
    positive = np.arange(50) == 7
    scores = np.linspace(0, 1, 50)
    found = areas(scores, scores[::-1], positive, margin=0.01)
    assert found.state == "cannot tell"


def test_auc_difference_is_the_difference_of_areas():
    """The value is what scikit-learn's two areas differ by, ties included."""
    rng = np.random.default_rng(2)
    positive, scores = scored(rng)
    worse = np.round(scores + rng.normal(size=len(scores)), 1)
    found = areas(worse, scores, positive, margin=0.01)
    assert found.value == pytest.approx(parity.auc(worse, positive) - parity.auc(scores, positive))
    assert found.state == "fail"


def test_auc_of_equal_scores_passes():
    """The same scores have parity at any margin."""
    positive, scores = scored(np.random.default_rng(3))
    found = areas(2 * scores, scores, positive, margin=1e-6)
    assert (found.value, found.low, found.state) == (0, 0, "pass")


def test_auc_error_matches_resampling():
    """DeLong's error is the spread over independent samples."""
    rng = np.random.default_rng(4)
    found = []
    for _ in range(200):
        positive, scores = scored(rng, 800)
        noisy = scores + 0.5 * rng.normal(size=len(scores))
        found.append(areas(noisy, scores, positive, margin=0.01))
    spread = np.std([one.value for one in found])
    stated = np.mean([one.value - one.low for one in found]) / norm.ppf(0.95)
    assert stated == pytest.approx(spread, rel=0.15)


def test_wilson_interval():
    """Newcombe's example: 81 of 263."""
    assert parity.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
