"""Command line for a suite of one's own: begin one, and run the claims on it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import click

_LONG = "not timing and not frontier and not speed"
"""What `test` runs unless its reader says otherwise: what takes minutes."""


@click.command(short_help="Begin a suite of your own.")
@click.argument("benchmark")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path("data.npz"),
    show_default=True,
    help="npz file of rows: features, labels and, if there is one, the split test.",
)
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="NAME=FILE",
    help="A saved Keras model, .h5 or .keras; the first is what the others are held against.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path(), help="Folder.  [default: this one]"
)
def init(benchmark: str, data: Path, models: tuple[str, ...], out: Path) -> None:
    """Write a suite for BENCHMARK, empty baselines, and snippets for tox and for GitHub.

    Example: python -m hlsgate init anomaly --data rows.npz --model float=float.h5 --model q6=q6.h5

    Nothing that is there already is overwritten.
    """
    from hlsgate.suites import starter

    named = {}
    for text in models:
        name, mark, path = text.partition("=")
        if not mark:
            raise click.UsageError(f"--model wants NAME=FILE, not {text!r}.")
        named[name] = Path(path)
    for written in starter.write(out, benchmark, data, named):
        click.echo(f"wrote {written}")
    suite = out / "suite.py"
    click.echo(
        f"\nRead {suite}, then measure:\n"
        f"  python -m hlsgate test --suite {suite} --results results/results.json\n"
        "The first run ends red: nothing has a baseline yet. It prints the command that records "
        "what\nit measured; after that, the same run is green until something changes."
    )


@click.command(
    short_help="Run the claims on a suite, by pytest.",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(arguments: Sequence[str]) -> None:
    """Run the claims with pytest; all options but --help are pytest's and the suite's.

    Example: python -m hlsgate test --suite suite.py --results results/results.json

    Left out, unless -m says otherwise: places and routes (timing), sweeps (frontier), and speed.
    The exit code is pytest's: 0 passed, 1 a claim failed, 2 interrupted, 4 unusable options.
    """
    _run(arguments)


@click.command(
    short_help="Show what a run would make, and what is kept.",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def plan(arguments: Sequence[str]) -> None:
    """Show what `test` would make, what is kept, and in what the one differs from the other.

    Example: python -m hlsgate plan -k jets-q4_p75

    Takes the options of `test`. Nothing is made.
    """
    _run(("--plan", "-q", "--no-header", *arguments))


def _run(arguments: Sequence[str]) -> NoReturn:
    """Run the claims by pytest, and end as it ends."""
    from hlsgate.infra.errors import ExtraMissing
    from hlsgate.suites import suite

    missing = [name for name in ("pytest", "pytest_benchmark") if find_spec(name) is None]
    if missing:
        raise ExtraMissing(f"{missing[0]} is not installed; 'pip install {missing[0]}'.")
    home = suite.home()
    command = [
        sys.executable, "-m", "pytest", str(home / "benchmarks"),
        "-c", str(home / "pyproject.toml"), "--rootdir", str(home),
        "-o", f"cache_dir={Path.cwd() / '.pytest_cache'}",
        "-m", _LONG, "--benchmark-skip", *arguments,
    ]  # fmt: skip
    sys.exit(subprocess.call(command, env={**os.environ, "PYTHONHASHSEED": "0"}))
