"""How long work tells how far it is: the caller decides what is shown, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Step = Callable[[str], AbstractContextManager[Callable[[float], None]]]
"""Opens a progress bar with a title; what it yields is called with the share that is done."""


@contextmanager
def silent(_title: str) -> Iterator[Callable[[float], None]]:
    """Open no progress bar."""
    yield lambda _share: None
