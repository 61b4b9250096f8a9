"""A suite to start from, written into a folder of one's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from string import Template

from hlsgate.data.datasets import read
from hlsgate.infra.documents import write_text
from hlsgate.infra.errors import DatasetError, SuiteError
from hlsgate.spec.suites import Rows

FILES = ("suite.py", "baselines.json", "tox.ini", "hlsgate.yml")
"""What is written; a template of each lies beside this module."""

PLACEHOLDERS = {"float": Path("float.h5"), "small": Path("small.h5")}
_NAME = re.compile(r"[a-z0-9_]+")

_FRACTION, _LEAST_INTEGER, _MOST_INTEGER = 10, 6, 22
"""Bits of an input type: hls4ml's default, fixed<16,6>, unless rows are larger."""


def write(folder: Path, benchmark: str, data: Path, models: Mapping[str, Path]) -> list[Path]:
    """Write a suite of saved models, with empty baselines, and snippets for tox and for CI.

    Parameters
    ----------
    folder : pathlib.Path
        Where to; created. Nothing that is there is overwritten.
    benchmark : str
        Key of the benchmark, of a-z, 0-9 and _.
    data : pathlib.Path
        npz file of its rows; need not be there yet.
    models : mapping of str to pathlib.Path
        Name and file of every model; the first is what the others are held against. Placeholders
        where empty.

    Returns
    -------
    list of pathlib.Path
        What was written.

    Raises
    ------
    SuiteError
        If a name cannot be part of a key, a file is there already, or the rows' labels are no
        classes.
    """
    for name in (benchmark, *models):
        if not _NAME.fullmatch(name):
            raise SuiteError(f"{name!r} cannot be part of a key; use a-z, 0-9 and _.")
    taken = [folder / name for name in FILES if (folder / name).exists()]
    if taken:
        raise SuiteError(f"{taken[0]} is there already; name another folder, or remove it.")
    chosen = dict(models) or PLACEHOLDERS
    first, rows = next(iter(chosen)), _rows(data)
    inputs = _input_type(rows)
    values = {
        "benchmark": benchmark,
        "data": repr(_relative(data, folder)),
        "classes": _classes(rows, data),
        "variants": "\n".join(
            _variant(benchmark, name, _relative(path, folder), first, inputs)
            for name, path in chosen.items()
        ),
        "first": f"{benchmark}-{first}",
    }
    for name in FILES:
        text = (Path(__file__).parent / f"{name}.template").read_text("utf-8")
        write_text(folder / name, Template(text).substitute(values), SuiteError)
    return [folder / name for name in FILES]


def _relative(path: Path, folder: Path) -> str:
    """Return a path as the suite's file has to write it: from its own folder, where it can."""
    try:
        return path.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        return path.resolve().as_posix()


def _rows(data: Path) -> Rows | None:
    """Return the rows; None where there are none yet, or none that can be read."""
    try:
        return read(data)
    except DatasetError:
        return None


def _classes(rows: Rows | None, data: Path) -> str:
    """Return names for the classes that the rows have; three where there are no rows yet."""
    import numpy as np

    if rows is None:
        return repr(("0", "1", "2"))
    labels = np.asarray(rows.labels)
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or not labels.size or labels.min() < 0:
        raise SuiteError(
            f"the labels of {data} are {labels.dtype} of shape {labels.shape}, but should be one "
            "whole number from 0 for each row: classifiers that end with softmax are judged, no "
            "regression and no autoencoder."
        )
    return repr(tuple(str(label) for label in range(int(labels.max()) + 1)))


def _input_type(rows: Rows | None) -> str:
    """Return a type that holds every value of the rows, with ten fraction bits."""
    import numpy as np

    largest = 0.0
    if rows is not None:
        values = np.abs(np.asarray(rows.features, np.float64))
        largest = float(values.max(initial=0.0, where=np.isfinite(values)))
    integer = _LEAST_INTEGER
    while largest >= 2.0 ** (integer - 1) and integer < _MOST_INTEGER:
        integer += 1
    return f"Fixed({integer + _FRACTION}, {integer})"


def _variant(benchmark: str, name: str, path: str, first: str, inputs: str) -> str:
    if name == first:
        lines = [
            'conversion=Conversion("model", exact=False),',
            'about="what the others are held against",',
        ]
    else:
        lines = [
            "# Types of the inputs, which has to hold your rows, and of the logits; hls4ml chooses",
            "# all others.",
            f"conversion=Conversion(inputs={inputs}, logits=Fixed(16, 6)),",
            f'reference="{benchmark}-{first}",',
            "# Say how many zeros every kernel has, to have it checked: sparsity=0.75,",
        ]
    head = [f'"{benchmark}-{name}",', f'"{benchmark}",', f"Saved(HERE / {path!r}),", "recipe=None,"]
    body = "\n".join(f"        {line}" for line in [*head, *lines])
    return f"    Variant(\n{body}\n    ),"
