"""The jets' rows: those that come with hlsgate, and the original ones of OpenML."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from hlsgate.data import datasets, openml
from hlsgate.infra.errors import DatasetError
from hlsgate.spec.suites import Loader, Rows

if TYPE_CHECKING:
    from hlsgate.infra.cache import Cache
    from hlsgate.infra.progress import Step

FEATURES = (
    "zlogz", "c1_b0_mmdt", "c1_b1_mmdt", "c1_b2_mmdt", "c2_b1_mmdt", "c2_b2_mmdt",
    "d2_b1_mmdt", "d2_b2_mmdt", "d2_a1_b1_mmdt", "d2_a1_b2_mmdt", "m2_b1_mmdt", "m2_b2_mmdt",
    "n2_b1_mmdt", "n2_b2_mmdt", "mass_mmdt", "multiplicity",
)  # fmt: skip
"""Columns, in OpenML's order. Source: OpenML data set 42468."""

CLASSES = ("g", "q", "t", "w", "z")
"""Jet classes, in the order of their labels: gluon, light quark, top, W, Z."""


def embedded(folder: Path) -> Loader:
    """Return a loader of the jets that come with hlsgate.

    Parameters
    ----------
    folder : pathlib.Path
        Holds ``jets.npz``, and ``jets.json`` with the hash that the file must have.
    """

    def load(_cache: Cache, _step: Step) -> Rows:
        path, card = folder / "jets.npz", folder / "jets.json"
        if not (path.is_file() and card.is_file()):
            raise DatasetError(
                f"{folder} lacks jets.npz or jets.json; restore both from version control."
            )
        try:
            wanted = json.loads(card.read_text())["file_sha256"]
        except (ValueError, TypeError, KeyError) as error:
            raise DatasetError(
                f"{card} does not state the jets' file_sha256; restore it from version control."
            ) from error
        if hashlib.sha256(path.read_bytes()).hexdigest() != wanted:
            raise DatasetError(
                f"{path} is not the file that {card} describes (sha256 {wanted}); restore both "
                "from version control."
            )
        return datasets.read_npz(path)

    return load


def original(cache: Cache, step: Step) -> Rows:
    """Load OpenML's ``hls4ml_lhc_jets_hlf`` (data set 42468), downloading it once.

    The split is that of the exercise, which is the one that is drawn where there is none.

    Raises
    ------
    DatasetError
        If OpenML cannot be reached or sends something else; or if the content is not what was
        pinned, by the project or by this cache's first load.
    """
    import numpy as np

    def digest_of(rows: Rows) -> str:
        test = datasets.drawn_split(len(rows.labels)) if rows.test is None else rows.test
        return datasets.content_digest(rows.features, rows.labels, test, FEATURES, CLASSES)

    def make(folder: Path) -> None:
        with step(f"fetch OpenML {openml.DATA_ID}") as progress:
            features, labels = openml.fetch(cache.root, FEATURES, CLASSES, progress)
        test = datasets.drawn_split(len(labels))
        digest = digest_of(Rows(features, labels, test))
        _pinned(digest, openml.CONTENT_SHA256, "the project")
        np.savez_compressed(folder / "jets.npz", features=features, labels=labels, test=test)
        (folder / "content.sha256").write_text(digest)

    entry = cache.entry("dataset", {"openml": openml.DATA_ID, "format": 2}, make)
    rows = datasets.read_npz(entry / "jets.npz")
    pin = (entry / "content.sha256").read_text()
    _pinned(digest_of(rows), pin, f"the cache in {entry}")
    return rows


def _pinned(digest: str, pin: str | None, whose: str) -> None:
    if pin is not None and digest != pin:
        raise DatasetError(
            f"OpenML {openml.DATA_ID} has the content {digest[:12]}, but {whose} pins {pin[:12]}; "
            "delete that folder of the cache, and look into it if it happens again."
        )
