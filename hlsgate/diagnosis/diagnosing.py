"""One diagnosis from model to table: converted, probed, compiled once, emulated, compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate import conversion, emulation
from hlsgate.conversion import Settings, renaming
from hlsgate.conversion.naming import for_people, is_safe
from hlsgate.diagnosis import firmware, graphs, probing
from hlsgate.diagnosis.catalogue import PRUNING_WRAPPER, Finding
from hlsgate.diagnosis.causes import Context
from hlsgate.diagnosis.divergence import Bounds, Diagnosis, LayerRow, diagnose
from hlsgate.emulation import Emulator
from hlsgate.infra.errors import DiagnosisError
from hlsgate.infra.escaping import shown
from hlsgate.infra.progress import Step, silent
from hlsgate.models.keras2 import answering, describing
from hlsgate.spec.layers import SOFTMAX, WRAPPER, HardwareLayer, KerasLayer
from hlsgate.spec.project import Project

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.infra.cache import Cache
    from hlsgate.spec.declarations import Backend
    from hlsgate.spec.fixedpoint import Fixed


@dataclass(frozen=True)
class Subject:
    """What is diagnosed.

    Parameters
    ----------
    name : str
        Of the network.
    model : tf.keras.Model
        With weights.
    settings : Settings
        What hls4ml is told.
    backend : Backend
        hls4ml backend, part, clock and io_type.
    casts : mapping of str to Fixed
        Types that Keras' outputs are cast to, by layer: what the conversion is known and allowed
        to cut.
    bounds : Bounds
        What a softmax's table may cost.
    """

    name: str
    model: Any
    settings: Settings
    backend: Backend
    casts: Mapping[str, Fixed] = field(default_factory=dict)
    bounds: Bounds = field(default_factory=Bounds)

    @property
    def title(self) -> str:
        """Network, backend and io_type."""
        return f"{self.name} on {self.backend.hls4ml} ({self.backend.io_type})"


def run(
    subject: Subject,
    x: NDArray[np.float32],
    folder: Path,
    *,
    check: bool = True,
    plain: NDArray[np.float64] | None = None,
    cache: Cache | None = None,
    step: Step = silent,
) -> Diagnosis:
    """Diagnose a network on one backend.

    Parameters
    ----------
    subject : Subject
        The network and its conversion.
    x : ndarray, shape (n, inputs), float32
        Inputs, which Keras and the emulation both get as they are.
    folder : pathlib.Path
        Where projects and libraries are written.
    check : bool
        Require outputs equal to those of the project without probes.
    plain : ndarray, shape (n, outputs), float64, optional
        Those outputs, where they are known; else the project is built for them.
    cache : Cache, optional
        Where precompiled headers are kept.
    step : callable
        Shows progress.

    Raises
    ------
    ConversionError, EmulationError
        If hls4ml refuses the model, or the compiler what hls4ml wrote.
    DiagnosisError
        If the written sources have another form than is known, or probes change outputs.
    """
    keras_layers = describing.describe(subject.model)
    if any(layer.kind == WRAPPER for layer in keras_layers):
        return _wrapped(subject, keras_layers, len(x))
    names = renaming.names_in(subject.model)
    keras_layers = [replace(layer, name=names[layer.name]) for layer in keras_layers]
    casts = subject.casts
    subject = replace(subject, casts={names[layer]: kind for layer, kind in casts.items()})
    name = conversion.project_name(subject.name)
    with step(f"convert {subject.title}"):
        project, graph = conversion.convert_model(
            subject.model, subject.settings, subject.backend, folder / "project", name
        )
        layers = graphs.read(graph, keras_layers)
        context = _context(subject, keras_layers, layers, project, folder)
    probed = probing.probe(project, layers, folder / "probed")
    with step(f"compile and run {subject.title}, with probes"):
        library = folder / "probed-library"
        outputs, emulated = probed.split(_emulated(probed.project, x, library, cache))
    if check and plain is None:
        with step(f"compile and run {subject.title}, without probes"):
            plain = _emulated(project, x, folder / "library", cache)
    if plain is not None:
        _check_equal(outputs, plain, subject)
    with step(f"evaluate {subject.name} in Keras"):
        named = answering.layer_outputs(subject.model, x, casts)
    keras = {names[layer]: values for layer, values in named.items()}
    found = diagnose(subject.title, layers, x, emulated, keras, context, subject.bounds)
    return _for_people(found, names)


def _for_people(found: Diagnosis, names: Mapping[str, str]) -> Diagnosis:
    """Return a diagnosis in the model's own names."""

    def one(row: LayerRow) -> LayerRow:
        findings = [replace(told, seen=for_people(told.seen, names)) for told in row.findings]
        return replace(row, layer=for_people(row.layer, names), findings=tuple(findings))

    return replace(found, layers=tuple(one(row) for row in found.layers))


def _emulated(
    project: Project, x: NDArray[np.float32], folder: Path, cache: Cache | None
) -> NDArray[np.float64]:
    """Compile on the host (probes read pipes back, which kernels of icpx cannot), and run."""
    folder.mkdir(parents=True, exist_ok=True)
    emulation.compile_project(project, emulation.find_compiler("any"), folder, cache)
    return emulation.emulate(Emulator(folder, project), x)


def _check_equal(probed: NDArray[np.float64], plain: NDArray[np.float64], subject: Subject) -> None:
    if (probed != plain).any():
        rows = int((probed != plain).any(axis=1).sum())
        raise DiagnosisError(
            f"{subject.title}: with probes, {rows} of {len(plain)} rows have other outputs than "
            "without; the table would be of another network. Please report this."
        )


def _context(
    subject: Subject,
    keras: Sequence[KerasLayer],
    layers: Sequence[HardwareLayer],
    project: Project,
    folder: Path,
) -> Context:
    typed = {layer.name: layer.quantizer for layer in keras if layer.quantizer is not None}
    return Context(
        default=subject.settings.precision,
        granularity=subject.settings.granularity,
        meant={**typed, **subject.casts},
        by_name=_by_name(subject, keras, folder),
        table_ranges=_table_ranges(project, layers),
        keras_of={layer.name: layer.keras for layer in layers if layer.keras is not None},
        rounds_up=subject.backend.hls4ml in ("oneAPI", "Quartus"),
    )


def _by_name(
    subject: Subject, keras: Sequence[KerasLayer], folder: Path
) -> dict[str, HardwareLayer]:
    """Return the layers with the types that granularity "name" would give; nothing is built."""
    if subject.settings.granularity == "name":
        return {}
    settings = replace(subject.settings, granularity="name", types={})
    graph = conversion.graph_of(
        subject.model, settings, subject.backend, folder / "by-name", "by_name"
    )
    return {layer.name: layer for layer in graphs.read(graph, keras)}


def _table_ranges(project: Project, layers: Sequence[HardwareLayer]) -> dict[str, float]:
    written = firmware.read(project)
    found = {
        layer.name: firmware.table_range(written, written.filling(layer.variable, layer.pipe))
        for layer in layers
        if layer.kind == SOFTMAX
    }
    return {name: built for name, built in found.items() if built is not None}


def _wrapped(subject: Subject, layers: Sequence[KerasLayer], rows: int) -> Diagnosis:
    """Return the table of a model that hls4ml cannot convert for its pruning wrappers."""
    told = []
    for layer in layers:
        bad = layer.kind == WRAPPER
        name = layer.name if is_safe(layer.name) else "it"
        found = (Finding(PRUNING_WRAPPER, f"{name} is a {WRAPPER} layer"),) if bad else ()
        told.append(LayerRow(shown(layer.name), layer.kind, "-", None, None, None, 0, 0, found))
    return Diagnosis(subject.title, rows, tuple(told))
