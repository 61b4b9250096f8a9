"""Every field of a noun, one by one, with another value: edits that tests make of declarations."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from hlsgate.spec.fixedpoint import ROUNDINGS, SATURATIONS

OTHER = {
    "schedule": {"constant": "polynomial", "cosine": "constant", "polynomial": "constant"},
    "granularity": {"name": "model"},
    "strategy": {"latency": "resource"},
    "io_type": {"io_parallel": "io_stream"},
    "rounding": dict.fromkeys(ROUNDINGS, ROUNDINGS[1]),
    "saturation": dict.fromkeys(SATURATIONS, SATURATIONS[1]),
}
NO_PRODUCT = {"exact"}
"""Says which claims are made, and changes no number."""


def edits(noun: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every field of a noun, and the noun with another value of it."""
    for field in dataclasses.fields(noun):
        value, where = getattr(noun, field.name), f"{path}{field.name}"
        if dataclasses.is_dataclass(value):
            for inner, edited in edits(value, f"{where}."):
                yield inner, dataclasses.replace(noun, **{field.name: edited})
            value = (
                None if getattr(noun, field.name) is not None and field.default is None else value
            )
        other = another(field.name, value)
        if other is not None:
            yield where, dataclasses.replace(noun, **{field.name: other[0]})


def another(name: str, value: Any) -> tuple[Any] | None:
    """Return another value, in a tuple; None where there is none to try."""
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int):
        return (value + 1,)
    if isinstance(value, float):
        return (value / 2 + 0.1,)
    if isinstance(value, str):
        return (OTHER[name][value],) if name in OTHER else (f"{value}x",)
    if isinstance(value, tuple):
        return ((*value, 3),)
    return None
