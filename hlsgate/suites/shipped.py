"""The suite that comes with hlsgate: jets and digits.

A *variant* is a benchmark with a network and a compression recipe; a *design* is a variant on a
target. Their keys are the pytest ids and the keys in ``baselines.json``, so a missing or an
orphaned baseline is a set comparison. A new model is one more variant (and its designs), then
``python -m hlsgate freeze`` and ``record``.
"""

from __future__ import annotations

from pathlib import Path

from hlsgate.spec.suites import Suite
from hlsgate.spec.targets import BACKENDS, QUARTUS, STREAMED
from hlsgate.suites import digits, jets


def suite(home: Path) -> Suite:
    """Return the suite whose files are in `home`: a checkout, or where an installation has them."""
    return Suite(
        benchmarks=(jets.benchmark(home), digits.BENCHMARK),
        variants=(*jets.VARIANTS, *digits.VARIANTS),
        designs=(*jets.DESIGNS, *digits.DESIGNS),
        home=home,
        emulated=BACKENDS,
        streamed=STREAMED,
        traced=QUARTUS,
        weights="fixtures/checkpoints",
        swept="fixtures/frontiers",
    )
