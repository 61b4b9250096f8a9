"""A ``.keras`` archive: three members of known names and sizes, unpacked and written anew."""

from __future__ import annotations

import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from hlsgate.inspection.limited import Refused

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"

_ENCRYPTED = 0x1
_CHUNK = 2**20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA)
_LARGEST_DICTIONARY = 2**26
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
"""What Python's reader raises over a damaged archive, by experience with mutated ones."""


def members(archive: zipfile.ZipFile, limit: int) -> dict[str, zipfile.ZipInfo]:
    """Return what an archive lists, by name, or refuse it.

    Parameters
    ----------
    archive : zipfile.ZipFile
        Open to read.
    limit : int
        Most bytes that its members may unpack to, together.

    Raises
    ------
    Refused
        If a name stands there twice, a member is encrypted or packed in an unusual way, or they
        unpack to too much.
    """
    listed = archive.infolist()
    if len({one.filename for one in listed}) != len(listed):
        raise Refused("it lists a member twice")
    for one in listed:
        if one.flag_bits & _ENCRYPTED:
            raise Refused(f"{one.filename!a} is encrypted")
        if one.compress_type not in _METHODS:
            raise Refused(f"{one.filename!a} is packed by method {one.compress_type}, not deflated")
        if (
            one.compress_type == zipfile.ZIP_LZMA
            and _dictionary(archive, one) > _LARGEST_DICTIONARY
        ):
            raise Refused(f"{one.filename!a} needs too much memory to be unpacked")
    total = sum(one.file_size for one in listed)
    if total > limit:
        raise Refused(
            f"it unpacks to {total / 2**20:,.0f} MiB; at most {limit / 2**20:,.0f} are read"
        )
    return {one.filename: one for one in listed}


def _dictionary(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """Return how many bytes LZMA keeps in memory for a member, as its first bytes say.

    Source: PKWARE's APPNOTE 6.3.9, 4.3.7 (local header) and 5.8.8 (version, size, properties).
    """
    file = archive.fp
    assert file is not None
    file.seek(member.header_offset + 26)
    name, extra = struct.unpack("<HH", file.read(4))
    file.seek(name + extra + 5, os.SEEK_CUR)  # two of version, two of size, one of lc, lp, pb
    return int.from_bytes(file.read(4), "little")


def unpack(file: IO[bytes], folder: Path, limit: int) -> None:
    """Unpack a saved model into a folder of ours.

    Raises
    ------
    Refused
        If it is no archive, or has other members than Keras 2 writes.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            listed = members(archive, limit)
            wanted = {CONFIG, METADATA, WEIGHTS}
            if listed.keys() != wanted:
                odd = min(listed.keys() ^ wanted)
                what = "has no" if odd in wanted else "also holds"
                raise Refused(f"it {what} {odd[:100]!a}; a model saved by Keras is three files")
            for name in wanted:  # names of ours, so no path leads out of the folder
                _write(archive, listed[name], folder / name)
    except _DAMAGED as error:
        raise Refused(f"it is no whole archive ({str(error)[:200]})") from error


def _write(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    """Unpack a member, to the end, where its checksum is compared."""
    with archive.open(member) as source, target.open("wb") as copied:
        while chunk := source.read(_CHUNK):
            copied.write(chunk)


def pack(target: Path, contents: Mapping[str, Path | str]) -> None:
    """Write an archive of files and texts, as Keras writes it."""
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in contents.items():
            if isinstance(content, str):
                archive.writestr(name, content)
            else:
                archive.write(content, name)
