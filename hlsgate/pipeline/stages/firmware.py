"""Written sources, held against what is declared."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypedDict

from hlsgate.diagnosis import configured, firmware
from hlsgate.pipeline.product import Content, Product, Work
from hlsgate.spec.declarations import Backend, Variant
from hlsgate.spec.layers import KerasLayer
from hlsgate.spec.project import Project

if TYPE_CHECKING:
    from hlsgate.models.keras2.setup import Weights

_FACTS = "facts.json"


class FirmwareFacts(TypedDict):
    """What written sources say.

    Facts that were looked up, those that are wrong, in words, and the largest difference of inputs
    that the softmax's table was filled for.
    """

    facts: int
    wrong: list[str]
    softmax_range: float | None


@dataclass(frozen=True)
class Firmware(Product):
    """What is found of the declared things."""

    KIND: ClassVar[str] = "firmware"

    network: Variant
    layers: Sequence[KerasLayer]
    weights: Content[Weights]
    backend: Backend
    project: Project
    softmax: bool

    def make(self, folder: Path, work: Work) -> None:  # noqa: ARG002
        """Look up."""
        found = configured.facts(
            self.network, self.layers, self.weights.get(), self.backend, self.project
        )
        facts: FirmwareFacts = {
            "facts": len(found),
            "wrong": [str(fact) for fact in found if not fact.holds],
            "softmax_range": firmware.softmax_range(self.project) if self.softmax else None,
        }
        (folder / _FACTS).write_text(json.dumps(facts))


def read(folder: Path) -> FirmwareFacts:
    """Return what `Firmware` made."""
    found: FirmwareFacts = json.loads((folder / _FACTS).read_text())
    return found
