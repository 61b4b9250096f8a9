"""Of Keras models: their layers, the weights that saved ones come with, and their answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from hlsgate.models.keras2 import answering, building, describing, setup
from hlsgate.pipeline.product import Content, Product, Work
from hlsgate.pipeline.stages import values, weights
from hlsgate.spec import architecture
from hlsgate.spec.declarations import Variant
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.spec.layers import KerasLayer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.models.keras2.setup import Weights

_LAYERS = "layers.json"


@dataclass(frozen=True)
class Layers(Product):
    """The layers of a model that only itself can describe."""

    KIND: ClassVar[str] = "layers"
    PACKAGES: ClassVar[tuple[str, ...]] = setup.PACKAGES

    network: Variant

    def make(self, folder: Path, work: Work) -> None:  # noqa: ARG002
        """Ask Keras."""
        found = describing.describe(building.build(self.network))
        (folder / _LAYERS).write_text(json.dumps(architecture.as_json(found)))


def read_layers(folder: Path) -> list[KerasLayer]:
    """Return what `Layers` made."""
    return architecture.from_json(json.loads((folder / _LAYERS).read_text()))


@dataclass(frozen=True)
class SavedWeights(Product):
    """The weights that a saved model comes with, as hardware gets them."""

    KIND: ClassVar[str] = "saved"
    PACKAGES: ClassVar[tuple[str, ...]] = setup.PACKAGES

    network: Variant

    def make(self, folder: Path, work: Work) -> None:  # noqa: ARG002
        """Ask Keras."""
        found = building.hardware_weights(building.build(self.network))
        weights.save(folder, found)


@dataclass(frozen=True)
class KerasLogits(Product):
    """What Keras answers on rows.

    Parameters
    ----------
    network : Variant
        Its model.
    weights : Content of mapping of str to ndarray
        Of that model.
    rows : Content of ndarray, shape (n, inputs)
        As they are before the network's own rounding.
    inputs : Fixed or None
        Type that rows become; None leaves them.
    cast : bool
        Cut and wrap rows as the firmware does, instead of rounding them.
    casts : mapping of str to Fixed
        Types that outputs of layers are cut to.
    """

    KIND: ClassVar[str] = "keras"
    PACKAGES: ClassVar[tuple[str, ...]] = setup.PACKAGES

    network: Variant
    weights: Content[Weights]
    rows: Content[NDArray[np.floating[Any]]]
    inputs: Fixed | None
    cast: bool
    casts: Mapping[str, Fixed]

    def make(self, folder: Path, work: Work) -> None:  # noqa: ARG002
        """Compute them, shape (n, classes), float32."""
        x = self.rows.get()
        if self.inputs is not None:
            x = self.inputs.cast(x).astype("float32") if self.cast else self.inputs.round(x)
        found = answering.logits(self.network, self.weights.get(), x, self.casts)
        values.save(folder, found)
