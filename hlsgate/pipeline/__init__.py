"""The stages joined: what a fixture or a command asks for, made once and kept in the cache.

Stages know nothing of one another or of the cache; here their products are keyed by everything
that they depend on. When nothing changed, neither TensorFlow nor hls4ml is imported.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from hlsgate import conversion, emulation, logic
from hlsgate.diagnosis import configured, diagnosing, edges, firmware
from hlsgate.emulation import Compiler, Emulator, hls4ml_plugin
from hlsgate.facts import evaluation
from hlsgate.infra import determinism, scratch
from hlsgate.infra.cache import Cache, digest
from hlsgate.infra.errors import CacheError, SynthesisError, TracingError
from hlsgate.infra.packages import identities
from hlsgate.infra.progress import Step, silent
from hlsgate.infra.sources import read, source_digest
from hlsgate.logic import tracing
from hlsgate.models import checkpoints, keras_models, training
from hlsgate.models.checkpoints import Checkpoint
from hlsgate.spec import architecture
from hlsgate.spec.declarations import Saved
from hlsgate.spec.project import Project, project_digest
from hlsgate.suites import suite
from hlsgate.synthesis import simulation
from hlsgate.synthesis.reports import da4ml as counted
from hlsgate.synthesis.toolchains import da4ml
from hlsgate.synthesis.toolchains.synthesis import keep_log, naming

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.data.datasets import Dataset
    from hlsgate.diagnosis.divergence import Diagnosis
    from hlsgate.spec.declarations import Backend, Variant
    from hlsgate.spec.layers import KerasLayer


class FirmwareFacts(TypedDict):
    """What written sources say.

    Facts that were looked up, those that are wrong, in words, and the largest difference of inputs
    that the softmax's table was filled for.
    """

    facts: int
    wrong: list[str]
    softmax_range: float | None


@functools.cache
def _code(*modules: str) -> str:
    """Return a digest of the code of stages in reach, and of how they are joined here."""
    return digest([source_digest(*modules), read(Path(__file__)).code])


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

        def make(folder: Path) -> None:
            with self.step(f"read the model of {variant.key}"):
                found = keras_models.describe(keras_models.build(variant))
            (folder / "layers.json").write_text(json.dumps(architecture.as_json(found)))

        entry = self.cache.entry("layers", self._model_key(variant), make)
        return architecture.from_json(json.loads((entry / "layers.json").read_text()))

    def _model_key(self, variant: Variant) -> dict[str, Any]:
        return {
            **architecture.identity(variant),
            "versions": identities(keras_models.PACKAGES),
            "source": _code("models.keras_models", "spec.architecture", "models.training"),
        }

    def frozen(self, variant: Variant) -> Checkpoint:
        """Load a variant's committed weights; of a saved model, those that it comes with."""
        if isinstance(variant.network, Saved):
            return self._saved(variant, variant.network)
        return checkpoints.load(checkpoint_path(self.checkpoints, variant), variant)

    def _saved(self, variant: Variant, network: Saved) -> Checkpoint:
        def make(folder: Path) -> None:
            with self.step(f"read the weights of {variant.key}"):
                weights = keras_models.hardware_weights(keras_models.build(variant))
            about = {"variant": variant.key, "file": network.path.name}
            checkpoints.save(folder / "weights.npz", Checkpoint(weights, about))

        entry = self.cache.entry(
            "saved", {"variant": variant.key, **self._model_key(variant)}, make
        )
        return checkpoints.load(entry / "weights.npz", variant)

    def trained(self, variant: Variant, taught_by: Checkpoint | None = None) -> Checkpoint:
        """Train a variant from its recipe.

        Its teacher, where it has one, is trained first, unless `taught_by` holds the teacher's
        weights.
        """
        recipe = variant.training
        dataset = self.dataset(variant)
        teacher = taught_by
        if teacher is None and recipe.teacher:
            teacher = self.trained(suite.variant(recipe.teacher))
        key = {
            "variant": variant.key,
            **architecture.identity(variant),
            "epochs": recipe.epochs(training.training_rows(variant, dataset.x_train)),
            "dataset": dataset.sha256,
            "prepared": dataset.prepared_sha256,
            "teacher": teacher.sha256 if teacher else None,
            "processor": determinism.processor(),
            "versions": identities(keras_models.PACKAGES),
            "source": _code("models.training", "spec.architecture"),
        }

        def make(folder: Path) -> None:
            with self.step(f"train {variant.key}") as progress:
                weights = training.train(
                    variant,
                    dataset.x_train,
                    dataset.y_train,
                    teacher=self._probabilities(teacher) if teacher else None,
                    progress=progress,
                )
            told = ("variant", "recipe", "dataset", "processor", "versions")
            about = {name: key[name] for name in told}
            checkpoints.save(folder / "weights.npz", Checkpoint(weights, about))

        entry = self.cache.entry("trained", key, make)
        return checkpoints.load(entry / "weights.npz", variant)

    def _probabilities(self, teacher: Checkpoint) -> NDArray[np.float32]:
        """Class probabilities of a teacher on the training rows."""
        variant = suite.variant(teacher.about["variant"])
        inputs = training.network_inputs(variant, self.dataset(variant).x_train)
        return training.teaching(keras_models.logits(variant, teacher.weights, inputs))

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
        return _values(self._keras(variant, checkpoint, as_hardware=as_hardware, rows=rows))

    def _keras(
        self,
        variant: Variant,
        checkpoint: Checkpoint,
        *,
        as_hardware: bool = False,
        rows: NDArray[np.float64] | None = None,
    ) -> Path:
        """Return the folder of `keras_logits`."""
        casts = architecture.casts(variant, self.layers(variant)) if as_hardware else {}
        rounded = variant.input_type if as_hardware else training.rounded_inputs(variant)
        key = {
            "weights": checkpoint.sha256,
            **self._model_key(variant),
            "inputs": str(rounded),
            "casts": {name: str(kind) for name, kind in casts.items()},
            "prepared": self._prepared(variant, rows),
        }

        def make(folder: Path) -> None:
            x = self._keras_inputs(variant, rows, as_hardware=as_hardware)
            with self.step(f"evaluate {variant.key} in Keras"):
                found = keras_models.logits(variant, checkpoint.weights, x, casts)
            _save(folder, found)

        return self.cache.entry("keras", key, make)

    def scored(self, variant: Variant, checkpoint: Checkpoint) -> dict[str, Any]:
        """Return what Keras' answers on the test rows score (`hlsgate.facts.evaluation.scored`)."""
        return self._evaluated("scored", evaluation.scored, (variant, checkpoint))

    def compared(self, variant: Variant, checkpoint: Checkpoint) -> dict[str, Any]:
        """Return the same held against its reference's (`hlsgate.facts.evaluation.compared`)."""
        assert variant.reference is not None, f"{variant.key} has no reference"
        reference = suite.variant(variant.reference)
        pairs = (variant, checkpoint), (reference, self.frozen(reference))
        return self._evaluated("compared", evaluation.compared, *pairs)

    def _evaluated(
        self,
        kind: str,
        evaluate: Callable[..., dict[str, Any]],
        *pairs: tuple[Variant, Checkpoint],
    ) -> dict[str, Any]:
        """Evaluate answers of networks of one benchmark, each given with its weights."""
        dataset = self.dataset(pairs[0][0])
        answers = [self._keras(one, weights) for one, weights in pairs]
        key = {
            "answers": [one.name for one in answers],
            "prepared": dataset.prepared_sha256,
            "classes": list(dataset.class_names),
            "source": _code("facts.evaluation", "models.training"),
            "versions": identities(("numpy", "scikit-learn", "scipy")),
        }

        def make(folder: Path) -> None:
            shares = [training.softmax(_values(one)) for one in answers]
            found = evaluate(*shares, dataset.y_test, dataset.class_names)
            (folder / "facts.json").write_text(json.dumps(found))

        found: dict[str, Any] = _read_json(self.cache.entry(kind, key, make), "facts.json")
        return found

    def _keras_inputs(
        self, variant: Variant, rows: NDArray[np.float64] | None, *, as_hardware: bool
    ) -> NDArray[np.float32]:
        if rows is not None:
            return variant.input_type.cast(rows).astype("float32")
        x = self.dataset(variant).x_test
        return variant.input_type.round(x) if as_hardware else training.network_inputs(variant, x)

    def edge_rows(self, variant: Variant) -> NDArray[np.float64]:
        """Return rows that are made to be hard for a variant (`hlsgate.diagnosis.edges`)."""
        layers, weights = self.layers(variant), self.frozen(variant).weights
        first = architecture.first_dense(layers, weights, variant.emulation.precision)
        return edges.edge_rows(variant.input_type, self.dataset(variant).x_test.shape[1], first)

    def _prepared(self, variant: Variant, rows: NDArray[np.float64] | None) -> str:
        """Return the identity of the rows that are computed on."""
        if rows is None:
            return self.dataset(variant).prepared_sha256
        content = rows.astype("<f8").tobytes()
        return hashlib.sha256(f"{rows.shape} ".encode() + content).hexdigest()

    def _hardware_inputs(
        self, variant: Variant, rows: NDArray[np.float64] | None
    ) -> NDArray[np.floating[Any]]:
        """Test rows are rounded to the input type; others go to the firmware as they are."""
        return variant.input_type.round(self.dataset(variant).x_test) if rows is None else rows

    def project(
        self, variant: Variant, checkpoint: Checkpoint, backend: Backend, *, softmax: bool
    ) -> Project:
        """Convert a variant with hls4ml."""
        key = self._project_key(variant, checkpoint, backend, softmax=softmax)

        def make(folder: Path) -> None:
            with self.step(f"convert {variant.key} for {backend.hls4ml}"):
                model = keras_models.model_with(variant, checkpoint.weights, softmax=softmax)
                written = conversion.convert(variant, model, backend, folder / "project")
            facts = {name: value for name, value in asdict(written).items() if name != "folder"}
            facts["sha256"] = project_digest(written.folder)
            (folder / "project.json").write_text(json.dumps(facts))

        entry = self.cache.entry("project", key, make, "project.json")
        facts = json.loads((entry / "project.json").read_text())
        return Project(folder=entry / "project", **facts)

    def _project_key(
        self, variant: Variant, checkpoint: Checkpoint, backend: Backend, *, softmax: bool
    ) -> dict[str, Any]:
        return {
            "variant": variant.key,
            "weights": checkpoint.sha256,
            **architecture.identity(variant),
            "emulation": asdict(variant.emulation),
            "inputs": str(variant.input_type),
            "backend": asdict(backend),
            "softmax": softmax,
            "versions": identities((*conversion.PACKAGES, *keras_models.PACKAGES)),
            "source": _code("conversion", "models.keras_models", "spec.architecture"),
        }

    def _compiler_key(self, backend: str) -> dict[str, Any]:
        compiler = emulation.find_compiler(backend)
        return {
            "compiler": asdict(compiler) | {"path": str(compiler.path)},
            "flags": list(emulation.FLAGS),
            "source": _code("emulation"),
            "headers": emulation.headers_digest(backend),
        }

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
        as_written : bool
            Compile hls4ml's sources as they are (`hlsgate.emulation.adapting.adapt`), which takes
            longer.

        Returns
        -------
        ndarray, shape (n, outputs), float64
        """
        compiler = emulation.find_compiler(project.backend)
        library_key = {
            "project": project.digest,
            "as written": as_written,
            **self._compiler_key(project.backend),
        }
        run_key = {
            "library": library_key,
            "prepared": self._prepared(variant, rows),
            "inputs": str(variant.input_type),
        }

        def run(folder: Path) -> None:
            how = ", as hls4ml wrote it" if as_written else ""
            with self.step(f"emulate {variant.key} on {project.backend}{how}"):
                emulator = self._emulator(library_key, project, compiler, as_written=as_written)
                x = self._hardware_inputs(variant, rows)
                _save(folder, emulation.emulate(emulator, x, self.workers))

        return _values(self.cache.entry("emulated", run_key, run))

    def firmware(
        self, variant: Variant, checkpoint: Checkpoint, backend: Backend, *, softmax: bool
    ) -> FirmwareFacts:
        """Hold the written sources against what is declared.

        Raises
        ------
        FirmwareError
            If a source is missing, or lacks what is looked for.
        """
        project = self.project(variant, checkpoint, backend, softmax=softmax)
        key = {
            "project": project.digest,
            "converted": self._project_key(variant, checkpoint, backend, softmax=softmax),
            "source": _code("diagnosis.configured"),
        }

        def make(folder: Path) -> None:
            found = configured.facts(
                variant, self.layers(variant), checkpoint.weights, backend, project
            )
            facts: FirmwareFacts = {
                "facts": len(found),
                "wrong": [str(fact) for fact in found if not fact.holds],
                "softmax_range": firmware.softmax_range(project) if softmax else None,
            }
            (folder / "facts.json").write_text(json.dumps(facts))

        found: FirmwareFacts = _read_json(self.cache.entry("firmware", key, make), "facts.json")
        return found

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
        key = {
            "project": self._project_key(variant, checkpoint, backend, softmax=False),
            "library": self._compiler_key(backend.hls4ml),
            "plug-in": _code("emulation.hls4ml_plugin"),
            "prepared": self._prepared(variant, None),
            "rows": rows,
        }

        def make(folder: Path) -> None:
            hls4ml_plugin.install()
            with self.step(f"compile and predict {variant.key} by hls4ml"):
                model = keras_models.model_with(variant, checkpoint.weights, softmax=False)
                x = variant.input_type.round(self.dataset(variant).x_test[:rows])
                _save(folder, conversion.predict(variant, model, backend, folder / "project", x))

        return _values(self.cache.entry("predicted", key, make))

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
        version = da4ml.find()

        def make(folder: Path) -> None:
            with self.step(f"trace {variant.key}"):
                model = keras_models.model_with(variant, checkpoint.weights, softmax=False)
                graph = conversion.model_graph(variant, model, backend, folder / "unwritten")
                traced = tracing.trace(graph)
                traced.save(folder)
                traced.write_verilog(folder)
                counts = {"da4ml": version, "metrics": traced.metrics()}
            (folder / counted.FILE).write_text(json.dumps(counts, indent=1))

        return self.cache.entry("logic", self._logic_key(variant, checkpoint, backend), make)

    def _logic_key(
        self, variant: Variant, checkpoint: Checkpoint, backend: Backend
    ) -> dict[str, Any]:
        return {
            "project": self._project_key(variant, checkpoint, backend, softmax=False),
            "versions": identities(logic.PACKAGES),
            "source": _code("logic.tracing", "logic.tracing.layers", "logic"),
        }

    def refusal(self, variant: Variant, checkpoint: Checkpoint, backend: Backend) -> str | None:
        """Return why no exact logic can be made of a variant; None where it can."""
        key = {"logic": self._logic_key(variant, checkpoint, backend)}

        def make(folder: Path) -> None:
            try:
                self.logic(variant, checkpoint, backend)
                reason = None
            except TracingError as error:
                reason = str(error)
            (folder / "reason.json").write_text(json.dumps(reason))

        found: str | None = _read_json(self.cache.entry("refused", key, make), "reason.json")
        return found

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
        traced = self.logic(variant, checkpoint, backend)
        key = {
            "logic": traced.name,
            "inputs": str(variant.input_type),
            "prepared": self._prepared(variant, rows),
            "source": _code("logic"),
        }

        def run(folder: Path) -> None:
            with self.step(f"interpret {variant.key}"):
                x = self._hardware_inputs(variant, rows)
                _save(folder, logic.load(traced).predict(x))

        return _values(self.cache.entry("interpreted", key, run))

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
        icarus = simulation.find()
        key = {
            "logic": traced.name,
            "sources": digest([source.read_text() for source in sources]),
            "icarus": icarus.version,
            "inputs": str(variant.input_type),
            "prepared": self._prepared(variant, None),
            "rows": rows,
            "source": _code("synthesis.simulation", "logic"),
        }

        log = self.cache.root / "logs" / f"{variant.key}-simulation.log"

        def make(folder: Path) -> None:
            with self.step(f"simulate {title}"):
                x = variant.input_type.round(self.dataset(variant).x_test[:rows])
                try:
                    found = simulation.simulate(logic.load(traced), sources, x, folder, icarus)
                finally:
                    keep_log(folder / simulation.LOG_NAME, log)
            _save(folder, found)

        try:
            return _values(self.cache.entry("simulated", key, make))
        except SynthesisError as error:
            raise naming(error, log) from error

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
        project_key = self._project_key(variant, checkpoint, backend, softmax=True)
        key = {
            "project": project_key,
            "library": self._compiler_key(backend.hls4ml),
            "prepared": self._prepared(variant, None),
            "rows": rows,
            "source": _code("diagnosis.diagnosing"),
        }

        def make(folder: Path) -> None:
            project = self.project(variant, checkpoint, backend, softmax=True)
            found = self.diagnosis(
                variant, checkpoint, backend, as_hardware=False, rows=rows,
                plain=self.emulated(variant, project)[:rows],
            )  # fmt: skip
            (folder / "layers.json").write_text(json.dumps(found.layers_as_json()))

        entry = self.cache.entry("diagnosed", key, make)
        told: list[dict[str, Any]] = json.loads((entry / "layers.json").read_text())
        return told

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
        model = keras_models.model_with(variant, checkpoint.weights)
        settings = conversion.settings_of(variant, model)
        subject = diagnosing.Subject(variant.key, model, settings, backend, casts)
        with scratch.folder() as folder:
            x = variant.input_type.round(self.dataset(variant).x_test[:rows])
            return diagnosing.run(subject, x, folder, plain=plain, cache=self.cache, step=self.step)

    def _emulator(
        self, key: dict[str, Any], project: Project, compiler: Compiler, *, as_written: bool
    ) -> Emulator:
        def make(folder: Path) -> None:
            if project_digest(project.folder) != project.digest:
                raise CacheError(
                    f"the cache entry {project.folder.parent} is not what was stored; delete that "
                    "folder and run again."
                )
            # Types that are not adapted share no precompiled header with those that are.
            headers = None if as_written else self.cache
            emulation.compile_project(project, compiler, folder, headers, as_written=as_written)

        return Emulator(self.cache.entry("library", key, make), project)


def checkpoint_path(folder: Path, variant: Variant) -> Path:
    """Return where a variant's frozen weights are."""
    return folder / f"{variant.key}.npz"


def _read_json(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text())


def _save(folder: Path, values: NDArray[np.floating[Any]]) -> None:
    import numpy as np

    np.save(folder / "values.npy", values, allow_pickle=False)


def _values(folder: Path) -> NDArray[Any]:
    import numpy as np

    try:
        values: NDArray[Any] = np.load(folder / "values.npy", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise CacheError(
            f"the cache entry {folder} is damaged ({error}); delete that folder and run again."
        ) from error
    return values
