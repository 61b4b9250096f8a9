"""What commands ask, and show, in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hlsgate.judge.changes import Change
    from hlsgate.judge.revision import Revision


def known_toolchains(names: Sequence[str]) -> None:
    """Answer a typo, which would require nothing, with the toolchains that there are."""
    from hlsgate.suites import suite

    known = sorted({design.target.toolchain for design in suite.active().designs})
    for name in names:
        if name not in known:
            raise click.UsageError(f"no design of toolchain {name!r}; known: {', '.join(known)}.")


def require(keys: Sequence[str], what: str) -> None:
    """Refuse to do nothing."""
    if not keys:
        raise click.UsageError(f"nothing to do; {what}.")


def show_revision(revision: Revision) -> None:
    """Print what changed of the baselines, as a table, and what is to be known of it."""
    show_changes(revision.changes)
    for note in revision.notes:
        click.echo(f"- {note}")


def show_changes(changed: Sequence[Change]) -> None:
    """Print what changed, as a table."""
    from hlsgate.judge import changes

    click.echo(changes.table(changed) if changed else "nothing changed")


@contextmanager
def bar(title: str) -> Iterator[Callable[[float], None]]:
    """Show a progress bar."""
    with click.progressbar(length=100, label=title) as drawn:
        yield lambda share: drawn.update(round(100 * share) - drawn.pos)


@contextmanager
def timed(title: str) -> Iterator[Callable[[float], None]]:
    """Say on the terminal, beside the output, what is being done and how long it took."""
    import time

    click.echo(f"{title} ...", err=True, nl=False)
    started, ended = time.monotonic(), ""
    try:
        yield lambda _share: None
        ended = f" {time.monotonic() - started:.1f} s"
    finally:  # an error begins on a line of its own
        click.echo(ended, err=True)
