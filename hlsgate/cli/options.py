"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path

import click

_SYNTHESIS_TIMEOUT_S = 4 * 3600.0


def _use(_context: click.Context, _option: click.Parameter, path: Path | None) -> None:
    """Let this process work on the suite of a file."""
    if path is not None:
        from hlsgate.suites import suite

        suite.choose(path)


def _own_baselines() -> Path:
    """Return the baselines of the suite that was chosen."""
    from hlsgate.suites import suite

    return suite.active().baselines


def _own_weights() -> Path:
    from hlsgate.suites import suite

    return suite.active().checkpoints


SUITE = click.option(
    "--suite",
    type=click.Path(path_type=Path),
    envvar="HLSGATE_SUITE",
    is_eager=True,  # defaults of other options are the suite's
    expose_value=False,
    callback=_use,
    help="Python file that declares a suite of your own.  [default: HLSGATE_SUITE, or jets and "
    "digits]",
)
BASELINES = click.option(
    "--baselines",
    type=click.Path(path_type=Path),
    default=_own_baselines,
    show_default="baselines.json beside the suite",
    help="Baselines file.",
)
CHECKPOINTS = click.option(
    "--checkpoints",
    type=click.Path(path_type=Path),
    default=_own_weights,
    show_default="the suite's",
    help="Folder of frozen weights.",
)
RESULTS = click.option(
    "--results",
    "found",
    type=click.Path(path_type=Path),
    default=Path("results/results.json"),
    show_default=True,
    help="What a run with --results wrote.",
)
CACHE = click.option(
    "--cache",
    type=click.Path(path_type=Path),
    help="Folder of finished work.  [default: HLSGATE_CACHE, or the user's cache folder]",
)
TIMEOUT = click.option(
    "--timeout",
    default=_SYNTHESIS_TIMEOUT_S,
    show_default=True,
    metavar="SECONDS",
    help="Time limit of one run.",
)
EVERY = click.option("--all", "every", is_flag=True, help="Show what did not change, too.")
