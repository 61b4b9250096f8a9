"""The folder of hls4ml's synthesis baselines: what is in it, and what of it could be taken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hlsgate.infra.errors import BaselineError
from hlsgate.judge import hls4ml_files
from hlsgate.judge.hls4ml_files import FORMS, Imported

MOST_FILES = 10_000


def files(folder: Path) -> dict[str, Path]:
    """Find hls4ml's files below a folder, by ``<Backend>/<version>/<test>``.

    Raises
    ------
    BaselineError
        If there is none, or more than can be meant, a folder on the way is a link, or a name
        holds what is no text.
    """
    found = {}
    for path in _walk(folder):
        name = path.relative_to(folder).with_suffix("").as_posix()
        if not name.isprintable():  # a terminal would act on it
            raise BaselineError(f"{folder} holds {name!a}, which is no name; remove that file.")
        found[name] = path
        if len(found) > MOST_FILES:
            raise BaselineError(f"{folder} holds more than {MOST_FILES:,} files; name another.")
    if not found:
        raise BaselineError(
            f"{folder} holds no <Backend>/<version>/<test>.json; name the folder test/pytest/"
            "baselines of a checkout of hls4ml."
        )
    return found


def _walk(folder: Path) -> Iterator[Path]:
    try:
        for path in sorted(folder.glob("*/*/*.json")):
            linked = [one for one in (path.parent, path.parent.parent) if one.is_symlink()]
            if linked:
                raise BaselineError(f"{linked[0]} is a link; name the folder that it leads to.")
            yield path
    except OSError as error:
        raise BaselineError(f"{folder} cannot be read ({error.strerror}).") from error


def read(path: Path) -> Imported:
    """Read a file by the folders that it lies in."""
    return hls4ml_files.read(path, path.parents[1].name, path.parent.name)


def listing(folder: Path) -> str:
    """Tell what could be taken from a folder, and of which files nothing can, and why."""
    from tabulate import tabulate

    rows, refused = [], []
    for name, path in files(folder).items():
        if path.parents[1].name not in FORMS:
            refused.append(path.parents[1].name)
            continue
        try:
            found = read(path)
        except BaselineError as error:
            rows.append((name, "-", str(error).removeprefix(str(path)).lstrip(": ")))
            continue
        rows.append((name, found.toolchain, ", ".join(found.values)))
    lines = [str(tabulate(rows, ("Test", "Toolchain", "Values"), "simple"))] if rows else []
    lines += [
        f"left out: {refused.count(backend)} of backend {backend}, for which hlsgate has no "
        "toolchain"
        for backend in sorted(set(refused))
    ]
    return "\n".join([*lines, "nothing was written; --map TEST=DESIGN says what a test is of"])
