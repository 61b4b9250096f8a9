"""What each measured number means: name, unit and which way is better.

Direction is a fact of the metric and is said here once; how much slack a gate allows is
policy and lives in ``baselines.json``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hlsgate.infra.errors import SuiteError


@dataclass(frozen=True)
class Metric:
    """One measurable quantity.

    Parameters
    ----------
    name : str
        Key in results and baselines; the unit is part of the name where there is one.
    unit : str
        Unit in words; ``""`` for plain counts.
    better : {"lower", "higher"}
        Which direction is an improvement.
    meaning : str
        One line for tables and documentation.
    """

    name: str
    unit: str
    better: Literal["lower", "higher"]
    meaning: str


_ALL = (
    Metric("alut", "", "lower", "adaptive look-up tables"),
    Metric("ff", "", "lower", "flip-flops"),
    Metric("ram", "", "lower", "block memories (M20K)"),
    Metric("mlab", "", "lower", "memory logic array blocks"),
    Metric("dsp", "", "lower", "whole DSP blocks (Altera) or slices (AMD)"),
    Metric("frac_dsp", "", "lower", "multipliers that share a DSP block with others"),
    Metric(
        "dsp_effective", "", "lower", "derived: dsp + frac_dsp / dsp_packing_factor, rounded up"
    ),
    Metric("alm", "", "lower", "adaptive logic modules"),
    Metric("lut", "", "lower", "look-up tables of AMD's parts; no ALUTs"),
    Metric("bram_18k", "", "lower", "block memories of 18 kbit (AMD)"),
    Metric("uram", "", "lower", "UltraRAM blocks (AMD)"),
    Metric("da_cost", "", "lower", "da4ml's cost: about the full adders and multiplexers"),
    Metric("register_bits", "bits", "lower", "pipeline registers, inputs and outputs included"),
    Metric("stages", "", "lower", "pipeline stages"),
    Metric("latency_cycles", "cycles", "lower", "longest latency of any block; Vitis: end to end"),
    Metric("latency_ns", "ns", "lower", "latency end to end, where a report states it in time"),
    Metric("ii_cycles", "cycles", "lower", "largest initiation interval of any block"),
    Metric("fmax_mhz", "MHz", "higher", "clock frequency reached, as estimated or fitted"),
    Metric("accuracy", "", "higher", "share of test rows classified correctly"),
    Metric("auc", "", "higher", "area under the ROC curve, one class against the rest"),
    Metric("weights_nonzero", "", "lower", "kernel weights that are not zero"),
    Metric("weight_bits", "bits", "lower", "bits that store the non-zero kernel weights"),
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}


def metric(name: str) -> Metric:
    """Look a metric up by name; the area of one class is named ``auc CLASS``.

    Raises
    ------
    SuiteError
        If no such metric exists; the message lists those that do.
    """
    try:
        return METRICS["auc" if name.startswith("auc ") else name]
    except KeyError:
        known = ", ".join(sorted(METRICS))
        raise SuiteError(f"unknown metric {name!r}; known metrics are {known}.") from None
