"""What the commands make: frozen weights, and reports to judge elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from hlsgate import checkpoints, datasets, explaining, suite
from hlsgate.cache import Cache, default_root
from hlsgate.changes import Change
from hlsgate.declarations import Variant
from hlsgate.divergence import Diagnosis
from hlsgate.errors import HlsgateError, ResultsError
from hlsgate.explaining import Request
from hlsgate.hardware import Hardware, captured
from hlsgate.pipeline import Pipeline, checkpoint_path
from hlsgate.progress import Step, silent
from hlsgate.revision import refuse_under_ci


def freeze(keys: Sequence[str], root: Path, cache: Cache, step: Step = silent) -> list[Change]:
    """Train variants on the embedded jets and store their weights as checkpoints.

    Parameters
    ----------
    keys : sequence of str
        Variants.
    root : pathlib.Path
        The checkout; ``fixtures/jets`` and ``fixtures/checkpoints`` are below it.
    cache : Cache
        Where trained weights are looked up first.
    step : callable
        Shows progress.
    """
    refuse_under_ci()
    variants = [suite.variant(key) for key in keys]
    pipeline = _pipeline(root, cache, step)
    pipeline.checkpoints.mkdir(parents=True, exist_ok=True)
    changes = []
    for variant in variants:
        path = checkpoint_path(pipeline.checkpoints, variant)
        old = _identity(path, variant)
        new = pipeline.trained(variant)
        checkpoints.save(path, new)
        changes.append(Change(f"{variant.key} weights", old, new.sha256[:12]))
    return changes


def _pipeline(root: Path, cache: Cache, step: Step) -> Pipeline:
    jets, folder = root / "fixtures" / "jets", root / "fixtures" / "checkpoints"
    return Pipeline(lambda: datasets.embedded(jets), cache, folder, step)


def _identity(path: Path, variant: Variant) -> str:
    try:
        return checkpoints.load(path, variant).sha256[:12]
    except HlsgateError:
        return "-"


def synthesise(
    keys: Sequence[str],
    root: Path,
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
    root, cache, step
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
    hardware = Hardware(_pipeline(root, cache, step), timeout_s)
    written = []
    for design in designs:
        report = hardware.report(design)
        folder = captured(design, out)
        try:
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(report, folder)
        except OSError as error:
            raise ResultsError(f"{folder} cannot be written ({error}).") from error
        written.append(folder)
    return written


def explain(
    key: str, root: Path, cache: Path | None, request: Request, step: Step = silent
) -> Diagnosis:
    """Diagnose a declared variant or design on the embedded jets; parameters as in `freeze`."""
    pipeline = _pipeline(root, Cache(cache or default_root()), step)
    return explaining.declared(key, pipeline, request)
