"""Keras layers in plain data: names, kinds, types, arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hlsgate.infra.quiet import quietly
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.spec.layers import KerasLayer

if TYPE_CHECKING:
    pass


@quietly
def describe(model: Any) -> list[KerasLayer]:
    """Return a model's layers in plain data, the input's included, with QKeras' types."""
    found = [KerasLayer(name, "InputLayer") for name in model.input_names]
    known = set(model.input_names)
    return [*found, *(_described(layer) for layer in model.layers if layer.name not in known)]


def _described(layer: Any) -> KerasLayer:
    names = tuple(name for name, _ in variables(layer))
    quantizers = {name: quantizer_of(layer, name) for name in names}
    types = {name: _weight_type(one) for name, one in quantizers.items()}
    return KerasLayer(
        layer.name,
        type(layer).__name__,
        _output_type(getattr(layer, "quantizer", None) or getattr(layer, "activation", None)),
        own_activation(layer),
        activation_function(layer),
        {name: kind for name, kind in types.items() if kind is not None},
        names,
        tuple(name for name in names if quantizers[name] is not None and types[name] is None),
    )


def variables(layer: Any) -> list[tuple[str, Any]]:
    """Return a layer's arrays by their own names, in the order of ``set_weights``."""
    return [(one.name.rpartition("/")[2].partition(":")[0], one) for one in layer.weights]


def quantizer_of(layer: Any, name: str) -> Any:
    """Return what QKeras rounds an array with in every call; None for plain layers."""
    names = (name, name.removesuffix("_kernel"))  # depthwise_kernel has a depthwise_quantizer
    return next(
        (found for one in names if (found := getattr(layer, f"{one}_quantizer_internal", None))),
        None,
    )


def own_activation(layer: Any) -> str | None:
    """Return the name of a layer's own activation beside its weights, unless it is linear."""
    if not layer.get_weights() or not callable(getattr(layer, "activation", None)):
        return None
    name = getattr(layer.activation, "__name__", type(layer.activation).__name__)
    return None if name == "linear" else str(name)


def activation_function(layer: Any) -> str | None:
    """Return what a layer without weights computes, where that is an activation."""
    kind = type(layer).__name__
    if kind in ("ReLU", "Softmax"):
        return kind.lower()
    if kind == "QActivation":
        return "relu" if "relu" in str(getattr(layer, "quantizer", "")) else None
    if kind == "Activation":
        return str(getattr(layer.activation, "__name__", "")) or None
    return None


def _output_type(quantizer: Any) -> Fixed | None:
    """Return the type that a QActivation rounds to; None for quantizers of another kind.

    Source: qkeras 0.9.0, ``quantizers.py``: both round to even and saturate, and
    ``quantized_bits`` is symmetric only where it is told so.
    """
    kind = type(quantizer).__name__
    if kind == "quantized_relu" and not quantizer.negative_slope:
        return Fixed(int(quantizer.bits), int(quantizer.integer), False, "RND_CONV", "SAT")
    if kind == "quantized_bits" and quantizer.bits == 1:
        return None  # plus and minus one
    if kind == "quantized_bits" and quantizer.alpha in (None, 1, 1.0) and quantizer.keep_negative:
        mode = "SAT_SYM" if quantizer.symmetric else "SAT"
        return Fixed(int(quantizer.bits), int(quantizer.integer) + 1, True, "RND_CONV", mode)
    return None


def _weight_type(quantizer: Any) -> Fixed | None:
    """Return the type of weights that a quantizer rounds, as hls4ml writes it."""
    kind = _output_type(quantizer)
    return Fixed(kind.width, kind.integer, kind.signed) if kind else None
