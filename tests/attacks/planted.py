"""Files that attack: every attack seen, and its siblings; each is a function that writes one."""

import json
import os
import zipfile
from pathlib import Path

import h5py
import numpy as np

from tests.attacks import files
from tests.attacks.files import layer, quantizer, sequential


def model(name, change, *, suffix=".h5"):
    """Make an attack out of the plain network by a change of its configuration."""

    def write(folder, canary):
        network, arrays = files.dense()
        if suffix == ".keras":
            network = files.with_modules(network)
        changed = change(network, canary) or network
        writer = files.write_h5 if suffix == ".h5" else files.write_keras
        text = json.dumps(changed, ensure_ascii=False)
        network, arrays = files.dense()
        return writer(folder / f"{name}{suffix}", network, arrays, text)

    return write


def stored(name, change, **settings):
    """Make an attack by a change of the plain network's HDF5 file."""

    def write(folder, canary):
        path = files.write_h5(folder / f"{name}.h5", *files.dense())
        with h5py.File(path, "r+", **settings) as file:
            change(file, canary)
        return path

    return write


KERNEL = "model_weights/fc1/fc1/kernel:0"


def _instead(file, **settings):
    del file[KERNEL]
    return file.create_dataset(KERNEL, (6, 5), settings.pop("dtype", "<f4"), **settings)


def _external(file, canary):
    _instead(file, external=[(str(canary / "secret.bin"), 0, h5py.h5f.UNLIMITED)])


def _virtual(file, canary):
    del file[KERNEL]
    layout = h5py.VirtualLayout((6, 5), "<f4")
    layout[...] = h5py.VirtualSource(str(canary / "secret.h5"), "secret", (6, 5))
    file.create_virtual_dataset(KERNEL, layout)


def _put(place, make):
    def change(file, canary):
        if place in file:
            del file[place]
        file[place] = make(file, canary)

    return change


def _attribute(value, dtype=None, place=KERNEL, name="odd"):
    return lambda file, canary: file[place].attrs.create(name, value, dtype=dtype)


def _deep(file, canary):
    group = file["model_weights"]
    for _ in range(60):
        group = group.create_group("g")


def _inner(change):
    """Change the network's first dense layer."""

    def changed(network, canary):
        change(network["config"]["layers"][1], canary)

    return changed


def _set(**settings):
    return _inner(lambda one, canary: one["config"].update(settings))


def _node(name):
    return {"class_name": name, "config": {"name": "odd"}}


def _tensorflow_operation(network, canary):
    """Write a file by an operation that Keras runs when it builds the network."""
    attributes = {"T": {"type": "DT_FLOAT"}, "debug_urls": {"list": {"s": [f"file://{canary}/op"]}}}
    node = {"name": "op", "op": "DebugIdentityV2", "input": ["x_in"], "attr": attributes}
    one = {"name": "op", "node_def": json.dumps(node), "constants": {}}
    network["config"]["layers"].append({"class_name": "TensorFlowOpLayer", "config": one})


def _wrapped(kind, inner):
    return lambda network, canary: network["config"]["layers"].insert(
        1, layer(kind, "wrapper", layer=inner)
    )


def _named(name, place=0):
    def change(network, canary):
        network["config"]["layers"][place]["config"]["name"] = name

    return change


def _functional(change):
    """Make an attack out of the functional network, which Keras goes round in till it is whole."""

    def write(folder, canary):
        network, arrays = files.functional()
        change(network["config"]["layers"])
        return files.write_h5(folder / "g.h5", network, arrays)

    return write


def _from(*nodes):
    return lambda layers: layers[-1].update(inbound_nodes=[[list(one) for one in nodes]])


def _nested(network, canary):
    for _ in range(30):
        network = {"class_name": "Sequential", "config": {"name": "n", "layers": [network]}}
    return network


TOUCHED = Path("/tmp/hlsgate-attack-ran")
"""What commands in the files would make; at most as long as Keras' words leave room for."""

INJECTED = f'inputs\n#ifdef PARAMETERS_H_\n#define w4 (system("touch {TOUCHED}"), w4)\n#endif\n'
CALLED = f"quantized_bits(__import__('os').system('touch {TOUCHED}'))"

MODELS = {
    # what is in the configuration
    "input_name": (model("a", _named(INJECTED)), "has the name"),
    "layer_name": (model("a", _named("a\tb", 1)), "has the name"),
    "bidi_name": (model("a", _named("a\u202eb", 1)), "holds characters that are no text"),
    "long_name": (model("a", _named("x" * 201, 1)), "at most 200 characters"),
    "name_of_no_text": (model("a", _named(7, 1)), "has the name 7"),
    "net_name": (model("a", lambda net, _: net["config"].update(name="a\nb")), "has the name"),
    "operation": (model("a", _tensorflow_operation), "holds a TensorFlowOpLayer layer"),
    **{
        kind: (
            model("a", lambda net, _, kind=kind: net["config"]["layers"].append(_node(kind))),
            f"holds a {kind} layer",
        )
        for kind in ("Lambda", "TFOpLambda", "SlicingOpLambda", "__lambda__")
    },
    "lambda_keras": (
        model("a", lambda net, _: net["config"]["layers"].append(_node("Lambda")), suffix=".keras"),
        "holds a Lambda layer",
    ),
    "distributed_lambda": (
        model("a", _wrapped("TimeDistributed", _node("Lambda"))),
        "holds a Lambda layer",
    ),
    "two_ways_lambda": (
        model("a", _wrapped("Bidirectional", _node("Lambda"))),
        "holds a Lambda layer",
    ),
    "cells": (
        model("a", lambda net, _: net["config"]["layers"].append(layer("RNN", "r", cell={}))),
        "not among the layers that are loaded",
    ),
    "vocabulary": (
        model(
            "a",
            lambda net, canary: net["config"]["layers"].append(
                layer("StringLookup", "s", vocabulary=str(canary / "secret.bin"))
            ),
        ),
        "not among the layers that are loaded",
    ),
    "custom": (
        model("a", _inner(lambda one, _: one.update(registered_name="Custom>Dense"))),
        "is registered as",
    ),
    "module": (model("a", _inner(lambda one, _: one.update(module="os"))), "of 'os'"),
    "module_no_text": (model("a", _inner(lambda one, _: one.update(module=["os"]))), "of \\['os'"),
    "class_no_text": (model("a", _set(activation={"class_name": ["x"]})), "not the description"),
    "function_no_text": (
        model("a", _set(activation={"class_name": "function", "config": ["eval"]})),
        "activation is",
    ),
    "module_keras": (
        model("a", _inner(lambda one, _: one.update(module="hlsgate_canary")), suffix=".keras"),
        "of 'hlsgate_canary'",
    ),
    "called": (model("a", _set(activation=CALLED)), "activation is"),
    "global": (model("a", _set(activation="safe_eval")), "activation is 'safe_eval'"),
    "opened": (
        model("a", _set(activation="quantized_bits(4,alpha=open('x','w'))")),
        "activation is",
    ),
    "unknown_key": (model("a", _set(weights=[[1]])), "'weights' is no setting"),
    "class_as_value": (
        model("a", _set(kernel_initializer=quantizer("quantized_bits", bits=4))),
        "none that is known",
    ),
    "builtin": (
        model(
            "a",
            _set(activation={"class_name": "function", "config": "eval", "module": "builtins"}),
        ),
        "none that is known|activation is",
    ),
    "type_of_tensorflow": (
        model("a", _set(units={"class_name": "TypeSpec", "type_spec": "x", "serialized": []})),
        "units is",
    ),
    "training_inside": (
        model("a", lambda net, _: net["config"]["layers"].insert(
            1, {**sequential(), "compile_config": {"optimizer": "adam"}}
        )),
        "settings of training",
    ),
    "constant": (
        model("a", _inner(lambda one, _: one.update(inbound_nodes=[["_CONSTANT_VALUE", -1, 1, {}]]))),  # noqa: E501
        "takes its inputs from",
    ),
    "units": (model("a", _set(units=2**40)), "units is"),
    "nested": (model("a", _nested), "nested deeper"),
    "no_layers": (model("a", lambda net, _: net["config"].update(layers=None)), "no list of layers"),  # noqa: E501
    "call_not_made": (_functional(_from(("flat", 1, 0, {}))), "come after it or are not there"),
    "call_before_all": (_functional(_from(("flat", -1, 0, {}))), "come after it or are not there"),
    "after_itself": (_functional(_from(("logits", 0, 0, {}))), "come after it or are not there"),
    "no_such_layer": (_functional(_from(("none", 0, 0, {}))), "come after it or are not there"),
    "in_a_ring": (
        _functional(lambda layers: layers[1].update(inbound_nodes=[[["logits", 0, 0, {}]]])),
        "come after it or are not there",
    ),
    "one_name": (
        _functional(lambda layers: layers[1].update(name="flat")), "two layers of one name",
    ),
    # what is in HDF5
    "external": (stored("a", _external), "kept in another file"),
    "virtual": (stored("a", _virtual), "virtual array"),
    "soft_link": (stored("a", _put(KERNEL, lambda *_: h5py.SoftLink("/x"))), "is a link"),
    "external_link": (
        stored("a", _put(KERNEL, lambda _, canary: h5py.ExternalLink(str(canary / "secret.h5"), "/"))),  # noqa: E501
        "is a link",
    ),
    "loop": (
        stored("a", _put("model_weights/fc1/up", lambda file, _: file["model_weights"])),
        "another name already",
    ),
    "group_link": (
        stored("a", _put("model_weights", lambda _, canary: h5py.ExternalLink("x.h5", "/"))),
        "is a link",
    ),
    "named_type": (
        stored("a", _put("model_weights/type", lambda *_: np.dtype("f4"))),
        "neither a group nor an array",
    ),
    "references": (stored("a", lambda file, _: _instead(file, dtype=h5py.ref_dtype)), "plain numbers"),  # noqa: E501
    "compound": (stored("a", lambda file, _: _instead(file, dtype=[("a", "f4")])), "plain numbers"),
    "strings": (
        stored("a", lambda file, _: _instead(file, dtype=h5py.string_dtype())),
        "plain numbers",
    ),
    "complex": (stored("a", lambda file, _: _instead(file, dtype="c16")), "plain numbers"),
    "filter": (stored("a", lambda file, _: _instead(file, compression="lzf")), "packed by filter"),
    "bomb": (
        stored("a", lambda file, _: file.create_dataset(
            "model_weights/b", (2**20, 2**10), "f8", chunks=(2**10, 2**10), compression="gzip"
        )),
        "more than 200 MiB",
    ),
    "odd_attribute": (
        stored("a", _attribute(np.zeros(2, [("a", int)]))),
        "plain numbers or text",
    ),
    "reference_attribute": (
        stored("a", lambda file, _: file[KERNEL].attrs.create("r", file.ref, dtype=h5py.ref_dtype)),
        "plain numbers or text",
    ),
    "empty_attribute": (stored("a", _attribute(h5py.Empty("f"))), "holds nothing"),
    "listed_twice": (
        stored("a", _attribute([b"a", b"a"], place="model_weights/fc1", name="weight_names")),
        "lists an array twice",
    ),
    "no_text": (
        stored("a", lambda file, _: file.attrs.create("model_config", np.bytes_(b"\xff\xfe"))),
        "not what Keras writes",
    ),
    "number_as_config": (
        stored("a", lambda file, _: file.attrs.create("model_config", 7)),
        "not what Keras writes",
    ),
    "deep_groups": (stored("a", _deep), "nested deeper"),
    "weights_alone": (
        stored("a", lambda file, _: file.attrs.__delitem__("model_config")),
        "no whole saved Keras model",
    ),
    "keras_3": (
        stored("a", lambda file, _: file.attrs.create("keras_version", "3.12.4")),
        "was saved by Keras '3.12.4'",
    ),
}  # fmt: skip
"""By name: what writes it, and what the refusal says."""

TEXTS = {
    "deep_json": "[" * 100_000,
    "nan": '{"class_name": "Sequential", "config": {"layers": [], "name": NaN}}',
    "twice": '{"class_name": "Sequential", "class_name": "Lambda"}',
    "a_list": "[1, 2]",
    "no_json": "{",
    "surrogate": '{"class_name": "Sequential", "config": {"name": "\\ud800", "layers": []}}',
    "large": '{"config": [' + "1," * 300_000 + "1]}",
    "number": '{"class_name": "Sequential", "config": {"layers": [], "dtype": 1'
    + "0" * 5000
    + "}}",
}
"""Configurations that are none."""


def text(name, suffix):
    """Write a model of which the configuration is one of `TEXTS`."""

    def write(folder, canary):
        writer = files.write_h5 if suffix == ".h5" else files.write_keras
        return writer(folder / f"t{suffix}", *files.dense(), TEXTS[name])

    return write


for _name in TEXTS:
    for _suffix in (".h5", ".keras"):
        MODELS[f"{_name}{_suffix}"] = (text(_name, _suffix), "is not what Keras writes|no model")


def archive(*extra, drop=(), edit=None, packing=zipfile.ZIP_STORED):
    """Write a .keras archive with other members."""

    def write(folder, canary):
        path = files.write_keras(folder / "z.keras", *files.dense())
        with zipfile.ZipFile(path) as old:
            listed = [(n, old.read(n)) for n in old.namelist() if n not in drop]
        with zipfile.ZipFile(path, "w", packing) as new:
            for name, content in [*listed, *extra]:
                new.writestr(name, content)
        if edit is not None:
            path.write_bytes(edit(bytearray(path.read_bytes())))
        return path

    return write


def _encrypted(content):
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    return content


def _flipped(content):
    content[content.find(b"HDF") + 60] ^= 0xFF
    return content


def _larger(content):
    place = content.rfind(b"PK\x01\x02") + 24
    content[place : place + 4] = b"\xff\xff\xff\x7f"
    return content


MODELS |= {
    "zip_outside": (archive(("../escaped", b"x")), "also holds"),
    "zip_absolute": (archive(("/tmp/escaped", b"x")), "also holds"),
    "zip_second_weights": (archive(("model.weights.npz", b"x")), "also holds"),
    "zip_assets": (archive(("assets/a", b"x")), "also holds"),
    "zip_second_archive": (archive(("inner.keras", b"PK\x05\x06" + bytes(18))), "also holds"),
    "zip_without": (archive(drop=("metadata.json",)), "has no"),
    "zip_encrypted": (archive(edit=_encrypted), "is encrypted"),
    "zip_crc": (archive(edit=_flipped), "no whole archive"),
    "zip_claims": (archive(edit=_larger), "MiB; at most"),
    "zip_bz2": (archive(packing=zipfile.ZIP_BZIP2), "packed by method 12"),
    "zip_bomb": (archive(("x", bytes(2**28)), packing=zipfile.ZIP_DEFLATED), "MiB; at most"),
}


def _content(name, content):
    def write(folder, canary):
        (folder / name).write_bytes(content)
        return folder / name

    return write


def _fifo(name):
    def write(folder, canary):
        os.mkfifo(folder / name)
        return folder / name

    return write


def _folder(name):
    def write(folder, canary):
        (folder / name).mkdir()
        return folder / name

    return write


def _device(name):
    def write(folder, canary):
        (folder / name).symlink_to("/dev/zero")
        return folder / name

    return write


def no_files(suffix):
    """Give what has the right name and is no file; by name."""
    return {
        f"fifo{suffix}": (_fifo(f"f{suffix}"), "named pipe|no file"),
        f"folder{suffix}": (_folder(f"d{suffix}"), "a folder|no file|[Ii]s a directory"),
        f"zero{suffix}": (_device(f"z{suffix}"), "a device|no file"),
        f"garbage{suffix}": (_content(f"g{suffix}", b"\x89HDF\r\n\x1a\n" + bytes(range(256))), ""),
        f"nothing{suffix}": (_content(f"n{suffix}", b""), ""),
    }


MODELS |= no_files(".h5") | no_files(".keras")


def _saved_model(name):
    """Write the folder that TensorFlow saves: a graph of any operations."""

    def write(folder, canary):
        (folder / name / "variables").mkdir(parents=True)
        (folder / name / "saved_model.pb").write_bytes(b"\x08\x01\x12\x02\x0a\x00")
        return folder / name

    return write


MODELS |= {
    "saved_model": (_saved_model("s"), "name a .keras or an .h5 file"),
    "saved_model.keras": (_saved_model("s.keras"), "a folder"),
}


def npz(**members):
    """Write an npz file of raw members, or of arrays."""

    def write(folder, canary):
        with zipfile.ZipFile(folder / "r.npz", "w", zipfile.ZIP_DEFLATED) as stored:
            for name, content in members.items():
                stored.writestr(f"{name}.npy", content)
        return folder / "r.npz"

    return write


def header(kind, shape, *, tail=b"", padding=0, version=(1, 0)):
    """Return the bytes of an npy file of some header."""
    text = f"{{'descr': {kind}, 'fortran_order': False, 'shape': {shape}, }}" + " " * padding + "\n"
    length = len(text).to_bytes(2 if version == (1, 0) else 4, "little")
    return b"\x93NUMPY" + bytes(version) + length + text.encode() + tail


def _twice(folder, canary):
    path = folder / "t.npz"
    with zipfile.ZipFile(path, "w") as stored:
        for name in ("x.npy", "x"):
            stored.writestr(name, header("'<f4'", "(1,)", tail=bytes(4)))
    return path


def _npy(folder, canary):
    np.save(folder / "r.npy", np.zeros((4, 6), np.float32))
    return folder / "r.npy"


ROWS = {
    "npy": _npy,
    "csv": _content("r.csv", b"a,b\n=cmd|' /C touch'!A0,1\n"),
    "arff": _content("r.arff", b"@relation x\n@attribute a numeric\n@data\n1\n"),
    "objects": npz(
        x=header("'|O'", "(1,)", tail=f"cos\nsystem\n(S'touch {TOUCHED}'\ntR.".encode())
    ),
    "claims": npz(x=header("'<f4'", "(1000000000000,)")),
    "negative": npz(x=header("'<f4'", "(-1, 5)")),
    "huge_header": npz(x=header("'<f4'", "(1,)", padding=10**6, version=(2, 0))),
    "deep_header": npz(x=header("(" * 5000 + ")" * 5000, "(1,)")),
    "called_header": npz(x=header("__import__('os')", "(1,)")),
    "records": npz(x=header("[('a', '<f4')]", "(1,)", tail=bytes(4))),
    "version": npz(x=header("'<f4'", "(1,)", version=(9, 9))),
    "axes": npz(x=header("'<f4'", f"({'1,' * 40})", tail=bytes(4))),
    "zeros": npz(x=header("'|u1'", f"({2**31},)", tail=bytes(1000))),
    "twice": _twice,
    "no_zip": _content("n.npz", b"PK\x03\x04" + bytes(50)),
    **{name: write for name, (write, _) in no_files(".npz").items()},
}
"""Rows that are none, by name: what writes them."""


def parquet_bomb(folder, canary):
    """Write some 100 kB that unpack to 4.5 GB."""
    import pyarrow as pa
    from pyarrow import parquet

    rows = 3_500_000
    same = pa.array(np.zeros(rows, np.int64))
    path = folder / "bomb.parquet"
    schema = pa.schema([(name, pa.int64()) for name in ("label", *(f"c{n}" for n in range(15)))])
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for _ in range(10):
            writer.write_table(pa.table([same] * 16, schema=schema))
    return path


def parquet_of(**columns):
    """Write a parquet file of some columns."""

    def write(folder, canary):
        import pyarrow as pa
        from pyarrow import parquet

        parquet.write_table(pa.table(columns), folder / "c.parquet")
        return folder / "c.parquet"

    return write


PARQUET = {
    "bomb": parquet_bomb,
    "strings": parquet_of(a=["x"], label=[0]),
    "lists": parquet_of(a=[[1.0]], label=[0]),
    "gaps": parquet_of(a=[1, None], label=[0, 1]),
    "records": parquet_of(a=[{"b": 1}], label=[0]),
    **{name: write for name, (write, _) in no_files(".parquet").items()},
}
