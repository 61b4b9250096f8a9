"""Handwritten digits, which come with scikit-learn: small, real, and of another shape than jets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hlsgate.infra.packages import versions
from hlsgate.infra.sources import file_digest
from hlsgate.spec.declarations import (
    Built,
    Conversion,
    KnownFailure,
    Pruning,
    Quantizer,
    Recipe,
    Topology,
    Variant,
)
from hlsgate.spec.families import Family, Grid, Ranges, Schedule, Setting
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.spec.suites import Benchmark, Rows
from hlsgate.spec.targets import DA4ML, YOSYS_CYCLONEV, designs
from hlsgate.suites.convolution import small_convolution

if TYPE_CHECKING:
    from hlsgate.infra.cache import Cache
    from hlsgate.infra.progress import Step

_INKS = 16
"""Shades of a pixel, 0 to 16. Source: scikit-learn, ``load_digits``."""


def rows(cache: Cache, _step: Step) -> Rows:
    """Return 1,797 pictures of 8 x 8 pixels from 0 to 1, half of them to test on.

    Half, since with a fifth (360) a loss of two points could not be told from none. They are kept,
    as the import of scikit-learn takes longer than all of this.
    """
    import numpy as np

    key = {"versions": versions(("numpy", "scikit-learn")), "source": file_digest(Path(__file__))}
    folder = cache.entry("digits", key, _write_rows)
    with np.load(folder / _FILE, allow_pickle=False) as kept:
        return Rows(kept["pictures"], kept["labels"], kept["test"])


def _write_rows(folder: Path) -> None:
    import numpy as np
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    pictures, labels = load_digits(return_X_y=True)
    _, tested = train_test_split(
        np.arange(len(labels)), test_size=0.5, random_state=0, stratify=labels
    )
    test = np.zeros(len(labels), bool)
    test[tested] = True
    np.savez(folder / _FILE, pictures=pictures / _INKS, labels=labels, test=test)


_FILE = "rows.npz"

_NETWORK = Topology(inputs=64, hidden=(32, 32), classes=10)
_PIXELS = Fixed(6, 2)
"""Holds every shade exactly."""

_FAMILY = Family(
    reference="digits-float",
    network=_NETWORK,
    inputs=_PIXELS,
    schedule=Schedule(steps=4_000, learning_rate=3e-3),
    grids=(
        Grid(
            "full",
            weight_bits=(2, 3, 4, 5, 6),
            sparsities=(0.0, 0.5, 0.75, 0.875),
            extra=(
                Setting(3, 3, 0.5, (16, 16), 4),
                Setting(4, 4, 0.5, (16, 16), 4),
                Setting(4, 4, 0.5, (24, 24), 4),
                Setting(3, 3, 0.75, _NETWORK.hidden, 4),
                Setting(4, 4, 0.75, _NETWORK.hidden, 4),
                Setting(3, 3, 0.875, _NETWORK.hidden, 4),
                Setting(4, 4, 0.875, _NETWORK.hidden, 4),
                Setting(5, 5, 0.9375, _NETWORK.hidden, 6),
            ),
        ),
        Grid("trial", weight_bits=(3, 4), sparsities=(0.75,)),
    ),
    search=Ranges(weight_bits=(2, 6), activation_bits=(2, 6), input_bits=(3, 6), hidden=(8, 40)),
    batch_size=32,
    l1=1e-4,
    validation_split=0.0,
)

BENCHMARK = Benchmark(
    "digits",
    rows,
    classes=tuple("0123456789"),
    features=tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8)),
    about="handwritten digits: ten classes by 64 pixels, UCI's, as scikit-learn ships them",
    standardise=False,
    example="digits-q5_p75",
    family=_FAMILY,
)

_PRUNING = Pruning(0.75, "polynomial", begin_step=0, end=0.5, frequency=50)


def _recipe(
    weights: Quantizer | None = None,
    activations: Quantizer | None = None,
    pruning: Pruning | None = None,
) -> Recipe:
    """Keep logits within 32 of one another, for which hls4ml fills the softmax's table.

    The penalty of the float network does that, as it is everybody's teacher; without it they are
    61 apart, and wrap in fixed<16,6>.
    """
    compressed = weights is not None or pruning is not None
    return Recipe(
        steps=6_000 if compressed else 3_000,
        learning_rate=3e-3,
        batch_size=32,
        schedule="cosine",
        l1=1e-4 if compressed else 1e-3,
        validation_split=0.0,
        inputs=_PIXELS if weights else None,
        weights=weights,
        activations=activations,
        pruning=pruning,
        teacher="digits-float" if compressed else None,
        teacher_share=0.5 if compressed else 0.0,
    )


_Q5 = (Quantizer(5, 1), Quantizer(5, 2))
_LOGITS = Conversion(logits=Fixed(10, 6))
_NO_TRACE = "the tracer knows dense layers only, so the convolution is emulated and not counted"

VARIANTS = (
    Variant(
        "digits-float",
        "digits",
        _NETWORK,
        _recipe(),
        Conversion("model"),
        about="float weights, converted to fixed<16,6>",
    ),
    Variant(
        "digits-q5",
        "digits",
        _NETWORK,
        _recipe(*_Q5),
        _LOGITS,
        about="5-bit weights and activations",
        reference="digits-float",
    ),
    Variant(
        "digits-p75",
        "digits",
        _NETWORK,
        _recipe(pruning=_PRUNING),
        Conversion("model"),
        about="75 % pruned, float weights",
        reference="digits-float",
    ),
    Variant(
        "digits-q5_p75",
        "digits",
        _NETWORK,
        _recipe(*_Q5, _PRUNING),
        _LOGITS,
        about="5-bit weights and activations, 75 % pruned",
        reference="digits-float",
    ),
    Variant(
        "digits-conv_q5",
        "digits",
        Built(small_convolution),
        _recipe(*_Q5),
        _LOGITS,
        about="a small convolutional network, 5-bit weights and activations",
        reference="digits-float",
        known_failures=(KnownFailure("logic", 0.0, _NO_TRACE),),
    ),
)

_DENSE = [variant for variant in VARIANTS if isinstance(variant.network, Topology)]

DESIGNS = (
    *designs(DA4ML, _DENSE),
    *designs(YOSYS_CYCLONEV, _DENSE, slow=("digits-float", "digits-p75")),
)
