"""Data sets, split and scaled the same way for everybody, each known by a hash of its content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate.infra import opening, sources
from hlsgate.infra.errors import DatasetError
from hlsgate.infra.packages import versions
from hlsgate.infra.progress import Step, silent
from hlsgate.inspection import arrays, parquet
from hlsgate.inspection.limited import Refused
from hlsgate.spec.suites import Benchmark, Rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.infra.cache import Cache

MAX_BYTES = parquet.MAX_BYTES
"""Largest file of rows that is read, unpacked."""

_BYTE = 256


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set as networks get it: split, scaled, every row flat.

    Parameters
    ----------
    name : str
        For example ``"jets_embedded"``.
    sha256 : str
        Hash of the raw features, labels, split and names.
    x_train, x_test : ndarray, shape (n, features), float32
        Scaled as the benchmark says.
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
    features: NDArray[Any],
    labels: NDArray[Any],
    test: NDArray[np.bool_],
    feature_names: Sequence[str],
    class_names: Sequence[str],
) -> str:
    """Return the sha256 over raw features, labels, split and names, with their types and shapes.

    However the rows are stored, equal content has an equal hash; ``jets.json`` states the same.
    """
    import numpy as np

    arrays = {
        "features": np.asarray(features, "<f4"),
        "labels": np.asarray(labels, np.uint8 if len(class_names) <= _BYTE else "<i8"),
        "test": np.asarray(test, bool),
        "feature_names": np.array(feature_names),
        "class_names": np.array(class_names),
    }
    total = hashlib.sha256()
    for name, array in arrays.items():
        total.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()


def load(benchmark: Benchmark, choice: str | None, cache: Cache, step: Step = silent) -> Dataset:
    """Load a benchmark's data set, or another one of its form.

    Parameters
    ----------
    benchmark : Benchmark
        What the rows are for.
    choice : str or None
        A name in its `others`, or the path of an npz or parquet file; None for its own data.
    cache : Cache
        Where loaders keep what they download.
    step : callable
        Shows progress.

    Raises
    ------
    DatasetError
        If the rows cannot be had or do not have the benchmark's form; the message says what is
        wrong.
    """
    own = benchmark.name or benchmark.key
    if choice is None:
        source, name, where = benchmark.data, own, f"the data of {benchmark.key}"
    elif choice in benchmark.others:
        name = f"{benchmark.key}_{choice}"
        source, where = benchmark.others[choice], f"{choice} of {benchmark.key}"
    else:
        source, name, where = Path(choice), f"{benchmark.key}_{Path(choice).stem}", choice
    if isinstance(source, Path):
        rows, where = read(source, benchmark.features), str(source)
    else:
        rows = source(cache, step)
    return _prepare(name, benchmark, fitting(where, rows, benchmark), cache)


def choices(named: Sequence[str], benchmarks: Sequence[Benchmark]) -> dict[str, str]:
    """Return which other data set each benchmark gets, by its key.

    Parameters
    ----------
    named : sequence of str
        ``BENCHMARK=NAME``; or just ``NAME``, where one benchmark alone knows it, or there is but
        one.
    benchmarks : sequence of Benchmark
        Those there are.

    Raises
    ------
    DatasetError
        If a benchmark is unknown, or it is not clear which one is meant.
    """
    found = {}
    keys = [benchmark.key for benchmark in benchmarks]
    for text in named:
        key, mark, name = text.partition("=")
        if not mark:
            name = text
            fitting = [one.key for one in benchmarks if name in one.others] or keys
            key = fitting[0] if len(fitting) == 1 else ""
        if key not in keys:
            raise DatasetError(
                f"--dataset {text}: of which benchmark? Write {keys[0]}={name}; there are "
                f"{', '.join(keys)}."
            )
        found[key] = name
    return found


def read(path: Path, columns: Sequence[str] = ()) -> Rows:
    """Read rows of one's own.

    Parameters
    ----------
    path : pathlib.Path
        An npz file with ``features`` (n, ...), ``labels`` (n,) and, if there is one, the split
        ``test`` (n,) of bool; or a parquet file with `columns`, ``label`` and perhaps ``test``.
    columns : sequence of str
        Names of the features, for parquet.

    Raises
    ------
    DatasetError
        If it is no such file, or too large.
    """
    if path.suffix not in (".npz", ".parquet"):
        raise DatasetError(f"{path} is neither an npz nor a parquet file.")
    return _read_parquet(path, columns) if path.suffix == ".parquet" else read_npz(path)


def read_npz(path: Path) -> Rows:
    """Read rows from an npz file; pickled objects are refused."""
    with _told(path, "features and labels"):
        stored = arrays.read(path, MAX_BYTES, ("features", "labels", "test"))
        return Rows(stored["features"], stored["labels"], stored.get("test"))


def _read_parquet(path: Path, columns: Sequence[str]) -> Rows:
    import numpy as np

    if find_spec("pyarrow") is None:
        raise DatasetError(f"reading {path} needs pyarrow; install it, or give npz.")
    with _told(path, "the columns that it should"):
        found = parquet.read(path, [*columns, "label", "test"] if columns else ())
        names = columns or [name for name in found if name not in ("label", "test")]
        features = np.stack([found[name] for name in names], axis=1)
        return Rows(features, found["label"], found.get("test"))


@contextmanager
def _told(path: Path, what: str) -> Iterator[None]:
    """Say in a sentence why a file cannot be read."""
    try:
        yield
    except (FileNotFoundError, opening.NoRegularFileError) as error:
        raise DatasetError(
            f"{path} is not there, or is no file; name an npz or parquet file."
        ) from error
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({error.strerror or error}).") from error
    except (Refused, KeyError, ValueError) as error:
        raise DatasetError(f"{path} does not hold {what}: {error}.") from error


def drawn_split(rows: int) -> NDArray[np.bool_]:
    """Mark a fifth of the rows to test on, the same ones on every run.

    The split of the exercise, so that OpenML's jets are split as there.
    """
    import numpy as np
    from sklearn.model_selection import train_test_split

    _, test_rows = train_test_split(np.arange(rows), test_size=0.2, random_state=42)
    test = np.zeros(rows, bool)
    test[test_rows] = True
    return test


def fitting(where: str, raw: Rows, benchmark: Benchmark) -> Rows:
    """Check shapes, types and values of rows, and return them flat, with their split.

    Parameters
    ----------
    where : str
        Where they come from, for messages.
    raw : Rows
        From a file or a loader.
    benchmark : Benchmark
        What they are for.

    Raises
    ------
    DatasetError
        If they do not fit.
    """
    import numpy as np

    def demand(good: object, problem: str) -> None:
        if not good:
            raise DatasetError(f"{where}: {problem}.")

    features, labels = np.asarray(raw.features), np.asarray(raw.labels)
    demand(labels.ndim == 1, f"labels have shape {labels.shape}, should be one for each row")
    rows, names = len(labels), benchmark.features
    demand(rows > 1, f"there are {rows} rows")
    shape = features.shape
    if names:
        wanted = (rows, len(names))
        demand(shape == wanted, f"features have shape {shape}, should be {wanted}")
    demand(len(shape) > 1 and shape[0] == rows, f"features have shape {shape} for {rows} labels")
    demand(features.dtype.kind in "fiu", f"features are {features.dtype}, should be numbers")
    with np.errstate(over="ignore"):  # what is beyond float32 becomes infinite, and is told
        flat = features.reshape(rows, -1).astype(np.float32)
    bad = np.flatnonzero(~np.isfinite(flat).all(axis=1))
    demand(not len(bad), f"row {bad[:1]} of the features is not finite")
    demand(labels.dtype.kind in "iu", f"labels are {labels.dtype}, should be whole numbers")
    last = len(benchmark.classes) - 1
    found = np.unique(labels)
    demand(set(found) == set(range(last + 1)), f"labels are {found}, should be 0 to {last}")
    test = drawn_split(rows) if raw.test is None else np.asarray(raw.test)
    demand(test.shape == (rows,), f"test has shape {test.shape}, should be {(rows,)}")
    demand(test.dtype == bool, f"test is {test.dtype}, should be bool")
    demand(0 < test.sum() < rows, "test marks all rows or none")
    return Rows(flat, labels.astype(np.int64), test)


def _prepare(name: str, benchmark: Benchmark, raw: Rows, cache: Cache) -> Dataset:
    """Split and scale."""
    features, labels, test = raw.features, raw.labels, raw.test
    assert test is not None, "checked rows are split"
    names = benchmark.features or tuple(f"x{number}" for number in range(features.shape[1]))
    train_rows, test_rows = features[~test], features[test]
    sha256 = content_digest(features, labels, test, names, benchmark.classes)
    if benchmark.standardise:
        train_rows, test_rows = _kept_standardised(sha256, train_rows, test_rows, cache)
    return Dataset(
        name=name,
        sha256=sha256,
        x_train=train_rows,
        y_train=labels[~test],
        x_test=test_rows,
        y_test=labels[test],
        feature_names=names,
        class_names=benchmark.classes,
    )


def _kept_standardised(
    sha256: str, train: NDArray[np.float32], test: NDArray[np.float32], cache: Cache
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Scale, once: the import of scikit-learn alone takes longer than to read what it gave."""
    import numpy as np

    key = {
        "rows": sha256,
        "versions": versions(("numpy", "scikit-learn")),
        "source": sources.read(Path(__file__)).code,
    }

    def make(folder: Path) -> None:
        for name, rows in zip(_SCALED, _standardised(train, test), strict=True):
            np.save(folder / name, rows, allow_pickle=False)

    folder = cache.entry("scaled", key, make)
    found, others = (np.load(folder / name, allow_pickle=False) for name in _SCALED)
    return found, others


_SCALED = ("train.npy", "test.npy")


def _standardised(
    train: NDArray[np.float32], test: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    import numpy as np
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(train.astype(np.float64))

    def scaled(rows: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(scaler.transform(rows.astype(np.float64)), np.float32)

    return scaled(train), scaled(test)
