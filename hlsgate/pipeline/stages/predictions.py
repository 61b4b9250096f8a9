"""hls4ml's own ``compile`` and ``predict``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from hlsgate import conversion
from hlsgate.emulation import Compiler, hls4ml_plugin
from hlsgate.models.keras2 import building, setup
from hlsgate.pipeline.product import Content, Product, Work
from hlsgate.pipeline.stages import values
from hlsgate.spec.declarations import Backend, Variant

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.models.keras2.setup import Weights


@dataclass(frozen=True)
class Predicted(Product):
    """What hls4ml itself predicts on the first rows: logits, shape (count, classes), float64."""

    KIND: ClassVar[str] = "predicted"
    PACKAGES: ClassVar[tuple[str, ...]] = (*conversion.PACKAGES, *setup.PACKAGES)

    network: Variant
    weights: Content[Weights]
    backend: Backend
    compiler: Compiler
    headers: str
    rows: Content[NDArray[np.float32]]
    count: int

    def make(self, folder: Path, work: Work) -> None:  # noqa: ARG002
        """Convert, compile and predict."""
        hls4ml_plugin.install()
        model = building.model_with(self.network, self.weights.get(), softmax=False)
        x = self.network.input_type.round(self.rows.get()[: self.count])
        project = folder / "project"
        values.save(folder, conversion.predict(self.network, model, self.backend, project, x))
