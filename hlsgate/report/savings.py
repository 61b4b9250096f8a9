"""What compression saves: every number beside its reference's, by the same tool and stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hlsgate.judge import kinds
from hlsgate.spec.declarations import Design
from hlsgate.spec.measurement import Measurement
from hlsgate.spec.metrics import metric
from hlsgate.suites import suite

METRICS = ("alut", "lut", "ff", "dsp", "da_cost", "register_bits", "fmax_mhz")
"""What is shown; of a target, what its tool reports of these."""


@dataclass(frozen=True)
class Saving:
    """One metric of one design, with the same of its reference.

    Parameters
    ----------
    design : Design
        Variant and target.
    metric : str
        Name of the metric.
    measurement : Measurement
        Where the value comes from.
    base : Measurement or None
        The reference's, where there is one of the same kind; None for the reference itself.
    why : str
        Why there is nothing to compare with, where that is so.
    """

    design: Design
    metric: str
    measurement: Measurement
    base: Measurement | None
    why: str = ""

    @property
    def value(self) -> float:
        """In the metric's unit."""
        return self.measurement.values[self.metric]

    @property
    def saved(self) -> float | None:
        """Share of the reference's that is saved; None where that makes no sense."""
        if self.base is None or metric(self.metric).better == "higher":
            return None
        base = self.base.values.get(self.metric, 0)
        return 1 - self.value / base if base else None


def collect(content: Mapping[str, Any], published: Mapping[str, Any]) -> list[Saving]:
    """Return what is known of every declared design, in the suite's order.

    Parameters
    ----------
    content : mapping
        Results.
    published : mapping
        By design: what somebody published, which stands where nothing was measured.
    """
    known = {key: _measurement(one) for key, one in published.items()}
    for entry in content["designs"].values():
        for key, one in entry.get("related", {}).items():
            known.setdefault(key, _measurement(one))
    known |= {key: _measurement(one["measurement"]) for key, one in content["designs"].items()}
    found = []
    for design in suite.active().designs:
        if design.key in known:
            measurement = known[design.key]
            base, why = _base(design, measurement, known)
            names = [name for name in METRICS if name in measurement.values]
            found += [Saving(design, name, measurement, base, why) for name in names]
    return found


def _measurement(found: Mapping[str, Any]) -> Measurement:
    fields = Measurement.__dataclass_fields__
    return Measurement(**{name: found[name] for name in fields if name in found})


def _base(
    design: Design, measurement: Measurement, known: Mapping[str, Measurement]
) -> tuple[Measurement | None, str]:
    """Return the reference's measurement, or why there is none to compare with."""
    reference = design.variant.reference
    if reference is None:
        return None, ""
    base = known.get(f"{reference}-{design.target.key}")
    if base is None:
        return None, f"{reference} not measured"
    published = {base.origin, measurement.origin} & {"published"}
    if published and base.origin != measurement.origin:
        return None, f"{reference} is {base.origin}, this is {measurement.origin}"
    differing = kinds.differences(kinds.of(measurement), kinds.of(base), f"{reference}'s")
    return (None, differing) if differing else (base, "")
