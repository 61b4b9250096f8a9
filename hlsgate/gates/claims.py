"""Claims that no baseline has a number of: parity, and logits that equal Keras'."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hlsgate import suite
from hlsgate.declarations import Variant
from hlsgate.errors import SuiteError


def of(key: str) -> Variant:
    """Return the variant that a key is of: its own, or its design's."""
    try:
        return suite.variant(key)
    except SuiteError:
        return suite.design(key).variant


def broken(variant: Variant, found: Mapping[str, Any]) -> list[str]:
    """Tell which claims about a variant's frozen weights do not hold in a run's results.

    Parameters
    ----------
    variant : Variant
        A declared one; what it is known to fail, by at most so much, is not told.
    found : mapping
        Results; a claim that they say nothing of is not told either.
    """
    entry = found["variants"].get(variant.key, {})
    frozen = entry.get("frozen", {})
    told = list(_parity(variant, "parity", "accuracy", frozen.get("parity", {})))
    for name, one in sorted(frozen.get("auc_parity", {}).items()):
        told += _parity(variant, "auc", f"AUC of {name}", one)
    for backend, one in sorted(entry.get("emulation", {}).items()):
        rows = one.get("exact", {}).get("rows_different", 0)
        if rows:
            told.append(f"logits on {backend} differ from what they must be in {rows:,} rows")
    return told


def _parity(variant: Variant, gate: str, what: str, one: Mapping[str, Any]) -> Iterator[str]:
    state, known = one.get("state", "pass"), variant.shortfall(gate)
    if state == "pass" or (known and -one.get("difference", 0.0) <= known.worst):
        return
    yield f"parity of {what}: {state} ({one.get('difference', 0.0):+.4f} against the reference)"
