"""hls4ml graphs read into plain data, with the Keras layer that each layer stands for.

Source: attributes of hls4ml 1.3.0's ``ModelGraph``.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hlsgate.infra.errors import TracingError
from hlsgate.logic.tracing.types import fixed_type
from hlsgate.spec.layers import INPUT, HardwareLayer, KerasLayer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hlsgate.spec.fixedpoint import Fixed

_CASTING = ("linear", "quantized_bits")
"""Activations that change a value's type and nothing else."""


def read(graph: Any, keras: Sequence[KerasLayer]) -> list[HardwareLayer]:
    """Return the layers of a converted graph in order.

    Parameters
    ----------
    graph : hls4ml.model.graph.ModelGraph
        After conversion, so that every type is known.
    keras : sequence of KerasLayer
        The layers of the model that it was converted from.
    """
    layers = list(graph.get_layers())
    stands_for = counterparts([(layer.name, _activation(layer)) for layer in layers], keras)
    return [_layer(layer, stands_for.get(layer.name)) for layer in layers]


def counterparts(
    hardware: Sequence[tuple[str, str | None]], keras: Sequence[KerasLayer]
) -> dict[str, str]:
    """Tell which Keras layer's output each layer of the hardware should have.

    Parameters
    ----------
    hardware : sequence of (str, str or None)
        Name and activation of hls4ml's layers.
    keras : sequence of KerasLayer
        The model's layers.

    Returns
    -------
    dict of str to str
        hls4ml splits a Keras layer into several, named after it (``dense``, ``dense_relu``): the
        last one has its output, and those before that are followed by casts only. A Keras layer
        that hls4ml folds into the one before it passes its name on to that.
    """
    found: dict[str, str] = {}
    last: list[str] = []
    for layer in keras:
        mine = [at for at in hardware if at[0] == layer.name or at[0].startswith(f"{layer.name}_")]
        mine = [at for at in mine if _owner(at[0], keras) == layer.name]
        last = _ends(mine) if mine else last
        found.update(dict.fromkeys(last, layer.name))
    return found


def _owner(name: str, keras: Sequence[KerasLayer]) -> str:
    """Return the longest Keras name that a hardware name starts with."""
    names = [one.name for one in keras if name == one.name or name.startswith(f"{one.name}_")]
    return max(names, key=len)


def _ends(parts: Sequence[tuple[str, str | None]]) -> list[str]:
    """Return the last part of a Keras layer, and those that only casts come after."""
    ends: list[str] = []
    for name, activation in reversed(parts):
        ends.append(name)
        if activation not in _CASTING:
            break
    return ends


def _layer(layer: Any, keras: str | None) -> HardwareLayer:
    variable = layer.get_output_variable()
    inputs = [name for name in layer.inputs if name] if layer.class_name != "Input" else []
    kernel = _constants(layer, "data")
    size, reuse = layer.get_attr("table_size"), layer.get_attr("reuse_factor")
    strategy = layer.get_attr("strategy")
    return HardwareLayer(
        name=layer.name,
        kind=INPUT if layer.class_name in ("Input", "InputLayer") else layer.class_name,
        variable=variable.name,
        pipe=getattr(variable, "pipe_name", None),
        size=math.prod(variable.shape),
        result=_type(layer, variable.type.precision),
        source=layer.get_input_node().name if len(inputs) == 1 else None,
        keras=keras,
        activation=_activation(layer),
        types=_types(layer),
        weights=kernel,
        written=_constants(layer, "written"),
        table_size=int(size) if size is not None and layer.class_name == "Softmax" else None,
        strategy=str(strategy).lower() if strategy else None,
        reuse=int(reuse) if strategy and reuse is not None else None,
    )


def _activation(layer: Any) -> str | None:
    named = layer.get_attr("activation")
    return None if named is None or layer.class_name == "Dense" else str(named)


def _type(layer: Any, precision: Any) -> Fixed | None:
    with contextlib.suppress(TracingError):
        return fixed_type(layer, precision)
    return None


def _types(layer: Any) -> dict[str, Fixed]:
    precisions = {name: variable.type.precision for name, variable in layer.weights.items()}
    accumulator = layer.get_attr("accum_t")
    if accumulator is not None:
        precisions["accum"] = accumulator.precision
    found = {name: _type(layer, precision) for name, precision in precisions.items()}
    return {name: kind for name, kind in found.items() if kind is not None}


def _constants(layer: Any, which: str) -> dict[str, NDArray[np.float64]]:
    """Return a layer's constants as the model has them, or in their types.

    hls4ml writes each with as many decimals as its type has fraction bits; the C++ type then
    rounds and saturates what is written.
    """
    import numpy as np

    found = {}
    for name, variable in layer.weights.items():
        values = np.asarray(variable.data, np.float64).ravel()
        kind = _type(layer, variable.type.precision)
        if which == "written" and kind is not None:
            values = kind.cast(np.array([float(text) for text in variable], np.float64))
        found[name] = _shaped(layer, name, values)
    return found


def _shaped(layer: Any, name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    if layer.class_name != "Dense" or name != "weight":
        return values
    inputs, outputs = layer.get_attr("n_in"), layer.get_attr("n_out")
    if layer.get_attr("_weights_transposed"):
        return values.reshape(outputs, inputs).T
    return values.reshape(inputs, outputs)
