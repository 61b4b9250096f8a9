"""Arrays of numbers in an npz file: names, types and sizes are known before any value is read."""

from __future__ import annotations

import math
import warnings
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from hlsgate.infra import opening
from hlsgate.inspection import archive
from hlsgate.inspection.limited import Refused

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_MEMBERS = 10_000
_RANK = 16
_KINDS = "biufU"
"""Booleans, numbers, and text of a fixed length."""

_HEADERS = {(1, 0): "read_array_header_1_0", (2, 0): "read_array_header_2_0"}


def read(path: Path, limit: int, names: Collection[str] | None = None) -> dict[str, NDArray[Any]]:
    """Read arrays of an npz file.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    limit : int
        Most bytes of the file, and of what it unpacks to.
    names : collection of str, optional
        Arrays to read, where they are there; all by default.

    Raises
    ------
    OSError
        If it cannot be opened, or is no regular file.
    Refused
        If it is no npz file of plain numbers, or larger.
    """
    with opening.regular(path, limit) as file:
        try:
            with zipfile.ZipFile(file) as stored:
                found = archive.members(stored, limit)
                if len(found) > MOST_MEMBERS:
                    raise Refused(f"it holds more than {MOST_MEMBERS:,} arrays")
                arrays = {name.removesuffix(".npy"): one for name, one in found.items()}
                if len(arrays) != len(found):
                    raise Refused("it lists an array twice")
                return {
                    name: _array(stored, member)
                    for name, member in arrays.items()
                    if names is None or name in names
                }
        except Refused:
            raise
        except Exception as error:  # zipfile, zlib and numpy have a dozen for a damaged file
            told = str(error)[:200].splitlines() or [type(error).__name__]
            raise Refused(f"it is damaged, or no npz file ({told[0]})") from error


def _array(stored: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    import numpy as np

    with stored.open(member) as file:
        kind, shape = _header(file)
        size = math.prod(shape) * kind.itemsize
        if size != member.file_size - file.tell():
            raise Refused(
                f"{member.filename!a} claims {size:,} bytes of values, but has "
                f"{member.file_size - file.tell():,}"
            )
    with stored.open(member) as file:
        reader: Any = np.lib.format
        return np.asarray(reader.read_array(file, allow_pickle=False))


def _header(file: IO[bytes]) -> tuple[Any, tuple[int, ...]]:
    """Read the header of an array: its type and its shape, of which neither may be odd."""
    import numpy as np

    reader: Any = np.lib.format
    version = reader.read_magic(file)
    if version not in _HEADERS:
        raise Refused(f"an array is of version {version[0]}.{version[1]} of the format")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # headers that Python 2 wrote
        shape, _, kind = getattr(reader, _HEADERS[version])(file)
    if kind.kind not in _KINDS or kind.hasobject or kind.names is not None:
        raise Refused(f"an array holds {str(kind)[:100]}, not plain numbers")
    whole = all(isinstance(length, int) and length >= 0 for length in shape)
    if len(shape) > _RANK or not whole:
        raise Refused(f"an array has the shape {str(shape)[:100]}")
    return kind, shape
