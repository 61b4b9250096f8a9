"""Projects that hls4ml writes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from hlsgate import conversion
from hlsgate.models.keras2 import building, setup
from hlsgate.pipeline.product import Content, Product, Work
from hlsgate.spec.declarations import Backend, Variant
from hlsgate.spec.project import Project, project_digest

if TYPE_CHECKING:
    from hlsgate.models.keras2.setup import Weights

_FOLDER, _ABOUT = "project", "project.json"


@dataclass(frozen=True)
class Converted(Product):
    """A project that hls4ml wrote, ending with softmax or with logits."""

    KIND: ClassVar[str] = "project"
    PACKAGES: ClassVar[tuple[str, ...]] = (*conversion.PACKAGES, *setup.PACKAGES)
    CHECK: ClassVar[tuple[str, ...]] = (_ABOUT,)

    network: Variant
    weights: Content[Weights]
    backend: Backend
    softmax: bool

    def make(self, folder: Path, work: Work) -> None:  # noqa: ARG002
        """Convert."""
        model = building.model_with(self.network, self.weights.get(), softmax=self.softmax)
        written = conversion.convert(self.network, model, self.backend, folder / _FOLDER)
        about = {name: value for name, value in asdict(written).items() if name != "folder"}
        about["sha256"] = project_digest(written.folder)
        (folder / _ABOUT).write_text(json.dumps(about))


def read_project(folder: Path) -> Project:
    """Return what `Converted` made."""
    return Project(folder=folder / _FOLDER, **json.loads((folder / _ABOUT).read_text()))
