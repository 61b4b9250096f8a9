"""HDF5 as Keras writes it: plain groups, arrays of numbers, attributes of numbers and text.

``python -m hlsgate.inspection.hdf5 WHY SOURCE TARGET`` copies what is allowed into a new
file. HDF5 can do more, which no model needs: keep arrays in other files, link to them, put one
together from others, point at objects, load filters. An array is copied whole or the file is
refused, so a reader of the copy never meets what the stranger wrote.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from hlsgate.infra import opening
from hlsgate.inspection import limited
from hlsgate.inspection.limited import Refused

MAX_BYTES = 200 * 2**20
"""Largest file, and most bytes of its arrays together."""

MOST_OBJECTS = 20_000
DEEPEST = 32
LONGEST_NAME = 400
MOST_ATTRIBUTES = 32
MOST_TEXT = 16 * 2**20
"""Bytes of one attribute."""

_RANK = 8
_MEMBERS = ("model_weights",)
_ATTRIBUTES = ("model_config", "keras_version", "backend")
"""What Keras reads of a model when it does not compile it; the rest is not copied."""


def clean(source: Path, target: Path) -> None:
    """Copy what is allowed of a file into a new one, in another process.

    Raises
    ------
    Refused
        If there is anything else in it.
    """
    limited.run("hlsgate.inspection.hdf5", [source.absolute(), target.absolute()])


def copy(source: Path, target: Path) -> None:
    """Copy what is allowed, in this process; `clean` is what others call."""
    import h5py

    with (
        opening.regular(source, MAX_BYTES) as file,
        # by descriptor: the name may be another file by now
        h5py.File(f"/dev/fd/{file.fileno()}", "r") as old,
        h5py.File(target, "w") as new,
    ):
        model = "model_config" in old.attrs
        _Copy().group(old, new, _MEMBERS if model else None, _ATTRIBUTES if model else None)


class _Copy:
    """A copy under way: what has been seen, and how much."""

    def __init__(self) -> None:
        self._seen: set[Any] = set()
        self._bytes = 0

    def group(
        self,
        old: Any,
        new: Any,
        members: tuple[str, ...] | None = None,
        attributes: tuple[str, ...] | None = None,
        depth: int = 0,
    ) -> None:
        """Copy a group: the members and attributes that are named, or all."""
        if depth > DEEPEST:
            raise Refused(f"its groups are nested deeper than {DEEPEST}")
        _attributes(old, new, attributes)
        for raw in old.id:
            name = _name(raw)
            if members is None or name in members:
                self._member(old, new, raw, name, depth)

    def _member(self, old: Any, new: Any, raw: bytes, name: str, depth: int) -> None:
        from h5py import h5g, h5l, h5o

        if old.id.links.get_info(raw).type != h5l.TYPE_HARD:
            raise Refused(f"{name!r} is a link to something else, not an object of this file")
        found = h5o.get_info(old.id, raw)
        if (found.fileno, found.addr) in self._seen:
            raise Refused(f"{name!r} is an object that has another name already")
        self._seen.add((found.fileno, found.addr))
        if len(self._seen) > MOST_OBJECTS:
            raise Refused(f"it has more than {MOST_OBJECTS:,} objects")
        kind = h5g.get_objinfo(old.id, raw).type
        if kind == h5g.GROUP:
            self.group(old[raw], new.create_group(name), depth=depth + 1)
        elif kind == h5g.DATASET:
            self._array(old[raw], new, name)
        else:
            raise Refused(f"{name!r} is neither a group nor an array")

    def _array(self, old: Any, new: Any, name: str) -> None:
        _require_stored_here(old.id, name)
        _require_plain(old.id.get_type(), name)
        if old.shape is None or len(old.shape) > _RANK:
            raise Refused(f"{name!r} has no shape, or one of more than {_RANK} axes")
        self._bytes += old.size * old.dtype.itemsize
        if self._bytes > MAX_BYTES:
            raise Refused(f"its arrays have more than {MAX_BYTES / 2**20:,.0f} MiB")
        copied = new.create_dataset(name, data=old[()])
        _attributes(old, copied, None)


def _name(raw: bytes) -> str:
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(f"the name {raw[:100]!r} is no UTF-8") from error
    if len(name) > LONGEST_NAME:
        raise Refused(f"the name {name[:50]!r}... is longer than {LONGEST_NAME} characters")
    return name


def _require_stored_here(array: Any, name: str) -> None:
    """Refuse arrays whose values are elsewhere, computed, or packed in an unusual way."""
    from h5py import h5d, h5z

    plan = array.get_create_plist()
    if plan.get_layout() not in (h5d.COMPACT, h5d.CONTIGUOUS, h5d.CHUNKED):
        raise Refused(f"{name!r} is a virtual array, put together from others")
    if plan.get_layout() != h5d.CHUNKED and plan.get_external_count():
        raise Refused(f"{name!r} is kept in another file")
    known = (h5z.FILTER_DEFLATE, h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32)
    for number in range(plan.get_nfilters()):
        if (code := plan.get_filter(number)[0]) not in known:
            raise Refused(f"{name!r} is packed by filter {code}; gzip is what is unpacked")
    if plan.get_layout() == h5d.CHUNKED:
        size = array.get_type().get_size() * math.prod(plan.get_chunk())
        if size > MAX_BYTES:
            raise Refused(f"{name!r} has chunks of {size / 2**20:,.0f} MiB")


def _require_plain(kind: Any, name: str, *, text: bool = False) -> None:
    """Refuse types other than numbers of at most eight bytes; attributes may be text."""
    from h5py import h5t

    found = kind.get_class()
    if text and found == h5t.STRING:
        return
    numbers = found in (h5t.INTEGER, h5t.FLOAT) or kind.dtype == bool
    if not numbers or kind.get_size() > 8:  # noqa: PLR2004 - a double
        raise Refused(f"{name!r} holds {kind.dtype}, not plain numbers{' or text' * text}")


def _attributes(old: Any, new: Any, names: tuple[str, ...] | None) -> None:
    from h5py import h5a, h5s

    if h5a.get_num_attrs(old.id) > MOST_ATTRIBUTES:
        raise Refused(f"{old.name!r} has more than {MOST_ATTRIBUTES} attributes")
    listed: list[Any] = []
    for number in range(h5a.get_num_attrs(old.id)):
        attribute = h5a.open(old.id, index=number)
        name = _name(attribute.name)
        if names is not None and name not in names:
            continue
        _require_plain(attribute.get_type(), name, text=True)
        if math.prod(attribute.shape or ()) * attribute.get_type().get_size() > MOST_TEXT:
            raise Refused(f"the attribute {name!r} is too large")
        if attribute.get_space().get_simple_extent_type() == h5s.NULL:
            raise Refused(f"the attribute {name!r} holds nothing")
        value = old.attrs[name]
        _require_text(name, value)
        new.attrs.create(name, value, shape=attribute.shape, dtype=_written(attribute.dtype))
        if name.startswith("weight_names") and attribute.shape:
            listed += list(value)
    if len(listed) != len(set(listed)):  # each name is read anew, so many would fill the memory
        raise Refused(f"{old.name!r} lists an array twice")


def _written(kind: Any) -> Any:
    """Return the type to write: Keras calls its texts ASCII, and stores UTF-8."""
    import h5py

    text = h5py.check_string_dtype(kind)
    return h5py.string_dtype("utf-8") if text is not None and text.length is None else kind


def _require_text(name: str, value: Any) -> None:
    """Refuse text that is none, or too much of it: entries may all point at the same long one."""
    texts = value.tolist() if hasattr(value, "tolist") else [value]
    total = 0
    for text in texts if isinstance(texts, list) else [texts]:
        if isinstance(text, str | bytes):
            try:
                total += len(text if isinstance(text, bytes) else text.encode())
            except UnicodeEncodeError as error:
                raise Refused(f"the attribute {name!r} is no UTF-8") from error
    if total > MOST_TEXT:
        raise Refused(f"the attribute {name!r} is too large")


def main(source: Path, target: Path) -> None:
    """Be the program: limit this process, and copy."""
    limited.limit(MAX_BYTES)
    copy(source, target)


if __name__ == "__main__":
    limited.answer(main)
