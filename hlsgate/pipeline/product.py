"""What is made is a value: its fields are all that its maker may see, and all of them are its key.

To them come the versions of the packages that the maker uses, and a digest of the code in reach of
the module that the product is declared in. No list is kept by hand. Names of variants and designs
are in no product: they are added to what is read.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from hlsgate.infra.cache import Cache, content_digest
from hlsgate.infra.errors import HlsgateError
from hlsgate.infra.packages import identities
from hlsgate.infra.progress import Step, silent
from hlsgate.infra.sources import source_digest
from hlsgate.spec.declarations import UNNAMED

T = TypeVar("T")


@dataclass(frozen=True)
class Content(Generic[T]):
    """Something large: known by a digest, and given to a maker that asks for it.

    Parameters
    ----------
    sha256 : str
        Identity of what `get` returns.
    get : callable
        Returns it.
    """

    sha256: str
    get: Callable[[], T] = field(compare=False, repr=False)


def kept(folder: Path, read: Callable[[Path], T]) -> Content[T]:
    """Return what was made, known by its content: equal outputs stop a rebuild."""
    return Content(content_digest(folder), lambda: read(folder))


@dataclass(frozen=True)
class Product:
    """Base of everything that is made.

    Fields with ``compare=False`` (a log, a time limit, where a program is) change no content.

    Attributes
    ----------
    KIND : str
        First level of folders in the cache.
    PACKAGES : tuple of str
        Distributions that the maker uses.
    CHECK : tuple of str
        Files whose content is checked on every reading; all of them by default.
    """

    KIND: ClassVar[str]
    PACKAGES: ClassVar[tuple[str, ...]] = ()
    CHECK: ClassVar[tuple[str, ...]] = ()

    def make(self, folder: Path, work: Work) -> None:
        """Write the product into an empty folder."""
        raise NotImplementedError

    def modules(self) -> tuple[str, ...]:
        """Return the modules whose code in reach makes it, by dotted names below ``hlsgate``."""
        return (type(self).__module__.removeprefix("hlsgate."),)

    def key(self) -> dict[str, Any]:
        """Return everything that the content depends on, as JSON."""
        return {
            **_fields(self),
            "versions": identities(self.PACKAGES),
            "source": source_digest(*self.modules()),
        }


def identity(value: Any) -> Any:
    """Return what a field's value is, as JSON.

    Raises
    ------
    TypeError
        If the value is of a kind that has no identity, as a path has none on another machine.
    """
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Product):
        return {"kind": value.KIND, **value.key()}
    if hasattr(value, "identity"):
        return identity(value.identity())
    if is_dataclass(value):
        return _fields(value)
    if isinstance(value, Mapping):
        return {str(name): identity(one) for name, one in value.items()}
    if isinstance(value, Sequence):
        return [identity(one) for one in value]
    raise TypeError(f"a {type(value).__name__} cannot be part of a product")


def _fields(value: Any) -> dict[str, Any]:
    return {one.name: identity(getattr(value, one.name)) for one in fields(value) if one.compare}


def _unseen(_share: float) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class Work:
    """What makes products: a cache, and a way to show how far long work is.

    Parameters
    ----------
    cache : Cache
        Where finished work is kept.
    step : callable
        Shows progress of long work.
    workers : int or None
        Processes that rows of an emulation are shared among; one a core by default.
    progress : callable
        Takes the share of the product at hand that is done.
    """

    cache: Cache
    step: Step = silent
    workers: int | None = None
    progress: Callable[[float], None] = _unseen

    def made(self, product: Product, title: str, name: str) -> Path:
        """Return the folder of a product; make it where it is not there.

        Parameters
        ----------
        product : Product
            What is wanted.
        title : str
            What is shown while it is made; "" for what takes no time.
        name : str
            Of the variant that it is made for, for errors.
        """

        def make(folder: Path) -> None:
            if not title:
                product.make(folder, replace(self, progress=_unseen))
                return
            with self.step(title) as progress:
                product.make(folder, replace(self, progress=progress))

        try:
            return self.cache.entry(product.KIND, product.key(), make, *product.CHECK)
        except HlsgateError as error:
            raise named(error, name) from error


def named(error: HlsgateError, name: str) -> HlsgateError:
    """Return an error of a maker, which knew no name, as one about a variant."""
    found = copy.copy(error)
    found.args = tuple(
        one.replace(UNNAMED, name) if isinstance(one, str) else one for one in error.args
    )
    return found
