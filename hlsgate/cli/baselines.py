"""Commands that change baselines."""

from __future__ import annotations

from pathlib import Path

import click

from hlsgate.cli.options import BASELINES, RESULTS, SUITE
from hlsgate.cli.shared import require, show_revision


@click.command(short_help="Add baselines where there are none yet.")
@click.argument("keys", nargs=-1)
@RESULTS
@BASELINES
@SUITE
def record(keys: tuple[str, ...], found: Path, baselines: Path) -> None:
    """Add baselines for KEYS (variants or designs) that have none yet.

    Example: python -m hlsgate record jets-q6_p75 jets-q6_p75-oneapi_agilex7

    Commit the result by itself, with the table that is printed in the message.
    """
    from hlsgate.judge import rebaselining

    require(keys, "name a variant or a design")
    show_revision(rebaselining.record(keys, found, baselines))


@click.command(short_help="Lock in gains.")
@click.argument("keys", nargs=-1)
@RESULTS
@BASELINES
@SUITE
def tighten(keys: tuple[str, ...], found: Path, baselines: Path) -> None:
    """Lock in gains of KEYS, or of everything that was measured.

    Example: python -m hlsgate tighten

    Only better values of the same tool, part, weights and data move, beyond the dead band.
    """
    from hlsgate.judge import rebaselining

    show_revision(rebaselining.tighten(keys, found, baselines))


@click.command(short_help="Take a worse value, for a reason that is kept.")
@click.argument("keys", nargs=-1)
@click.option("--reason", required=True, help="Why; kept in the baselines.")
@click.option("--drift", is_flag=True, help="Accept values far from the first ones recorded.")
@RESULTS
@BASELINES
@SUITE
def accept(keys: tuple[str, ...], reason: str, drift: bool, found: Path, baselines: Path) -> None:
    """Take what was measured of KEYS as the new baseline, for a reason that is kept.

    Example: python -m hlsgate accept jets-q6_p75-da4ml --reason "one more bit for the logits"

    Values that fail move; those of another tool, part, clock, weights or data replace the baseline.
    """
    from hlsgate.judge import rebaselining

    require(keys, "name a variant or a design")
    show_revision(rebaselining.accept(keys, found, baselines, reason, drift=drift))
