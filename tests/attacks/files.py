"""Saved models made without Keras, whole and as strangers might change them."""

import copy
import json
import zipfile

import h5py
import numpy as np

_SNAKE = {"BatchNormalization": "batch_normalization", "InputLayer": "input_layer"}

METADATA = json.dumps({"keras_version": "2.14.0", "date_saved": "2024-01-01@00:00:00"})


def layer(kind, name, **config):
    """Return a layer as Keras describes it."""
    return {"class_name": kind, "config": {"name": name, **config}}


def sequential(*layers, inputs=(None, 6)):
    """Return a Sequential network with an input named x_in."""
    first = layer("InputLayer", "x_in", batch_input_shape=list(inputs), dtype="float32")
    return {"class_name": "Sequential", "config": {"name": "net", "layers": [first, *layers]}}


def quantizer(kind, **config):
    return {"class_name": kind, "module": "qkeras.quantizers", "config": config}


def dense():
    """Return a plain network and its arrays."""
    regular = {"class_name": "L1L2", "config": {"l1": 0.001, "l2": 0.0}}
    network = sequential(
        layer("Dense", "fc1", units=5, activation="relu", kernel_regularizer=regular),
        layer("BatchNormalization", "bn1", axis=[1]),
        layer("Dense", "logits", units=3),
        layer("Activation", "softmax", activation="softmax"),
    )
    return network, {"fc1": _dense(6, 5), "bn1": _normal(5), "logits": _dense(5, 3)}


def quantised():
    """Return a QKeras network, with quantizers as objects and as text."""
    bits = quantizer("quantized_bits", bits=6, integer=0, symmetric=1, alpha=1.0)
    network = sequential(
        layer("QDense", "fc1", units=5, kernel_quantizer=bits, bias_quantizer=bits),
        layer("QActivation", "act1", activation="quantized_relu(6, 2)"),
        layer("QDense", "logits", units=3, kernel_quantizer="quantized_bits(4,0,1,alpha='auto')"),
        layer("Activation", "softmax", activation="softmax"),
    )
    return network, {"fc1": _dense(6, 5), "logits": _dense(5, 3)}


def functional():
    """Return a functional network with a convolution."""
    layers = [
        layer("InputLayer", "x_in", batch_input_shape=[None, 4, 4, 1], dtype="float32"),
        layer("Conv2D", "conv", filters=2, kernel_size=[2, 2], activation="relu"),
        layer("Flatten", "flat"),
        layer("Dense", "logits", units=3, activation="softmax"),
    ]
    before = None
    for one in layers:
        one["name"] = one["config"]["name"]
        one["inbound_nodes"] = [] if before is None else [[[before, 0, 0, {}]]]
        before = one["name"]
    config = {"name": "net", "layers": layers, "trainable": True}
    config |= {"input_layers": [["x_in", 0, 0]], "output_layers": [["logits", 0, 0]]}
    network = {"class_name": "Functional", "config": config}
    arrays = {"conv": {"kernel": grid(2, 2, 1, 2), "bias": grid(2)}, "logits": _dense(18, 3)}
    return network, arrays


MODELS = (dense, quantised, functional)


def _dense(inputs, outputs):
    return {"kernel": grid(inputs, outputs), "bias": grid(outputs)}


def _normal(size):
    return {name: grid(size) for name in ("gamma", "beta", "moving_mean", "moving_variance")}


def grid(*shape):
    return (np.arange(np.prod(shape), dtype=np.float32).reshape(shape) % 7) / 8


def write_h5(path, network, arrays, text=None):
    """Write a model as Keras 2 writes .h5; return the path."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(network) if text is None else text
        file.attrs["keras_version"], file.attrs["backend"] = "2.14.0", "tensorflow"
        weights = file.create_group("model_weights")
        names = ["x_in", *arrays]
        weights.attrs["layer_names"] = [name.encode() for name in names]
        for name in names:
            group = weights.create_group(name)
            stored = arrays.get(name, {})
            group.attrs["weight_names"] = [f"{name}/{key}:0".encode() for key in stored]
            for key, values in stored.items():
                group.create_dataset(f"{name}/{key}:0", data=values)
    return path


def write_keras(path, network, arrays, text=None, extra=()):
    """Write a model as Keras 2.14 writes .keras; return the path."""
    network = with_modules(copy.deepcopy(network))
    weights = path.with_suffix(".weights")
    with h5py.File(weights, "w") as file:
        file.create_group("vars")
        counts = {}
        for one in network["config"]["layers"]:
            kind = _SNAKE.get(one["class_name"], one["class_name"].lower())
            number = counts[kind] = counts.get(kind, -1) + 1
            key = f"{kind}_{number}" if number else kind
            folder = file.create_group(f"_layer_checkpoint_dependencies/{key}/vars")
            for index, values in enumerate(arrays.get(one["config"]["name"], {}).values()):
                folder.create_dataset(str(index), data=values)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", METADATA)
        archive.writestr("config.json", json.dumps(network) if text is None else text)
        archive.write(weights, "model.weights.h5")
        for name, content in extra:
            archive.writestr(name, content)
    weights.unlink()
    return path


def with_modules(network):
    """Say where classes are, as .keras does."""
    network["module"] = "keras"
    if network["class_name"] == "Functional":
        network |= {"module": "keras.src.engine.functional", "registered_name": "Functional"}
    for one in network["config"]["layers"]:
        one["module"] = "keras.layers"
        for value in one["config"].values():
            if isinstance(value, dict):
                value["module"] = "keras.regularizers"
    return network
