"""The stages joined: what a fixture or a command asks for, made once and kept in the cache.

Here variants have names; what is made of them (`hlsgate.pipeline.stages`) has none. When nothing
changed, neither TensorFlow nor hls4ml is imported.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hlsgate import emulation, logic
from hlsgate.diagnosis import diagnosing, edges
from hlsgate.infra import determinism, scratch
from hlsgate.infra.cache import Cache
from hlsgate.infra.errors import SynthesisError, TracingError
from hlsgate.infra.packages import identities
from hlsgate.infra.progress import Step, silent
from hlsgate.models import checkpoints, training
from hlsgate.models.checkpoints import Checkpoint
from hlsgate.models.keras2 import setup
from hlsgate.pipeline.product import Content, Product, Work, kept, named
from hlsgate.pipeline.stages import (
    diagnoses,
    emulations,
    firmware,
    logics,
    models,
    predictions,
    projects,
    scores,
    simulations,
    values,
    weights,
)
from hlsgate.pipeline.stages import training as trainings
from hlsgate.spec import architecture
from hlsgate.spec.declarations import Saved
from hlsgate.spec.project import Project
from hlsgate.suites import suite
from hlsgate.synthesis import simulation
from hlsgate.synthesis.toolchains import da4ml
from hlsgate.synthesis.toolchains.synthesis import naming

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.data.datasets import Dataset
    from hlsgate.diagnosis.divergence import Diagnosis
    from hlsgate.pipeline.stages.firmware import FirmwareFacts
    from hlsgate.spec.declarations import Backend, Variant
    from hlsgate.spec.layers import KerasLayer


@dataclass(frozen=True)
class Pipeline:
    """Everything that the suite makes, on request.

    Parameters
    ----------
    load : callable
        Takes a benchmark's key and loads what is trained and tested on, when it is first needed.
    cache : Cache
        Where finished work is kept.
    checkpoints : pathlib.Path
        Folder of frozen weights.
    step : callable
        Shows progress of long work.
    workers : int or None
        Processes that rows of an emulation are shared among; one a core by default.
    """

    load: Callable[[str], Dataset]
    cache: Cache
    checkpoints: Path
    step: Step = silent
    workers: int | None = None
    _loaded: dict[str, Dataset] = field(default_factory=dict, init=False, compare=False)

    def looking(self) -> Pipeline:
        """Return the same pipeline, which makes nothing (`hlsgate.infra.cache.NotMade`)."""
        return replace(self, load=self._load, cache=self.cache.looking(), step=silent)

    def made(self, product: Product, title: str, variant: Variant) -> Path:
        """Return the folder of a product; make it where it is not there (`Work.made`)."""
        return Work(self.cache, self.step, self.workers).made(product, title, variant.key)

    # --- data and models --------------------------------------------------------------------------

    def dataset(self, variant: Variant) -> Dataset:
        """Return what a variant is trained and tested on."""
        return self._load(variant.benchmark)

    def _load(self, benchmark: str) -> Dataset:
        if benchmark not in self._loaded:
            self._loaded[benchmark] = self.load(benchmark)
        return self._loaded[benchmark]

    def layers(self, variant: Variant) -> list[KerasLayer]:
        """Return the layers of a variant's Keras model, with what is declared of each."""
        declared = architecture.declared(variant)
        if declared is not None:
            return declared
        product = models.Layers(variant.unnamed(converted=False))
        return models.read_layers(self.made(product, f"read the model of {variant.key}", variant))

    def frozen(self, variant: Variant) -> Checkpoint:
        """Load a variant's committed weights; of a saved model, those that it comes with."""
        if isinstance(variant.network, Saved):
            return self._saved(variant, variant.network)
        return checkpoints.load(checkpoint_path(self.checkpoints, variant), variant)

    def _saved(self, variant: Variant, network: Saved) -> Checkpoint:
        product = models.SavedWeights(variant.unnamed(converted=False))
        made = self.made(product, f"read the weights of {variant.key}", variant)
        about = {"variant": variant.key, "file": network.path.name}
        return Checkpoint(weights.load(made, product.network), about)

    # --- accuracy ---------------------------------------------------------------------------------

    def trained(self, variant: Variant, taught_by: Checkpoint | None = None) -> Checkpoint:
        """Train a variant from its recipe.

        Its teacher, where it has one, is trained first, unless `taught_by` holds the teacher's
        weights.
        """
        dataset = self.dataset(variant)
        product = trainings.Trained(
            variant.unnamed(converted=False),
            _all_rows(dataset),
            self._taught(variant, taught_by),
            determinism.processor(),
        )
        made = self.made(product, f"train {variant.key}", variant)
        about = {
            "variant": variant.key,
            "recipe": asdict(variant.training),
            "dataset": dataset.sha256,
            "processor": product.processor,
            "versions": identities(product.PACKAGES),
        }
        return Checkpoint(weights.load(made, product.network), about)

    def _taught(self, variant: Variant, taught_by: Checkpoint | None) -> trainings.Taught | None:
        if variant.training.teacher is None:
            return None
        teacher = suite.variant(variant.training.teacher)
        weights = _weights(taught_by or self.trained(teacher))
        network = teacher.unnamed(converted=False)
        return trainings.Taught(network, weights, _all_rows(self.dataset(teacher)))

    def keras_logits(
        self,
        variant: Variant,
        checkpoint: Checkpoint,
        *,
        as_hardware: bool = False,
        rows: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float32]:
        """Compute Keras' logits on the test rows, or on others.

        Parameters
        ----------
        as_hardware : bool
            Round inputs to the hardware's input type, and cut to their types what the conversion
            cuts: ReLUs without a quantizer, and logits of a declared type. Without it, Keras' own
            answer.
        rows : ndarray, shape (n, inputs), float64, optional
            Other rows, which the input type cuts and wraps as the firmware does.

        Returns
        -------
        ndarray, shape (n, classes), float32
        """
        return values.load(self._keras(variant, checkpoint, as_hardware=as_hardware, rows=rows))

    def _keras(
        self,
        variant: Variant,
        checkpoint: Checkpoint,
        *,
        as_hardware: bool = False,
        rows: NDArray[np.float64] | None = None,
    ) -> Path:
        """Return the folder of `keras_logits`."""
        declared = as_hardware or rows is not None
        product = models.KerasLogits(
            variant.unnamed(converted=False),
            _weights(checkpoint),
            self._rows(variant, rows),
            variant.input_type if declared else training.rounded_inputs(variant),
            cast=rows is not None,
            casts=architecture.casts(variant, self.layers(variant)) if as_hardware else {},
        )
        return self.made(product, f"evaluate {variant.key} in Keras", variant)

    def scored(self, variant: Variant, checkpoint: Checkpoint) -> dict[str, Any]:
        """Return what Keras' answers on the test rows score (`hlsgate.facts.evaluation.scored`)."""
        return self._scored((variant, checkpoint))

    def compared(self, variant: Variant, checkpoint: Checkpoint) -> dict[str, Any]:
        """Return the same held against its reference's (`hlsgate.facts.evaluation.compared`)."""
        assert variant.reference is not None, f"{variant.key} has no reference"
        reference = suite.variant(variant.reference)
        return self._scored((variant, checkpoint), (reference, self.frozen(reference)))

    def _scored(self, *pairs: tuple[Variant, Checkpoint]) -> dict[str, Any]:
        """Evaluate answers of networks of one benchmark, each given with its weights."""
        variant = pairs[0][0]
        dataset = self.dataset(variant)
        answers = tuple(kept(self._keras(one, weights), values.load) for one, weights in pairs)
        product = scores.Scored(answers, _all_rows(dataset), tuple(dataset.class_names))
        return scores.read(self.made(product, "", variant))

    # --- rows -------------------------------------------------------------------------------------

    def edge_rows(self, variant: Variant) -> NDArray[np.float64]:
        """Return rows that are made to be hard for a variant (`hlsgate.diagnosis.edges`)."""
        layers, weights = self.layers(variant), self.frozen(variant).weights
        first = architecture.first_dense(layers, weights, variant.conversion.precision)
        return edges.edge_rows(variant.input_type, self.dataset(variant).x_test.shape[1], first)

    def _rows(
        self, variant: Variant, rows: NDArray[np.float64] | None = None
    ) -> Content[NDArray[np.floating[Any]]]:
        """Return the rows that are computed on: the test rows, or others."""
        if rows is None:
            dataset = self.dataset(variant)
            return Content(dataset.prepared_sha256, lambda: dataset.x_test)
        content = rows.astype("<f8").tobytes()
        told = hashlib.sha256(f"{rows.shape} ".encode() + content).hexdigest()
        return Content(told, lambda: rows)

    # --- emulation --------------------------------------------------------------------------------

    def project(
        self, variant: Variant, checkpoint: Checkpoint, backend: Backend, *, softmax: bool
    ) -> Project:
        """Convert a variant with hls4ml."""
        product = projects.Converted(
            variant.unnamed(converted=True), _weights(checkpoint), backend, softmax
        )
        title = f"convert {variant.key} for {backend.hls4ml}"
        return projects.read_project(self.made(product, title, variant))

    def emulated(
        self,
        variant: Variant,
        project: Project,
        rows: NDArray[np.float64] | None = None,
        *,
        as_written: bool = False,
    ) -> NDArray[np.float64]:
        """Run the test rows, or others, through a project's emulation.

        Parameters
        ----------
        rows : ndarray, shape (n, inputs), float64, optional
            Given to the firmware as they are; test rows are rounded to the input type.
        as_written : bool
            Compile hls4ml's sources as they are (`hlsgate.emulation.adapting.adapt`), which takes
            longer.

        Returns
        -------
        ndarray, shape (n, outputs), float64
        """
        return values.load(self._emulated(variant, project, rows, as_written=as_written))

    def _emulated(
        self,
        variant: Variant,
        project: Project,
        rows: NDArray[np.float64] | None = None,
        *,
        as_written: bool = False,
    ) -> Path:
        """Return the folder of `emulated`."""
        library = emulations.Library(project, *_compiled_by(project.backend), as_written)
        inputs = variant.input_type if rows is None else None
        product = emulations.Emulated(library, self._rows(variant, rows), inputs)
        how = ", as hls4ml wrote it" if as_written else ""
        return self.made(product, f"emulate {variant.key} on {project.backend}{how}", variant)

    def firmware(
        self, variant: Variant, checkpoint: Checkpoint, backend: Backend, *, softmax: bool
    ) -> FirmwareFacts:
        """Hold the written sources against what is declared.

        Raises
        ------
        FirmwareError
            If a source is missing, or lacks what is looked for.
        """
        product = firmware.Firmware(
            variant.unnamed(converted=True),
            self.layers(variant),
            _weights(checkpoint),
            backend,
            self.project(variant, checkpoint, backend, softmax=softmax),
            softmax,
        )
        return firmware.read(self.made(product, "", variant))

    def predicted_by_hls4ml(
        self, variant: Variant, checkpoint: Checkpoint, backend: Backend, rows: int
    ) -> NDArray[np.float64]:
        """Run the first test rows through hls4ml's own ``compile`` and ``predict``.

        The plug-in lets them do without Intel's compiler; a check that our way of building and
        calling the library, which is faster, gives what every user of hls4ml gets.

        Returns
        -------
        ndarray, shape (rows, classes), float64
            Logits.
        """
        product = predictions.Predicted(
            variant.unnamed(converted=True),
            _weights(checkpoint),
            backend,
            *_compiled_by(backend.hls4ml),
            self._rows(variant),
            rows,
        )
        title = f"compile and predict {variant.key} by hls4ml"
        return values.load(self.made(product, title, variant))

    # --- logic ------------------------------------------------------------------------------------

    def logic(self, variant: Variant, checkpoint: Checkpoint, backend: Backend) -> Path:
        """Trace a variant's logits into logic.

        Returns
        -------
        pathlib.Path
            Folder of the logic (`hlsgate.logic.load`), of its counts
            (`hlsgate.synthesis.reports.da4ml`) and of its Verilog
            (`hlsgate.logic.verilog_sources`).

        Raises
        ------
        ToolNotFound
            If da4ml is not installed.
        TracingError
            If the network holds something that cannot be traced exactly.
        """
        traced = self._traced(variant, checkpoint, backend)
        if reason := logics.refusal(traced):
            raise named(TracingError(reason), variant.key)
        return traced

    def _traced(self, variant: Variant, checkpoint: Checkpoint, backend: Backend) -> Path:
        product = logics.Traced(
            variant.unnamed(converted=True), _weights(checkpoint), backend, da4ml.find()
        )
        return self.made(product, f"trace {variant.key}", variant)

    def refusal(self, variant: Variant, checkpoint: Checkpoint, backend: Backend) -> str | None:
        """Return why no exact logic can be made of a variant; None where it can."""
        return logics.refusal(self._traced(variant, checkpoint, backend))

    def interpreted(
        self,
        variant: Variant,
        checkpoint: Checkpoint,
        backend: Backend,
        rows: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Run the test rows, or others, through a variant's logic.

        Returns
        -------
        ndarray, shape (n, classes), float64
            Logits, exact.
        """
        product = logics.Interpreted(
            kept(self.logic(variant, checkpoint, backend), _itself),
            self._rows(variant, rows),
            variant.input_type if rows is None else None,
        )
        return values.load(self.made(product, f"interpret {variant.key}", variant))

    def simulated(
        self, variant: Variant, checkpoint: Checkpoint, backend: Backend, rows: int
    ) -> NDArray[np.float64]:
        """Run the first test rows through the Verilog of a variant's logic, simulated by Icarus.

        Returns
        -------
        ndarray, shape (rows, classes), float64
        """
        traced = self.logic(variant, checkpoint, backend)
        sources = logic.verilog_sources(traced)
        return self.simulated_verilog(variant, f"{variant.key}, Verilog", traced, sources, rows)

    def simulated_verilog(
        self, variant: Variant, title: str, traced: Path, sources: list[Path], rows: int
    ) -> NDArray[np.float64]:
        """Run the first test rows through any Verilog of a traced variant."""
        read = "\0".join(source.read_text() for source in sources)
        product = simulations.Simulated(
            kept(traced, _itself),
            Content(hashlib.sha256(read.encode()).hexdigest(), lambda: sources),
            simulation.find(),
            self._rows(variant),
            variant.input_type,
            rows,
            self.log(f"{variant.key}-simulation"),
        )
        try:
            return values.load(self.made(product, f"simulate {title}", variant))
        except SynthesisError as error:
            raise naming(error, product.log) from error

    def log(self, name: str) -> Path:
        """Return where what tools print is kept."""
        return self.cache.root / "logs" / f"{name}.log"

    # --- layer by layer ---------------------------------------------------------------------------

    def layer_errors(
        self, variant: Variant, checkpoint: Checkpoint, backend: Backend, rows: int
    ) -> list[dict[str, Any]]:
        """Hold every layer's outputs against Keras itself, on the first test rows.

        Returns
        -------
        list of dict
            As results keep them (docs/results.md).

        Raises
        ------
        DiagnosisError
            If with probes the outputs are not those of `emulated`.
        """
        project = self.project(variant, checkpoint, backend, softmax=True)
        product = diagnoses.Diagnosed(
            variant.unnamed(converted=True),
            _weights(checkpoint),
            backend,
            *_compiled_by(backend.hls4ml),
            self._rows(variant),
            rows,
            kept(self._emulated(variant, project), values.load),
        )
        title = f"compare the layers of {variant.key} on {backend.hls4ml}"
        return diagnoses.read(self.made(product, title, variant))

    def diagnosis(
        self,
        variant: Variant,
        checkpoint: Checkpoint,
        backend: Backend,
        *,
        as_hardware: bool = True,
        rows: int | None = None,
        plain: NDArray[np.float64] | None = None,
    ) -> Diagnosis:
        """Find the first layer in which a variant's emulation leaves Keras, on the test rows.

        Parameters
        ----------
        as_hardware : bool
            Hold it against Keras with the types that the conversion declares, as the claim of
            equality does; else against Keras itself, on inputs of the input type.
        rows : int, optional
            First test rows only.
        plain : ndarray, shape (n, classes), float64, optional
            Outputs of the emulation on those rows, where they are known; else it is built.
        """
        casts = architecture.casts(variant, self.layers(variant)) if as_hardware else {}
        subject = diagnoses.subject(variant, checkpoint.weights, backend, casts)
        with scratch.folder() as folder:
            x = variant.input_type.round(self.dataset(variant).x_test[:rows])
            return diagnosing.run(subject, x, folder, plain=plain, cache=self.cache, step=self.step)


def checkpoint_path(folder: Path, variant: Variant) -> Path:
    """Return where a variant's frozen weights are."""
    return folder / f"{variant.key}.npz"


def _weights(checkpoint: Checkpoint) -> Content[setup.Weights]:
    return Content(checkpoint.sha256, lambda: checkpoint.weights)


def _all_rows(dataset: Dataset) -> Content[Dataset]:
    return Content(dataset.prepared_sha256, lambda: dataset)


def _compiled_by(backend: str) -> tuple[emulation.Compiler, str]:
    """Return the compiler for a backend, and the digest of our headers that it includes."""
    return emulation.find_compiler(backend), emulation.headers_digest(backend)


def _itself(folder: Path) -> Path:
    return folder
