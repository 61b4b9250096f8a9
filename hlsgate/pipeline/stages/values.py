"""Arrays that products hold, as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate.infra.errors import CacheError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FILE = "values.npy"


def save(folder: Path, values: NDArray[np.generic]) -> None:
    """Write a product that is one array."""
    import numpy as np

    np.save(folder / _FILE, values, allow_pickle=False)


def load(folder: Path) -> NDArray[Any]:
    """Read it.

    Raises
    ------
    CacheError
        If it is damaged.
    """
    import numpy as np

    try:
        values: NDArray[Any] = np.load(folder / _FILE, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise CacheError(
            f"the cache entry {folder} is damaged ({error}); delete that folder and run again."
        ) from error
    return values
