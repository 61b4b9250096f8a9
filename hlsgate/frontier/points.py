"""What a sweep makes: points, each a compressed network from one seed; plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from hlsgate.cache import digest
from hlsgate.declarations import (
    HLS4ML_DEFAULT,
    Emulation,
    Pruning,
    Quantizer,
    Recipe,
    Topology,
    Variant,
)
from hlsgate.errors import SuiteError
from hlsgate.fixedpoint import Fixed

BENCHMARK = "jets"
REFERENCE = "jets-float"
"""Variant that every point is judged against, by its frozen weights; its teacher, too."""

INPUTS, CLASSES = 16, 5
HIDDEN = (32, 32, 32)
INPUT_BITS = 12
STEPS = 20_000
"""Steps of a point's recipe; docs/frontier.md says what more of them would bring."""

_INPUT_INTEGER = 4
_ACTIVATION_INTEGER = 2
_LOGITS_INTEGER = 6
_FEW_BITS = 3
"""Up to so many bits, weights lie within one of zero; with more, within two."""


@dataclass(frozen=True)
class Schedule:
    """What of a point's training may be varied, besides its seed.

    Parameters
    ----------
    steps : int
        Optimizer steps.
    learning_rate : float
        Adam's first rate; it falls to zero along a cosine.
    pruning_end : float
        Share of the steps after which the sparsity is reached.
    teacher_share : float
        Share of the reference's probabilities in the labels.
    """

    steps: int = STEPS
    learning_rate: float = 5e-3
    pruning_end: float = 0.5
    teacher_share: float = 0.5


@dataclass(frozen=True)
class Point:
    """One network to train: how it is compressed, and from which seed.

    Parameters
    ----------
    weight_bits, activation_bits, input_bits : int
        Widths of weights, of the ReLUs' outputs and of the inputs.
    sparsity : float
        Share of zeros in every kernel.
    hidden : tuple of int
        Widths of the hidden layers.
    schedule : Schedule
        Its training.
    seed : int
        Of its training.
    source : {"grid", "search"}
        Who thought of it.
    """

    weight_bits: int
    activation_bits: int
    sparsity: float
    hidden: tuple[int, ...] = HIDDEN
    input_bits: int = INPUT_BITS
    schedule: Schedule = field(default_factory=Schedule)
    seed: int = 0
    source: Literal["grid", "search"] = "grid"

    @property
    def group(self) -> str:
        """Key without the seed; says only what is not usual.

        Examples
        --------
        >>> Point(4, 4, 0.75).group, Point(3, 4, 0.875, (16, 16, 16), 8).group
        ('jets-w4_a4_p75', 'jets-w3_a4_p875_i8_h16x16x16')
        """
        percent = f"{100 * self.sparsity:g}".replace(".", "")
        parts = [f"w{self.weight_bits}", f"a{self.activation_bits}", f"p{percent}"]
        if self.input_bits != INPUT_BITS:
            parts.append(f"i{self.input_bits}")
        if self.hidden != HIDDEN:
            parts.append("h" + "x".join(map(str, self.hidden)))
        if self.schedule != Schedule():
            parts.append(f"t{digest(asdict(self.schedule))[:6]}")
        return f"{BENCHMARK}-{'_'.join(parts)}"

    @property
    def key(self) -> str:
        """Group and seed."""
        return f"{self.group}_s{self.seed}"

    @property
    def variant(self) -> Variant:
        """What the pipeline makes of it."""
        return Variant(
            self.key,
            BENCHMARK,
            Topology(INPUTS, self.hidden, CLASSES),
            _recipe(self),
            _emulation(self),
            about=f"a point of a sweep ({self.source})",
            reference=REFERENCE,
        )

    def told(self) -> dict[str, Any]:
        """Return how it was made, for results; what the search varied only where it did."""
        facts = {
            "key": self.key,
            "group": self.group,
            "weight_bits": self.weight_bits,
            "activation_bits": self.activation_bits,
            "input_bits": self.input_bits,
            "sparsity": self.sparsity,
            "hidden": list(self.hidden),
            "seed": self.seed,
            "steps": self.schedule.steps,
            "source": self.source,
        }
        return facts if self.schedule == Schedule() else facts | {"recipe": asdict(self.schedule)}


def point_of(facts: Mapping[str, Any]) -> Point:
    """Return the point that `Point.told` told of.

    Raises
    ------
    SuiteError
        If its recipe has changed since, so that it would be another point.
    """
    point = Point(
        facts["weight_bits"],
        facts["activation_bits"],
        facts["sparsity"],
        tuple(facts["hidden"]),
        facts["input_bits"],
        Schedule(**facts.get("recipe", {})),
        facts["seed"],
        facts["source"],
    )
    if point.key != facts["key"]:
        raise SuiteError(
            f"{facts['key']} would now be {point.key}, as the usual schedule has changed; sweep "
            "and record the frontier anew."
        )
    return point


def _weights(bits: int) -> Quantizer:
    return Quantizer(bits, 0 if bits <= _FEW_BITS else 1)


def _activations(bits: int) -> Quantizer:
    """Leave one bit right of the binary point: hls4ml makes integers, which are not traced."""
    return Quantizer(bits, min(_ACTIVATION_INTEGER, bits - 1))


def _recipe(point: Point) -> Recipe:
    """Gradual pruning, a cosine schedule and the reference as teacher, as in the suite."""
    pruning = None
    if point.sparsity:
        end = point.schedule.pruning_end
        pruning = Pruning(point.sparsity, "polynomial", begin_step=0, end=end, frequency=100)
    return replace(
        better_float(point.schedule),
        seed=point.seed,
        inputs=Fixed(point.input_bits, _INPUT_INTEGER),
        weights=_weights(point.weight_bits),
        activations=_activations(point.activation_bits),
        pruning=pruning,
    )


def better_float(schedule: Schedule) -> Recipe:
    """Return the recipe of the points, without any compression; no share, no teacher."""
    return Recipe(
        steps=schedule.steps,
        learning_rate=schedule.learning_rate,
        batch_size=256,
        schedule="cosine",
        l1=0.0,
        teacher=REFERENCE if schedule.teacher_share else None,
        teacher_share=schedule.teacher_share,
    )


def reference2() -> Variant:
    """Return the float network that is trained as well as the points are, and for longer.

    It has no teacher: its own would be the reference, which is the less accurate of the two.
    """
    recipe = better_float(Schedule(steps=2 * STEPS, teacher_share=0.0))
    topology = Topology(INPUTS, HIDDEN, CLASSES)
    about = "float weights, with the recipe of the sweep's points"
    return Variant("jets-float_better", BENCHMARK, topology, recipe, Emulation("model"), about)


def _emulation(point: Point) -> Emulation:
    """Leave hls4ml's default type wide enough: the last activation, which is none, is of it."""
    logits = _logits(point)
    width = max(HLS4ML_DEFAULT.width, logits.width)
    return Emulation(precision=Fixed(width, HLS4ML_DEFAULT.integer), logits=logits)


def _logits(point: Point) -> Fixed:
    """Return a type that holds every sum of the last layer that lies in its range, exactly."""
    weights = _weights(point.weight_bits).weight_type.fraction
    activations = _activations(point.activation_bits).relu_type.fraction
    return Fixed(_LOGITS_INTEGER + weights + activations, _LOGITS_INTEGER)
