"""The figures that papers and the README show, as files: PNG to look at, SVG to print."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hlsgate.infra.errors import ResultsError
from hlsgate.report import figures, tradeoff
from hlsgate.report.figures import frontier, savings, svg
from hlsgate.report.savings import collect

_ENDINGS = (".png", ".svg")


def write(
    folder: Path,
    content: Mapping[str, Any],
    published: Mapping[str, Any],
    sweeps: Mapping[str, Mapping[str, Any]],
) -> list[Path]:
    """Draw savings, and accuracy against each cost that is known, a file for each benchmark.

    Parameters
    ----------
    folder : pathlib.Path
        Where the files go.
    content : mapping
        Results.
    published : mapping
        By design: resources that somebody published.
    sweeps : mapping of str to mapping
        By benchmark; where there is none, the suite's variants stand alone.

    Returns
    -------
    list of pathlib.Path
        The files; equal results give equal files.

    Raises
    ------
    ExtraMissing
        If matplotlib is not installed.
    ResultsError
        If results hold nothing to draw, or a file cannot be written.
    """
    figures.require()
    panels = savings.panels(collect(content, published))
    keys = tradeoff.benchmarks(sweeps)
    plots = [one for key in keys for one in tradeoff.plots(key, content, sweeps.get(key))]
    if not panels and not plots:
        raise ResultsError("these results hold nothing to draw; run the main job, whole.")
    made = []
    if panels:
        with figures.style("savings", text=False):
            made += _saved(savings.draw_all(panels), folder / "savings")
    for one in plots:
        name = f"frontier_{one.benchmark}_{one.metric}"
        with figures.style(name, text=False):
            made += _saved(frontier.draw(one), folder / name)
    return made


def _saved(figure: Any, stem: Path) -> list[Path]:
    paths = [stem.with_suffix(ending) for ending in _ENDINGS]
    for path in paths:
        svg.save(figure, path)
    return paths
