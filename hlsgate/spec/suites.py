"""What a suite is: benchmarks with their data, variants and designs, declared together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hlsgate.infra.errors import SuiteError
from hlsgate.spec.declarations import Backend, Design, Saved, Variant
from hlsgate.spec.families import Family, teacher_shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hlsgate.infra.cache import Cache
    from hlsgate.infra.progress import Step


@dataclass(frozen=True)
class Rows:
    """Raw rows of a data set, before they are split and scaled.

    Parameters
    ----------
    features : ndarray, shape (n, ...), of numbers
        Rows of a network's inputs; of more than one axis (pictures) too.
    labels : ndarray, shape (n,), of whole numbers
        Class indices from 0.
    test : ndarray, shape (n,), bool, optional
        The rows to test on; without it, a fifth of them is drawn, the same on every run.
    """

    features: NDArray[Any]
    labels: NDArray[Any]
    test: NDArray[Any] | None = None


Loader = Callable[["Cache", "Step"], Rows]
"""Makes rows; may keep what it downloads in the cache, and show its progress."""


@dataclass(frozen=True)
class Benchmark:
    """A data set, and the names of what is classified.

    Parameters
    ----------
    key : str
        First part of its variants' keys.
    data : pathlib.Path or callable
        An npz or parquet file (docs/tutorial.md says of which form), or a `Loader`.
    classes : tuple of str
        What labels 0, 1, ... mean.
    features : tuple of str
        Names of the columns; ``x0``, ``x1``, ... where empty and rows come from an npz file or a
        loader.
    about : str
        One line on it.
    standardise : bool
        Scale every column to mean 0 and variance 1 over the training rows; else rows are used as
        they are.
    others : mapping of str to callable
        Further data sets of the same form, for ``--dataset``.
    name : str
        Of the data set, in baselines; the benchmark's key where empty.
    example : str
        Variant on which costly checks run once; the last one of the benchmark where empty.
    timed : tuple of str
        Variants whose training is timed by ``benchmarks/test_speed.py``.
    family : Family or None
        The compressed networks that a sweep tries; None: nothing is swept.
    """

    key: str
    data: Path | Loader
    classes: tuple[str, ...]
    features: tuple[str, ...] = ()
    about: str = ""
    standardise: bool = True
    others: Mapping[str, Loader] = field(default_factory=dict)
    name: str = ""
    example: str = ""
    timed: tuple[str, ...] = ()
    family: Family | None = None


@dataclass(frozen=True)
class Suite:
    """Everything that is declared together, checked when it is made.

    Parameters
    ----------
    benchmarks, variants, designs : tuple
        What is measured.
    home : pathlib.Path
        Folder of its files: ``baselines.json``, and `weights` below it.
    emulated : tuple of Backend
        Backends on which every variant is emulated, logits and softmax.
    streamed : tuple of Backend
        Backends, with streams between layers, on which logits of the exact variants are emulated:
        what streams change is how values travel, so that the rest would be measured twice.
    traced : Backend or None
        Backend whose conversion is traced into exact logic; None: nothing is traced.
    weights : str
        Folder of frozen weights, below `home`.
    swept : str
        Folder of stored frontiers, below `home`.
    """

    benchmarks: tuple[Benchmark, ...]
    variants: tuple[Variant, ...]
    designs: tuple[Design, ...]
    home: Path
    emulated: tuple[Backend, ...]
    streamed: tuple[Backend, ...] = ()
    traced: Backend | None = None
    weights: str = "checkpoints"
    swept: str = "frontiers"

    def __post_init__(self) -> None:
        _check_keys(self)
        _check_relations(self)

    @property
    def checkpoints(self) -> Path:
        """Folder of frozen weights."""
        return self.home / self.weights

    @property
    def baselines(self) -> Path:
        """Baselines that it is judged by, unless others are named."""
        return self.home / "baselines.json"

    def frontier(self, benchmark: str) -> Path:
        """Return the file of a benchmark's stored frontier, by the benchmark's key."""
        return self.home / self.swept / f"{benchmark}.json"

    @property
    def families(self) -> list[Benchmark]:
        """Benchmarks that can be swept."""
        return [benchmark for benchmark in self.benchmarks if benchmark.family is not None]

    def benchmark(self, key: str) -> Benchmark:
        """Return a declared benchmark, or raise `SuiteError` with a list of those there are."""
        return _known("benchmark", key, self.benchmarks)

    def variant(self, key: str) -> Variant:
        """Return a declared variant, or raise `SuiteError` with a list of those there are."""
        return _known("variant", key, self.variants)

    def design(self, key: str) -> Design:
        """Return a declared design, or raise `SuiteError` with a list of those there are."""
        return _known("design", key, self.designs)

    @property
    def probed(self) -> Backend:
        """Backend on which networks are taken apart by layer: the traced one, or the first."""
        return self.traced or self.emulated[0]

    def variants_of(self, benchmark: str) -> list[Variant]:
        """Return the variants of a benchmark, in declared order."""
        return [variant for variant in self.variants if variant.benchmark == benchmark]

    def example(self, benchmark: Benchmark) -> Variant:
        """Return the variant of a benchmark on which costly checks run once."""
        return self.variant(benchmark.example or self.variants_of(benchmark.key)[-1].key)


_Keyed = TypeVar("_Keyed", Benchmark, Variant, Design)


def _known(kind: str, key: str, declared: tuple[_Keyed, ...]) -> _Keyed:
    for one in declared:
        if one.key == key:
            return one
    keys = ", ".join(one.key for one in declared) or "none"
    raise SuiteError(f"no {kind} {key!r}; declared are {keys}.")


_KEY = re.compile(r"[a-z0-9_]+(-[a-z0-9_]+)*")


def _check_keys(suite: Suite) -> None:
    for kind, declared in (
        ("benchmark", suite.benchmarks),
        ("variant", suite.variants),
        ("design", suite.designs),
    ):
        keys = [one.key for one in declared]
        for key in keys:
            if not _KEY.fullmatch(key):
                raise SuiteError(f"{kind} {key!r}: keys are of a-z, 0-9 and _, joined by '-'.")
            if keys.count(key) > 1:
                raise SuiteError(f"{kind} {key!r} is declared twice.")
    designs = {one.key for one in suite.designs}
    for variant in suite.variants:
        if variant.key in designs:  # results, baselines and commands know things by their keys
            raise SuiteError(
                f"variant {variant.key!r} has the key of a design; rename the variant."
            )


def _check_relations(suite: Suite) -> None:
    for variant in suite.variants:
        _check_variant(suite, variant)
    for design in suite.designs:
        if suite.variant(design.variant.key) is not design.variant:
            raise SuiteError(f"design {design.key!r}: its variant is not the one declared.")
    for benchmark in suite.benchmarks:
        _check_benchmark(suite, benchmark)


def _check_benchmark(suite: Suite, benchmark: Benchmark) -> None:
    if not suite.variants_of(benchmark.key):
        raise SuiteError(f"benchmark {benchmark.key!r} has no variant.")
    for key in filter(None, (benchmark.example, *benchmark.timed)):
        if suite.variant(key).benchmark != benchmark.key:
            raise SuiteError(f"benchmark {benchmark.key!r}: {key!r} is none of its variants.")
    if benchmark.family is not None:
        _check_family(suite, benchmark.key, benchmark.family)


def _check_family(suite: Suite, key: str, family: Family) -> None:
    reference = suite.variant(family.reference)
    if reference.benchmark != key:
        raise SuiteError(f"benchmark {key!r}: its family's reference is of another benchmark.")
    if reference.recipe is None and any(teacher_shares(family)):
        raise SuiteError(
            f"benchmark {key!r}: its family's reference {reference.key} comes with its weights, "
            "so it is nobody's teacher; let every teacher's share of the family be 0."
        )


def _check_variant(suite: Suite, variant: Variant) -> None:
    suite.benchmark(variant.benchmark)
    if not variant.key.startswith(f"{variant.benchmark}-"):
        raise SuiteError(f"variant {variant.key!r}: its key has to begin with its benchmark's.")
    if (variant.recipe is None) != isinstance(variant.network, Saved):
        raise SuiteError(
            f"variant {variant.key!r}: a saved model has no recipe, and all others need one."
        )
    teacher = variant.recipe.teacher if variant.recipe else None
    for what, key in (("reference", variant.reference), ("teacher", teacher)):
        if key is not None and suite.variant(key).benchmark != variant.benchmark:
            raise SuiteError(f"variant {variant.key!r}: its {what} is of another benchmark.")
