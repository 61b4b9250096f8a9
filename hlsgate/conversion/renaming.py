"""Keras models as hls4ml is given them: under names that may be written into C++.

What hls4ml reads of a model is its configuration and, by layers' names, its weights. Where a name
is not safe (`hlsgate.conversion.naming`), hls4ml is given a stand-in that answers with other names;
the model itself stays as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from hlsgate.conversion.naming import safe_names, strange
from hlsgate.infra.errors import ConversionError
from hlsgate.infra.quiet import quietly

_ODD_TEXT = re.compile(r"[^\w .,:;<>()\[\]+*/='\"%-]", re.ASCII)
"""What types, quantizers and classes are never written with: braces, backslashes, line breaks."""


@quietly
def names_in(model: Any) -> dict[str, str]:
    """Return what hls4ml is told in place of each name in a Keras model, mostly the name itself.

    Raises
    ------
    ConversionError
        If the model's configuration holds a text that no layer needs and C++ may act on.
    """
    config = json.loads(model.to_json())
    for text in _texts(config, named=False):
        if _ODD_TEXT.search(text):
            raise ConversionError(
                f"the model's configuration holds {text[:80]!r}, which is not handed to hls4ml; "
                "replace that layer by one that hls4ml knows."
            )
    return safe_names(_texts(config, named=True))


def _texts(value: Any, *, named: bool, key: str = "") -> Iterator[str]:
    """Yield names, or every other text, of a configuration; an outer name after its layers'."""
    if isinstance(value, str) and named == (key == "name"):
        yield value
    elif isinstance(value, dict):
        for inner in sorted(value, key="name".__eq__):
            yield from _texts(value[inner], named=named, key=inner)
    elif isinstance(value, list) and not _is_reference(value):
        for item in value:
            yield from _texts(item, named=named, key=key)


def _is_reference(value: list[Any]) -> bool:
    """Whether a list names a layer, one of its nodes and one of its tensors."""
    return len(value) > 2 and isinstance(value[0], str) and isinstance(value[1], int)  # noqa: PLR2004


def renamed(model: Any, names: Mapping[str, str]) -> Any:
    """Return a model under other names; the model itself where none is another."""
    return model if all(own == told for own, told in names.items()) else _Renamed(model, names)


class _Renamed:
    """A Keras model, or a layer in it, under other names: all of it that hls4ml asks for."""

    def __init__(self, real: Any, names: Mapping[str, str]) -> None:
        self._real, self._names = real, names

    def __getattr__(self, asked: str) -> Any:
        return getattr(self._real, asked)

    @property
    def name(self) -> str:
        return self._names.get(self._real.name, self._real.name)

    @property
    def layer(self) -> _Renamed:
        return _Renamed(self._real.layer, self._names)

    def get_layer(self, name: str) -> _Renamed:
        own = {made: own for own, made in self._names.items()}
        return _Renamed(self._real.get_layer(own.get(name, name)), self._names)

    @quietly
    def to_json(self) -> str:
        return json.dumps(self._renamed(json.loads(self._real.to_json())))

    def _renamed(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {inner: self._renamed(value[inner], inner) for inner in value}
        if isinstance(value, list):
            first = [self._names.get(value[0], value[0])] if _is_reference(value) else []
            return first + [self._renamed(item, key) for item in value[len(first) :]]
        return self._names.get(value, value) if key == "name" else value


def require_identifiers(graph: Any) -> None:
    """Raise `ConversionError` where a converted graph holds a name that is none to C++."""
    for layer in graph.get_layers():
        variables = [*layer.get_variables(), *layer.weights.values()]
        types = [variable.type.name for variable in variables]
        activation = layer.get_attr("activation")
        written = [layer.name, *layer.inputs, *layer.outputs, *types]
        written += [variable.name for variable in variables]
        written += [activation] if isinstance(activation, str) else []
        for name in strange(written):
            raise ConversionError(
                f"hls4ml would write the name {name[:80]!r} into C++; name the layer otherwise."
            )
