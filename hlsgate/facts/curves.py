"""What classifiers confuse and how well they tell classes apart, small enough to be kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LOWEST_BACKGROUND = 1e-3
"""Below it, a thousand jets of background leave less than one."""

_POINTS_PER_DECADE = 10
_DIGITS = 6


def background_grid() -> list[float]:
    """Return the shares of background at which ROC curves are kept: equal steps in the logarithm.

    Examples
    --------
    >>> grid = background_grid()
    >>> len(grid), grid[0], grid[-1]
    (31, 0.001, 1.0)
    """
    import numpy as np

    decades = -np.log10(LOWEST_BACKGROUND)
    steps = np.linspace(-decades, 0, round(decades * _POINTS_PER_DECADE) + 1)
    return [float(value) for value in np.round(10.0**steps, _DIGITS)]


def roc(
    scores: NDArray[np.floating[Any]], positive: NDArray[np.bool_], background: Sequence[float]
) -> list[float]:
    """Return the largest share of signal that is kept with at most so much background.

    Parameters
    ----------
    scores : ndarray, shape (n,), float
        Score of one class.
    positive : ndarray, shape (n,), bool
        Whether a row is of that class; both kinds must occur.
    background : sequence of float
        Largest shares of the other rows.

    Returns
    -------
    list of float
        One share for each of `background`, attained by a threshold; nothing is interpolated.
    """
    import numpy as np
    from sklearn.metrics import roc_curve

    false, true, _ = roc_curve(positive, scores, drop_intermediate=False)
    last = np.searchsorted(false, np.asarray(background), side="right") - 1
    return [float(value) for value in np.round(true[last], _DIGITS)]


def roc_by_class(
    probabilities: NDArray[np.floating[Any]], truth: NDArray[np.int64], names: Sequence[str]
) -> dict[str, Any]:
    """Return ROC curves of every class against the rest.

    Parameters
    ----------
    probabilities : ndarray, shape (n, classes), float
        Outputs of a model.
    truth : ndarray, shape (n,), int
        Class of each row.
    names : sequence of str
        Names of the classes.

    Returns
    -------
    dict
        ``background``, a list of shares, and ``signal``, by class a list of the same length.
    """
    grid = background_grid()
    signal = {
        name: roc(probabilities[:, label], truth == label, grid) for label, name in enumerate(names)
    }
    return {"background": grid, "signal": signal}


def confusion(
    probabilities: NDArray[np.floating[Any]], truth: NDArray[np.int64], names: Sequence[str]
) -> dict[str, Any]:
    """Count what is taken for what; parameters are those of `roc_by_class`.

    Returns
    -------
    dict
        ``classes``, in order, and ``counts``: one row for each true class, one column for each
        class that the model chose.
    """
    import numpy as np

    counts = np.zeros((len(names), len(names)), np.int64)
    np.add.at(counts, (truth, probabilities.argmax(axis=1)), 1)
    return {"classes": list(names), "counts": counts.tolist()}
