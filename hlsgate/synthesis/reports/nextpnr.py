"""Reader of what nextpnr places and routes: ``timing.json``, written by its ``--report``."""

from __future__ import annotations

from pathlib import Path

from hlsgate.infra.errors import ReportError
from hlsgate.spec.measurement import Measurement
from hlsgate.synthesis.reports.reading import mapping, number, only, read_object

FILE = "timing.json"


def parse_nextpnr(folder: Path) -> Measurement:
    """Read the clock that a placed and routed network reaches.

    Returns
    -------
    Measurement
        Stage ``"fit"``: ``fmax_mhz``, in MHz. The report does not state its tool's version or
        part. `breakdown` has every kind of site that is used.

    Raises
    ------
    ReportError
        If the file is missing or not whole, or has no clock, or several.
    """
    path = folder / FILE
    content = read_object(path)
    clocks = mapping(content.get("fmax"), path, "fmax")
    name, clock = only(list(clocks.items()), path, "fmax")
    achieved = number(
        mapping(clock, path, f"fmax.{name}").get("achieved"), path, f"{name}.achieved"
    )
    if achieved == 0:
        raise ReportError(path, f"{name}.achieved", "is 0 MHz; nothing was routed.")
    used = {
        kind: number(mapping(site, path, kind).get("used"), path, f"utilization.{kind}.used")
        for kind, site in mapping(content.get("utilization"), path, "utilization").items()
    }
    return Measurement(
        toolchain="nextpnr",
        stage="fit",
        values={"fmax_mhz": achieved},
        breakdown={"sites": {kind: count for kind, count in used.items() if count}},
    )
