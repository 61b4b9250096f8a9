"""Weights, trained from recipes, and what teachers say to that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from hlsgate.models import training
from hlsgate.models.keras2 import answering, setup
from hlsgate.pipeline.product import Content, Product, Work
from hlsgate.pipeline.stages import values, weights
from hlsgate.spec.declarations import UNNAMED, Variant

if TYPE_CHECKING:
    from hlsgate.data.datasets import Dataset
    from hlsgate.models.keras2.setup import Weights


@dataclass(frozen=True)
class Taught(Product):
    """A teacher's class probabilities on the training rows, shape (n, classes), float32."""

    KIND: ClassVar[str] = "taught"
    PACKAGES: ClassVar[tuple[str, ...]] = setup.PACKAGES

    network: Variant
    weights: Content[Weights]
    rows: Content[Dataset]

    def make(self, folder: Path, work: Work) -> None:  # noqa: ARG002
        """Ask Keras."""
        x = training.network_inputs(self.network, self.rows.get().x_train)
        logits = answering.logits(self.network, self.weights.get(), x)
        values.save(folder, training.teaching(logits))


@dataclass(frozen=True)
class Trained(Product):
    """Weights from a recipe.

    Parameters
    ----------
    network : Variant
        With its recipe.
    rows : Content of Dataset
        What is trained on.
    teacher : Taught or None
        What it learns from besides.
    processor : str
        On what kind of processor (`hlsgate.infra.determinism.processor`).
    """

    KIND: ClassVar[str] = "trained"
    PACKAGES: ClassVar[tuple[str, ...]] = setup.PACKAGES

    network: Variant
    rows: Content[Dataset]
    teacher: Taught | None
    processor: str

    def make(self, folder: Path, work: Work) -> None:
        """Train."""
        teacher = None
        if self.teacher is not None:
            teacher = values.load(work.made(self.teacher, "", UNNAMED))
        dataset = self.rows.get()
        found = training.train(
            self.network,
            dataset.x_train,
            dataset.y_train,
            teacher=teacher,
            progress=work.progress,
        )
        weights.save(folder, found)
