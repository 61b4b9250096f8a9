"""One digest for all code that something is made by: modules, and whatever they import.

Work is made by code; when the code changes, its products are made anew. Comments, docstrings and
layout are no part of it. Declarations of networks are none either: what is declared reaches a
product as values, which are in its key by themselves.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
NOT_FOLLOWED = frozenset({"hlsgate", "hlsgate.suites", "hlsgate.synthesis.toolchains"})
"""Packages that choose and declare what is made, and compute nothing of it."""

_MODULE = re.compile(r"hlsgate(\.[a-z0-9_]+)+")


@dataclass(frozen=True)
class Source:
    """A module's file: a digest of its code, and the dotted names that its code mentions."""

    code: str
    mentions: tuple[str, ...]


@functools.cache
def source_digest(*modules: str) -> str:
    """Return one hash over the code of hlsgate modules and of what they import of hlsgate.

    Parameters
    ----------
    modules : str
        Dotted names below ``hlsgate``, for example ``"tracing.layers"``.
    """
    return _digest(reach({f"hlsgate.{name}": _of_package(f"hlsgate.{name}") for name in modules}))


def file_digest(path: Path) -> str:
    """Return one hash over a Python file and what it imports from beside it, or of hlsgate.

    Beside it is its package; or its folder, where it is in none.
    """
    package = _package_of(path)
    folder = path.parents[len(package)]
    return _digest(reach({str(path): path}, folder, package[0] if package else ""))


def reach(
    start: dict[str, Path | None], folder: Path | None = None, prefix: str = ""
) -> dict[str, Source]:
    """Return the sources that code can reach by import, by module name.

    Parameters
    ----------
    start : dict of str to pathlib.Path
        Files to begin with, by any name.
    folder : pathlib.Path, optional
        Where modules are looked for besides hlsgate's own; what is installed is not followed, as
        keys have its version.
    prefix : str
        What names of such modules begin with.
    """
    found: dict[str, Source] = {}
    waiting = dict(start)
    while waiting:
        name, path = waiting.popitem()
        if path is None:
            raise ModuleNotFoundError(f"there is no module {name}")
        found[name] = read(path)
        for mentioned in found[name].mentions:
            for part in _with_parents(mentioned):
                beside = folder if part.startswith(prefix) else None
                file = None if part in found else _file_of(part, beside)
                if file is not None:
                    waiting[part] = file
    return found


def _digest(found: dict[str, Source]) -> str:
    # Names of files outside the package are left out: equal code in another place is the same.
    return hashlib.sha256(
        "\n".join(sorted(one.code for one in found.values())).encode()
    ).hexdigest()


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def _file_of(name: str, folder: Path | None) -> Path | None:
    if name in NOT_FOLLOWED or name.startswith("hlsgate.suites."):
        return None
    return _of_package(name) or (_below(folder, name) if folder else None)


def _of_package(name: str) -> Path | None:
    return _below(PACKAGE.parent, name) if name.startswith("hlsgate.") else None


@functools.cache
def _below(folder: Path, name: str) -> Path | None:
    place = folder.joinpath(*name.split("."))
    files = (place.with_suffix(".py"), place / "__init__.py")
    return next((file for file in files if file.is_file()), None)


def read(path: Path) -> Source:
    """Return what a Python file holds of code; read again only when the file has changed."""
    state = path.stat()
    return _read(path, state.st_mtime_ns, state.st_size)


@functools.cache
def _read(path: Path, _mtime_ns: int, _size: int) -> Source:
    tree = ast.parse(path.read_bytes(), str(path))
    mentions = tuple(dict.fromkeys(_mentions(tree, _package_of(path))))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [one for one in body if not _is_text(one)] or [ast.Pass()]  # type: ignore[attr-defined]
    return Source(hashlib.sha256(ast.dump(tree).encode()).hexdigest(), mentions)


def _running(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        typed = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
        if not typed:
            yield from _running(child)


def _is_text(node: ast.AST) -> bool:
    """Whether a statement is a docstring: a text that nothing is done with."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _package_of(path: Path) -> list[str]:
    """Return the names of the packages that a file is in, outermost first."""
    names: list[str] = []
    for folder in path.parents:
        if not (folder / "__init__.py").is_file():
            break
        names.insert(0, folder.name)
    return names


def _mentions(tree: ast.AST, package: list[str]) -> Iterator[str]:
    """Yield dotted names that are imported, or named in a text, as what runs in a process is.

    What is imported for annotations alone, under ``if TYPE_CHECKING``, makes nothing.
    """
    for node in _running(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            yield from filter(None, [base])
            yield from (f"{base}.{alias.name}".lstrip(".") for alias in node.names)
        elif isinstance(node, ast.Constant) and _MODULE.fullmatch(str(node.value)):
            yield str(node.value)
