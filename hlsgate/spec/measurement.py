"""The record that a report parser hands to the judge: numbers, and what they are numbers of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Origin = Literal["measured", "replayed", "recorded", "published"]
Stage = Literal["logic", "hls_estimate", "synthesis", "fit"]
"""Kinds of estimate, from the cheapest to the best; values of two stages are never compared."""


@dataclass(frozen=True)
class Measurement:
    """Resources of one design, as one tool reported them at one stage.

    Parameters
    ----------
    toolchain : str
        Toolchain key, for example ``"oneapi"``.
    stage : {"logic", "hls_estimate", "synthesis", "fit"}
        Kind of estimate: counted on the logic before synthesis, estimated by an HLS compiler,
        synthesised to cells, or placed and routed.
    values : mapping of str to int or float
        Metric name (see `hlsgate.spec.metrics`) to value.
    origin : {"measured", "replayed", "recorded", "published"}
        Whether the tool ran here, its report was captured elsewhere, the numbers are those of the
        baseline (of a design too slow to be measured every time), or somebody printed them.
    tool_version : str or None
        As the tool states it, in the report or when asked.
    part : str or None
        Device or family the report is for.
    weights_sha256 : str or None
        Identity of the weights that were synthesised; None where nobody states it.
    note : str
        One sentence on how the tool's run ended, where that was odd.
    target_fmax_mhz : float or None
        Clock frequency that the tool scheduled for, in MHz: what was aimed at, never a result,
        so no metric and not in `values`; `values["fmax_mhz"]` is what was reached.
    capacity : mapping of str to int
        What the device offers, by metric name; empty where the report does not say.
    breakdown : mapping of str to mapping
        Metric values by kernel or block, as the report splits them.
    """

    toolchain: str
    stage: Stage
    values: Mapping[str, float]
    origin: Origin = "measured"
    tool_version: str | None = None
    part: str | None = None
    weights_sha256: str | None = None
    note: str = ""
    target_fmax_mhz: float | None = None
    capacity: Mapping[str, int] = field(default_factory=dict)
    breakdown: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def with_origin(self, origin: Origin) -> Measurement:
        """Return the same numbers, labelled with where they come from."""
        return replace(self, origin=origin)

    def as_json(self) -> dict[str, Any]:
        """Return a plain dictionary for ``results.json``."""
        return {
            "toolchain": self.toolchain,
            "tool_version": self.tool_version,
            "part": self.part,
            "weights_sha256": self.weights_sha256,
            "note": self.note,
            "target_fmax_mhz": self.target_fmax_mhz,
            "stage": self.stage,
            "origin": self.origin,
            "values": dict(self.values),
            "capacity": dict(self.capacity),
            "breakdown": {name: dict(row) for name, row in self.breakdown.items()},
        }
