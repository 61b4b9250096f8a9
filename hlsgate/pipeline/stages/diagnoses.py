"""Every layer's outputs, held against Keras itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from hlsgate import conversion
from hlsgate.diagnosis import diagnosing
from hlsgate.diagnosis.diagnosing import Subject
from hlsgate.emulation import Compiler
from hlsgate.infra import scratch
from hlsgate.models.keras2 import building, setup
from hlsgate.pipeline.product import Content, Product, Work
from hlsgate.spec.declarations import Backend, Variant

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.models.keras2.setup import Weights
    from hlsgate.spec.fixedpoint import Fixed

_LAYERS = "layers.json"


@dataclass(frozen=True)
class Diagnosed(Product):
    """Errors of every layer, as results keep them (docs/results.md).

    Parameters
    ----------
    network, weights, backend
        What is emulated, with probes.
    compiler, headers
        By what; as of `hlsgate.pipeline.stages.emulations.Library`.
    rows, count
        First test rows.
    plain : Content of ndarray, shape (n, classes)
        What it computes without probes, which must change nothing.
    """

    KIND: ClassVar[str] = "diagnosed"
    PACKAGES: ClassVar[tuple[str, ...]] = (*conversion.PACKAGES, *setup.PACKAGES)

    network: Variant
    weights: Content[Weights]
    backend: Backend
    compiler: Compiler
    headers: str
    rows: Content[NDArray[np.float32]]
    count: int
    plain: Content[NDArray[np.float64]]

    def make(self, folder: Path, work: Work) -> None:
        """Build with probes, run and compare."""
        looked_at = subject(self.network, self.weights.get(), self.backend, {})
        x = self.network.input_type.round(self.rows.get()[: self.count])
        with scratch.folder() as place:
            found = diagnosing.run(
                looked_at, x, place, plain=self.plain.get()[: self.count], cache=work.cache
            )
        (folder / _LAYERS).write_text(json.dumps(found.layers_as_json()))


def subject(
    variant: Variant, weights: Weights, backend: Backend, casts: Mapping[str, Fixed]
) -> Subject:
    """Return a variant as what is diagnosed."""
    model = building.model_with(variant, weights)
    settings = conversion.settings_of(variant, model)
    return Subject(variant.key, model, settings, backend, casts)


def read(folder: Path) -> list[dict[str, Any]]:
    """Return what `Diagnosed` made."""
    found: list[dict[str, Any]] = json.loads((folder / _LAYERS).read_text())
    return found
