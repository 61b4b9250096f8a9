"""Suites for tests: hlsgate's own with parts exchanged, and the one of the jets alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hlsgate.spec.suites import Benchmark, Suite
from hlsgate.suites import suite


def jets_alone() -> Suite:
    """Return hlsgate's own suite without its other benchmarks."""
    own = suite.shipped()
    return dataclasses.replace(
        own,
        benchmarks=(own.benchmark("jets"),),
        variants=tuple(own.variants_of("jets")),
        designs=tuple(one for one in own.designs if one.variant.benchmark == "jets"),
    )


def part_of(key: str) -> Benchmark:
    """Return a benchmark for a suite with some of its variants: it names none itself."""
    return dataclasses.replace(suite.benchmark(key), example="", timed=(), family=None)


@contextmanager
def using(chosen: Suite) -> Iterator[Suite]:
    """Work on a suite; afterwards on the one from before."""
    before = suite.active()
    suite.use(chosen)
    try:
        yield chosen
    finally:
        suite.use(before)


def changed(**changes: Any) -> Suite:
    """Return the active suite with other benchmarks, variants, designs and so on."""
    return dataclasses.replace(suite.active(), **changes)
