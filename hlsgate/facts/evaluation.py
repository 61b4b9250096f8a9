"""What answers on the test rows are worth: one network's scores, and two networks held together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hlsgate.facts import curves, parity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def scored(
    probabilities: NDArray[np.floating[Any]], truth: NDArray[np.int64], names: Sequence[str]
) -> dict[str, Any]:
    """Score one network's answers; parameters are those of `hlsgate.facts.curves.roc_by_class`.

    Returns
    -------
    dict
        ``accuracy`` with its ``interval``, ``n``, ``auc`` by class, and what the report page
        draws: ``roc`` and ``confusion``; all of plain numbers.
    """
    right = probabilities.argmax(axis=1) == truth
    return {
        "accuracy": float(right.mean()),
        "interval": parity.wilson(int(right.sum()), len(truth)),
        "n": len(truth),
        "auc": {
            name: parity.auc(probabilities[:, label], truth == label)
            for label, name in enumerate(names)
        },
        "roc": curves.roc_by_class(probabilities, truth, names),
        "confusion": curves.confusion(probabilities, truth, names),
    }


def compared(
    probabilities: NDArray[np.floating[Any]],
    reference: NDArray[np.floating[Any]],
    truth: NDArray[np.int64],
    names: Sequence[str],
) -> dict[str, Any]:
    """Hold a network's answers against its reference's, on the same rows.

    Parameters
    ----------
    probabilities, reference : ndarray, shape (n, classes), float
        Of each class.
    truth, names
        As in `scored`.

    Returns
    -------
    dict
        ``gained`` and ``lost``, rows that one of them alone has right; ``n``; and ``auc``, by class
        the difference of the areas and its variance.
    """
    right, wanted = (one.argmax(axis=1) == truth for one in (probabilities, reference))
    return {
        "gained": int((right & ~wanted).sum()),
        "lost": int((~right & wanted).sum()),
        "n": len(truth),
        "auc": {
            name: parity.auc_estimate(probabilities[:, label], reference[:, label], truth == label)
            for label, name in enumerate(names)
        },
    }
