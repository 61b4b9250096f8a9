"""Frozen weights: files that hold arrays and text only, so that loading one executes nothing."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hlsgate.infra.documents import shortened
from hlsgate.infra.errors import CheckpointError
from hlsgate.spec.declarations import Topology
from hlsgate.suites import suite

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.spec.declarations import Variant

_ABOUT = "about"
_LARGEST = 64 * 1024 * 1024
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Checkpoint:
    """Weights of one variant, with where they come from.

    Parameters
    ----------
    weights : mapping of str to ndarray, float32
        ``"dense1/kernel"`` and so on, with the values that hardware gets.
    about : mapping
        Variant, data set and its hash, recipe, versions, date.
    """

    weights: Mapping[str, NDArray[np.float32]]
    about: Mapping[str, Any]

    @functools.cached_property
    def sha256(self) -> str:
        """Identity of the weights: names, shapes and values; not of the file."""
        return weights_digest(self.weights)


def weights_digest(weights: Mapping[str, NDArray[np.float32]]) -> str:
    """Return the sha256 over names, shapes and little-endian float32 values."""
    import numpy as np

    total = hashlib.sha256()
    for name in sorted(weights):
        values = np.ascontiguousarray(weights[name], "<f4") + np.float32(0)  # -0.0 becomes 0.0
        total.update(f"{name}{values.shape}\0".encode())
        total.update(values.tobytes())
    return total.hexdigest()


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint; equal content gives an equal file."""
    import numpy as np

    buffer = io.BytesIO()
    members = {name: np.asarray(values, "<f4") for name, values in checkpoint.weights.items()}
    about = json.dumps(checkpoint.about, indent=1, sort_keys=True)
    members[_ABOUT] = np.array(about)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(members):
            member = io.BytesIO()
            np.save(member, members[name], allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _EPOCH), member.getvalue())
    part = path.with_suffix(".part")
    part.write_bytes(buffer.getvalue())
    part.replace(path)


def load(path: Path, variant: Variant) -> Checkpoint:
    """Read a checkpoint and check that it fits its variant.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, too large, for another variant, or its arrays do not
        have the variant's names and shapes.
    """
    if not path.is_file():
        raise CheckpointError(
            f"{variant.key} has no checkpoint at {path}; make one with "
            f"'{suite.command(f'freeze {variant.key}')}'."
        )
    state = path.stat()
    members = dict(_read(path, state.st_mtime_ns, state.st_size))
    about = _parse_about(path, members.pop(_ABOUT, None))
    if about.get("variant") != variant.key:
        raise CheckpointError(
            f"{path} holds weights of {shortened(repr(about.get('variant')))}, not of "
            f"{variant.key!r}."
        )
    _check_arrays(path, members, expected_shapes(variant))
    return Checkpoint(members, about)


@functools.lru_cache(maxsize=64)
def _read(path: Path, _mtime_ns: int, _size: int) -> dict[str, Any]:
    """Read a file's arrays; again only when the file has changed. Nobody can write into them."""
    import numpy as np

    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > _LARGEST:
                raise CheckpointError(f"{path} unpacks to more than {_LARGEST} bytes; refused.")
        with np.load(path, allow_pickle=False) as arrays:
            members = {name: arrays[name] for name in arrays.files}
    except CheckpointError:
        raise
    except Exception as error:  # zipfile, zlib and numpy have a dozen for a damaged file
        raise CheckpointError(
            f"{path} is no checkpoint ({shortened(str(error))}); restore it from version control."
        ) from error
    for member in members.values():
        if isinstance(member, np.ndarray):
            member.flags.writeable = False
    if odd := [name for name, member in members.items() if not isinstance(member, np.ndarray)]:
        raise CheckpointError(f"{path} holds something that is no array: {odd[0]!r}; restore it.")
    return members


def _parse_about(path: Path, text: Any) -> dict[str, Any]:
    try:
        about = json.loads(str(text))
    except (ValueError, RecursionError):
        about = None
    if not isinstance(about, dict):
        raise CheckpointError(f"{path} does not say what it holds (member 'about').")
    return about


def expected_shapes(variant: Variant) -> dict[str, tuple[int, ...]] | None:
    """Return the names and shapes of a variant's weights; None where only its model knows."""
    if not isinstance(variant.network, Topology):
        return None
    shapes: dict[str, tuple[int, ...]] = {}
    for name, inputs, outputs in variant.network.dense_layers:
        shapes[f"{name}/kernel"] = (inputs, outputs)
        shapes[f"{name}/bias"] = (outputs,)
    return shapes


def _check_arrays(
    path: Path, arrays: Mapping[str, Any], expected: Mapping[str, tuple[int, ...]] | None
) -> None:
    """Check names, shapes and values; a model of its own checks the first two when it gets them."""
    import numpy as np

    if expected is None:
        expected = {name: values.shape for name, values in arrays.items()}
    if set(arrays) != set(expected):
        odd = shortened(", ".join(sorted(set(arrays) ^ set(expected))))
        raise CheckpointError(f"{path} does not have the variant's arrays; differing: {odd}.")
    for name, shape in expected.items():
        values = arrays[name]
        if values.shape != shape or values.dtype != np.float32:
            raise CheckpointError(
                f"{path}: {name} is {values.dtype} {values.shape}, but should be float32 {shape}."
            )
        if not np.isfinite(values).all():
            raise CheckpointError(f"{path}: {name} holds values that are not finite.")
