"""Reader of ``metrics.json``: what was counted on a traced network."""

from __future__ import annotations

from pathlib import Path

from hlsgate.infra.errors import ReportError
from hlsgate.spec.measurement import Measurement
from hlsgate.spec.metrics import METRICS
from hlsgate.synthesis.reports.reading import label, mapping, number, read_object

FILE = "metrics.json"


def parse_da4ml(folder: Path) -> Measurement:
    """Read the counts of a network's logic: stage ``"logic"``, exact, for no part in particular.

    Raises
    ------
    ReportError
        If the file is missing, is not whole, or counts something unknown.
    """
    path = folder / FILE
    content = read_object(path)
    counts = mapping(content.get("metrics"), path, "metrics")
    for name in counts:
        if name not in METRICS:
            raise ReportError(path, f"metrics.{name}", "is no metric that is known here.")
    return Measurement(
        toolchain="da4ml",
        stage="logic",
        values={name: number(count, path, f"metrics.{name}") for name, count in counts.items()},
        tool_version=label(content.get("da4ml"), path, "da4ml"),
        part="any",
    )
