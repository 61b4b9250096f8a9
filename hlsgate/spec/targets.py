"""Backends and targets that suites choose from; plain data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hlsgate.spec.declarations import Backend, Design, Target, Variant

ONEAPI = Backend("oneapi", "oneAPI", "Agilex7", 5.0)
QUARTUS = Backend("quartus", "Quartus", "Arria10", 5.0)
VITIS = Backend("vitis", "Vitis", "xcvu13p-flga2577-2-e", 5.0)
VIVADO = Backend("vivado", "Vivado", "xcvu13p-flga2577-2-e", 5.0)

BACKENDS: tuple[Backend, ...] = (ONEAPI, QUARTUS, VITIS, VIVADO)
"""Every backend of hlsgate, all values of a row at once."""

STREAMED: tuple[Backend, ...] = tuple(backend.streamed() for backend in BACKENDS)
"""The same with streams between layers."""

ONEAPI_AGILEX7 = Target("oneapi_agilex7", "oneapi", ONEAPI, "Agilex7", "hls_estimate", softmax=True)
DA4ML = Target("da4ml", "da4ml", QUARTUS, "any", "logic", softmax=False)
YOSYS_CYCLONEV = Target("yosys_cyclonev", "yosys", QUARTUS, "cyclonev", "synthesis", softmax=False)
NEXTPNR_ECP5 = Target("nextpnr_ecp5", "nextpnr", QUARTUS, "ecp5-85k-8", "fit", softmax=False)


def designs(
    target: Target,
    variants: Iterable[Variant],
    *,
    slow: Sequence[str] = (),
    netlist: Sequence[str] = (),
) -> tuple[Design, ...]:
    """Put variants on a target; `slow` and `netlist` name those of which `Design` says so."""
    return tuple(
        Design(variant, target, variant.key in slow, variant.key in netlist) for variant in variants
    )
