"""No edit hides a regression: whatever a product depends on is in its key.

A cache stands in that remembers keys and hands out what depends on nothing else, so that a changed
key changes all that is made of it. Edits are generated: every field of the declarations, every
module of the package, every package, the rows, the weights.
"""

import dataclasses
import hashlib
import importlib
import json
import pkgutil
import shutil
from pathlib import Path

import numpy as np
import pytest

import hlsgate
from hlsgate.data.datasets import Dataset
from hlsgate.emulation.compilers import Compiler
from hlsgate.infra import packages, sources
from hlsgate.infra.cache import Cache, digest
from hlsgate.infra.errors import ConversionError
from hlsgate.models import checkpoints
from hlsgate.models.checkpoints import Checkpoint
from hlsgate.pipeline import pipeline, stages
from hlsgate.pipeline.hardware import Hardware
from hlsgate.pipeline.pipeline import Pipeline
from hlsgate.pipeline.product import Product, Work, identity
from hlsgate.spec import architecture
from hlsgate.spec.declarations import (
    UNNAMED,
    Backend,
    Conversion,
    Design,
    KnownFailure,
    Pruning,
    Quantizer,
    Recipe,
    Saved,
    Target,
    Topology,
    Variant,
)
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.spec.layers import KerasLayer
from hlsgate.spec.targets import DA4ML, QUARTUS, YOSYS_CYCLONEV
from hlsgate.suites import suite
from hlsgate.synthesis import simulation
from hlsgate.synthesis.toolchains import da4ml, yosys
from tests.edits.edits import CODE
from tests.edits.fields import NO_PRODUCT, edits

PACKAGE = Path(hlsgate.__file__).parent

ALL = {
    "trained", "keras", "hardware", "project", "emulated", "firmware", "logic", "interpreted",
    "simulated", "layers", "predicted", "counted", "synthesised",
}  # fmt: skip
WITHOUT_TRAINING = ALL - {"trained"}
CONVERTED = WITHOUT_TRAINING - {"keras", "hardware"}
TRACED = {"logic", "interpreted", "simulated", "counted", "synthesised"}

VARIANT = Variant(
    "digits-edited",
    "digits",
    Topology(4, (3,), 2),
    Recipe(
        steps=100,
        learning_rate=1e-3,
        inputs=Fixed(8, 3),
        weights=Quantizer(5, 1),
        activations=Quantizer(5, 2),
        pruning=Pruning(0.5),
    ),
    Conversion(logits=Fixed(10, 6), inputs=Fixed(9, 3)),
)


class Keys(Cache):
    """Remembers keys; what it hands out is a function of the key alone."""

    def __init__(self, root, variant=None):
        super().__init__(root)
        self.keys, self.variant = {}, variant

    def entry(self, kind, key, _make, *_check):
        told = digest(key)
        self.keys.setdefault(kind, []).append(told)
        folder = self.root / kind / told[:24]
        folder.mkdir(parents=True, exist_ok=True)
        facts = {"facts": 1, "wrong": [], "softmax_range": None}
        project = {"name": "n", "backend": "Quartus", "stamp": "0", "outputs": 2, "sha256": told}
        for name, content in {
            "content.json": told,
            "project.json": project,
            "facts.json": facts,
            "layers.json": [],
            "metrics.json": told,
        }.items():
            (folder / name).write_text(json.dumps(content))
        if kind == "layers":
            described = architecture.as_json([KerasLayer("logits", "Dense", weights=("kernel",))])
            (folder / "layers.json").write_text(json.dumps(described))
        (folder / "src").mkdir(exist_ok=True)
        (folder / "src" / "top.v").write_text(told)
        np.save(folder / "values.npy", np.zeros((4, 2)))
        if kind == "trained":
            made = Checkpoint(weights(1.0, self.variant), {"variant": UNNAMED})
            checkpoints.save(folder / "weights.npz", made)
        return folder


def weights(value=1.0, variant=VARIANT):
    shapes = checkpoints.expected_shapes(variant) or {"logits/kernel": (4, 2)}
    return {name: np.full(shape, value, np.float32) for name, shape in shapes.items()}


def rows(train=0.0, test=0.0, label=0):
    x = np.arange(40, dtype=np.float32).reshape(10, 4)
    y = np.arange(10) % 2
    changed = y.copy()
    changed[0] += label
    return Dataset("digits", f"{train}", x + train, changed, x[:4] + test, y[:4], ("a",), ("b",))


@pytest.fixture
def keys_of(tmp_path, monkeypatch):
    """Return the keys of all products of a variant, by product."""
    gpp = Compiler(Path("/usr/bin/g++"), "host", "12.2", "x86_64")
    monkeypatch.setattr(pipeline.emulation, "find_compiler", lambda _backend: gpp)
    monkeypatch.setattr(pipeline.emulation, "headers_digest", lambda _backend: "headers")
    icarus = simulation.Icarus("iverilog", "vvp", "11")
    monkeypatch.setattr(simulation, "find", lambda: icarus)
    monkeypatch.setattr(da4ml, "find", lambda: "0.5.2")
    tools = yosys.Yosys("0.70", (), {})
    monkeypatch.setattr(yosys, "find", lambda: tools)

    def run(
        variant=VARIANT, dataset=None, value=1.0, backend=QUARTUS, targets=(DA4ML, YOSYS_CYCLONEV)
    ):
        sources.source_digest.cache_clear()
        cache = Keys(tmp_path, variant)
        frozen = Checkpoint(weights(value, variant), {"variant": variant.key})

        class Frozen(Pipeline):
            def frozen(self, _variant):
                return frozen

        made = Frozen(lambda _key: dataset or rows(), cache, tmp_path)
        found = {}

        def keep(name, kind, work):
            cache.keys.clear()
            work()
            found[name] = cache.keys[kind][-1]

        if variant.recipe:
            keep("trained", "trained", lambda: made.trained(variant))
        keep("keras", "keras", lambda: made.keras_logits(variant, frozen))
        keep("hardware", "keras", lambda: made.keras_logits(variant, frozen, as_hardware=True))
        project = made.project(variant, frozen, backend, softmax=True)
        keep("project", "project", lambda: made.project(variant, frozen, backend, softmax=True))
        keep("emulated", "emulated", lambda: made.emulated(variant, project))
        keep("firmware", "firmware", lambda: made.firmware(variant, frozen, backend, softmax=True))
        keep("logic", "logic", lambda: made.logic(variant, frozen, backend))
        keep("interpreted", "interpreted", lambda: made.interpreted(variant, frozen, backend))
        keep("simulated", "simulated", lambda: made.simulated(variant, frozen, backend, 2))
        keep("layers", "diagnosed", lambda: made.layer_errors(variant, frozen, backend, 2))
        keep(
            "predicted", "predicted", lambda: made.predicted_by_hls4ml(variant, frozen, backend, 2)
        )
        hardware = Hardware(made)
        for name, target in zip(("counted", "synthesised"), targets, strict=True):
            design = Design(variant, target)
            keep(name, "synthesised", lambda design=design: hardware.report(design))
        return found

    monkeypatch.setattr(suite, "design", lambda key: key)
    return run


def changed(before, after):
    assert before.keys() == after.keys()
    return {name for name in before if before[name] != after[name]}


def test_nothing_edited_nothing_changes(keys_of):
    """Keys depend on nothing by chance, and there is one of every product."""
    first = keys_of()
    assert first.keys() == ALL
    assert changed(first, keys_of()) == set()


# --- declarations ---------------------------------------------------------------------------------

RECIPE = [path for path, _ in edits(VARIANT.recipe) if path != "teacher"]
EMULATION = [path for path, _ in edits(VARIANT.conversion) if path not in NO_PRODUCT]


@pytest.mark.parametrize("path", RECIPE)
def test_every_field_of_a_recipe(keys_of, path):
    """A recipe decides weights; its types decide what everything else computes with."""
    edited = dict(edits(VARIANT.recipe))[path]
    assert changed(keys_of(), keys_of(dataclasses.replace(VARIANT, recipe=edited))) == ALL


@pytest.mark.parametrize("path", EMULATION)
def test_every_field_of_a_conversion(keys_of, path):
    """Settings of a conversion decide the project, and all that is made of it."""
    edited = dict(edits(VARIANT.conversion))[path]
    found = changed(keys_of(), keys_of(dataclasses.replace(VARIANT, conversion=edited)))
    assert found >= CONVERTED
    assert "trained" not in found


@pytest.mark.parametrize("field", ["inputs", "hidden", "classes"])
def test_every_field_of_a_network(keys_of, field):
    """Another network is another one everywhere."""
    network = dict(edits(VARIANT.network))[field]
    assert changed(keys_of(), keys_of(dataclasses.replace(VARIANT, network=network))) == ALL


def test_inputs_of_a_saved_model(keys_of, tmp_path):
    """A saved model's inputs are rounded as its conversion says; Keras' plain answers, too."""
    (tmp_path / "mine.h5").write_bytes(b"a model")
    saved = Variant("digits-s", "digits", Saved(tmp_path / "mine.h5"), None, Conversion())
    wide = dataclasses.replace(saved, conversion=Conversion(inputs=Fixed(12, 4)))
    narrow = dataclasses.replace(saved, conversion=Conversion(inputs=Fixed(8, 4)))
    first = keys_of(saved)
    assert changed(first, keys_of(wide)) == WITHOUT_TRAINING
    assert changed(keys_of(wide), keys_of(narrow)) == WITHOUT_TRAINING
    (tmp_path / "mine.h5").write_bytes(b"another model")
    assert changed(first, keys_of(saved)) == WITHOUT_TRAINING


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Backend)])
def test_every_field_of_a_backend(keys_of, field):
    """Part, clock and io_type are written into the project."""
    edited = dict(edits(QUARTUS))[field]
    targets = [dataclasses.replace(one, backend=edited) for one in (DA4ML, YOSYS_CYCLONEV)]
    assert changed(keys_of(), keys_of(backend=edited, targets=targets)) == CONVERTED


@pytest.mark.parametrize("field", ["part", "stage"])
def test_target(keys_of, field):
    """A design's part decides its synthesis."""
    edited = [dataclasses.replace(one, **{field: "other"}) for one in (DA4ML, YOSYS_CYCLONEV)]
    assert changed(keys_of(), keys_of(targets=edited)) == {"counted", "synthesised"}
    assert field in {one.name for one in dataclasses.fields(Target)}


# --- data and weights -----------------------------------------------------------------------------


def test_weights(keys_of):
    """Frozen weights decide all but the training."""
    assert changed(keys_of(), keys_of(value=2.0)) == WITHOUT_TRAINING


def test_rows(keys_of):
    """One training row, label or test row decides what is computed with it."""
    computed = {"keras", "hardware", "emulated", "interpreted", "simulated", "layers", "predicted"}
    first = keys_of()
    assert "trained" in changed(first, keys_of(dataset=rows(train=1.0)))
    assert "trained" in changed(first, keys_of(dataset=rows(label=1)))
    assert changed(first, keys_of(dataset=rows(test=1.0))) >= computed


# --- code -----------------------------------------------------------------------------------------

MAKES = {
    "models.training": {"trained"},
    "infra.determinism": {"trained"},
    "models.keras2.setup": ALL,
    "models.keras2.building": ALL,
    "models.keras2.describing": ALL,
    "models.keras2.loading": ALL,
    "models.keras2.answering": {"trained", "keras", "hardware", "layers"},
    "spec.architecture": {"keras", "hardware", "firmware"},
    "spec.fixedpoint": ALL,
    "spec.declarations": ALL,
    "pipeline.product": ALL,
    "pipeline.stages.training": {"trained"},
    "pipeline.stages.models": {"keras", "hardware"},
    "pipeline.stages.projects": CONVERTED - TRACED - {"predicted"},
    "pipeline.stages.firmware": {"firmware"},
    "pipeline.stages.emulations": {"emulated", "layers"},
    "pipeline.stages.predictions": {"predicted"},
    "pipeline.stages.logics": TRACED,
    "pipeline.stages.simulations": {"simulated"},
    "pipeline.stages.diagnoses": {"layers"},
    "pipeline.stages.reports": {"counted", "synthesised"},
    "pipeline.stages.weights": {"trained"},
    "pipeline.stages.values": {"trained", "keras", "emulated", "interpreted", "simulated"},
    "conversion": CONVERTED,
    "emulation.compiling": {"emulated", "predicted", "layers"},
    "emulation.adapting": {"emulated", "predicted", "layers"},
    "emulation.compilers": {"emulated", "predicted", "layers"},
    "emulation": {"emulated", "predicted", "layers"},
    "emulation.hls4ml_plugin": {"predicted"},
    "logic.tracing": TRACED,
    "logic.tracing.layers": TRACED,
    "logic.tracing.casts": TRACED,
    "logic.tracing.types": TRACED,
    "logic": TRACED,
    "synthesis.simulation": {"simulated"},
    "diagnosis.configured": {"firmware"},
    "diagnosis.firmware": {"firmware", "layers"},
    "diagnosis.diagnosing": {"layers"},
    "diagnosis.divergence": {"layers"},
    "diagnosis.causes": {"layers"},
    "diagnosis.arithmetic": {"layers"},
    "diagnosis.probing": {"layers"},
    "diagnosis.softmax_table": {"layers"},
    "synthesis.toolchains.yosys": {"synthesised"},
    "synthesis.toolchains.yosys_worker": {"synthesised"},
    "synthesis.toolchains.da4ml": {"counted"},
    "models.saved_models": ALL,
    "infra.quiet": ALL,
}
"""Which products a module's code decides, at least."""

HELPS = {
    "conversion.naming", "conversion.renaming", "diagnosis", "diagnosis.catalogue",
    "diagnosis.graphs", "emulation.precompiled", "infra", "infra.cache", "infra.documents",
    "infra.errors", "infra.escaping", "infra.guardian", "infra.jobs", "infra.opening",
    "infra.packages", "infra.process", "infra.progress", "infra.replacing", "infra.sandbox",
    "infra.scratch", "infra.sources", "inspection", "models", "models.checkpoints",
    "models.keras2", "pipeline", "pipeline.stages", "spec", "spec.layers", "spec.measurement",
    "spec.metrics", "spec.project", "synthesis", "synthesis.reports",
    "synthesis.toolchains.oneapi", "synthesis.toolchains.synthesis",
}  # fmt: skip
"""In reach of stages, too; what they decide follows from the import graph."""


def test_every_module_in_reach_is_looked_at():
    """A new module of a stage is put into one of the two lists."""
    roots = {name: sources._of_package(f"hlsgate.{name}") for name in MAKES}
    found = {name.removeprefix("hlsgate.") for name in sources.reach(roots)}
    apart = ("synthesis.reports.", "inspection.")
    assert {name for name in found if not name.startswith(apart)} - MAKES.keys() == HELPS


@pytest.mark.parametrize("module", sorted(MAKES))
def test_every_module_that_makes(keys_of, monkeypatch, module):
    """An edited stage makes its products anew, and whatever they become."""
    before = keys_of()
    target = PACKAGE.joinpath(*module.split("."))
    files = {target.with_suffix(".py"), target / "__init__.py"}
    assert any(file.is_file() for file in files)
    real = sources.read

    def edited(path):
        found = real(path)
        return dataclasses.replace(found, code="edited") if path in files else found

    monkeypatch.setattr(sources, "read", edited)
    assert changed(before, keys_of()) >= MAKES[module]


# --- what is installed ----------------------------------------------------------------------------

INSTALLED = {
    "tensorflow-cpu": WITHOUT_TRAINING | {"trained"},
    "keras": ALL,
    "qkeras": ALL,
    "tensorflow-model-optimization": ALL,
    "numpy": ALL,
    "hls4ml": CONVERTED,
    "da4ml": TRACED,
}


@pytest.mark.parametrize("package", sorted(INSTALLED))
def test_every_package(keys_of, monkeypatch, package):
    """Another release, or sources edited in place, make anew what the package made."""
    before = keys_of()
    real = packages._identity
    monkeypatch.setattr(
        packages, "_identity", lambda name: "edited" if name == package else real(name)
    )
    assert changed(before, keys_of()) >= INSTALLED[package]


def test_compiler_and_headers(keys_of, monkeypatch):
    """Another g++, or another header of ours, builds anew."""
    before = keys_of()
    built = {"emulated", "predicted", "layers"}
    other = Compiler(Path("/usr/bin/g++"), "host", "13.1", "x86_64")
    with monkeypatch.context() as patched:
        patched.setattr(pipeline.emulation, "find_compiler", lambda _backend: other)
        assert changed(before, keys_of()) == built
    with monkeypatch.context() as patched:
        patched.setattr(pipeline.emulation, "headers_digest", lambda _backend: "others")
        assert changed(before, keys_of()) == built


def test_processor(keys_of, monkeypatch):
    """Where bits of a training depend on the processor, it is in the training's key."""
    before = keys_of()
    monkeypatch.setattr(pipeline.determinism, "processor", lambda: "aarch64 Neoverse-N1")
    assert changed(before, keys_of()) == {"trained"}


def test_hash_is_of_content(tmp_path):
    """What is handed out here stands for real content: another key, other bytes."""
    one, two = (Keys(tmp_path).entry("logic", {"a": n}, None) for n in (1, 2))
    contents = [
        hashlib.sha256((folder / "src" / "top.v").read_bytes()).hexdigest() for folder in (one, two)
    ]
    assert contents[0] != contents[1]


# --- names ----------------------------------------------------------------------------------------


def test_no_product_has_a_name(keys_of):
    """A variant, benchmark, target or teacher of another name, and what only judges read."""
    first = keys_of()
    renamed = dataclasses.replace(
        VARIANT,
        key="other-name",
        benchmark="other",
        about="renamed",
        reference="other-float",
        sparsity=0.25,
        known_failures=(KnownFailure("parity", 0.1, "for a test"),),
        conversion=dataclasses.replace(VARIANT.conversion, exact=False),
    )
    targets = [dataclasses.replace(one, key=f"other_{one.key}") for one in (DA4ML, YOSYS_CYCLONEV)]
    assert changed(first, keys_of(renamed, targets=targets)) == set()


def products():
    """Return every class of product."""
    for module in pkgutil.iter_modules(stages.__path__, f"{stages.__name__}."):
        importlib.import_module(module.name)
    return sorted(Product.__subclasses__(), key=lambda one: one.__name__)


@pytest.mark.parametrize("kind", products(), ids=lambda one: one.__name__)
def test_every_field_is_in_the_key(kind):
    """What a maker may see is in its product's key; what changes no content is not."""
    names = [one.name for one in dataclasses.fields(kind)]
    target = dataclasses.replace(YOSYS_CYCLONEV, key="t")
    made = kind(**{name: target if name == "target" else f"a {name}" for name in names})
    for one in dataclasses.fields(kind):
        edited = dataclasses.replace(target, part="p") if one.name == "target" else "another"
        other = dataclasses.replace(made, **{one.name: edited})
        assert (other.key() != made.key()) == one.compare, one.name


def test_a_path_is_no_identity():
    """What means something on one machine only cannot be part of a product."""
    with pytest.raises(TypeError, match="PosixPath cannot be part of a product"):
        identity(Path("/somewhere"))


def test_a_maker_that_fails_is_told_by_its_network(tmp_path):
    """Makers know no names, and their errors get them."""

    @dataclasses.dataclass(frozen=True)
    class Failing(Product):
        KIND = "failing"

        def modules(self):
            return ("pipeline.product",)

        def make(self, _folder, _work):
            raise ConversionError(f"{UNNAMED} cannot be converted.")

    for name in ("jets-one", "jets-two"):  # the second time from what the cache remembers
        with pytest.raises(ConversionError, match=f"^{name} cannot be converted"):
            Work(Cache(tmp_path)).made(Failing(), "", name)


# --- what tox run -e edits does -------------------------------------------------------------------


@pytest.mark.parametrize("edit", CODE, ids=lambda one: one.name)
def test_lines_that_are_edited_are_there(edit, tmp_path):
    """An edit of the long tests is of a line that exists: they run where few see it."""
    shutil.copytree(
        PACKAGE, tmp_path / "hlsgate", ignore=shutil.ignore_patterns("__pycache__", "pytest_part")
    )
    edit.do(tmp_path, tmp_path)
