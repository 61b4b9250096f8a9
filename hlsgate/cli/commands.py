"""What the commands make: frozen weights, reports to judge elsewhere, the page and pictures."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from hlsgate.cli import explaining
from hlsgate.cli.explaining import Request
from hlsgate.data import datasets
from hlsgate.diagnosis.divergence import Diagnosis
from hlsgate.infra import scratch
from hlsgate.infra.cache import Cache, default_root
from hlsgate.infra.errors import HlsgateError, ResultsError, SuiteError, SynthesisError
from hlsgate.infra.progress import Step, silent
from hlsgate.judge import baselines as baselines_file
from hlsgate.judge.changes import Change
from hlsgate.judge.revision import refuse_under_ci
from hlsgate.logic import numba_cache
from hlsgate.models import checkpoints
from hlsgate.pipeline.hardware import Hardware, captured
from hlsgate.pipeline.pipeline import Pipeline, checkpoint_path
from hlsgate.spec.declarations import Variant
from hlsgate.suites import suite
from hlsgate.synthesis.toolchains import nextpnr, yosys
from hlsgate.synthesis.toolchains.synthesis import keep_log, naming


def freeze(keys: Sequence[str], weights: Path, cache: Cache, step: Step = silent) -> list[Change]:
    """Train variants on their benchmark's own data and store their weights as checkpoints.

    Parameters
    ----------
    keys : sequence of str
        Variants.
    weights : pathlib.Path
        Folder of frozen weights.
    cache : Cache
        Where trained weights are looked up first.
    step : callable
        Shows progress.
    """
    refuse_under_ci()
    variants = [suite.variant(key) for key in keys]
    pipeline = _pipeline(weights, cache, step)
    pipeline.checkpoints.mkdir(parents=True, exist_ok=True)
    changes = []
    for variant in variants:
        path = checkpoint_path(pipeline.checkpoints, variant)
        old = _identity(path, variant)
        new = pipeline.trained(variant)
        checkpoints.save(path, new)
        changes.append(Change(f"{variant.key} weights", old, new.sha256[:12]))
    return changes


def _pipeline(weights: Path, cache: Cache, step: Step) -> Pipeline:
    def load(key: str) -> datasets.Dataset:
        return datasets.load(suite.benchmark(key), None, cache, step)

    numba_cache.apply(cache.root)
    return Pipeline(load, cache, weights, step)


def _identity(path: Path, variant: Variant) -> str:
    try:
        return checkpoints.load(path, variant).sha256[:12]
    except HlsgateError:
        return "-"


def synthesise(
    keys: Sequence[str],
    weights: Path,
    cache: Cache,
    out: Path,
    timeout_s: float,
    step: Step = silent,
) -> list[Path]:
    """Synthesise designs, and leave their reports where ``--reports`` looks for them.

    Parameters
    ----------
    keys : sequence of str
        Designs.
    weights, cache, step
        As in `freeze`.
    out : pathlib.Path
        Folder that gets ``<design>/``, with the report and what it is of (``hlsgate.json``).
    timeout_s : float
        Time limit of one run, in s.

    Raises
    ------
    ToolNotFound, SynthesisError
        If the toolchain is missing, or fails.
    ResultsError
        If `out` cannot be written.
    """
    designs = [suite.design(key) for key in keys]
    hardware = Hardware(_pipeline(weights, cache, step), timeout_s)
    written = []
    for design in designs:
        hardware.report(design)
        folder = captured(design, out)
        try:
            shutil.rmtree(folder, ignore_errors=True)
            hardware.export(design, folder)
        except OSError as error:
            raise ResultsError(f"{folder} cannot be written ({error}).") from error
        written.append(folder)
    return written


def spread(
    key: str,
    seeds: Sequence[int],
    weights: Path,
    cache: Cache,
    timeout_s: float,
    step: Step = silent,
) -> dict[int, float]:
    """Place and route a design from several seeds: what a tolerance on its clock has to cover.

    Parameters
    ----------
    key : str
        Design of the toolchain nextpnr.
    seeds : sequence of int
        Where placements start from.
    weights, cache, timeout_s, step
        As in `synthesise`; the limit is for each run of a tool.

    Returns
    -------
    dict of int to float
        By seed: clock reached, in MHz.

    Raises
    ------
    SuiteError
        If the design is of another toolchain, which has no seed.
    """
    design = suite.design(key)
    if design.target.toolchain != "nextpnr":
        raise SuiteError(f"{key} is not placed by nextpnr, so it has no seed.")
    tools = nextpnr.find()
    source, _ = Hardware(_pipeline(weights, cache, step), timeout_s).source(design)
    log = cache.root / "logs" / f"{key}-spread.log"
    with scratch.folder() as folder, step(f"place {key}") as told:
        work = folder / "work"
        nextpnr.prepare(source, work, design.target.part)
        try:
            return _clocks(work, tools, seeds, timeout_s, told)
        except SynthesisError as error:
            keep_log(work / nextpnr.LOG_NAME, log)
            raise naming(error, log) from error


def _clocks(
    work: Path,
    tools: nextpnr.Nextpnr,
    seeds: Sequence[int],
    timeout_s: float,
    progress: Callable[[float], None],
) -> dict[int, float]:
    """Synthesise once, place and route from every seed."""
    yosys.run_script(work, tools.yosys, work / nextpnr.LOG_NAME, timeout_s)
    clocks = {}
    for number, seed in enumerate(seeds, 1):
        done = nextpnr.place(work, tools=tools, timeout_s=timeout_s, seed=seed)
        clocks[seed] = nextpnr.parse(done.report).values["fmax_mhz"]
        progress(number / len(seeds))
    return clocks


def report(
    results: Path, page: Path, baselines: Path, weights: Path, sweeps: Sequence[Path] = ()
) -> Path:
    """Write the page of stored results, judged as ``check`` judges them.

    Parameters
    ----------
    results, baselines : pathlib.Path
        What was found, and what to judge it by.
    page : pathlib.Path
        The file to write.
    weights : pathlib.Path
        Folder of frozen weights.
    sweeps : sequence of pathlib.Path
        Sweeps, of a benchmark each; where there is none, the stored frontiers of the suite.

    Returns
    -------
    pathlib.Path
        The page.
    """
    from hlsgate.facts import results as results_file
    from hlsgate.judge import summary
    from hlsgate.report import page as html
    from hlsgate.sweep import documents

    found, loaded = results_file.read(results), baselines_file.load(baselines)
    swept = documents.gathered(sweeps)
    html.write(page, found, summary.summarise(found, loaded), loaded, weights, swept)
    return page


def pictures(results: Path, out: Path, baselines: Path, sweeps: Sequence[Path] = ()) -> list[Path]:
    """Draw stored results as files for papers; parameters are those of `report`.

    Returns
    -------
    list of pathlib.Path
        The files.
    """
    from hlsgate.facts import results as results_file
    from hlsgate.report import illustrations
    from hlsgate.sweep import documents

    found, loaded = results_file.read(results), baselines_file.load(baselines)
    return illustrations.write(out, found, loaded.published(), documents.gathered(sweeps))


def explain(
    key: str, weights: Path, cache: Path | None, request: Request, step: Step = silent
) -> Diagnosis:
    """Diagnose a declared variant or design on its own data; parameters as in `freeze`."""
    pipeline = _pipeline(weights, Cache(cache or default_root()), step)
    return explaining.declared(key, pipeline, request)
