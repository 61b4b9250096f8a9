"""Command line: ``python -m hlsgate``."""

from __future__ import annotations

import click

from hlsgate import __version__
from hlsgate.cli.baselines import accept, record, tighten
from hlsgate.cli.explain import explain
from hlsgate.cli.frontier import frontier
from hlsgate.cli.importing import import_hls4ml
from hlsgate.cli.judging import check, diff, orphans, show, write_policy
from hlsgate.cli.making import freeze, spread, synthesise
from hlsgate.cli.pages import pictures, report
from hlsgate.cli.running import init, plan, test
from hlsgate.cli.seeds import seeds
from hlsgate.infra.errors import HlsgateError
from hlsgate.infra.escaping import terminal
from hlsgate.infra.scratch import NO_SPACE


class _Unusable(click.ClickException):
    """An error in one sentence, and exit code 2."""

    exit_code = 2


class _Group(click.Group):
    """Turns hlsgate's errors into one sentence."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except HlsgateError as error:
            raise _Unusable(str(error)) from error
        except OSError as error:  # a full disk, wherever it is met
            named = f"{error.filename}: " if error.filename else ""
            told = f"{named}{error.strerror or error}; {NO_SPACE}."
            raise _Unusable(terminal(told)) from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Look after suites, weights and baselines; 'test', or 'pytest benchmarks', measures.

    Networks of your own go: init writes a suite for them, test measures, record keeps what it
    found; name the suite's file with --suite, or by HLSGATE_SUITE. docs/tutorial.md shows it.

    A new variant of hlsgate's own suite goes: declare it in hlsgate/suites, freeze it, run 'pytest
    benchmarks --results results/results.json', record it, and commit weights and baselines.

    An upgrade goes: diff the results of the old and of the new tool, accept with a reason, commit.
    docs/rebaselining.md shows one.

    Exit codes: 0 done, or every verdict passes; 1 a verdict fails; 2 unusable input, and nothing
    was judged or written.
    """


for command in (
    accept,
    check,
    diff,
    explain,
    freeze,
    frontier,
    import_hls4ml,
    init,
    orphans,
    pictures,
    plan,
    record,
    report,
    seeds,
    show,
    spread,
    synthesise,
    test,
    tighten,
    write_policy,
):
    main.add_command(command)
