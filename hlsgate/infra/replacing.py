"""Something of another library replaced for a while, where it leaves no other way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Let an attribute of a module, class or object be another, and put back what was there.

    Examples
    --------
    >>> import math
    >>> with replaced(math, "pi", 3):
    ...     math.pi
    3
    >>> round(math.pi, 2)
    3.14
    """
    own = vars(owner) if hasattr(owner, "__dict__") else {}
    there, before = name in own, getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if there:
            setattr(owner, name, before)
        else:  # it was inherited, or is its class's
            delattr(owner, name)
