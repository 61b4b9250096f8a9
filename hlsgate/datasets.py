"""Data sets, split and scaled the same way for everybody, each known by a hash of its content."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate import openml
from hlsgate.errors import DatasetError
from hlsgate.progress import Step, silent

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

    @cached_property
    def prepared_sha256(self) -> str:
        """Hash of the rows as they are used: split and standardised."""
        total = hashlib.sha256()
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            total.update(array.tobytes())
        return total.hexdigest()


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


def _read_arrays(path: Path, optional: tuple[str, ...] = ()) -> dict[str, Any]:
    import numpy as np

    wanted = ("features", "labels", "test")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {n: arrays[n] for n in wanted if n in arrays.files or n not in optional}
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, KeyError) as error:
        raise DatasetError(f"{path} does not hold features, labels and test: {error}.") from error


def original(cache: Cache, step: Step = silent) -> Dataset:
    """Load OpenML's ``hls4ml_lhc_jets_hlf`` (data set 42468), downloading it once.

    Split and scaling are those of the exercise: a fifth of the rows for testing, drawn with
    ``random_state=42``, and a scaler fitted on the rest.

    Parameters
    ----------
    cache : Cache
        Where the download and the parsed rows are kept.
    step : callable
        Shows progress.

    Raises
    ------
    DatasetError
        If OpenML cannot be reached or sends something else; or if the content is not what was
        pinned, by the project or by this cache's first load.
    """

    def make(folder: Path) -> None:
        with step(f"fetch OpenML {openml.DATA_ID}") as progress:
            features, labels = openml.fetch(cache.root, FEATURES, CLASSES, progress)
        test = _exercise_split(len(labels))
        digest = content_digest(features, labels, test)
        _pinned(digest, openml.CONTENT_SHA256, "the project")
        np.savez_compressed(folder / "jets.npz", features=features, labels=labels, test=test)
        (folder / "content.sha256").write_text(digest)

    import numpy as np

    entry = cache.entry("dataset", {"openml": openml.DATA_ID, "format": 2}, make)
    raw = _read_arrays(entry / "jets.npz")
    found = _prepare("jets_openml", raw["features"], raw["labels"], raw["test"])
    _pinned(found.sha256, (entry / "content.sha256").read_text(), f"the cache in {entry}")
    return found


def _exercise_split(rows: int) -> NDArray[np.bool_]:
    """Mark the fifth of the rows that the exercise tests on."""
    import numpy as np
    from sklearn.model_selection import train_test_split

    _, test_rows = train_test_split(np.arange(rows), test_size=0.2, random_state=42)
    test = np.zeros(rows, bool)
    test[test_rows] = True
    return test


def _pinned(digest: str, pin: str | None, whose: str) -> None:
    if pin is not None and digest != pin:
        raise DatasetError(
            f"OpenML {openml.DATA_ID} has the content {digest[:12]}, but {whose} pins {pin[:12]}; "
            "delete that folder of the cache, and look into it if it happens again."
        )


def from_file(path: Path) -> Dataset:
    """Load jets from a file of one's own.

    Parameters
    ----------
    path : pathlib.Path
        An npz file with ``features`` (n, 16), ``labels`` (n,) from 0 to 4 and, if there is one,
        the split ``test`` (n,) of bool; or a parquet file with the sixteen columns, ``label`` and
        perhaps ``test``. Without a split, the exercise's is drawn.

    Raises
    ------
    DatasetError
        If the file does not have this form; the message says what is wrong.
    """
    if path.suffix not in (".npz", ".parquet"):
        raise DatasetError(f"{path} is neither an npz nor a parquet file.")
    raw = _read_parquet(path) if path.suffix == ".parquet" else _read_arrays(path, ("test",))
    features, labels, test = _fitting(path, raw)
    return _prepare(f"jets_{path.stem}", features, labels, test)


def _read_parquet(path: Path) -> dict[str, Any]:
    import numpy as np

    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        raise DatasetError(f"reading {path} needs pyarrow; install it, or give npz.") from error
    try:
        table = parquet.read_table(path)
        columns = {name: table.column(name).to_numpy() for name in table.column_names}
        features = np.stack([columns[name] for name in FEATURES], axis=1)
        raw = {"features": features, "labels": columns["label"]}
    except (ArrowException, OSError, KeyError, ValueError) as error:
        raise DatasetError(f"{path} does not hold the columns of the jets: {error}.") from error
    return raw | ({"test": columns["test"]} if "test" in columns else {})


def _fitting(
    path: Path, raw: Mapping[str, Any]
) -> tuple[NDArray[np.float32], NDArray[np.uint8], NDArray[np.bool_]]:
    """Check shapes, types and values of rows from outside."""
    import numpy as np

    def demand(good: object, problem: str) -> None:
        if not good:
            raise DatasetError(f"{path}: {problem}.")

    features, labels = np.asarray(raw["features"]), np.asarray(raw["labels"])
    rows = len(labels)
    shape = (rows, len(FEATURES))
    demand(features.shape == shape, f"features have shape {features.shape}, should be {shape}")
    demand(features.dtype.kind in "fiu", f"features are {features.dtype}, should be numbers")
    bad = np.flatnonzero(~np.isfinite(features.astype(np.float64)).all(axis=1))
    demand(not len(bad), f"row {bad[:1]} of the features is not finite")
    demand(labels.ndim == 1, f"labels have shape {labels.shape}, should be one for each row")
    demand(labels.dtype.kind in "iu", f"labels are {labels.dtype}, should be whole numbers")
    known = set(range(len(CLASSES)))
    demand(set(np.unique(labels)) == known, f"labels are {np.unique(labels)}, should be 0 to 4")
    test = np.asarray(raw.get("test", _exercise_split(rows)))
    demand(test.shape == (rows,), f"test has shape {test.shape}, should be {(rows,)}")
    demand(test.dtype == bool, f"test is {test.dtype}, should be bool")
    demand(0 < test.sum() < rows, "test marks all rows or none")
    return features.astype(np.float32), labels.astype(np.uint8), test


def chosen(name: str, jets: Path, cache: Cache, step: Step = silent) -> Dataset:
    """Load the data set that ``--dataset`` names.

    Parameters
    ----------
    name : str
        ``"embedded"``, ``"openml"``, or the path of a file.
    jets : pathlib.Path
        Folder of the embedded jets.
    cache, step
        As in `original`.
    """
    if name == "embedded":
        return embedded(jets)
    if name == "openml":
        return original(cache, step)
    return from_file(Path(name))


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
