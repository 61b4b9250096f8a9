"""Reader of what Yosys counts: ``stat.json``, written by ``stat -json`` (Yosys 0.70)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hlsgate.infra.errors import ReportError
from hlsgate.spec.measurement import Measurement
from hlsgate.synthesis.reports.reading import label, mapping, read_object, shown, whole

FILE = "stat.json"

_CREATOR = re.compile(r"Yosys (\d+\.\d+(?:\+\d+)?) ", re.ASCII)
_ALUT = "MISTRAL_ALUT"
_KINDS = {  # Source: Yosys 0.70, techlibs/intel_alm/common, *_sim.v
    "MISTRAL_FF": "ff",
    "MISTRAL_MLAB": "mlab",
    "MISTRAL_M10K": "ram",
    "MISTRAL_MUL9X9": "dsp",
    "MISTRAL_MUL18X18": "dsp",
    "MISTRAL_MUL27X27": "dsp",
}
_FREE = ("MISTRAL_NOT",)
"""Inverters, which the fitter takes into the cells that they feed."""


def parse_yosys(folder: Path) -> Measurement:
    """Read the cells of a network synthesised for a Cyclone V.

    Returns
    -------
    Measurement
        Stage ``"synthesis"``. ``alut`` counts all ``MISTRAL_ALUT*`` cells and ``ff`` all
        ``MISTRAL_FF``; memories and multipliers are there only where the design has some, since
        distributed arithmetic has none. `breakdown` has every type of cell, inverters too.

    Raises
    ------
    ReportError
        If the file is missing or not whole, or if it has cells of another family.
    """
    path = folder / FILE
    content = read_object(path)
    creator = label(content.get("creator"), path, "creator")
    made_by = _CREATOR.match(creator)
    if made_by is None:
        raise ReportError(path, "creator", f"is {shown(creator)}, which is not Yosys.")
    field = "design.num_cells_by_type"
    design = mapping(content.get("design"), path, "design")
    cells = {
        kind: whole(count, path, f"{field}.{kind}")
        for kind, count in mapping(design.get("num_cells_by_type"), path, field).items()
    }
    _check_total(path, design, cells)
    return Measurement(
        toolchain="yosys",
        stage="synthesis",
        values=_by_metric(path, field, cells),
        tool_version=made_by[1],
        part="cyclonev",
        breakdown={"cells": cells},
    )


def _check_total(path: Path, design: dict[str, Any], cells: dict[str, int]) -> None:
    total = whole(design.get("num_cells"), path, "design.num_cells")
    if total != sum(cells.values()):
        problem = (
            f"is {total}, but the cells by type are {sum(cells.values())}; the file is damaged."
        )
        raise ReportError(path, "design.num_cells", problem)


def _by_metric(path: Path, field: str, cells: dict[str, int]) -> dict[str, float]:
    values: dict[str, float] = {"alut": 0, "ff": 0}
    for kind, count in cells.items():
        if kind in _FREE:
            continue
        name = "alut" if kind.startswith(_ALUT) else _KINDS.get(kind)
        if name is None:
            problem = "is no cell of a Cyclone V; the design was not mapped, or for another family."
            raise ReportError(path, f"{field}.{kind}", problem)
        values[name] = values.get(name, 0) + count
    return values
