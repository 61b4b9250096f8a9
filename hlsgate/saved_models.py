"""Saved Keras models and rows from outside, looked at before anything loads them.

Nothing that a file holds may run: Lambda layers and classes of other packages are refused by
their names in the configuration, pickles by numpy, and files of unusual size unread.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate.errors import DiagnosisError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_MODEL_BYTES = 200 * 2**20
MAX_DATA_BYTES = 2 * 2**30
"""Largest files that are read, unpacked."""

_RUNS_CODE = ("Lambda", "__lambda__", "TFOpLambda", "SlicingOpLambda")
_PACKAGES = ("keras.", "tensorflow.keras.", "qkeras.", "tensorflow_model_optimization.")


def inspect(path: Path) -> None:
    """Refuse a model file that is too large, is no model, or holds what would run code.

    Parameters
    ----------
    path : pathlib.Path
        A ``.keras`` or ``.h5`` file.

    Raises
    ------
    DiagnosisError
        With the reason, in a sentence.
    """
    _require_size(path, MAX_MODEL_BYTES)
    for name, module in _classes(_config(path)):
        if name in _RUNS_CODE:
            raise DiagnosisError(
                f"{path} holds a {name} layer, which is Python code; only models without are "
                "loaded. Replace it by layers that hls4ml knows."
            )
        if module is not None and not f"{module}.".startswith(_PACKAGES):
            raise DiagnosisError(
                f"{path} holds {name} of {module}; only classes of Keras, QKeras and TF-MOT are "
                "loaded."
            )


def _require_size(path: Path, limit: int) -> None:
    try:
        size = path.stat().st_size
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                size = max(size, sum(entry.file_size for entry in archive.infolist()))
    except (OSError, zipfile.BadZipFile) as error:
        raise DiagnosisError(f"{path} cannot be read ({error}).") from error
    if size > limit:
        raise DiagnosisError(
            f"{path} has {size / 2**20:,.0f} MiB; at most {limit / 2**20:,.0f} are read."
        )


def _config(path: Path) -> Any:
    """Return the configuration that a model file holds, as plain JSON."""
    try:
        if path.suffix == ".keras":
            with zipfile.ZipFile(path) as archive:
                return json.loads(archive.read("config.json"))
        if path.suffix in (".h5", ".hdf5"):
            import h5py

            with h5py.File(path) as stored:
                return json.loads(stored.attrs["model_config"])
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DiagnosisError(
            f"{path} is no whole saved Keras model ({error}); save it with model.save()."
        ) from error
    raise DiagnosisError(f"{path}: name a .keras or an .h5 file.")


def _classes(config: Any) -> Iterator[tuple[str, str | None]]:
    """Yield name and package of every class that a configuration names."""
    if isinstance(config, dict):
        if isinstance(config.get("class_name"), str):
            module = config.get("module")
            yield config["class_name"], module if isinstance(module, str) else None
        for value in config.values():
            yield from _classes(value)
    elif isinstance(config, list):
        for value in config:
            yield from _classes(value)


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

    _require_size(path, MAX_DATA_BYTES)
    try:
        with np.load(path, allow_pickle=False) as stored:
            names = list(stored.files)
            name = "x" if "x" in names else names[0] if len(names) == 1 else None
            if name is None:
                raise DiagnosisError(f"{path} holds {', '.join(names)}; name the inputs 'x'.")
            values = np.asarray(stored[name][:limit], np.float32)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise DiagnosisError(f"{path} is no npz file of numbers ({error}).") from error
    if not len(values) or values[0].size != inputs:
        raise DiagnosisError(
            f"{path}: {name} has shape {values.shape}; the model takes rows of {inputs} values."
        )
    return values.reshape(len(values), inputs)
