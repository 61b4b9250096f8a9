"""The configuration of a saved network, held against what is known to be data.

Keras builds objects from it: it imports the modules that it names, looks up classes and functions,
and QKeras takes texts apart and calls what they name. So each place of it has to be of a kind that
stands in `hlsgate.inspection.known`, by class, key and value; what does not is refused by
its name.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from hlsgate.inspection import graph, known
from hlsgate.inspection.limited import Refused
from hlsgate.inspection.values import (
    LONGEST_NAME,
    fits,
    is_call,
    is_plain,
    is_shape,
    is_whole,
    shown,
)

MOST_LAYERS = 4096
DEEPEST = 8
"""Networks and wrappers within one another."""

_CODE = ("Lambda", "__lambda__", "TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer")
_NODE = {"class_name", "config", "module", "registered_name", "shared_object_id"}
_LAYER_NODE = _NODE | {"name", "inbound_nodes", "build_config"}
_PASSIVE = "__passive_serialization__"


def check(content: Any) -> None:
    """Refuse a configuration that holds anything but what is known.

    Parameters
    ----------
    content : dict
        Parsed JSON: a network, as Keras 2 saves it.

    Raises
    ------
    Refused
        With the layer, the key and the value.
    """
    _network(content, "the network", 0)


def _node(value: Any, where: str, keys: set[str]) -> tuple[str, Any]:
    """Return class and configuration of an object, whose other keys have to be known."""
    if not isinstance(value, dict) or not isinstance(value.get("class_name"), str):
        raise Refused(f"{where} is {shown(value)}, not the description of an object")
    name = value["class_name"]
    if name in _CODE:
        raise Refused(
            f"it holds a {name} layer ({where}), which is Python code or any operation of "
            "TensorFlow; only models without are loaded, so replace it by layers that hls4ml knows"
        )
    module = value.get("module")
    if module is not None and not _in(module, known.MODULES):
        raise Refused(
            f"it holds {shown(name)} of {shown(module)} ({where}); only classes of Keras, QKeras "
            "and TF-MOT are loaded"
        )
    if value.get("registered_name") not in (None, name):
        raise Refused(f"{where} is registered as {shown(value['registered_name'])}, not so named")
    if odd := value.keys() - keys - {_PASSIVE}:
        raise Refused(f"{where}: {shown(min(odd))} is no key of such an object")
    if not isinstance(value.get("shared_object_id", 0), int):
        raise Refused(f"{where}: shared_object_id is {shown(value['shared_object_id'])}")
    return name, value.get("config")


def _in(value: Any, names: Container[str]) -> bool:
    """Tell whether a value is one of some names; it may be anything, so not be hashed."""
    return isinstance(value, str) and value in names


def _network(value: Any, where: str, depth: int) -> None:
    config = _description(value, where)
    if depth > DEEPEST or len(config["layers"]) > MOST_LAYERS:
        raise Refused(
            f"{where} has more than {MOST_LAYERS} layers, or networks nested deeper than {DEEPEST}"
        )
    for number, layer in enumerate(config["layers"], 1):
        _layer(layer, f"layer {number}", depth + 1)
    if value["class_name"] != "Sequential":
        graph.check(config["layers"], where)
    for key, setting in config.items():
        if key in ("input_layers", "output_layers"):
            _require(_places(setting), where, key, setting)
        elif key != "layers":
            _setting(key, setting, where, known.NETWORK.split(), depth)


def _description(value: Any, where: str) -> dict[str, Any]:
    """Return the configuration of a network, whose layers are a list."""
    name, config = _node(value, where, _LAYER_NODE | {"compile_config"})
    if name not in known.NETWORKS:
        raise Refused(f"{where} is a {shown(name)}, not a Sequential or a Functional network")
    if value.get("compile_config") not in (None, {}):
        raise Refused(f"{where}, within another, has settings of training; save it without")
    _shapes(value.get("build_config"), where)
    if not isinstance(config, dict) or not isinstance(config.get("layers"), list):
        raise Refused(f"{where} has no list of layers")
    _name_of(config.get("name", ""), where)
    return config


def _layer(value: Any, where: str, depth: int) -> None:
    if depth > DEEPEST:
        raise Refused(f"{where}: networks and wrappers are nested deeper than {DEEPEST}")
    if isinstance(value, dict) and _in(value.get("class_name"), known.NETWORKS):
        _linked(value, where)
        _network(value, where, depth)
        return
    inner = value.get("config") if isinstance(value, dict) else None
    if isinstance(inner, dict) and fits(inner.get("name")):
        where = f"{where} ({shown(inner['name'])})"
    name, config = _node(value, where, _LAYER_NODE)
    if name not in known.LAYERS:
        instead = known.INSTEAD.get(name, "replace it by layers that hls4ml knows")
        raise Refused(
            f"{where} is a {shown(name)}, which is not among the layers that are loaded; {instead}"
        )
    if not isinstance(config, dict):
        raise Refused(f"{where} has no configuration")
    _linked(value, where)
    _name_of(config.get("name", ""), where)
    _shapes(value.get("build_config"), where)
    allowed = f"{known.COMMON} {known.LAYERS[name]}".split()
    for key, setting in config.items():
        _setting(key, setting, where, allowed, depth)


def _linked(value: Mapping[str, Any], where: str) -> None:
    """Check a layer's place in a graph: its name, and what it takes its inputs from."""
    _name_of(value.get("name", ""), where)
    nodes = value.get("inbound_nodes", [])
    if not isinstance(nodes, list) or not all(_places(node) for node in nodes):
        raise Refused(
            f"{where} takes its inputs from {shown(nodes)}, not from layers by their names"
        )


def _places(value: Any) -> bool:
    """Tell whether this is ``["name", 0, 0]``, with no arguments, or a list of those."""
    if not isinstance(value, list):
        return False
    if value and isinstance(value[0], str):
        name, *numbers = value
        plain = [one for one in numbers if one not in ({}, {"training": None}, {"training": False})]
        indices = all(is_whole(one) for one in plain)
        return fits(name) and not name.startswith("_CONSTANT") and len(plain) == 2 and indices  # noqa: PLR2004
    return all(isinstance(one, list) and one and _places(one) for one in value)


def _name_of(value: Any, where: str) -> None:
    if not fits(value):
        raise Refused(
            f"{where} has the name {shown(value)}; names are text of at most {LONGEST_NAME} "
            "characters, without control characters"
        )


def _setting(key: str, value: Any, where: str, allowed: list[str], depth: int) -> None:
    """Check one key of a layer's configuration."""
    if key not in allowed:
        raise Refused(f"{where}: {shown(key)} is no setting that is known of such a layer")
    _require(_is_known(key, value, f"{where}, {key}", depth), where, key, value)


def _require(good: bool, where: str, key: str, value: Any) -> None:
    if not good:
        raise Refused(f"{where}: {key} is {shown(value)}, which is no value that is known of it")


def _is_known(key: str, value: Any, where: str, depth: int) -> bool:
    """Tell whether a value is one of those that a key may hold."""
    if value is None:
        return True
    kind = key.rpartition("_")[2]
    if key in ("layer", "backward_layer"):
        _layer(value, where, depth + 1)
        return True
    if kind in ("activation", "quantizer"):
        return _function(value, where, depth)
    if kind in _TABLES and (kind != "dtype" or isinstance(value, dict)):
        return _object(value, _TABLES[kind], where, depth)
    return is_plain(key, value)


_TABLES = {
    "initializer": known.INITIALIZERS,
    "regularizer": known.REGULARIZERS,
    "constraint": known.CONSTRAINTS,
    "schedule": known.SCHEDULES,
    "dtype": known.POLICIES,
}


def _object(value: Any, table: Mapping[str, str], where: str, depth: int) -> bool:
    """Check an object of one of some classes, or its bare name."""
    if depth > 2 * DEEPEST:
        raise Refused(f"{where}: objects are nested too deeply")
    if isinstance(value, str):
        return value.replace("_", "").lower() in {name.lower() for name in table}
    name, config = _node(value, where, _NODE)
    if name not in table or not isinstance(config, dict):
        raise Refused(f"{where} is {shown(name)}, which is none that is known")
    for key, setting in config.items():
        _setting(key, setting, where, table[name].split(), depth + 1)
    return True


def _function(value: Any, where: str, depth: int) -> bool:
    """Check an activation or a quantizer: a name, a text that QKeras takes apart, or an object."""
    if isinstance(value, str):
        return value in known.ACTIVATIONS or is_call(value)
    if isinstance(value, dict) and value.get("class_name") == "function":
        plain = {**value, "class_name": None, "config": None, "registered_name": None}
        return _in(value.get("config"), known.ACTIVATIONS) and plain == {
            **dict.fromkeys(("class_name", "config", "registered_name")),
            "module": "builtins",
        }
    if isinstance(value, dict) and _in(value.get("class_name"), known.LAYERS):
        _layer(value, where, depth + 1)
        return True
    return _object(value, known.QUANTIZERS, where, depth)


def _shapes(value: Any, where: str) -> None:
    """Check ``build_config``: the shape that a layer was built for."""
    good = value is None or (isinstance(value, dict) and value.keys() <= {"input_shape"})
    if not good or not all(one is None or is_shape(one) for one in (value or {}).values()):
        raise Refused(f"{where}: build_config is {shown(value)}, not a shape")
