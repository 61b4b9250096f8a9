"""A content-addressed folder of finished work, shared by test workers and by runs.

An entry's key says everything that its content depends on: declarations, hashes of inputs,
versions of the packages and the source text of the modules that make it. Equal key, equal
content; so nothing is trained, compiled or synthesised twice, and nothing stale is ever used.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from hlsgate.errors import CacheError

_KEY_FILE = "key.json"


def digest(value: Any) -> str:
    """Return the sha256 of a value's canonical JSON, in hex.

    Examples
    --------
    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    True
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def source_digest(*modules: str) -> str:
    """Return one hash over the source text of hlsgate modules, named without the package.

    Work is made by code; when the code changes, its products are made anew.
    """
    root = Path(__file__).parent
    return digest([(root / f"{name}.py").read_text() for name in modules])


def versions(packages: Iterable[str]) -> dict[str, str | None]:
    """Return installed versions by distribution name, without importing anything."""
    found: dict[str, str | None] = {}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = None
    return found


def default_root() -> Path:
    """Return the cache folder: ``$HLSGATE_CACHE``, or the user's cache folder."""
    named = os.environ.get("HLSGATE_CACHE")
    if named:
        return Path(named).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("hlsgate")


class Cache:
    """Finished work by kind and key.

    Parameters
    ----------
    root : pathlib.Path
        The folder; made when first needed.
    fresh : bool
        Make every entry anew, once for each `Cache` object, whatever is stored.
    """

    def __init__(self, root: Path, *, fresh: bool = False) -> None:
        self.root = root
        self._fresh = fresh
        self._made: set[Path] = set()

    def entry(self, kind: str, key: Mapping[str, Any], make: Callable[[Path], None]) -> Path:
        """Return the folder for a key; where it does not exist, `make` fills it.

        `make` gets an empty folder, which becomes the entry only after `make` returned: a
        crash, an interrupt or a full disk leaves no entry. Two workers that want the same
        entry wait for one another.

        Parameters
        ----------
        kind : str
            What it is, for example ``"trained"``; the first level of folders.
        key : mapping
            Everything that the content depends on; must be JSON.
        make : callable taking a pathlib.Path
            Writes the content into the folder that it is given.

        Raises
        ------
        CacheError
            If the cache folder cannot be written.
        """
        from filelock import FileLock

        folder = self.root / kind / digest(key)[:24]
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(f"{folder}.lock")
            lock.acquire()
        except OSError as error:
            raise CacheError(
                f"the cache folder {self.root} cannot be written ({error.strerror}); name "
                "another one with --cache DIR or in HLSGATE_CACHE."
            ) from error
        try:
            if not self._usable(folder):
                self._make(folder, key, make)
        finally:
            lock.release()
        return folder

    def _usable(self, folder: Path) -> bool:
        if self._fresh and folder not in self._made:
            return False
        return (folder / _KEY_FILE).is_file()

    def _make(self, folder: Path, key: Mapping[str, Any], make: Callable[[Path], None]) -> None:
        for left in folder.parent.glob(f"{folder.name}.*.part"):  # by one that was killed
            shutil.rmtree(left, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".part", dir=folder.parent))
        try:
            make(work)
            (work / _KEY_FILE).write_text(json.dumps(key, indent=1, sort_keys=True))
            if folder.exists():
                shutil.rmtree(folder)
            work.replace(folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        self._made.add(folder)


READABLE = 0o644
"""Mode of written files."""


def write_atomically(path: Path, text: str) -> None:
    """Write a text file so that readers see the old content or the new, never a part.

    A process that is killed meanwhile may leave ``.<name>.*.part`` beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(READABLE)  # mkstemp's files are for their owner alone
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
