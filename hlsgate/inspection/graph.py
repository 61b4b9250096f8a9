"""Whether the layers of a network can be put together from what they say about one another.

Keras goes round for as long as any layer waits for another, so a network in which one waits for
itself, or for a call of a layer that is never made, would keep it busy without end.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from hlsgate.inspection import known
from hlsgate.inspection.limited import Refused
from hlsgate.inspection.values import shown


def check(layers: Sequence[Mapping[str, Any]], where: str) -> None:
    """Refuse a network that is never whole.

    Parameters
    ----------
    layers : sequence of dict
        Descriptions of a network's layers, of which each by itself has been checked.
    where : str
        What is told of the network.

    Raises
    ------
    Refused
        If a layer takes its inputs from one that is not there, or after itself.
    """
    names = [_name(one) for one in layers]
    if len(set(names)) != len(names):
        raise Refused(f"{where} has two layers of one name")
    inputs = {_name(one) for one in layers if one["class_name"] == "InputLayer"}
    first = {_name(one): _first(one) for one in layers}
    waiting = {_name(one): [list(_taken(node)) for node in one.get("inbound_nodes") or ()]
               for one in layers}  # fmt: skip
    while _put_together(waiting, inputs, first):
        pass
    for name, nodes in waiting.items():
        if nodes:
            raise Refused(
                f"{where}: layer {shown(name)} takes its inputs from {shown(nodes[0])}, which come "
                "after it or are not there"
            )


def _put_together(
    waiting: Mapping[str, list[list[tuple[str, int]]]],
    inputs: Container[str],
    first: dict[str, tuple[int, int]],
) -> bool:
    """Make every call that can be made now, as Keras does; return whether there was one."""
    progress = False
    for name, nodes in waiting.items():
        while nodes and all(
            layer in inputs or (layer in first and call in range(*first[layer]))
            for layer, call in nodes[0]
        ):
            nodes.pop(0)
            start, end = first[name]
            first[name], progress = (start, end + 1), True
    return progress


def _first(layer: Mapping[str, Any]) -> tuple[int, int]:
    """Return the numbers of a layer's calls, of which there are none yet: from, and up to.

    Source: keras 2.14, ``functional._should_skip_first_node``: a network that begins with its own
    input has been called once already, and that call cannot be referred to.
    """
    inner = layer["config"].get("layers") if layer["class_name"] in known.NETWORKS else None
    starts = inner and inner[0]["class_name"] == "InputLayer"
    return (1, 1) if starts else (0, 0)


def _name(layer: Mapping[str, Any]) -> str:
    """Return how other layers name one: outside of its configuration, where that is there."""
    return str(layer.get("name") or layer["config"].get("name", ""))


def _taken(node: Sequence[Any]) -> Iterator[tuple[str, int]]:
    """Give the layers, and which of their calls, that a node takes its inputs from."""
    if node and isinstance(node[0], str):
        yield node[0], node[1]
        return
    for one in node:
        yield from _taken(one)
