"""Designs become measurements: synthesised here and kept, or read from captured reports."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hlsgate.infra import documents
from hlsgate.infra.errors import ReportError, SynthesisError
from hlsgate.pipeline.product import Content
from hlsgate.pipeline.stages import reports
from hlsgate.spec.declarations import UNNAMED
from hlsgate.spec.project import project_digest
from hlsgate.synthesis.reports.reading import read_text, shown
from hlsgate.synthesis.toolchains import TOOLCHAINS, yosys
from hlsgate.synthesis.toolchains.synthesis import naming

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.pipeline.pipeline import Pipeline
    from hlsgate.spec.declarations import Design
    from hlsgate.spec.measurement import Measurement

MANIFEST = "hlsgate.json"
"""File beside a report that says which design and weights it is of."""

_RELEASE = re.compile(r"\d+\.\d+", re.ASCII)
_UNCHECKED = "its project was not compared with the design's, as hls4ml is not installed here"

SYNTHESIS_TIMEOUT_S = 4 * 3600.0
"""Default time limit of one synthesis run, in s."""


@dataclass(frozen=True)
class Identity:
    """What a report is of, by which tool; `note` says how its run ended, if that was unusual."""

    design: str
    weights_sha256: str
    project_sha256: str
    tool_version: str
    note: str


@dataclass(frozen=True)
class Hardware:
    """Measurements of designs.

    Parameters
    ----------
    pipeline : Pipeline
        Makes what is synthesised.
    timeout_s : float
        Time limit of one run of a toolchain, in s.
    """

    pipeline: Pipeline
    timeout_s: float = SYNTHESIS_TIMEOUT_S

    def measured(self, design: Design) -> Measurement:
        """Synthesise a design's frozen weights with its toolchain, and read the report.

        Raises
        ------
        ToolNotFound, SynthesisError
            If the toolchain is missing, or fails without a complete report; the log is kept.
        """
        report = self.report(design)
        measurement = TOOLCHAINS[design.target.toolchain].parse(report)
        stated = self.identity(design)
        _refuse_another_release(stated, measurement, report)
        return _with_identity(measurement, stated, design)

    def identity(self, design: Design) -> Identity:
        """Return what a design's report, made here, is of; names are in no cached product."""
        toolchain = TOOLCHAINS[design.target.toolchain]
        version = toolchain.usable_version(toolchain.find())
        weights = self.pipeline.frozen(design.variant).sha256
        note = reports.note(self._synthesised(design))
        return Identity(design.key, weights, self.source(design)[1], version, note)

    def export(self, design: Design, folder: Path) -> None:
        """Copy a design's report, and what it is of, to where it can be judged from anywhere."""
        shutil.copytree(self.report(design), folder)
        text = json.dumps(asdict(self.identity(design)), indent=1)
        (folder / MANIFEST).write_text(text)

    def report(self, design: Design) -> Path:
        """Return the folder of a design's report; synthesise where there is none yet."""
        return reports.report(self._synthesised(design))

    def _synthesised(self, design: Design) -> Path:
        toolchain = TOOLCHAINS[design.target.toolchain]
        tools = toolchain.find()
        source, digest = self.source(design)
        product = reports.Synthesised(
            Content(digest, lambda: source),
            replace(design.target, key=UNNAMED),
            toolchain.usable_version(tools),
            tools,
            self.timeout_s,
            self.pipeline.log(design.key),
        )
        try:
            return self.pipeline.made(product, f"synthesise {design.key}", design.variant)
        except SynthesisError as error:
            raise naming(error, product.log) from error

    def source(self, design: Design) -> tuple[Path, str]:
        """Return what a design is synthesised from, and its digest."""
        checkpoint = self.pipeline.frozen(design.variant)
        backend = design.target.backend
        if TOOLCHAINS[design.target.toolchain].SOURCE == "logic":
            folder = self.pipeline.logic(design.variant, checkpoint, backend)
            return folder, project_digest(folder, *TOOLCHAINS[design.target.toolchain].READS)
        project = self.pipeline.project(
            design.variant, checkpoint, backend, softmax=design.target.softmax
        )
        return project.folder, project.digest

    def simulated_netlist(self, design: Design, rows: int) -> NDArray[np.float64]:
        """Run the first test rows through a design's synthesised netlist (Yosys).

        Returns
        -------
        ndarray, shape (rows, classes), float64
        """
        variant = design.variant
        traced, _ = self.source(design)
        sources = [self.report(design) / yosys.NETLIST, *yosys.cells()]
        title = f"{design.key}, netlist"
        return self.pipeline.simulated_verilog(variant, title, traced, sources, rows)

    def replayed(self, design: Design, reports: Path) -> Measurement:
        """Read a design's captured report, from ``<reports>/<design key>``.

        Raises
        ------
        ReportError
            If there is none, it is incomplete, or it says that it is of something else: another
            design, other weights, or a project that is not the design's.
        """
        folder = captured(design, reports)
        if not folder.is_dir():
            raise ReportError(
                folder, "report", f"there is no captured report of {design.key}; add what the "
                "toolchain wrote there, or synthesise it where the toolchain is"
            )  # fmt: skip
        measurement = TOOLCHAINS[design.target.toolchain].parse(folder).with_origin("replayed")
        if not (folder / MANIFEST).is_file():
            return measurement
        stated = _read_identity(folder / MANIFEST)
        weights = self.pipeline.frozen(design.variant).sha256
        _refuse_unless(stated, folder, "design", design.key)
        _refuse_unless(stated, folder, "weights_sha256", weights)
        _refuse_another_release(stated, measurement, folder)
        checked = can_convert(TOOLCHAINS[design.target.toolchain].SOURCE)
        if checked:
            _refuse_unless(stated, folder, "project_sha256", self.source(design)[1])
        note = "; ".join(filter(None, [stated.note, "" if checked else _UNCHECKED]))
        return _with_identity(measurement, replace(stated, note=note), design)


def _with_identity(measurement: Measurement, stated: Identity, design: Design) -> Measurement:
    return replace(
        measurement,
        weights_sha256=stated.weights_sha256,
        tool_version=stated.tool_version,
        part=measurement.part or design.target.part,
        note=stated.note,
    )


def _refuse_unless(stated: Identity, folder: Path, field: str, wanted: str) -> None:
    found = getattr(stated, field)
    if found != wanted:
        raise ReportError(
            folder / MANIFEST, field, f"the report is of {found}, the design's is {wanted}; "
            "synthesise the design again"
        )  # fmt: skip


def _refuse_another_release(stated: Identity, measurement: Measurement, folder: Path) -> None:
    """Hold the version that the tool told against the one in its report, which may say less."""
    pair = (stated.tool_version, measurement.tool_version or stated.tool_version)
    asked, reported = (_RELEASE.match(version) for version in pair)
    if asked is None or reported is None or asked[0] != reported[0]:
        raise ReportError(
            folder / MANIFEST, "tool_version", f"is {shown(pair[0])}, the report's is "
            f"{shown(pair[1])}; synthesise the design again"
        )  # fmt: skip


def can_convert(source: str) -> bool:
    """Whether what a toolchain builds, a project or logic, can be made here to compare digests."""
    needed = ("tensorflow", "qkeras", "hls4ml", *(("da4ml",) if source == "logic" else ()))
    return all(importlib.util.find_spec(name) for name in needed)


def captured(design: Design, reports: Path) -> Path:
    """Return where a design's captured report is, if there is one."""
    return reports / design.key


def _read_identity(path: Path) -> Identity:
    text = read_text(path)
    try:
        stated = documents.parse(text)
    except RecursionError:
        raise _unidentified(path, "nested too deeply") from None
    except ValueError as error:
        raise _unidentified(path, shown(str(error))) from error
    names = [field.name for field in fields(Identity)]
    if not isinstance(stated, dict) or sorted(stated) != sorted(names):
        raise _unidentified(path, f"it must hold {', '.join(names)}, and nothing else")
    if not all(isinstance(value, str) for value in stated.values()):
        raise _unidentified(path, "everything in it must be text")
    return Identity(**stated)


def _unidentified(path: Path, why: str) -> ReportError:
    return ReportError(path, "identity", f"it does not say what the report is of ({why})")
