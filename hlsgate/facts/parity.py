"""Is a compressed model as accurate as its reference? A paired, one-sided test with a margin.

Both models see the same test rows, so what decides is the rows on which they disagree. The
verdict is "pass", "fail", or "cannot tell" with this many rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

State = Literal["pass", "fail", "cannot tell"]


_FEWEST = 2
"""Rows of a class, and others, of which a variance can be estimated."""


@dataclass(frozen=True)
class Difference:
    """A difference (model minus reference) with a two-sided interval and its verdict.

    Parameters
    ----------
    value : float
        The difference as measured.
    low, high : float
        One-sided confidence bounds, each at `confidence`.
    margin : float
        Largest loss that still counts as parity.
    confidence : float
        Of each one-sided bound, for example 0.95.
    n : int
        Rows compared.
    """

    value: float
    low: float
    high: float
    margin: float
    confidence: float
    n: int

    @property
    def state(self) -> State:
        """Pass if even the lower bound loses less than the margin; fail if the upper loses more."""
        if self.low > -self.margin:
            return "pass"
        if self.high < -self.margin:
            return "fail"
        return "cannot tell"

    def describe(self, what: str) -> str:
        """Say what was compared with what result, and whether nobody can tell."""
        text = (
            f"{what}: {self.value:+.4f} against the reference, {self.confidence:.0%} bounds "
            f"{self.low:+.4f} and {self.high:+.4f}, margin {self.margin:g}, {self.n:,} rows"
        )
        undecided = ": inconclusive; use more test rows" if self.state == "cannot tell" else ""
        return text + undecided


def difference_of_counts(
    gained: int, lost: int, n: int, *, margin: float, confidence: float = 0.95
) -> Difference:
    """Compare the accuracies of two models on the same rows.

    Parameters
    ----------
    gained, lost : int
        Rows that only the model, and that only the reference, has right.
    n : int
        All rows.
    margin : float
        Largest loss that still counts as parity, as a share (0.01 is one point).
    confidence : float
        Of the one-sided bounds.

    Notes
    -----
    Tango's score interval for the difference of paired proportions. Unlike the textbook normal
    interval it does not shrink to nothing when the models hardly disagree.

    Source: T. Tango, Statistics in Medicine 17 (1998) 891, equations for the constrained
    maximum-likelihood estimate.
    """
    z = _quantile(confidence)
    return Difference(
        value=(gained - lost) / n,
        low=-_tango_upper(lost, gained, n, z),
        high=_tango_upper(gained, lost, n, z),
        margin=margin,
        confidence=confidence,
        n=n,
    )


def _quantile(confidence: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(confidence)


def _tango_upper(gained: int, lost: int, n: int, z: float) -> float:
    """Return the largest difference that the score test does not reject."""
    from scipy.optimize import brentq

    def excess(delta: float) -> float:
        return _tango_score(gained, lost, n, delta) + z

    estimate = (gained - lost) / n
    if estimate >= 1.0 or excess(1.0 - 1e-12) > 0:
        return 1.0
    return float(brentq(excess, estimate, 1.0 - 1e-12, xtol=1e-12))


def _tango_score(gained: int, lost: int, n: int, delta: float) -> float:
    """Return the score statistic for the hypothesis that the difference is `delta`."""
    a = 2.0 * n
    b = -gained - lost + (2.0 * n - gained + lost) * delta
    c = -lost * delta * (1.0 - delta)
    root = math.sqrt(max(b * b - 4.0 * a * c, 0.0))
    lost_share = max((root - b) / (2.0 * a), 0.0)
    variance = n * (2.0 * lost_share + delta * (1.0 - delta))
    shift = gained - lost - n * delta
    if variance <= 0.0:
        return 0.0 if shift == 0 else math.copysign(math.inf, shift)
    return shift / math.sqrt(variance)


def wilson(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return Wilson's two-sided interval for a proportion.

    Source: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209; by scipy.
    """
    from scipy.stats import binomtest

    interval = binomtest(successes, n).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def auc_estimate(
    scores: NDArray[np.floating[Any]],
    reference: NDArray[np.floating[Any]],
    positive: NDArray[np.bool_],
) -> tuple[float, float]:
    """Return the difference of the areas under two ROC curves on the same rows, and its variance.

    Parameters
    ----------
    scores, reference : ndarray, shape (n,), float
        Score of one class by model and by reference.
    positive : ndarray, shape (n,), bool
        Whether a row is of that class; both kinds must occur.

    Returns
    -------
    tuple of float
        The variance is infinite where a single row is of the class, or is not.

    Notes
    -----
    Source: E. DeLong, D. DeLong, D. Clarke-Pearson, Biometrics 44 (1988) 837; with the midranks
    of X. Sun and W. Xu, IEEE Signal Processing Letters 21 (2014) 1389.
    """
    import numpy as np

    placements = [_placements(np.asarray(s, np.float64), positive) for s in (scores, reference)]
    value = float(placements[0][0].mean() - placements[1][0].mean())
    if min(int(positive.sum()), int((~positive).sum())) < _FEWEST:
        return value, math.inf
    variance = sum(
        float(np.var(placements[0][side] - placements[1][side], ddof=1)) / len(placements[0][side])
        for side in (0, 1)
    )
    return value, variance


def difference_of_areas(
    value: float, variance: float, n: int, *, margin: float, confidence: float = 0.95
) -> Difference:
    """Compare areas by what `auc_estimate` found on `n` rows."""
    slack = _quantile(confidence) * math.sqrt(variance)
    return Difference(value, value - slack, value + slack, margin, confidence, n)


def _placements(
    scores: NDArray[np.float64], positive: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return, for each positive and each negative row, the share of the others it is above/below.

    The mean of either is the area under the curve.
    """
    from scipy.stats import rankdata

    above, below = scores[positive], scores[~positive]
    ranks = rankdata(scores)
    over = (ranks[positive] - rankdata(above)) / len(below)
    under = 1.0 - (ranks[~positive] - rankdata(below)) / len(above)
    return over, under


def auc(scores: NDArray[np.floating[Any]], positive: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve of one class's score."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(positive, scores))
