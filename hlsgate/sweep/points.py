"""What a sweep makes: points, each a compressed network from one seed; plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from hlsgate.infra.cache import digest
from hlsgate.infra.errors import SuiteError
from hlsgate.spec.declarations import (
    HLS4ML_DEFAULT,
    Conversion,
    Pruning,
    Quantizer,
    Recipe,
    Variant,
)
from hlsgate.spec.families import Family, Grid, Schedule, Setting
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.spec.suites import Benchmark

_FEW_BITS = 3
"""Up to so many bits, weights lie within one of zero; with more, within two."""

_PRUNED_EVERY = 100
"""Steps between two updates of the masks."""


@dataclass(frozen=True)
class Point:
    """One network to train: how it is compressed, and from which seed.

    Parameters
    ----------
    benchmark : str
        Key of its benchmark.
    family : Family
        What it shares with others.
    setting : Setting
        How far it is compressed.
    schedule : Schedule
        Its training.
    seed : int
        Of its training.
    source : {"grid", "search"}
        Who thought of it.
    """

    benchmark: str
    family: Family
    setting: Setting
    schedule: Schedule
    seed: int = 0
    source: Literal["grid", "search"] = "grid"

    @property
    def group(self) -> str:
        """Key without the seed, such as ``jets-w3_a4_p875_i8_h16x16x16``.

        It says only what is not usual in the family; ``t`` is for another training.
        """
        setting = self.setting
        percent = f"{100 * setting.sparsity:g}".replace(".", "")
        parts = [f"w{setting.weight_bits}", f"a{setting.activation_bits}", f"p{percent}"]
        if setting.input_bits != self.family.inputs.width:
            parts.append(f"i{setting.input_bits}")
        if setting.hidden != self.family.network.hidden:
            parts.append("h" + "x".join(map(str, setting.hidden)))
        if self.schedule != self.family.schedule:
            parts.append(f"t{digest(asdict(self.schedule))[:6]}")
        return f"{self.benchmark}-{'_'.join(parts)}"

    @property
    def key(self) -> str:
        """Group and seed."""
        return f"{self.group}_s{self.seed}"

    @property
    def variant(self) -> Variant:
        """What the pipeline makes of it."""
        return Variant(
            self.key,
            self.benchmark,
            replace(self.family.network, hidden=self.setting.hidden),
            _recipe(self),
            _conversion(self),
            about=f"a point of a sweep ({self.source})",
            reference=self.family.reference,
        )

    def told(self) -> dict[str, Any]:
        """Return how it was made, for results; what the search varied only where it did."""
        facts = {
            "key": self.key,
            "group": self.group,
            **asdict(self.setting),
            "hidden": list(self.setting.hidden),
            "seed": self.seed,
            "steps": self.schedule.steps,
            "source": self.source,
        }
        usual = self.schedule == self.family.schedule
        return facts if usual else facts | {"recipe": asdict(self.schedule)}


def family_of(benchmark: Benchmark) -> Family:
    """Return a benchmark's family, or raise `SuiteError` where it declares none."""
    if benchmark.family is None:
        raise SuiteError(
            f"benchmark {benchmark.key!r} declares no family of points to sweep; declare one "
            "(hlsgate.spec.families.Family), or name another benchmark."
        )
    return benchmark.family


def points_of(benchmark: Benchmark, grid: Grid) -> list[Point]:
    """Return every point of a grid, seeds of a group side by side."""
    family = family_of(benchmark)
    return [
        Point(benchmark.key, family, setting, family.schedule, seed)
        for setting in family.settings(grid)
        for seed in grid.seeds
    ]


def point_of(facts: Mapping[str, Any], benchmark: Benchmark) -> Point:
    """Return the point that `Point.told` told of.

    Raises
    ------
    SuiteError
        If its recipe has changed since, so that it would be another point.
    """
    family = family_of(benchmark)
    names = ("weight_bits", "activation_bits", "sparsity", "input_bits")
    setting = Setting(hidden=tuple(facts["hidden"]), **{name: facts[name] for name in names})
    schedule = Schedule(**facts["recipe"]) if "recipe" in facts else family.schedule
    point = Point(benchmark.key, family, setting, schedule, facts["seed"], facts["source"])
    if point.key != facts["key"]:
        raise SuiteError(
            f"{facts['key']} would now be {point.key}, as what is usual has changed; sweep and "
            "record the frontier anew."
        )
    return point


def _weights(bits: int) -> Quantizer:
    return Quantizer(bits, 0 if bits <= _FEW_BITS else 1)


def _activations(point: Point) -> Quantizer:
    """Leave one bit right of the binary point: hls4ml makes integers, which are not traced."""
    bits = point.setting.activation_bits
    return Quantizer(bits, min(point.family.activation_integer, bits - 1))


def _recipe(point: Point) -> Recipe:
    """Gradual pruning, a cosine schedule and the reference as teacher."""
    setting, pruning = point.setting, None
    if setting.sparsity:
        end = point.schedule.pruning_end
        pruning = Pruning(
            setting.sparsity, "polynomial", begin_step=0, end=end, frequency=_PRUNED_EVERY
        )
    return replace(
        float_recipe(point.family, point.schedule),
        seed=point.seed,
        inputs=replace(point.family.inputs, width=setting.input_bits),
        weights=_weights(setting.weight_bits),
        activations=_activations(point),
        pruning=pruning,
    )


def float_recipe(family: Family, schedule: Schedule) -> Recipe:
    """Return the recipe of a family's points, without any compression; no share, no teacher."""
    return Recipe(
        steps=schedule.steps,
        learning_rate=schedule.learning_rate,
        batch_size=family.batch_size,
        schedule="cosine",
        l1=family.l1,
        validation_split=family.validation_split,
        teacher=family.reference if schedule.teacher_share else None,
        teacher_share=schedule.teacher_share,
    )


def reference2(benchmark: Benchmark) -> Variant:
    """Return the float network that is trained as well as the points are, and for longer.

    It has no teacher: its own would be the reference, which may be the less accurate of the two.
    """
    family = family_of(benchmark)
    longer = replace(family.schedule, steps=2 * family.schedule.steps, teacher_share=0.0)
    return Variant(
        f"{family.reference}_better",
        benchmark.key,
        family.network,
        float_recipe(family, longer),
        Conversion("model"),
        "float weights, with the recipe of the sweep's points",
    )


def _conversion(point: Point) -> Conversion:
    """Leave hls4ml's default type wide enough: the last activation, which is none, is of it."""
    logits = _logits(point)
    width = max(HLS4ML_DEFAULT.width, logits.width)
    return Conversion(precision=Fixed(width, HLS4ML_DEFAULT.integer), logits=logits)


def _logits(point: Point) -> Fixed:
    """Return a type that holds every sum of the last layer that lies in its range, exactly."""
    weights = _weights(point.setting.weight_bits).weight_type.fraction
    activations = _activations(point).relu_type.fraction
    integer = point.family.logits_integer
    return Fixed(integer + weights + activations, integer)
