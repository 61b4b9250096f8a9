"""Reader of the reports that Intel's oneAPI FPGA compiler writes, estimate and fit.

Source of every name below: reports of icpx 2025.0, ``<project>.report.prj/reports/resources/json``.
"""

from __future__ import annotations

import re
from pathlib import Path

from hlsgate.infra.errors import ReportError
from hlsgate.spec.measurement import Measurement
from hlsgate.synthesis.reports.oneapi_summary import Values, numbered, read_summary
from hlsgate.synthesis.reports.reading import (
    Row,
    label,
    nodes,
    number,
    only,
    present,
    read_rows,
    shown,
)

_LOOP_METRICS = {"ii": ("ii_cycles", max), "lt": ("latency_cycles", max), "af": ("fmax_mhz", min)}
_FIT_METRICS = {
    "alm": "alm",
    "alut": "alut",
    "reg": "ff",
    "dsp": "dsp",
    "ram": "ram",
    "mlab": "mlab",
}
_PENDING = "TBD"
_VERSION = re.compile(r"(\d+(?:\.\d+)+)(?:\s|$)", re.ASCII)


def parse_oneapi(report_dir: Path) -> Measurement:
    """Read the compiler's estimate of one design; clock in MHz, latency and II in cycles.

    Parameters
    ----------
    report_dir : pathlib.Path
        The ``<project>.report.prj`` folder, a folder that holds its ndjson files directly (a
        captured copy), or a folder with exactly one ``*.report.prj`` anywhere below it.

    Returns
    -------
    Measurement
        Stage ``"hls_estimate"``. `values` are the report's row ``Total``, and also

        - ``dsp_effective`` = ceil(dsp + frac_dsp / dsp_packing_factor). DERIVED: no report has
          it. ``DSPs`` counts whole blocks only; multipliers that share one are in ``Frac. DSPs``.
          Without that column (older versions) neither ``frac_dsp`` nor ``dsp_effective`` exists.
        - ``latency_cycles``: the LONGEST BLOCK of any kernel, not the design from end to end.
        - ``ii_cycles``: the largest initiation interval of any block.
        - ``fmax_mhz``: the lowest clock estimated for any block.

        The last three exist only where ``loop_attr.ndjson`` does; so does `target_fmax_mhz`, the
        lowest clock that a kernel was scheduled for. `capacity` is the row ``Available`` without
        ``frac_dsp`` (always "0" there, which is no limit) and with ``dsp_effective`` limited by the
        whole blocks. `breakdown` has every other row; the second kernel of a name gets ``" #2"``.

    Raises
    ------
    ReportError
        If there is no such folder or more than one, or if any file that is read is missing what it
        must have, empty, truncated, foreign or inconsistent.
    """
    folder = json_folder(report_dir, "report")
    table = read_summary(folder / "summary.ndjson")
    loops, target = _read_loops(folder / "loop_attr.ndjson")
    tool_version, part = _read_info(folder / "info.ndjson")
    return Measurement(
        toolchain="oneapi",
        stage="hls_estimate",
        values=table.total | loops,
        tool_version=tool_version,
        part=part,
        target_fmax_mhz=target,
        capacity=table.capacity,
        breakdown=table.breakdown,
    )


def parse_oneapi_fit(report_dir: Path) -> Measurement | None:
    """Read what Quartus fitted, for the whole device image; None where nothing was fitted.

    Parameters
    ----------
    report_dir : pathlib.Path
        As for `parse_oneapi`; a ``*.fpga.prj``, which ``make fpga`` writes, is preferred.

    Returns
    -------
    Measurement or None
        Stage ``"fit"``, clock in MHz, kernels in `breakdown`, `capacity` empty. None if there
        is no ``quartus.ndjson`` or all of its fields are "TBD", as after ``make report``.

    Raises
    ------
    ReportError
        If the file is damaged, or "TBD" in some fields and not in others.
    """
    folder = json_folder(report_dir, "fpga", "report")
    path = folder / "quartus.ndjson"
    if not present(path):
        return None
    rows = read_rows(path)
    clock = nodes(rows, "quartusFitClockSummary", path)[0]
    usage = nodes(rows, "quartusFitResourceUsageSummary", path)
    device = only([node for node in usage if node.get("type") == "system"], path, "device image")
    if _is_pending(device, clock, path):
        return None
    values = _fitted(device, path) | {
        "fmax_mhz": number(clock.get("clock fmax"), path, "clock fmax")
    }
    kernels = [node for node in usage if node is not device]
    named = [
        (label(node.get("name"), path, "name of a node"), _fitted(node, path)) for node in kernels
    ]
    tool_version, part = _read_info(folder / "info.ndjson")
    return Measurement(
        toolchain="oneapi",
        stage="fit",
        values=values,
        tool_version=tool_version,
        part=part,
        breakdown=numbered(named),
    )


def json_folder(report_dir: Path, *kinds: str) -> Path:
    """Find the folder that holds a report's ndjson files.

    Parameters
    ----------
    report_dir : pathlib.Path
        That folder, a ``*.prj``, or a folder above exactly one ``*.<kind>.prj``.
    *kinds : str
        ``"report"`` or ``"fpga"``; the first kind of which there is any is taken.

    Raises
    ------
    ReportError
        If there is none, or more than one.
    """
    if any(report_dir.glob("*.ndjson")):
        return report_dir
    projects = [report_dir]
    for kind in kinds if report_dir.suffix != ".prj" else ():
        projects = [found for found in report_dir.rglob(f"*.{kind}.prj") if found.is_dir()]
        if projects:
            break
    if len(projects) != 1:
        names = (
            ", ".join(sorted(str(found.relative_to(report_dir)) for found in projects)) or "none"
        )
        problem = f"exactly one must be at or below this folder, found {names}."
        raise ReportError(report_dir, "*.report.prj", f"{problem} Build the report or name one.")
    folder = projects[0] / "reports" / "resources" / "json"
    if not folder.is_dir():
        problem = "is not in this report; it is incomplete or of an unknown version."
        raise ReportError(projects[0], "reports/resources/json", problem)
    return folder


def _read_loops(path: Path) -> tuple[Values, float | None]:
    if not present(path):
        return {}, None
    rows = read_rows(path)
    _require_listed(rows, path)
    kernels = [row for row in rows if row.get("type") == "kernel"]
    blocks = [row for row in rows if "type" in row and row["type"] != "kernel"]
    if not blocks:
        raise ReportError(path, "blocks", "are absent; the file is truncated or foreign.")
    values = {}
    for field, (metric, worst) in _LOOP_METRICS.items():
        if found := _known(blocks, field, path):
            values[metric] = worst(found)
    return values, min(_known(kernels, "fmax", path), default=None)


def _known(rows: list[Row], field: str, path: Path) -> list[float]:
    return [number(row.get(field), path, field) for row in rows if row.get(field) != "n/a"]


def _require_listed(rows: list[Row], path: Path) -> None:
    """Refuse a file cut between two lines: every row that is listed as a child must be there."""
    head = only([row for row in rows if "type" not in row], path, "row loop_attributes")
    if head.get("name") != "loop_attributes":
        raise ReportError(path, "row loop_attributes", "is absent; the file is foreign.")
    listed = [head.get("nodes"), *(row["children"] for row in rows if "children" in row)]
    if not all(isinstance(ids, list) and all(type(i) is int for i in ids) for ids in listed):
        raise ReportError(path, "nodes and children", "must be lists of row numbers.")
    present = [row["id"] for row in rows if type(row.get("id")) is int]
    if missing := sorted({i for ids in listed for i in ids} - set(present)):
        problem = f"are listed but absent: {shown(missing)}; the file is truncated."
        raise ReportError(path, "rows with id", problem)


def _read_info(path: Path) -> tuple[str | None, str | None]:
    """Return the compiler's version, without its build hash, and the device family and part."""
    if not present(path):
        return None, None
    node = nodes(read_rows(path), "compileInfo", path)[0]
    version = label(node.get("version"), path, "version")
    match = _VERSION.match(version)
    if match is None:
        raise ReportError(path, "version", f"is {shown(version)}, which begins with no version.")
    return match[1], label(node.get("family"), path, "family")


def _is_pending(device: Row, clock: Row, path: Path) -> bool:
    fields = {key: device[key] for key in _FIT_METRICS if key in device}
    fields |= {key: clock[key] for key in ("clock fmax", "kernel clock") if key in clock}
    pending = [key for key, value in fields.items() if value == _PENDING]
    if pending and len(pending) < len(fields):
        problem = "is TBD while other fields hold numbers; the fit is unfinished, run it again."
        raise ReportError(path, ", ".join(pending), problem)
    return bool(pending)


def _fitted(node: Row, path: Path) -> Values:
    return {metric: number(node.get(key), path, key) for key, metric in _FIT_METRICS.items()}
