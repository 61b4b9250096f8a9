"""What the suite measures: every benchmark, variant, target and design, declared here.

A *variant* is a benchmark with a compression recipe; a *design* is a variant on a target. Their
keys are the pytest ids and the keys in ``baselines.json``, so a missing or an orphaned baseline
is a set comparison. A new model is one more entry in `VARIANTS` (and in `DESIGNS`), then
``python -m hlsgate freeze`` and ``record``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hlsgate.declarations import (
    Backend,
    Design,
    Emulation,
    Pruning,
    Quantizer,
    Recipe,
    Shortfall,
    Target,
    Topology,
    Variant,
)
from hlsgate.errors import SuiteError
from hlsgate.fixedpoint import Fixed

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
_WIDE = (
    "hls4ml gives the logits fixed<26,14>, so the 1024 entries of the softmax table are 16 apart"
)
_WIDE_LOGITS = (
    Shortfall("softmax", 0.12, _WIDE, ("oneapi", "quartus")),
    Shortfall("softmax", 0.25, f"{_WIDE}; three quarters of the classes flip", ("vitis", "vivado")),
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
            Shortfall("parity", 0.03, "4-bit weights, pruned at once, lose some two points"),
            Shortfall("auc", 0.025, "telling W from Z jets suffers most"),
            *_WIDE_LOGITS,
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
        shortfalls=_WIDE_LOGITS,
    ),
    Variant(
        "jets-p75_exercise",
        "jets",
        JETS,
        _exercise(None, EXERCISE_PRUNING),
        _FLOAT,
        about="ablation of the exercise: pruned only",
        reference="jets-float",
        shortfalls=(
            Shortfall("hardware", 0.005, "fixed<16,6> ends at 32, where some activations wrap"),
            Shortfall(
                "softmax", 1.6, "wrapped logits are up to 48.9 apart, the table is filled for 32"
            ),
        ),
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
VIVADO = Backend("vivado", "Vivado", "xcvu13p-flga2577-2-e", 5.0)

EMULATED: tuple[Backend, ...] = (ONEAPI, QUARTUS, VITIS, VIVADO)
"""Backends on which every variant is emulated, logits and softmax."""

STREAMED: tuple[Backend, ...] = tuple(backend.streamed() for backend in EMULATED)
"""The same with streams between layers: logits of the variants with quantised weights, which are
exact. What streams change is how values travel, so that the rest would be measured twice."""

ONEAPI_AGILEX7 = Target("oneapi_agilex7", "oneapi", ONEAPI, "Agilex7", "hls_estimate", softmax=True)
DA4ML = Target("da4ml", "da4ml", QUARTUS, "any", "logic", softmax=False)
YOSYS_CYCLONEV = Target("yosys_cyclonev", "yosys", QUARTUS, "cyclonev", "synthesis", softmax=False)
NEXTPNR_ECP5 = Target("nextpnr_ecp5", "nextpnr", QUARTUS, "ecp5-85k-8", "fit", softmax=False)

_BY_KEY = {variant.key: variant for variant in VARIANTS}
_TYPED = [variant.key for variant in VARIANTS if variant.recipe.weights]


def _designs(target: Target, keys: Iterable[str], slow: Sequence[str] = ()) -> list[Design]:
    return [Design(_BY_KEY[key], target, key in slow) for key in keys]


DESIGNS: tuple[Design, ...] = (
    *_designs(ONEAPI_AGILEX7, ("jets-float", "jets-q4_p75_exercise", "jets-q6_p75", "jets-q4_p75")),
    *_designs(DA4ML, _BY_KEY),
    *_designs(YOSYS_CYCLONEV, _BY_KEY, slow=("jets-float",)),
    # nextpnr is still routing jets-q4_exercise, of 21,508 ALUTs, after a quarter of an hour
    *_designs(NEXTPNR_ECP5, [key for key in _TYPED if key != "jets-q4_exercise"]),
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
