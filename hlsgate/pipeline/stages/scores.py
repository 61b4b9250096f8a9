"""What answers are worth: of one network, and of two held together."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from hlsgate.facts import evaluation
from hlsgate.models import training
from hlsgate.pipeline.product import Content, Product, Work

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.data.datasets import Dataset

_FACTS = "facts.json"


@dataclass(frozen=True)
class Scored(Product):
    """What Keras' answers score.

    Parameters
    ----------
    answers : tuple of Content of ndarray, shape (n, classes)
        Logits of one network, or of two of which the second is the reference.
    rows : Content of Dataset
        Whose test rows they are on.
    classes : tuple of str
        Names of the classes.
    """

    KIND: ClassVar[str] = "scored"
    PACKAGES: ClassVar[tuple[str, ...]] = ("numpy", "scikit-learn", "scipy")

    answers: tuple[Content[NDArray[np.float32]], ...]
    rows: Content[Dataset]
    classes: tuple[str, ...]

    def make(self, folder: Path, work: Work) -> None:  # noqa: ARG002
        """Evaluate."""
        evaluate: Callable[..., dict[str, Any]] = (
            evaluation.scored if len(self.answers) == 1 else evaluation.compared
        )
        shares = [training.softmax(one.get()) for one in self.answers]
        found = evaluate(*shares, self.rows.get().y_test, self.classes)
        (folder / _FACTS).write_text(json.dumps(found))


def read(folder: Path) -> dict[str, Any]:
    """Return what `Scored` made."""
    found: dict[str, Any] = json.loads((folder / _FACTS).read_text())
    return found
