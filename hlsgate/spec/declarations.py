"""The nouns of a suite: networks, recipes, variants, targets, designs; plain data."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from hlsgate.infra import opening
from hlsgate.infra.errors import SuiteError
from hlsgate.infra.sources import file_digest
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.spec.measurement import Stage

HLS4ML_DEFAULT = Fixed(16, 6)
"""Type that hls4ml gives to whatever nobody declares."""

HLS4ML_TABLE_SIZE = 1024
"""Entries that hls4ml gives to the tables of a softmax."""


@dataclass(frozen=True)
class Topology:
    """A multilayer perceptron: dense layers with ReLU between them and softmax at the end."""

    inputs: int
    hidden: tuple[int, ...]
    classes: int

    @property
    def dense_layers(self) -> list[tuple[str, int, int]]:
        """Name, inputs and outputs of the dense layers ``dense1``, ``dense2``, ..., ``logits``."""
        widths = (self.inputs, *self.hidden, self.classes)
        names = [f"dense{number}" for number in range(1, len(self.hidden) + 1)] + ["logits"]
        return list(zip(names, widths[:-1], widths[1:], strict=True))


@dataclass(frozen=True)
class Saved:
    """A Keras model in a file, with its weights; it is not trained here.

    Parameters
    ----------
    path : pathlib.Path
        A ``.keras`` or ``.h5`` file; nothing in it is executed (`hlsgate.models.saved_models`).
    """

    path: Path

    def identity(self) -> str:
        """Return the sha256 of the file, or raise `SuiteError` where it cannot be read."""
        return _file_digest(self.path)


@dataclass(frozen=True)
class Built:
    """A Keras model that a function builds, untrained; it is trained by its variant's recipe.

    Parameters
    ----------
    build : callable
        Takes nothing, returns a ``tf.keras.Model`` that ends with softmax. The file that it is
        written in is part of its identity.
    """

    build: Callable[[], Any]

    def identity(self) -> str:
        """Return name and a digest of the code of its file, and of what that imports beside it."""
        source = inspect.getsourcefile(self.build) if inspect.isfunction(self.build) else None
        if source is None:
            raise SuiteError(f"{self.build} is written in no file; build models by a function.")
        return f"{self.build.__qualname__} {file_digest(Path(source))}"


_LARGEST = 2**30
"""Bytes of the largest file that is hashed."""


def _file_digest(path: Path) -> str:
    try:
        return hashlib.sha256(opening.read(path, _LARGEST)).hexdigest()
    except OSError as error:
        raise SuiteError(f"{path} cannot be read ({error.strerror}).") from error


Network = Topology | Saved | Built


@dataclass(frozen=True)
class Quantizer:
    """Arguments of a QKeras quantizer with ``alpha=1``.

    `integer` does not count the sign bit, as in QKeras (and unlike hls4ml's types).
    """

    bits: int
    integer: int

    @property
    def weight_type(self) -> Fixed:
        """Type of ``quantized_bits(bits, integer, keep_negative=1, alpha=1)``."""
        return Fixed(self.bits, self.integer + 1)

    @property
    def relu_type(self) -> Fixed:
        """Type of ``quantized_relu(bits, integer)``."""
        return Fixed(self.bits, self.integer, signed=False)


@dataclass(frozen=True)
class Pruning:
    """Magnitude pruning by TF-MOT.

    Parameters
    ----------
    sparsity : float
        Share of each kernel's weights that end as zero.
    schedule : {"constant", "polynomial"}
        Full sparsity from `begin_step` on, or reached gradually (cubic decay).
    begin_step : int
        First optimizer step that prunes.
    end : float
        Polynomial only: the share of all steps after which the sparsity is reached.
    frequency : int
        Steps between two updates of the masks.
    """

    sparsity: float
    schedule: Literal["constant", "polynomial"] = "constant"
    begin_step: int = 0
    end: float = 0.5
    frequency: int = 100


@dataclass(frozen=True)
class Recipe:
    """How a variant is trained; everything that the weights depend on, besides the data.

    Parameters
    ----------
    steps : int
        Optimizer steps, rounded to whole epochs. Not epochs, so that a recipe means the same
        amount of training on data sets of different size.
    batch_size, seed : int
        As in Keras; the seed is for Python, numpy and TensorFlow.
    learning_rate : float
        Adam's rate; the first one, where there is a schedule.
    schedule : {"constant", "cosine"}
        Learning rate over the steps: kept, or cosine decay to zero.
    l1 : float
        L1 penalty on kernels.
    validation_split : float
        Share of the training rows that is held out.
    inputs : Fixed or None
        Type that inputs are rounded to before the network sees them, in training too.
    weights, activations : Quantizer or None
        QKeras quantizers of kernels and biases, and of the ReLUs.
    pruning : Pruning or None
        TF-MOT pruning of every kernel.
    teacher : str or None
        Variant whose probabilities are mixed into the labels (distillation).
    teacher_share : float
        Share of the teacher in that mix.
    """

    steps: int
    learning_rate: float
    batch_size: int = 128
    schedule: Literal["constant", "cosine"] = "constant"
    l1: float = 1e-4
    validation_split: float = 0.25
    seed: int = 0
    inputs: Fixed | None = None
    weights: Quantizer | None = None
    activations: Quantizer | None = None
    pruning: Pruning | None = None
    teacher: str | None = None
    teacher_share: float = 0.0

    def epochs(self, rows: int) -> int:
        """Return how many passes over so many training rows come closest to `steps`."""
        return max(1, round(self.steps / -(-rows // self.batch_size)))


@dataclass(frozen=True)
class KnownFailure:
    """A gate that a variant is known to fail, by how much, and why.

    Strict: a variant that passes this gate, or falls shorter than this, fails its test.

    Parameters
    ----------
    gate : {"parity", "auc", "hardware", "softmax", "logic"}
        Which claim: accuracy parity, AUC parity, hardware against plain Keras, softmax, or that
        the network can be traced into exact logic.
    worst : float
        Largest loss that is still the known one, in the gate's own unit: points of accuracy (as a
        share), area, share of rows.
    reason : str
        Why it fails.
    backends : tuple of str
        Keys of the backends that it concerns; all where empty.
    bound : str
        Of a gate whose bounds have units of their own, the one that is not kept, and of which
        `worst` is: ``"rows"`` or ``"accuracy"`` of hardware; ``"mean error"``, ``"flips"``,
        ``"largest error"``, ``"step"`` or ``"range"`` of softmax. Where empty, the first one that
        is not kept; each further one needs a known failure of its own.
    """

    gate: Literal["parity", "auc", "hardware", "softmax", "logic"]
    worst: float
    reason: str
    backends: tuple[str, ...] = ()
    bound: str = ""


@dataclass(frozen=True)
class Conversion:
    """How hls4ml converts a variant.

    Parameters
    ----------
    granularity : {"model", "name"}
        As in ``hls4ml.utils.config_from_keras_model``.
    precision : Fixed
        hls4ml's default type; of the inputs too, unless the recipe rounds them itself.
    inputs : Fixed or None
        Type of the inputs of a network that no recipe says it of.
    exact : bool or None
        Whether the emulation must compute Keras' logits bit for bit; None: where the recipe
        quantises weights, and where a network comes without a recipe.
    logits : Fixed or None
        Saturating type of the logits; None lets hls4ml choose. It decides what softmax is worth:
        hls4ml looks exponentials up by the upper ten bits of this type.
    strategy : {"latency", "resource"}
        How dense layers are built; hls4ml's backends for Intel know ``"resource"`` only, and build
        that whatever is declared.
    reuse_factor : int
        Multiplications that share a multiplier.
    """

    granularity: Literal["model", "name"] = "name"
    precision: Fixed = HLS4ML_DEFAULT
    logits: Fixed | None = None
    strategy: Literal["latency", "resource"] = "latency"
    reuse_factor: int = 1
    inputs: Fixed | None = None
    exact: bool | None = None


UNNAMED = "unnamed-network"
"""Stands for the key of a variant where it is trained, converted or run: no product has a name."""


@dataclass(frozen=True)
class Variant:
    """A benchmark with a network and, unless that is ready, a recipe.

    Parameters
    ----------
    key : str
        ``<benchmark>-<name>``.
    benchmark : str
        Key of its benchmark.
    network : Topology, Saved or Built
        What is trained, or ready.
    recipe : Recipe or None
        How it is trained; None for a saved model.
    conversion : Conversion
        How hls4ml converts it.
    about : str
        One line on it.
    reference : str or None
        Variant of the same benchmark that it is held against; None for references.
    known_failures : tuple of KnownFailure
        Gates that it is known to fail.
    sparsity : float
        Share of zeros that every kernel of a saved model is claimed to have.
    """

    key: str
    benchmark: str
    network: Network
    recipe: Recipe | None
    conversion: Conversion
    about: str = ""
    reference: str | None = None
    known_failures: tuple[KnownFailure, ...] = ()
    sparsity: float = 0.0

    @property
    def input_type(self) -> Fixed:
        """Type in which the hardware receives inputs."""
        rounded = self.recipe.inputs if self.recipe else None
        return rounded or self.conversion.inputs or self.conversion.precision

    @property
    def exact(self) -> bool:
        """Whether its emulation must compute Keras' logits bit for bit."""
        if self.conversion.exact is not None:
            return self.conversion.exact
        return self.recipe is None or self.recipe.weights is not None

    @property
    def training(self) -> Recipe:
        """Return its recipe, for what is done with variants that are trained here.

        Raises
        ------
        SuiteError
            If it comes with its weights.
        """
        if self.recipe is None:
            raise SuiteError(f"{self.key} comes with its weights; it has no recipe to train by.")
        return self.recipe

    @property
    def zeros(self) -> float:
        """Share of zeros that every kernel is declared to have at least."""
        pruning = self.recipe.pruning if self.recipe else None
        return pruning.sparsity if pruning else self.sparsity

    def unnamed(self, *, converted: bool) -> Variant:
        """Return what decides about products: no names, and nothing that only judges ask for.

        Parameters
        ----------
        converted : bool
            With the settings of its conversion.
        """
        recipe = self.recipe
        if recipe and recipe.teacher:
            recipe = replace(recipe, teacher=UNNAMED)
        settings = replace(self.conversion, exact=None) if converted else Conversion()
        return Variant(UNNAMED, UNNAMED, self.network, recipe, settings)

    def known_failure(self, gate: str, backend: str | None = None) -> KnownFailure | None:
        """Return the (first) declared failure of a gate (on a backend), if there is one."""
        return next(iter(self.known(gate, backend)), None)

    def known(self, gate: str, backend: str | None = None) -> tuple[KnownFailure, ...]:
        """Return every declared failure of a gate (on a backend): one a bound."""
        return tuple(
            one
            for one in self.known_failures
            if one.gate == gate and (not one.backends or backend in one.backends)
        )


@dataclass(frozen=True)
class Backend:
    """An hls4ml backend with the part and clock that projects are written for.

    `io_type` says how values pass between layers: all of a row at once, or through streams.
    """

    key: str
    hls4ml: str
    part: str
    clock_period_ns: float
    io_type: Literal["io_parallel", "io_stream"] = "io_parallel"

    def streamed(self) -> Backend:
        """Return the same backend with streams between layers."""
        return replace(self, key=f"{self.key}_stream", io_type="io_stream")


@dataclass(frozen=True)
class Target:
    """What a design is measured on: a toolchain's stage, for a part.

    Parameters
    ----------
    key : str
        Second half of a design's key.
    toolchain : str
        Key of the toolchain; also the pytest marker.
    backend : Backend
        hls4ml backend that the network is converted for.
    part : str
        Device or family that the toolchain builds for.
    stage : {"logic", "hls_estimate", "synthesis", "fit"}
        See `hlsgate.spec.measurement.Stage`.
    softmax : bool
        Whether the softmax is part of it; otherwise it is of the logits only.
    """

    key: str
    toolchain: str
    backend: Backend
    part: str
    stage: Stage
    softmax: bool


@dataclass(frozen=True)
class Design:
    """A variant on a target: what resources are measured of.

    `slow` designs are measured with ``--slow`` only; elsewhere their recorded baseline stands in
    where another design's budget is relative to them, and says so. `netlist`: what the synthesis
    made of it is simulated, too, which takes minutes for all but small networks.
    """

    variant: Variant
    target: Target
    slow: bool = False
    netlist: bool = False

    @property
    def key(self) -> str:
        """Key in ``baselines.json``, and pytest id."""
        return f"{self.variant.key}-{self.target.key}"
