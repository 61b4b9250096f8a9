"""hls4ml graphs become logic: adders and shifts that da4ml knows how to write as Verilog.

The logic computes, bit for bit, what the C++ of the graph's backend computes; what cannot be
built exactly is an error. `types` reads the graph's types, `layers` does the layers' arithmetic,
`casts` what happens at every cast; here they are joined along a graph.
"""

from __future__ import annotations

from typing import Any

from hlsgate.infra.errors import TracingError
from hlsgate.logic import MAX_BITS, Logic, exact_and_deep
from hlsgate.logic.tracing.layers import PASSED_ON, Vector, trace_inputs, trace_layer
from hlsgate.logic.tracing.types import refusal, result_type
from hlsgate.spec.fixedpoint import Fixed

BACKENDS = ("oneAPI", "Quartus", "Vitis", "Vivado")
"""hls4ml backends whose arithmetic is known here."""

DEPTH_SLACK = 2
"""How many adders deeper than the shallowest a matrix product may get, to save adders."""

_INPUTS = ("Input", "InputLayer")


def trace(graph: Any, *, depth_slack: int = DEPTH_SLACK) -> Logic:
    """Trace a graph into logic.

    Parameters
    ----------
    graph : hls4ml.model.graph.ModelGraph
        Of a backend in `BACKENDS`, parallel, with one input and one output; converted, so that
        every type is known. It need not be written or compiled.
    depth_slack : int
        As `DEPTH_SLACK`.

    Raises
    ------
    TracingError
        If a layer, a type or a mode cannot be traced exactly; the message says which, and why.
    """
    from da4ml.trace import comb_trace

    _check(graph)
    options = {"hard_dc": depth_slack}
    values: dict[str, Vector] = {}
    types: dict[str, Fixed] = {}
    inputs: Any = None
    softmax: str | None = None
    with exact_and_deep():
        for layer in graph.get_layers():
            name = layer.outputs[0]
            if softmax is not None:
                raise refusal(layer, f"it comes after {softmax}, which stays outside the logic")
            if layer.class_name in _INPUTS:
                inputs, values[name] = trace_inputs(layer, options)
            else:
                values[name] = trace_layer(layer, values[layer.inputs[0]], options)
            if layer.class_name == "Softmax":
                softmax = layer.name
            same = layer.class_name in (*PASSED_ON, "Softmax")
            types[name] = types[layer.inputs[0]] if same else result_type(layer)
        output = graph.outputs[0]
        logic = comb_trace(inputs, values[output])
    _check_widths(logic)
    return Logic(logic, types[graph.inputs[0]], types[output], softmax is not None)


def _check(graph: Any) -> None:
    """Refuse graphs of another shape than one input, one output, all values side by side."""
    backend = graph.config.backend.name
    known = {name.lower(): name for name in BACKENDS}
    if backend.lower() not in known:
        raise TracingError(f"graphs of {backend} cannot be traced, those of {BACKENDS} can.")
    style = graph.config.get_config_value("IOType")
    if style != "io_parallel":
        raise TracingError(f"the graph is {style}; only io_parallel can be traced.")
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise TracingError(
            f"the graph has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs; "
            "only one of each can be traced."
        )


def _check_widths(logic: Any) -> None:
    """Refuse logic in which the interpreter would lose bits."""
    from da4ml.cmvm.types import _minimal_kif

    widest = max(sum(_minimal_kif(op.qint)) for op in logic.ops)
    if widest > MAX_BITS:
        raise TracingError(
            f"the graph has a value of {widest} bits; exact are at most {MAX_BITS}. "
            "Narrow the types of weights, inputs or accumulators."
        )
