"""Saved Keras models and rows from outside: what Keras reads is a copy of what was inspected.

Nothing that a file holds may run, and no other file may be read through it. So what is known to be
data is allowed, by `hlsgate.inspection`, and copied; all else is refused in a sentence.
docs/saved-models.md says what is allowed.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate.infra import documents, opening
from hlsgate.infra.errors import DiagnosisError
from hlsgate.inspection import archive, arrays, config, hdf5
from hlsgate.inspection.limited import Refused

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_DATA_BYTES = 2 * 2**30
"""Largest file of rows that is read, unpacked."""

_DEEPEST = 60
_SAVE = "save it with model.save() of Keras 2 (TensorFlow 2.14)"


@contextmanager
def inspected(path: Path) -> Iterator[Path]:
    """Inspect a saved model, and give a copy that holds what was inspected and nothing else.

    Parameters
    ----------
    path : pathlib.Path
        A ``.keras`` or ``.h5`` file.

    Yields
    ------
    pathlib.Path
        A file of the same kind, which is gone afterwards.

    Raises
    ------
    DiagnosisError
        If it is refused, with the reason, in a sentence.
    """
    readers = {".keras": _archive, ".h5": _hdf5, ".hdf5": _hdf5}
    if path.suffix not in readers:
        raise DiagnosisError(f"{path}: name a .keras or an .h5 file.")
    with tempfile.TemporaryDirectory(prefix="hlsgate-model-") as folder:
        try:
            copied = readers[path.suffix](path, Path(folder))
        except OSError as error:
            raise DiagnosisError(f"{path} cannot be read ({error.strerror or error}).") from error
        except Refused as refusal:
            raise DiagnosisError(f"{path} is refused: {refusal}.") from refusal
        yield copied


def _archive(path: Path, folder: Path) -> Path:
    with opening.regular(path, hdf5.MAX_BYTES) as file:
        archive.unpack(file, folder, hdf5.MAX_BYTES)
    metadata = _parsed((folder / archive.METADATA).read_bytes(), archive.METADATA)
    _require_keras_2(metadata.get("keras_version"))
    content = _parsed((folder / archive.CONFIG).read_bytes(), archive.CONFIG)
    content.pop("compile_config", None)  # of training, which nothing here does
    config.check(content)
    weights, copied = folder / "clean.h5", folder / "model.keras"
    hdf5.clean(folder / archive.WEIGHTS, weights)
    archive.pack(
        copied,
        {
            archive.METADATA: json.dumps({"keras_version": str(metadata.get("keras_version"))}),
            archive.CONFIG: json.dumps(content),
            archive.WEIGHTS: weights,
        },
    )
    return copied


def _hdf5(path: Path, folder: Path) -> Path:
    import h5py

    opening.regular(path, hdf5.MAX_BYTES).close()
    copied = folder / "model.h5"
    hdf5.clean(path, copied)
    with h5py.File(copied) as stored:
        text = stored.attrs.get("model_config")
        version = stored.attrs.get("keras_version")
        if text is None or "model_weights" not in stored:
            raise Refused(
                f"it is no whole saved Keras model, but perhaps its weights alone; {_SAVE}"
            )
    _require_keras_2(version)
    config.check(_parsed(text, "model_config"))
    return copied


def _require_keras_2(version: Any) -> None:
    told = version.decode("utf-8", "replace") if isinstance(version, bytes) else str(version)
    if told.startswith("3."):
        raise Refused(f"it was saved by Keras {told[:20]!a}, whose files differ; {_SAVE}")


def _parsed(text: Any, where: str) -> dict[str, Any]:
    """Parse a configuration strictly."""
    try:
        if not isinstance(text, str):
            text = bytes(text).decode("utf-8")
        if len(text) > documents.LARGEST_FILE:
            raise Refused(f"its {where} has more than {documents.LARGEST_FILE:,} characters")
        content = documents.parse(text, _DEEPEST)
    except (ValueError, TypeError, RecursionError) as error:
        told = documents.shortened(str(error)).splitlines() or ["no text"]
        raise Refused(f"its {where} is not what Keras writes ({told[0]})") from error
    if not isinstance(content, dict):
        raise Refused(f"its {where} describes no model")
    return content


def rows(path: Path, inputs: int, limit: int | None = None) -> NDArray[np.float32]:
    """Read inputs from an npz file: its array ``x``, or its only one.

    Parameters
    ----------
    path : pathlib.Path
        An ``.npz`` file.
    inputs : int
        Values in a row.
    limit : int, optional
        First rows only.

    Returns
    -------
    ndarray, shape (n, inputs), float32

    Raises
    ------
    DiagnosisError
        If there is no such array, it has another shape or no rows, or is too large.
    """
    import numpy as np

    try:
        stored = arrays.read(path, MAX_DATA_BYTES, ("x",)) or arrays.read(path, MAX_DATA_BYTES)
    except OSError as error:
        raise DiagnosisError(f"{path} cannot be read ({error.strerror or error}).") from error
    except Refused as refusal:
        raise DiagnosisError(f"{path} is no npz file of numbers: {refusal}.") from refusal
    name = "x" if "x" in stored else next(iter(stored)) if len(stored) == 1 else None
    if name is None:
        listed = documents.shortened(", ".join(stored) or "nothing")
        raise DiagnosisError(f"{path} holds {listed!a}; name the inputs 'x'.")
    values = stored[name]
    if values.dtype.kind not in "biuf" or not values.ndim:
        raise DiagnosisError(f"{path}: {name} holds {values.dtype}, not rows of numbers.")
    with np.errstate(over="ignore"):  # beyond float32 is infinite, which is told later
        values = np.asarray(values[:limit], np.float32)
    if not len(values) or values[0].size != inputs:
        raise DiagnosisError(
            f"{path}: {name} has shape {values.shape}; the model takes rows of {inputs} values."
        )
    return values.reshape(len(values), inputs)
