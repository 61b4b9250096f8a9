"""A content-addressed folder of finished work, shared by test workers and by runs.

An entry's key says everything that its content depends on: declarations, hashes of inputs,
versions of packages and a digest of the code that makes it (`hlsgate.infra.sources`). Equal key,
equal content; so nothing is trained, compiled or synthesised twice, and nothing stale is ever used.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hlsgate.infra.errors import CacheError, HlsgateError

_KEY_FILE, _CONTENT_FILE = "key.json", "content.json"

Make = Callable[[Path], None]


def digest(value: Any) -> str:
    """Return the sha256 of a value's canonical JSON, in hex.

    Examples
    --------
    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    True
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def default_root() -> Path:
    """Return the cache folder: ``$HLSGATE_CACHE``, or the user's cache folder."""
    named = os.environ.get("HLSGATE_CACHE")
    if named:
        return Path(named).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("hlsgate")


READABLE = 0o644
"""Mode of written files."""


class NotMade(Exception):
    """An entry is not there, and nothing is to be made now.

    Parameters
    ----------
    folder : pathlib.Path
        Where entries of its kind are.
    key : mapping
        What it would depend on.
    """

    def __init__(self, folder: Path, key: Mapping[str, Any]) -> None:
        super().__init__(folder.name)
        self._folder, self._key = folder, key

    def reason(self) -> str:
        """Say in which parts of the key the nearest entry of its kind differs."""
        wanted = _flat(json.loads(json.dumps(self._key)))
        others = [_difference(wanted, file) for file in self._folder.glob(f"*/{_KEY_FILE}")]
        nearest = min(filter(None, others), key=len, default=[])
        kind = self._folder.name
        if not nearest or len(nearest) > max(_MOST_NAMED, len(wanted) // 2):
            return f"{kind}: nothing like it was made"
        more = f" and {len(nearest) - _MOST_NAMED} more" if len(nearest) > _MOST_NAMED else ""
        return f"{kind}: other {', '.join(nearest[:_MOST_NAMED])}{more}"


_MOST_NAMED = 4


def _difference(wanted: Mapping[str, Any], file: Path) -> list[str] | None:
    """Return the places in which a stored key is another; None where it cannot be read."""
    try:
        stored = _flat(json.loads(file.read_text()))
    except (OSError, ValueError):
        return None
    places = sorted({*wanted, *stored})
    return [place for place in places if wanted.get(place) != stored.get(place)]


def _flat(key: Any, place: str = "") -> dict[str, Any]:
    """Return the values of a key by their places, joined by slashes."""
    if not isinstance(key, dict):
        return {place: key}
    return {
        inner: value
        for name, one in key.items()
        for inner, value in _flat(one, f"{place}/{name}" if place else name).items()
    }


class Cache:
    """Finished work by kind and key.

    Parameters
    ----------
    root : pathlib.Path
        The folder; made when first needed.
    fresh : bool
        Use nothing that was made before this object.
    since : float
        Use nothing that was made before this time, in s since the epoch; processes that work
        together share it.
    look_only : bool
        Raise `NotMade` instead of making anything.
    """

    def __init__(
        self, root: Path, *, fresh: bool = False, since: float = 0.0, look_only: bool = False
    ) -> None:
        self.root = root
        self.since = time.time() if fresh else since
        self.failed: dict[str, HlsgateError] = {}
        """Why an entry could not be made, by folder; it is not tried again."""
        self._look_only = look_only
        self._whole: set[Path] = set()

    def looking(self) -> Cache:
        """Return the same cache for looking up only."""
        return Cache(self.root, since=self.since, look_only=True)

    def entry(self, kind: str, key: Mapping[str, Any], make: Make, *check: str) -> Path:
        """Return the folder for a key; where it does not exist, `make` fills it.

        `make` gets an empty folder, which becomes the entry only after `make` returned: a
        crash, an interrupt or a full disk leaves no entry. Two workers that want the same
        entry wait for one another. An entry that is not what was stored is made anew.

        Parameters
        ----------
        kind : str
            What it is, for example ``"trained"``; the first level of folders.
        key : mapping
            Everything that the content depends on; must be JSON.
        make : callable taking a pathlib.Path
            Writes the content into the folder that it is given.
        check : str
            Files whose content is held against what was stored; all of them by default.

        Raises
        ------
        CacheError
            If the cache folder cannot be written.
        """
        folder = self.root / kind / digest(key)[:24]
        if self._usable(folder, check):
            return folder
        if self._look_only:
            raise NotMade(folder.parent, key)
        if str(folder) in self.failed:
            raise copy.copy(self.failed[str(folder)])
        with self._locked(folder):
            if not self._usable(folder, check):
                try:
                    self._make(folder, key, make)
                except HlsgateError as error:
                    self.failed[str(folder)] = error
                    raise
        return folder

    @contextmanager
    def _locked(self, folder: Path) -> Iterator[None]:
        """Lock what is to be made; what is there needs no lock, so it may be read-only."""
        from filelock import FileLock

        lock = FileLock(f"{folder}.lock", mode=READABLE)
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except OSError as error:
            raise CacheError(
                f"the cache folder {self.root} cannot be written ({error.strerror}); name "
                "another one with --cache DIR or in HLSGATE_CACHE."
            ) from error
        try:
            yield
        finally:
            lock.release()

    def _usable(self, folder: Path, check: tuple[str, ...]) -> bool:
        """Whether an entry is there, new enough, and what was stored; entries appear whole."""
        if folder in self._whole:
            return True
        try:
            new_enough = (folder / _KEY_FILE).stat().st_mtime >= self.since
        except OSError:
            return False
        if not new_enough or not _is_what_was_stored(folder, check):
            return False
        if not check:
            self._whole.add(folder)
        return True

    def _make(self, folder: Path, key: Mapping[str, Any], make: Make) -> None:
        for left in folder.parent.glob(f"{folder.name}.*.part"):  # by one that was killed
            shutil.rmtree(left, ignore_errors=True)
        work = folder.with_name(f"{folder.name}.{uuid.uuid4().hex[:8]}.part")
        work.mkdir()
        try:
            make(work)
            (work / _CONTENT_FILE).write_text(json.dumps(_content(work)))
            (work / _KEY_FILE).write_text(json.dumps(key, indent=1, sort_keys=True))
            if folder.exists():
                shutil.rmtree(folder)
            work.replace(folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        self._whole.add(folder)


def content_digest(folder: Path) -> str:
    """Return the sha256 over names and contents of an entry's files, as they were stored."""
    return _sha256(folder / _CONTENT_FILE)


def _content(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file below a folder, by its path there."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): _sha256(path) for path in files}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_what_was_stored(folder: Path, check: tuple[str, ...]) -> bool:
    try:
        stored = json.loads((folder / _CONTENT_FILE).read_text())
        names = check or tuple(stored)
        return all(_sha256(folder / name) == stored[name] for name in names)
    except (OSError, ValueError, KeyError, TypeError):
        return False


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
