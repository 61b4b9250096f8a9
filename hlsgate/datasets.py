"""Data sets, split and scaled the same way for everybody, each known by a hash of its content."""

from __future__ import annotations

import hashlib
import json
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate.errors import DatasetError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.cache import Cache

FEATURES = (
    "zlogz", "c1_b0_mmdt", "c1_b1_mmdt", "c1_b2_mmdt", "c2_b1_mmdt", "c2_b2_mmdt",
    "d2_b1_mmdt", "d2_b2_mmdt", "d2_a1_b1_mmdt", "d2_a1_b2_mmdt", "m2_b1_mmdt", "m2_b2_mmdt",
    "n2_b1_mmdt", "n2_b2_mmdt", "mass_mmdt", "multiplicity",
)  # fmt: skip
"""Columns, in OpenML's order. Source: OpenML data set 42468."""

CLASSES = ("g", "q", "t", "w", "z")
"""Jet classes, in the order of their labels: gluon, light quark, top, W, Z."""

OPENML_ID = 42468
OPENML_ROWS = 830_000


@dataclass(frozen=True, eq=False)
class Dataset:
    """A split, standardised data set.

    Parameters
    ----------
    name : str
        For example ``"jets_embedded"``.
    sha256 : str
        Hash of the raw features, labels, split and names.
    x_train, x_test : ndarray, shape (n, features), float32
        Standardised: mean 0 and variance 1 over the training rows.
    y_train, y_test : ndarray, shape (n,), int64
        Class indices into `class_names`.
    feature_names, class_names : tuple of str
        Columns of ``x``, and what the labels mean.
    """

    name: str
    sha256: str
    x_train: NDArray[np.float32]
    y_train: NDArray[np.int64]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.int64]
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]


def content_digest(
    features: NDArray[np.float32], labels: NDArray[np.uint8], test: NDArray[np.bool_]
) -> str:
    """Return the sha256 over raw features, labels, split and names, with their types and shapes.

    However the rows are stored, equal content has an equal hash; ``jets.json`` states the same.
    """
    import numpy as np

    arrays = {
        "features": np.asarray(features, "<f4"),
        "labels": np.asarray(labels, np.uint8),
        "test": np.asarray(test, bool),
        "feature_names": np.array(FEATURES),
        "class_names": np.array(CLASSES),
    }
    total = hashlib.sha256()
    for name, array in arrays.items():
        total.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()


def embedded(folder: Path) -> Dataset:
    """Load the jets that come with hlsgate.

    Parameters
    ----------
    folder : pathlib.Path
        Holds ``jets.npz``, and ``jets.json`` with the hash that it must have.

    Raises
    ------
    DatasetError
        If a file is missing, or the jets are not those of the hash.
    """
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
            f"{path} is not the file that {card} describes (sha256 {wanted}); restore both from "
            "version control."
        )
    raw = _read_arrays(path)
    return _prepare("jets_embedded", raw["features"], raw["labels"], raw["test"])


def _read_arrays(path: Path) -> dict[str, Any]:
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in ("features", "labels", "test")}
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, KeyError) as error:
        raise DatasetError(f"{path} does not hold features, labels and test: {error}.") from error


def openml(cache: Cache) -> Dataset:
    """Load OpenML's ``hls4ml_lhc_jets_hlf`` (data set 42468), downloading it once.

    Split and scaling are those of the exercise: a fifth of the rows for testing, drawn with
    ``random_state=42``, and a scaler fitted on the rest.

    Parameters
    ----------
    cache : Cache
        Where the download and the parsed rows are kept.

    Raises
    ------
    DatasetError
        If OpenML cannot be reached or sends something else; nothing is kept then.
    """
    key = {"openml": OPENML_ID, "format": 1}
    entry = cache.entry("dataset", key, lambda folder: _download(cache.root, folder / "jets.npz"))
    raw = _read_arrays(entry / "jets.npz")
    return _prepare("jets_openml", raw["features"], raw["labels"], raw["test"])


def _download(home: Path, path: Path) -> None:
    """Fetch, check, split and store the raw rows."""
    import numpy as np
    from sklearn.model_selection import train_test_split

    features, labels = _checked(_fetch(home))
    _, test_rows = train_test_split(np.arange(len(labels)), test_size=0.2, random_state=42)
    test = np.zeros(len(labels), bool)
    test[test_rows] = True
    np.savez_compressed(path, features=features, labels=labels, test=test)


def _fetch(home: Path) -> Any:
    """Let scikit-learn fetch the data set into the folder ``openml`` below `home`."""
    from http.client import HTTPException

    from sklearn.datasets import fetch_openml

    try:
        with warnings.catch_warnings():
            # It warns before each new try; what matters is whether the last one succeeds.
            warnings.simplefilter("ignore")
            return fetch_openml(
                data_id=OPENML_ID, as_frame=False, parser="liac-arff", data_home=str(home)
            )
    except (OSError, HTTPException, ValueError, LookupError) as error:
        raise DatasetError(
            f"OpenML data set {OPENML_ID} could not be fetched ({error}) and is not in the cache "
            f"folder {home / 'openml'}; try again with a network, copy that folder from a machine "
            "that has it, or use the embedded jets (--dataset embedded)."
        ) from error


def _checked(bunch: Any) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Refuse anything that is not the data set: columns, classes, row count."""
    import numpy as np

    names, rows = tuple(bunch.feature_names), len(bunch.data)
    if names != FEATURES:
        raise DatasetError(f"OpenML {OPENML_ID} sent columns {names}, but should send {FEATURES}.")
    if rows != OPENML_ROWS:
        raise DatasetError(f"OpenML {OPENML_ID} sent {rows} rows, but should send {OPENML_ROWS}.")
    classes, labels = np.unique(np.asarray(bunch.target, str), return_inverse=True)
    if tuple(classes) != CLASSES:
        raise DatasetError(
            f"OpenML {OPENML_ID} sent classes {tuple(classes)}, but should send {CLASSES}."
        )
    return np.asarray(bunch.data, np.float32), labels.astype(np.uint8)


def _prepare(
    name: str,
    features: NDArray[np.float32],
    labels: NDArray[np.uint8],
    test: NDArray[np.bool_],
) -> Dataset:
    """Split and standardise."""
    import numpy as np
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(features[~test].astype(np.float64))

    def scaled(rows: NDArray[np.bool_]) -> NDArray[np.float32]:
        return np.asarray(scaler.transform(features[rows].astype(np.float64)), np.float32)

    return Dataset(
        name=name,
        sha256=content_digest(features, labels, test),
        x_train=scaled(~test),
        y_train=labels[~test].astype(np.int64),
        x_test=scaled(test),
        y_test=labels[test].astype(np.int64),
        feature_names=FEATURES,
        class_names=CLASSES,
    )
