"""What is installed: versions for people, identities for keys."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

READ_WHOLE = {
    "da4ml": "da4ml",
    "hls4ml": "hls4ml",
    "keras": "keras",
    "qkeras": "qkeras",
    "tensorflow-model-optimization": "tensorflow_model_optimization",
}
"""Packages that people work on in place, where a version says little, and their import names."""


def versions(packages: Iterable[str]) -> dict[str, str | None]:
    """Return installed versions by distribution name, without importing anything."""
    return {package: version(package) for package in packages}


@functools.cache
def version(package: str) -> str | None:
    """Return the installed version of a distribution; None where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def identities(packages: Iterable[str]) -> dict[str, str | None]:
    """Return what results may depend on, by distribution name: versions, and edited sources."""
    return {package: _identity(package) for package in packages}


@functools.cache
def _identity(package: str) -> str | None:
    stated = version(package)
    if stated is None or package not in READ_WHOLE:
        return stated
    spec = find_spec(READ_WHOLE[package])
    if spec is None or spec.origin is None:
        return stated
    return f"{stated} {_content(Path(spec.origin).parent)[:16]}"


def _content(folder: Path) -> str:
    """Return the sha256 over names and contents of a package's files, compiled ones apart."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            total.update(f"{path.relative_to(folder).as_posix()}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
