"""Networks as exact logic, and rows that are run through it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from hlsgate import conversion, logic
from hlsgate.infra.errors import TracingError
from hlsgate.logic import tracing
from hlsgate.models.keras2 import building, setup
from hlsgate.pipeline.product import Content, Product, Work
from hlsgate.pipeline.stages import values
from hlsgate.spec.declarations import Backend, Variant
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.synthesis.reports import da4ml

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.models.keras2.setup import Weights

_REFUSED = "refused.json"


@dataclass(frozen=True)
class Traced(Product):
    """A variant's logits as logic, its counts and its Verilog; or why it cannot be traced.

    Parameters
    ----------
    network, weights, backend
        What is traced, as hls4ml converts it.
    version : str
        Of da4ml.
    """

    KIND: ClassVar[str] = "logic"
    PACKAGES: ClassVar[tuple[str, ...]] = (
        *logic.PACKAGES,
        *conversion.PACKAGES,
        *setup.PACKAGES,
    )

    network: Variant
    weights: Content[Weights]
    backend: Backend
    version: str

    def make(self, folder: Path, work: Work) -> None:  # noqa: ARG002
        """Trace."""
        model = building.model_with(self.network, self.weights.get(), softmax=False)
        graph = conversion.model_graph(self.network, model, self.backend, folder / "unwritten")
        try:
            traced = tracing.trace(graph)
        except TracingError as error:
            (folder / _REFUSED).write_text(json.dumps(str(error)))
            return
        traced.save(folder)
        traced.write_verilog(folder)
        counts = {"da4ml": self.version, "metrics": traced.metrics()}
        (folder / da4ml.FILE).write_text(json.dumps(counts, indent=1))


def refusal(folder: Path) -> str | None:
    """Return why `Traced` made no logic; None where it did."""
    if not (folder / _REFUSED).exists():
        return None
    reason: str = json.loads((folder / _REFUSED).read_text())
    return reason


@dataclass(frozen=True)
class Interpreted(Product):
    """What logic computes from rows: logits, shape (n, classes), float64."""

    KIND: ClassVar[str] = "interpreted"

    logic: Content[Path]
    rows: Content[NDArray[np.floating[Any]]]
    inputs: Fixed | None

    def make(self, folder: Path, work: Work) -> None:  # noqa: ARG002
        """Run."""
        x = self.rows.get()
        x = x if self.inputs is None else self.inputs.round(x)
        values.save(folder, logic.load(self.logic.get()).predict(x))
