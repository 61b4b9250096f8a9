"""Weights that products hold, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hlsgate.models import checkpoints
from hlsgate.models.checkpoints import Checkpoint
from hlsgate.spec.declarations import UNNAMED, Variant

if TYPE_CHECKING:
    from hlsgate.models.keras2.setup import Weights

_FILE = "weights.npz"


def save(folder: Path, weights: Weights) -> None:
    """Write a product that is the weights of one network."""
    checkpoints.save(folder / _FILE, Checkpoint(weights, {"variant": UNNAMED}))


def load(folder: Path, network: Variant) -> Weights:
    """Read it, and check that it fits its network."""
    return checkpoints.load(folder / _FILE, network).weights
