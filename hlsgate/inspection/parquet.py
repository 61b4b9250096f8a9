"""Rows in a parquet file: flat columns of numbers, of which the sizes are known first.

``python -m hlsgate.inspection.parquet WHY SOURCE TARGET NAMES`` writes columns into an npz
file, in a process with limits: a column of 7 GB packs into 200 kB, and pages may claim anything.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate.infra import opening
from hlsgate.inspection import arrays, limited
from hlsgate.inspection.limited import Refused

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_BYTES = 4 * 2**30
"""Largest file, and most bytes of all its values."""

MOST_COLUMNS = 100_000
_WIDTHS = {"BOOLEAN": 1, "INT32": 8, "INT64": 8, "FLOAT": 8, "DOUBLE": 8}


def read(path: Path, names: Sequence[str] = ()) -> Mapping[str, NDArray[Any]]:
    """Read the columns of a parquet file, by name.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    names : sequence of str
        Columns to read, where they are there; all if none are named.

    Raises
    ------
    OSError
        If the file cannot be opened, or is no regular one.
    Refused
        If it is none, larger, or holds other columns than numbers.
    """
    opening.regular(path, MAX_BYTES).close()
    with tempfile.TemporaryDirectory(prefix="hlsgate-rows-") as folder:
        target, wanted = Path(folder) / "columns.npz", Path(folder) / "names.json"
        wanted.write_text(json.dumps(list(names)), "utf-8")
        limited.run("hlsgate.inspection.parquet", [path.absolute(), target, wanted])
        return arrays.read(target, 2 * MAX_BYTES)


def copy(source: Path, target: Path, names: Sequence[str]) -> None:
    """Write a file's columns into an npz file, in this process; `read` is what others call."""
    import numpy as np
    from pyarrow import parquet

    with opening.regular(source, MAX_BYTES) as file:
        stored = parquet.ParquetFile(file)
        kinds = _kinds(stored.metadata)
        chosen = [name for name in kinds if not names or name in names]
        limited.limit(_size(stored.metadata.num_rows, {name: kinds[name] for name in chosen}))
        table = stored.read(columns=chosen, use_threads=False)
        if gaps := [name for name in chosen if table.column(name).null_count]:
            raise Refused(f"the column {gaps[0][:100]!a} has gaps")
        columns = {name: table.column(name).to_numpy() for name in chosen}
    for name, values in columns.items():
        if values.dtype.kind not in "biuf":
            raise Refused(f"the column {name[:100]!a} has no plain numbers")
    np.savez(target, **columns)


def _kinds(metadata: Any) -> dict[str, str | None]:
    """Return the type of every column; None where it is no flat one."""
    if not 0 < metadata.num_columns <= MOST_COLUMNS:
        raise Refused(f"it has {metadata.num_columns:,} columns")
    columns = [metadata.schema.column(number) for number in range(metadata.num_columns)]
    kinds = {
        one.path: None if one.max_repetition_level or one.path != one.name else one.physical_type
        for one in columns
    }
    if len(kinds) != len(columns):
        raise Refused("it has a column twice")
    return kinds


def _size(rows: int, kinds: Mapping[str, str | None]) -> int:
    """Return how many bytes columns take, at most; or refuse them."""
    for name, kind in kinds.items():
        if kind not in _WIDTHS:
            raise Refused(f"the column {name[:100]!a} is no flat column of numbers")
    total = max(0, rows) * sum(_WIDTHS[str(kind)] for kind in kinds.values())
    if total > MAX_BYTES:
        raise Refused(
            f"it unpacks to {total / 2**20:,.0f} MiB; at most {MAX_BYTES / 2**20:,.0f} are read"
        )
    return total


def main(source: Path, target: Path, names: Path) -> None:
    """Be the program: `copy` limits this process as soon as it knows the size."""
    limited.limit(2**30)
    copy(source, target, json.loads(names.read_text("utf-8")))


if __name__ == "__main__":
    limited.answer(main)
