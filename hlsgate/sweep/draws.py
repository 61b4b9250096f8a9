"""Draws from a recipe: the same network trained from several seeds, and what each one scores.

A recipe is a random process, and its seed stands for all that chance decides: first weights, order
of rows, and the teacher, which is trained from the same seed. Draws are trained in as many
processes as there are cores, the longest trainings first, and are kept in the cache one by one, so
that an interrupted command goes on where it was.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, replace
from functools import cache as once
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate.data import datasets
from hlsgate.emulation import cores
from hlsgate.facts import results
from hlsgate.infra.cache import Cache, default_root, digest
from hlsgate.infra.errors import SuiteError
from hlsgate.infra.packages import versions
from hlsgate.judge import recipes
from hlsgate.models.keras2.setup import PACKAGES
from hlsgate.pipeline.pipeline import Pipeline
from hlsgate.spec import architecture
from hlsgate.suites import suite

if TYPE_CHECKING:
    from hlsgate.models.checkpoints import Checkpoint
    from hlsgate.spec.declarations import Variant

Told = Callable[[int, int, str, int, float], None]
"""Called after each draw: how many are done, of how many, which variant and seed, its accuracy."""

Make = Callable[[str, int, Path], dict[str, Any]]
"""Makes one draw: of a variant, from a seed, with the cache in a folder."""

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "TF_NUM_INTEROP_THREADS", "TF_NUM_INTRAOP_THREADS"), "1"
)
"""Environment of a worker: there are as many workers as cores, so each has one thread."""


def identity(variant: Variant) -> str:
    """Return the digest of a recipe as a random process: its teachers' too, but no seed."""
    recipe = variant.training
    known = architecture.identity(variant)
    known["recipe"] = {**asdict(recipe), "seed": None}
    taught = identity(suite.variant(recipe.teacher)) if recipe.teacher else None
    return digest([known, taught])


def at(variant: Variant, seed: int) -> Variant:
    """Return a variant that is trained from another seed."""
    return replace(variant, recipe=replace(variant.training, seed=seed))


def draw(pipeline: Pipeline, variant: Variant, seed: int) -> Checkpoint:
    """Train a variant from a seed, and its teacher, where it has one, from the same."""
    teacher = variant.training.teacher
    taught_by = draw(pipeline, suite.variant(teacher), seed) if teacher else None
    return pipeline.trained(at(variant, seed), taught_by)


def scores(pipeline: Pipeline, variant: Variant, checkpoint: Checkpoint) -> dict[str, float]:
    """Return accuracy and the area under each class's ROC curve, by metric, on the test rows."""
    return recipes.values(pipeline.scored(variant, checkpoint))


def packages() -> str:
    """Return the versions of the packages that move weights, in one line."""
    found = versions(PACKAGES)
    return ", ".join(f"{name} {version}" for name, version in sorted(found.items()) if version)


def facts(pipeline: Pipeline, variant: Variant) -> dict[str, Any]:
    """Return what draws from a variant's recipe are draws of."""
    dataset = pipeline.dataset(variant)
    return {
        "dataset": dataset.name,
        "dataset_sha256": dataset.sha256,
        "n": len(dataset.y_test),
        "recipe_sha256": identity(variant),
        "packages": packages(),
    }


def seeds_of(keys: Sequence[str], count: int) -> list[int]:
    """Return seeds that none of the variants, and no teacher of theirs, declares as its own."""
    taken: set[int] = set()
    for key in keys:
        variant: Variant | None = suite.variant(key)
        if variant is None or variant.recipe is None:
            raise SuiteError(f"{key} has no recipe, so there is nothing to train.")
        while variant is not None:
            taken.add(variant.training.seed)
            teacher = variant.training.teacher
            variant = suite.variant(teacher) if teacher else None
    free = (seed for seed in range(1, count + len(taken) + 1) if seed not in taken)
    return [seed for seed, _ in zip(free, range(count), strict=False)]


def write(
    keys: Sequence[str],
    seeds: Sequence[int],
    path: Path,
    cache: Path | None,
    workers: int | None,
    told: Told,
) -> None:
    """Draw from recipes in parallel, and write what each seed gave as results.

    Parameters
    ----------
    keys : sequence of str
        Variants.
    seeds : sequence of int
        Of each of them.
    path : pathlib.Path
        The results, which 'record' reads.
    cache : pathlib.Path, optional
        Where finished trainings are kept.
    workers : int, optional
        Processes; one for each core without it.
    told : callable
        Called after each draw.
    """
    root = (cache or default_root()).absolute()
    found: dict[tuple[str, int], dict[str, Any]] = {}
    tasks = [(key, seed) for key in longest_first(keys) for seed in seeds]
    for key, seed, one in in_parallel(tasks, root, workers or cores(), one_draw):
        found[key, seed] = one
        told(len(found), len(tasks), key, seed, one["values"]["accuracy"])
    content = results.empty()
    for key in keys:
        drawn = [found[key, seed] for seed in seeds]
        about = facts(_pipeline(root), suite.variant(key)) | _side_by_side(seeds, drawn)
        results.put(content, "variants", key, "draws", about)
    results.write(path, content, suite.active().home)


def _side_by_side(seeds: Sequence[int], drawn: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = drawn[0]["values"]
    return {
        "seeds": list(seeds),
        "weights_sha256": [one["weights_sha256"] for one in drawn],
        "values": {name: [one["values"][name] for one in drawn] for name in names},
    }


def longest_first(keys: Sequence[str]) -> list[str]:
    """Sort variants: teachers, for which others wait, and then by the work of a training."""
    taught_by = {suite.variant(key).training.teacher for key in keys}

    def work(key: str) -> tuple[bool, int]:
        recipe = suite.variant(key).training
        extras = (recipe.weights, recipe.activations, recipe.pruning)
        cost = recipe.steps * (2 + sum(one is not None for one in extras))
        return key in taught_by, cost

    return sorted(keys, key=work, reverse=True)


def in_parallel(
    tasks: Sequence[tuple[str, int]], root: Path, workers: int, make: Make
) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Draw in processes of their own, and give each draw when it is made.

    Whoever stops listening, by an interrupt too, ends the processes; what they had finished is in
    the cache.
    """
    pool = ProcessPoolExecutor(
        min(workers, len(tasks)), get_context("spawn"), _begin, (suite.file(),)
    )
    try:
        pending = {pool.submit(make, key, seed, root): (key, seed) for key, seed in tasks}
        for done in as_completed(pending):
            yield *pending[done], done.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in active_children():
            child.terminate()


def _begin(path: Path | None) -> None:
    """Prepare a worker: the parent alone answers an interrupt."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(ONE_THREAD)
    suite.choose(path)


def one_draw(key: str, seed: int, root: Path) -> dict[str, Any]:
    """Train a variant from a seed, and return what it scores and the identity of its weights."""
    pipeline, variant = _pipeline(root), suite.variant(key)
    checkpoint = draw(pipeline, variant, seed)
    found = scores(pipeline, variant, checkpoint)
    return {"weights_sha256": checkpoint.sha256, "values": found}


@once
def _pipeline(root: Path) -> Pipeline:
    cache = Cache(root)
    return Pipeline(
        lambda key: datasets.load(suite.benchmark(key), None, cache),
        cache,
        suite.active().checkpoints,
    )


def unequal(frozen: Checkpoint, trained: Checkpoint) -> str:
    """Say in what weights that were trained here differ from frozen ones; "" where in nothing."""
    import numpy as np

    if frozen.sha256 == trained.sha256:
        return ""
    pairs = [(frozen.weights[name], trained.weights[name]) for name in sorted(frozen.weights)]
    count = sum(int((old != new).sum()) for old, new in pairs)
    total = sum(old.size for old, _ in pairs)
    largest = max(float(np.abs(old - new).max()) for old, new in pairs)
    text = f"{count:,} of {total:,} weights differ, by at most {largest:.3g}"
    there, here = map(_stated, (frozen, trained))
    moved = [
        f"{name} {there.get(name)} then, {here.get(name)} now"
        for name in sorted({*there, *here})
        if there.get(name) != here.get(name)
    ]
    return f"{text}; {', '.join(moved)}" if moved else text


def _stated(checkpoint: Checkpoint) -> dict[str, str]:
    """Return the versions that weights were trained with; a digest of a package's files apart."""
    stated = checkpoint.about.get("versions") or {}
    return {name: version.partition(" ")[0] for name, version in stated.items() if version}
