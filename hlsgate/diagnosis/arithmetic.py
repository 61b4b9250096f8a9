"""A layer's arithmetic in numpy: as its types say, or with some of them lifted.

The casts are those of hls4ml 1.3.0's templates (``nnet_dense*.h``, ``nnet_batchnorm.h``,
``nnet_activation.h``): each product and the bias are cast to the accumulator, each sum too, and
the last one to the result's type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hlsgate.spec.layers import INPUT, HardwareLayer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.spec.fixedpoint import Fixed

WEIGHTS, ACCUMULATOR, RESULT = "weights", "accumulator", "result"
LIFTABLE = (RESULT, ACCUMULATOR, WEIGHTS)
"""What can be lifted: cuts of the result, of the accumulator, of weights and biases."""

EXACT = frozenset(LIFTABLE)

_SCALED = ("BatchNormalization", "ApplyAlpha")
_MOVED = ("Reshape", "Repack", "Clone")


def known(layer: HardwareLayer) -> bool:
    """Tell whether a layer's arithmetic is written down here."""
    if layer.kind == "Activation":
        return layer.activation in ("relu", "linear")
    return layer.kind in ("Dense", INPUT, *_SCALED, *_MOVED)


def compute(
    layer: HardwareLayer,
    x: NDArray[np.float64],
    lifted: frozenset[str] = frozenset(),
    meant: Fixed | None = None,
) -> NDArray[np.float64]:
    """Compute a layer's outputs.

    Parameters
    ----------
    layer : HardwareLayer
        One that is `known`.
    x : ndarray, shape (n, inputs), float64
        What the layer reads.
    lifted : frozenset of str
        Which of `LIFTABLE` are not done.
    meant : Fixed, optional
        Type that the model itself gives to the output; used where the result is lifted.
    """
    values = _values(layer, x, lifted)
    kind = meant if RESULT in lifted else layer.result
    return kind.cast(values) if kind is not None and layer.kind not in _MOVED else values


def before_result(layer: HardwareLayer, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute what a layer's result type gets, with nothing else cut."""
    return _values(layer, x, EXACT)


def _values(
    layer: HardwareLayer, x: NDArray[np.float64], lifted: frozenset[str]
) -> NDArray[np.float64]:
    import numpy as np

    constants = layer.weights if WEIGHTS in lifted else layer.written
    if layer.kind == "Dense":
        kind = None if ACCUMULATOR in lifted else layer.types.get("accum")
        return _dense(x, constants["weight"], constants["bias"], kind)
    if layer.kind in _SCALED:
        repeats = x.shape[1] // len(constants["scale"])
        return x * np.tile(constants["scale"], repeats) + np.tile(constants["bias"], repeats)
    return np.maximum(x, 0.0) if layer.activation == "relu" else x


def _dense(
    x: NDArray[np.float64],
    weight: NDArray[np.float64],
    bias: NDArray[np.float64],
    accumulator: Fixed | None,
) -> NDArray[np.float64]:
    if accumulator is None:
        exact: NDArray[np.float64] = x @ weight + bias
        return exact
    total: Any = accumulator.cast(bias)[None, :]
    for at in range(x.shape[1]):
        total = accumulator.cast(total + accumulator.cast(x[:, at, None] * weight[at]))
    total = total + 0 * x[:, :1]
    cast: NDArray[np.float64] = total
    return cast
