"""What the suite measures: every benchmark, variant, target and design, declared here.

A *variant* is a benchmark with a compression recipe; a *design* is a variant on a target. Their
keys are the pytest ids and the keys in ``baselines.json``, so a missing or an orphaned baseline
is a set comparison. A new model is one more entry in `VARIANTS` (and in `DESIGNS`), then
``python -m hlsgate freeze`` and ``record``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hlsgate.errors import SuiteError
from hlsgate.fixedpoint import Fixed

HLS4ML_DEFAULT = Fixed(16, 6)
"""Type that hls4ml gives to whatever nobody declares."""


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
class Shortfall:
    """A gate that a variant is known to fail, and why.

    Strict: a variant that does anything else than fail this gate, better or worse, fails its test.

    Parameters
    ----------
    gate : {"parity", "auc", "untyped", "softmax"}
        Which claim: accuracy parity, AUC parity, the cost of types that the recipe leaves open, or
        the softmax table.
    reason : str
        Why it fails.
    """

    gate: Literal["parity", "auc", "untyped", "softmax"]
    reason: str


@dataclass(frozen=True)
class Emulation:
    """How hls4ml converts a variant.

    Parameters
    ----------
    granularity : {"model", "name"}
        As in ``hls4ml.utils.config_from_keras_model``.
    precision : Fixed
        hls4ml's default type; of the inputs too, unless the recipe rounds them itself.
    logits : Fixed or None
        Saturating type of the logits; None lets hls4ml choose. It decides what softmax is worth:
        hls4ml looks exponentials up by the upper ten bits of this type.
    """

    granularity: Literal["model", "name"] = "name"
    precision: Fixed = HLS4ML_DEFAULT
    logits: Fixed | None = None


@dataclass(frozen=True)
class Variant:
    """A benchmark with a recipe."""

    key: str
    benchmark: str
    topology: Topology
    recipe: Recipe
    emulation: Emulation
    about: str
    reference: str | None = None
    shortfalls: tuple[Shortfall, ...] = ()

    @property
    def input_type(self) -> Fixed:
        """Type in which the hardware receives inputs."""
        return self.recipe.inputs or self.emulation.precision

    def shortfall(self, gate: str) -> Shortfall | None:
        """Return the declared failure of a gate, if there is one."""
        return next((known for known in self.shortfalls if known.gate == gate), None)


@dataclass(frozen=True)
class Backend:
    """An hls4ml backend with the part and clock that projects are written for."""

    key: str
    hls4ml: str
    part: str
    clock_period_ns: float


@dataclass(frozen=True)
class Target:
    """A backend, built by its toolchain as far as one stage.

    `flags` are the toolchain's own, for the hardware build.
    """

    key: str
    backend: Backend
    stage: Literal["hls_estimate", "fit", "synthesis"]
    flags: tuple[str, ...] = ()

    @property
    def toolchain(self) -> str:
        """Key of the toolchain; also the pytest marker and the tox environment."""
        return self.backend.key


@dataclass(frozen=True)
class Design:
    """A variant on a target: what resources are measured of."""

    variant: Variant
    target: Target

    @property
    def key(self) -> str:
        """Key in ``baselines.json``, and pytest id."""
        return f"{self.variant.key}-{self.target.key}"


JETS = Topology(inputs=16, hidden=(32, 32, 32), classes=5)

EXERCISE_PRUNING = Pruning(0.75, "constant", begin_step=200, frequency=100)
EXERCISE_WEIGHTS = Quantizer(4, 1)
EXERCISE_STEPS_PER_EPOCH = 3891
"""Batches of 128 in the 498,000 jets that the exercise trained on."""


def _exercise(weights: Quantizer | None, pruning: Pruning | None) -> Recipe:
    return Recipe(15 * EXERCISE_STEPS_PER_EPOCH, 1e-4, weights=weights, pruning=pruning)


def _better(weights: Quantizer, activations: Quantizer) -> Recipe:
    """Gradual pruning, a cosine schedule and the baseline as teacher; all activations typed."""
    return Recipe(
        steps=30_000,
        learning_rate=5e-3,
        batch_size=256,
        schedule="cosine",
        l1=0.0,
        inputs=Fixed(12, 4),
        weights=weights,
        activations=activations,
        pruning=Pruning(0.75, "polynomial", begin_step=0, end=0.5, frequency=100),
        teacher="jets-float",
        teacher_share=0.5,
    )


_FLOAT = Emulation("model")
_WIDE_LOGITS = Shortfall(
    "softmax",
    "hls4ml gives the logits fixed<26,14>, so the 1024 entries of the softmax table are 16 apart",
)

VARIANTS: tuple[Variant, ...] = (
    Variant(
        "jets-float",
        "jets",
        JETS,
        Recipe(10 * EXERCISE_STEPS_PER_EPOCH, 1e-4),
        _FLOAT,
        about="the exercise's baseline: float weights, converted to fixed<16,6>",
    ),
    Variant(
        "jets-q4_p75_exercise",
        "jets",
        JETS,
        _exercise(EXERCISE_WEIGHTS, EXERCISE_PRUNING),
        Emulation(),
        about="the exercise's compressed network: 4-bit weights, 75 % pruned, plain ReLU",
        reference="jets-float",
        shortfalls=(
            Shortfall("parity", "4-bit weights, pruned at once, lose some two points"),
            Shortfall("auc", "telling W from Z jets suffers most"),
            _WIDE_LOGITS,
        ),
    ),
    Variant(
        "jets-q4_exercise",
        "jets",
        JETS,
        _exercise(EXERCISE_WEIGHTS, None),
        Emulation(),
        about="ablation of the exercise: quantised only",
        reference="jets-float",
        shortfalls=(_WIDE_LOGITS,),
    ),
    Variant(
        "jets-p75_exercise",
        "jets",
        JETS,
        _exercise(None, EXERCISE_PRUNING),
        _FLOAT,
        about="ablation of the exercise: pruned only",
        reference="jets-float",
        shortfalls=(Shortfall("untyped", "fixed<16,6> ends at 32, where some activations wrap"),),
    ),
    Variant(
        "jets-q6_p75",
        "jets",
        JETS,
        _better(Quantizer(6, 1), Quantizer(6, 2)),
        Emulation(logits=Fixed(14, 6)),
        about="6-bit weights and activations, 75 % pruned, better recipe",
        reference="jets-float",
    ),
    Variant(
        "jets-q4_p75",
        "jets",
        JETS,
        _better(Quantizer(4, 1), Quantizer(4, 2)),
        Emulation(logits=Fixed(10, 6)),
        about="4-bit weights and activations, 75 % pruned, better recipe",
        reference="jets-float",
    ),
)

ONEAPI = Backend("oneapi", "oneAPI", "Agilex7", 5.0)
QUARTUS = Backend("quartus", "Quartus", "Arria10", 5.0)
VITIS = Backend("vitis", "Vitis", "xcvu13p-flga2577-2-e", 5.0)

EMULATED: tuple[Backend, ...] = (ONEAPI, QUARTUS, VITIS)
"""Backends on which every variant is emulated."""

ONEAPI_AGILEX7 = Target("oneapi_agilex7", ONEAPI, "hls_estimate", flags=("-Xsoptimize=latency",))

_BY_KEY = {variant.key: variant for variant in VARIANTS}

DESIGNS: tuple[Design, ...] = tuple(
    Design(_BY_KEY[key], ONEAPI_AGILEX7)
    for key in ("jets-float", "jets-q4_p75_exercise", "jets-q6_p75", "jets-q4_p75")
)


def variant(key: str) -> Variant:
    """Return a declared variant.

    Raises
    ------
    SuiteError
        If there is none of that key; the message lists those there are.
    """
    try:
        return _BY_KEY[key]
    except KeyError:
        raise SuiteError(f"no variant {key!r}; declared are {', '.join(_BY_KEY)}.") from None


def design(key: str) -> Design:
    """Return a declared design, or raise `SuiteError` with a list of those there are."""
    for known in DESIGNS:
        if known.key == key:
            return known
    keys = ", ".join(known.key for known in DESIGNS)
    raise SuiteError(f"no design {key!r}; declared are {keys}.")
