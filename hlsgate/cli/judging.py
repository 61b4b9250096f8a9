"""Commands that judge, and that show what is judged by."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from hlsgate.cli.options import BASELINES, EVERY, SUITE
from hlsgate.cli.shared import known_toolchains


@click.command(short_help="Judge stored results; needs no toolchain.")
@click.argument("results", type=click.Path(path_type=Path))
@BASELINES
@click.option(
    "--require-toolchain",
    "required",
    multiple=True,
    metavar="NAME",
    help="Fail where a design of this toolchain was not measured or cannot be compared.",
)
@click.option(
    "--whole",
    is_flag=True,
    help="Fail where a variant's accuracy was not measured; --require-toolchain implies it.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    help="Tell first where margins, slack and so on are not those of this file.",
)
@click.option("--markdown", type=click.Path(path_type=Path), help="Write the summary here, too.")
@EVERY
@SUITE
def check(
    results: Path,
    baselines: Path,
    required: tuple[str, ...],
    whole: bool,
    against: Path | None,
    markdown: Path | None,
    every: bool,
) -> None:
    """Judge stored RESULTS as pytest would: every claim, without any toolchain.

    Example: python -m hlsgate check results/results.json

    Accuracy and resources are held against baselines; parity, equality with Keras, softmax, weights
    and firmware against what is claimed of them. Nothing compared at all is a failure, and so is a
    test that failed in that run.
    """
    from hlsgate.facts import results as results_file
    from hlsgate.infra import documents
    from hlsgate.infra.errors import ResultsError
    from hlsgate.judge import baselines as baselines_file
    from hlsgate.judge import policy, summary

    known_toolchains(required)
    found = results_file.read(results)
    loaded, asked = baselines_file.load(baselines), whole or bool(required)
    before = policy.load(against) if against else None
    judged = summary.summarise(
        found, loaded, required=required, whole=asked, against=before, complete=whole
    )
    click.echo(judged.text(every=every))
    summary.publish(judged.markdown())
    if markdown is not None:
        documents.write_text(markdown, judged.markdown(), ResultsError)
    sys.exit(1 if judged.fails else 0)


@click.command(short_help="Show baselines, slack and budgets, or their history.")
@click.argument("keys", nargs=-1)
@BASELINES
@click.option("--history", is_flag=True, help="Show how values came to be what they are.")
@SUITE
def show(keys: tuple[str, ...], baselines: Path, history: bool) -> None:
    """Show baselines, slack and budgets: of everything, or of KEYS.

    Example: python -m hlsgate show jets-q6_p75-da4ml --history
    """
    from hlsgate.judge import baselines as baselines_file
    from hlsgate.judge import listing

    loaded = baselines_file.load(baselines)
    click.echo(listing.history(loaded, keys) if history else listing.values(loaded, keys))


@click.command(short_help="Show what changed between two files, of any tools.")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@EVERY
@SUITE
def diff(old: Path, new: Path, every: bool) -> None:
    """Show what changed from OLD to NEW: results or baselines, of whatever tools.

    Example: python -m hlsgate diff before.json after.json

    Read it before an upgrade. Nothing is judged: numbers of two tools stand side by side. What was
    decided otherwise (margins, slack, budgets, known failures) comes first.
    """
    from hlsgate.judge import changes, entries, policy

    found = changes.between(entries.load(old), entries.load(new))
    moved = policy.between(policy.load(old), policy.load(new))
    if moved:
        click.echo(f"{changes.table(moved)}\n")
    shown = [one for one in found if every or one.direction != "same"]
    click.echo(changes.table(shown) if shown else "no value differs")
    click.echo(f"\n{changes.tally(found)}")


@click.command("policy", short_help="Write what verdicts depend on by decision.")
@click.argument("out", type=click.Path(path_type=Path))
@BASELINES
@SUITE
def write_policy(out: Path, baselines: Path) -> None:
    """Write margins, slack, budgets and known failures to OUT, for --against elsewhere.

    Example: python -m hlsgate policy policy.json
    """
    from hlsgate.infra import documents
    from hlsgate.infra.errors import ResultsError
    from hlsgate.judge import baselines as baselines_file
    from hlsgate.judge import policy

    found = policy.of_run(baselines_file.load(baselines).content)
    documents.write(out, {policy.SECTION: found}, ResultsError)


@click.command(short_help="List entries of nothing that is declared.")
@BASELINES
@SUITE
def orphans(baselines: Path) -> None:
    """List entries of nothing that is declared; exit code 1 where there are any."""
    from hlsgate.judge import baselines as baselines_file
    from hlsgate.suites import suite

    variants = [variant.key for variant in suite.active().variants]
    designs = [design.key for design in suite.active().designs]
    found = baselines_file.load(baselines).orphans(variants, designs)
    click.echo("\n".join(found) or "no orphans")
    sys.exit(1 if found else 0)
