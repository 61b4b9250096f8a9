"""A written hls4ml project, and its identity."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from hlsgate.infra.errors import ConversionError


@dataclass(frozen=True)
class Project:
    """A written hls4ml project.

    Parameters
    ----------
    folder : pathlib.Path
        Where it is.
    name : str
        hls4ml's project name: the prefix of its files and entry points.
    backend : str
        hls4ml backend that wrote it, for example ``"oneAPI"``.
    stamp : str
        Suffix of the emulation library that the project's own build file makes.
    outputs : int
        Number of values that the network returns for each row.
    sha256 : str
        Its digest, where that is known.
    """

    folder: Path
    name: str
    backend: str
    stamp: str
    outputs: int
    sha256: str = ""

    def identity(self) -> list[str | int]:
        """Return what its emulation depends on."""
        return [self.digest, self.name, self.backend, self.outputs]

    @property
    def digest(self) -> str:
        """Hash over every file of the project, build products apart."""
        return self.sha256 or project_digest(self.folder)


def project_digest(folder: Path, *parts: str) -> str:
    """Return the sha256 over relative names and contents of a project's files.

    Parameters
    ----------
    folder : pathlib.Path
        Of a project, or of a traced network.
    parts : str
        Files and folders in it that count; all but build products by default.

    Raises
    ------
    ConversionError
        If the folder holds no files.
    """
    files = sorted(
        path.relative_to(folder)
        for path in folder.rglob("*")
        if path.is_file() and _counts(path.relative_to(folder).parts[0], parts)
    )
    if not files:
        raise ConversionError(f"{folder} holds no project; convert the design first.")
    total = hashlib.sha256()
    for name in files:
        total.update(f"{name.as_posix()}\0".encode())
        total.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return total.hexdigest()


def _counts(top: str, parts: tuple[str, ...]) -> bool:
    return top in parts if parts else top != "build"
