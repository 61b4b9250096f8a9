"""Figures of a page, drawn once: what has not changed is taken from the cache."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate.infra.cache import Cache
from hlsgate.infra.errors import CacheError
from hlsgate.infra.packages import identities
from hlsgate.infra.sources import source_digest
from hlsgate.report.figures import style
from hlsgate.report.figures.svg import inline

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FILE = "figure.svg"


@dataclass(frozen=True)
class Figures:
    """Draws figures for a page.

    Parameters
    ----------
    cache : Cache or None
        Where they are kept; without it, each is drawn.
    """

    cache: Cache | None = None

    def inline(
        self,
        draw: Callable[..., Figure],
        shown: tuple[Any, ...],
        name: str,
        title: str,
        tips: Mapping[str, str],
    ) -> str:
        """Return a figure as an SVG element.

        Parameters
        ----------
        draw : callable
            Function of a module of figures.
        shown : tuple
            Its arguments.
        name, title, tips
            As in `hlsgate.report.figures.svg.inline`.
        """

        def drawn() -> str:
            with style(name):
                return inline(draw(*shown), name, title, tips)

        if self.cache is None:
            return drawn()
        key = {
            "draw": f"{draw.__module__}.{draw.__qualname__}",
            "shown": hashlib.sha256(pickle.dumps(shown)).hexdigest(),
            "dress": [name, title, dict(tips)],
            "versions": identities(["matplotlib"]),
            "source": source_digest(
                "report.figures.kept", draw.__module__.removeprefix("hlsgate.")
            ),
        }

        def make(folder: Path) -> None:
            (folder / _FILE).write_text(drawn(), encoding="utf-8")

        try:
            entry = self.cache.entry("figure", key, make)
        except CacheError:  # a page needs no cache
            return drawn()
        return (entry / _FILE).read_text(encoding="utf-8")
