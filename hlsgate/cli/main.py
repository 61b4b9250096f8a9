"""Command line: ``python -m hlsgate``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hlsgate import __version__
from hlsgate.cli.frontier import frontier
from hlsgate.cli.importing import import_hls4ml
from hlsgate.cli.options import BASELINES, CACHE, CHECKPOINTS, EVERY, RESULTS, SUITE, TIMEOUT
from hlsgate.cli.running import init, plan, test
from hlsgate.cli.seeds import seeds
from hlsgate.infra.errors import HlsgateError
from hlsgate.infra.escaping import terminal
from hlsgate.infra.scratch import NO_SPACE

if TYPE_CHECKING:
    from hlsgate.cli import explaining
    from hlsgate.judge.changes import Change
    from hlsgate.judge.revision import Revision


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


@main.command(short_help="Judge stored results; needs no toolchain.")
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

    _known_toolchains(required)
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


_FRONTIERS = click.option(
    "--frontier",
    "frontiers",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A sweep, as 'hlsgate frontier' writes it; may be given for each benchmark.  [default: "
    "the suite's stored frontiers]",
)


@main.command(short_help="Write results as one page of HTML.")
@click.argument("results", type=click.Path(path_type=Path))
@_FRONTIERS
@BASELINES
@CHECKPOINTS
@click.option("--out", type=click.Path(path_type=Path), help="[default: RESULTS, as .html]")
@SUITE
def report(
    results: Path,
    frontiers: tuple[Path, ...],
    baselines: Path,
    checkpoints: Path,
    out: Path | None,
) -> None:
    """Write RESULTS as one page of HTML that needs nothing else to be read.

    Example: python -m hlsgate report results/results.json --frontier results/frontier-digits.json
    """
    from hlsgate.cli import commands

    page = out or results.with_suffix(".html")
    click.echo(commands.report(results, page, baselines, checkpoints, frontiers))


@main.command(short_help="Draw results for papers.")
@click.argument("results", type=click.Path(path_type=Path))
@_FRONTIERS
@BASELINES
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("docs/pictures"),
    show_default=True,
    help="Folder for the pictures.",
)
@SUITE
def pictures(results: Path, frontiers: tuple[Path, ...], baselines: Path, out: Path) -> None:
    """Draw RESULTS for papers: savings, and accuracy against cost, as PNG and as SVG.

    Example: python -m hlsgate pictures results/results.json

    Equal results give equal files.
    """
    from hlsgate.cli import commands

    for path in commands.pictures(results, out, baselines, frontiers):
        click.echo(path)


def _known_toolchains(names: Sequence[str]) -> None:
    """Answer a typo, which would require nothing, with the toolchains that there are."""
    from hlsgate.suites import suite

    known = sorted({design.target.toolchain for design in suite.active().designs})
    for name in names:
        if name not in known:
            raise click.UsageError(f"no design of toolchain {name!r}; known: {', '.join(known)}.")


@main.command(short_help="Show baselines, slack and budgets, or their history.")
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


@main.command(short_help="Show what changed between two files, of any tools.")
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


@main.command("policy", short_help="Write what verdicts depend on by decision.")
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


@main.command(short_help="List entries of nothing that is declared.")
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


@main.command(short_help="Add baselines where there are none yet.")
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

    _require(keys, "name a variant or a design")
    _report(rebaselining.record(keys, found, baselines))


@main.command(short_help="Lock in gains.")
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

    _report(rebaselining.tighten(keys, found, baselines))


@main.command(short_help="Take a worse value, for a reason that is kept.")
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

    _require(keys, "name a variant or a design")
    _report(rebaselining.accept(keys, found, baselines, reason, drift=drift))


@main.command(short_help="Train variants and store their weights.")
@click.argument("variants", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every declared variant.")
@CHECKPOINTS
@CACHE
@click.option("--fresh", is_flag=True, help="Train anew even if the cache has the weights.")
@SUITE
def freeze(
    variants: tuple[str, ...], every: bool, checkpoints: Path, cache: Path | None, fresh: bool
) -> None:
    """Train VARIANTS and store their weights in the suite's folder.

    Example: python -m hlsgate freeze jets-q6_p75
    """
    from hlsgate.cli import commands
    from hlsgate.infra.cache import Cache, default_root
    from hlsgate.suites import suite

    keys = [variant.key for variant in suite.active().variants] if every else list(variants)
    _require(keys, "name a variant, or --all")
    store = Cache(cache or default_root(), fresh=fresh)
    _show(commands.freeze(keys, checkpoints, store, _bar))


@main.command(short_help="Leave reports that are judged elsewhere.")
@click.argument("designs", nargs=-1)
@click.option("--toolchain", help="Every design of this toolchain.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Folder for the reports.",
)
@CHECKPOINTS
@CACHE
@TIMEOUT
@SUITE
def synthesise(
    designs: tuple[str, ...],
    toolchain: str | None,
    out: Path,
    checkpoints: Path,
    cache: Path | None,
    timeout: float,
) -> None:
    """Synthesise DESIGNS and leave their reports in a folder; nothing is judged.

    Example: python -m hlsgate synthesise --toolchain oneapi --out reports

    Elsewhere, 'pytest benchmarks/test_resources.py --reports reports' judges them.
    """
    from hlsgate.cli import commands
    from hlsgate.infra.cache import Cache, default_root
    from hlsgate.suites import suite

    keys = list(designs)
    if toolchain is not None:
        _known_toolchains([toolchain])
        keys += [one.key for one in suite.active().designs if one.target.toolchain == toolchain]
    _require(keys, "name a design, or --toolchain")
    store = Cache(cache or default_root())
    for folder in commands.synthesise(keys, checkpoints, store, out, timeout, _bar):
        click.echo(folder)


@main.command(short_help="Tell how far a clock varies with the seed.")
@click.argument("design")
@click.option(
    "--seeds",
    type=click.IntRange(min=2),
    default=5,
    show_default=True,
    help="Placements, of seeds 1, 2, ...",
)
@CHECKPOINTS
@CACHE
@TIMEOUT
@SUITE
def spread(design: str, seeds: int, checkpoints: Path, cache: Path | None, timeout: float) -> None:
    """Place and route DESIGN from several seeds, and tell how far its clock varies.

    Example: python -m hlsgate spread jets-q4_p75-nextpnr_ecp5

    The tolerance on fmax_mhz in the baselines should cover it. Needs the extra 'timing'.
    """
    from hlsgate.cli import commands
    from hlsgate.infra.cache import Cache, default_root

    store = Cache(cache or default_root())
    clocks = commands.spread(design, range(1, seeds + 1), checkpoints, store, timeout, _bar)
    for seed, clock in clocks.items():
        click.echo(f"seed {seed}: {clock:.2f} MHz")
    low, high = min(clocks.values()), max(clocks.values())
    click.echo(
        f"lowest {100 * (1 - low / clocks[1]):.1f} % below seed 1, highest "
        f"{100 * (high / clocks[1] - 1):.1f} % above it"
    )


@main.command(short_help="Find where an emulation leaves Keras, and why.")
@click.argument("name", required=False)
@click.option("--model", type=click.Path(path_type=Path), help="A saved model: .keras or .h5.")
@click.option("--data", type=click.Path(path_type=Path), help="Its rows: .npz with array 'x'.")
@click.option(
    "--backend", help="oneapi, quartus, vitis or vivado.  [default: the design's, oneapi]"
)
@click.option(
    "--io-type",
    type=click.Choice(["io_parallel", "io_stream"]),
    default="io_parallel",
    show_default=True,
    help="How values pass between layers.",
)
@click.option("--rows", default=10_000, show_default=True, help="At most so many rows.")
@click.option(
    "--precision", default="fixed<16,6>", show_default=True, help="Default type of MODEL."
)
@click.option(
    "--granularity",
    type=click.Choice(["name", "model"]),
    default="name",
    show_default=True,
    help="hls4ml's granularity for MODEL.",
)
@click.option("--type", "types", multiple=True, metavar="LAYER=TYPE", help="Result type in MODEL.")
@click.option("--raw-inputs", is_flag=True, help="Do not round DATA to the input type's grid.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--out", type=click.Path(path_type=Path), help="Write text, Markdown, JSON, picture.")
@CHECKPOINTS
@CACHE
@SUITE
def explain(
    name: str | None,
    model: Path | None,
    data: Path | None,
    checkpoints: Path,
    cache: Path | None,
    out: Path | None,
    as_json: bool,
    **how: Any,
) -> None:
    """Find the first layer in which an emulation leaves Keras, and why: exit code 0 either way.

    NAME is a variant or a design of the suite; or name a saved MODEL and its DATA.

    Example: python -m hlsgate explain jets-q4_exercise --backend vitis --rows 2000

    Example: python -m hlsgate explain --model mine.h5 --data rows.npz --out explained

    One row a layer: rows that differ from Keras, the worst difference in LSB, rows that the layer
    makes different by itself, values that did not fit, and the likely cause. docs/diagnosis.md
    has the catalogue of causes. Takes two compilations with g++, some seconds each.
    """
    import json

    from hlsgate.cli import commands, explaining

    request = _request(**how)
    if name is not None and model is None and data is None:
        found = commands.explain(name, checkpoints, cache, request, _told)
    elif name is None and model is not None and data is not None:
        found = explaining.from_outside(model, data, request, _told)
    else:
        raise click.UsageError("name a variant or a design, or both --model and --data.")
    click.echo(json.dumps(found.as_json(), indent=1) if as_json else found.text())
    if out is not None:
        for path in explaining.write(found, out):
            click.echo(path, err=True)


def _request(
    types: Sequence[str], precision: str, granularity: str, **how: Any
) -> explaining.Request:
    from hlsgate.cli import explaining
    from hlsgate.conversion import Settings

    pairs = [text.partition("=") for text in types]
    if not all(mark and kind for _, mark, kind in pairs):
        raise click.UsageError("--type wants LAYER=TYPE, for example logits=fixed<12,4>.")
    declared = {layer: {"result": kind} for layer, _, kind in pairs}
    kind = explaining.parse_type(precision)
    return explaining.Request(**how, settings=Settings(granularity, kind, declared))


@contextmanager
def _told(title: str) -> Iterator[Callable[[float], None]]:
    """Say on the terminal, beside the output, what is being done and how long it took."""
    import time

    click.echo(f"{title} ...", err=True, nl=False)
    started = time.monotonic()
    yield lambda _share: None
    click.echo(f" {time.monotonic() - started:.1f} s", err=True)


main.add_command(frontier)
main.add_command(init)
main.add_command(plan)
main.add_command(test)
main.add_command(import_hls4ml)
main.add_command(seeds)


def _require(keys: Sequence[str], what: str) -> None:
    if not keys:
        raise click.UsageError(f"nothing to do; {what}.")


def _report(revision: Revision) -> None:
    _show(revision.changes)
    for note in revision.notes:
        click.echo(f"- {note}")


def _show(changed: Sequence[Change]) -> None:
    from hlsgate.judge import changes

    click.echo(changes.table(changed) if changed else "nothing changed")


@contextmanager
def _bar(title: str) -> Iterator[Callable[[float], None]]:
    with click.progressbar(length=100, label=title) as bar:
        yield lambda share: bar.update(round(100 * share) - bar.pos)
