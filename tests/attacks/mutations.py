"""Changes of valid models that know their structure: names, types, links, nodes, members, bytes."""

import copy
import json
import struct
import zipfile

import h5py
import numpy as np

EVIL_TEXTS = (
    "__import__('os').system('touch {canary}/called')",
    "inputs\n#define w4 (system(\"touch {canary}/called\"), w4)\n",
    "quantized_bits(__import__('os').system('touch {canary}/called'))",
    "quantized_bits(4,0,1,alpha=open('{canary}/opened','w'))",
    "get_quantizer('quantized_bits(4)')", "safe_eval", "K", "tf", "np", "Lambda", "TFOpLambda",
    "SlicingOpLambda", "TensorFlowOpLayer", "RNN", "Custom>Thing", "hlsgate_canary", "os",
    "os.system",
    "../../etc/passwd", "{canary}/secret.bin", "", "\x00", "x" * 300, "\u202e", "NaN", "a/b", "..",
    "quantized_bits(" * 50, "(" * 500, "linear", "relu", "ternary(number_of_unrolls=9)", "float64",
)  # fmt: skip
EVIL_VALUES = (
    None, True, False, -1, 0, 1, 7, 2**24, 2**31, 2**53, 2**70, -(2**40), 1e300, 0.5, [], {}, [[]],
    [None] * 20, [2**24, 2**24], [10**6] * 3, [[["x_in", 0, 0, {"f": 1}]]],
    {"class_name": "__lambda__", "config": {"value": ["4wAAAA==", None, None]}},
    {"class_name": "__typespec__", "spec_name": "system", "module": "os", "registered_name": None,
     "config": []},
    {"class_name": "function", "config": "system", "module": "os", "registered_name": "system"},
    {"class_name": "function", "config": "eval", "module": "builtins", "registered_name": "eval"},
    {"class_name": "Thing", "config": {}, "module": "hlsgate_canary", "registered_name": "Thing"},
    {"class_name": "TypeSpec", "type_spec": "tf.TensorSpec", "serialized": []},
    {"class_name": "__tuple__", "items": [1, 2]}, {"class_name": "__tensor__", "config": {}},
    {"class_name": "StringLookup", "config": {"vocabulary": "{canary}/secret.bin"}},
    {"class_name": "TFOpLambda", "config": {"name": "t", "function": "io.write_file"}},
    {"class_name": "TensorFlowOpLayer", "config": {"name": "t", "constants": {}, "node_def":
     {"name": "t", "op": "DebugIdentityV2", "input": ["x_in"], "attr": {}}}},
    {"class_name": "Dense", "config": {"units": 2**30}}, ["os"], {"module": ["os"]},
    {"class_name": "Dense", "config": {"units": 3}}, {"class_name": ["x"], "config": {}},
    {"class_name": "Constant", "config": {"value": 0.5}},
)  # fmt: skip
EVIL_KEYS = (
    "weights", "module", "registered_name", "compile_config", "build_config", "function", "cell",
    "layer", "shared_object_id", "activation", "units", "dtype", "batch_input_shape", "name",
    "kernel_quantizer", "vocabulary", "inbound_nodes", "__passive_serialization__", "\ud800", "0",
)  # fmt: skip


MOST_VALUES = 10**6
"""Of an array that is written to be read."""


def configuration(rng, network, canary):
    """Change some nodes of a configuration; return its text."""
    network = copy.deepcopy(network)
    for _ in range(rng.integers(1, 4)):
        places = list(_nodes(network))
        if places:
            holder, key = places[rng.integers(len(places))]
            _change(rng, holder, key, canary)
    text = json.dumps(network)
    if rng.random() < 0.05:
        text = rng.choice(
            [text[:-5], "[" * 5000, text.replace("{", '{"a": NaN, ', 1), text * 2, ""]
        )
    return str(text)


def _nodes(value):
    """Give every place below a value: what holds it, and under which key."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(pairs):
        yield value, key
        if isinstance(inner, dict | list):
            yield from _nodes(inner)


def _change(rng, holder, key, canary):
    choice = rng.integers(7)
    if choice == 0 and isinstance(holder, dict):
        holder[str(rng.choice(np.array(EVIL_KEYS, object)))] = evil(rng, canary)
    elif choice == 1 and isinstance(holder, dict):
        del holder[key]
    elif choice == 2 and isinstance(holder, dict):
        holder[str(rng.choice(np.array(EVIL_KEYS, object)))] = holder.pop(key)
    elif choice == 3 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[rng.integers(len(holder))]))
    elif choice == 4:
        for _ in range(rng.integers(1, 40)):
            holder[key] = [copy.deepcopy(holder[key])]
    elif choice == 5 and isinstance(holder[key], int | float):
        holder[key] = holder[key] * int(rng.choice([-1, 2, 1000, 2**20])) + int(rng.integers(3))
    else:
        holder[key] = evil(rng, canary)


def evil(rng, canary):
    """Return a value that somebody may hope to have evaluated, imported or allocated."""
    if rng.random() < 0.5:
        return EVIL_TEXTS[rng.integers(len(EVIL_TEXTS))].replace("{canary}", str(canary))
    value = copy.deepcopy(EVIL_VALUES[rng.integers(len(EVIL_VALUES))])
    return json.loads(json.dumps(value).replace("{canary}", str(canary)))


def structure(rng, path, canary):
    """Change some objects or attributes of an HDF5 file, in place."""
    with h5py.File(path, "r+") as file:
        for _ in range(rng.integers(1, 3)):
            found = [file]
            file.visititems(lambda _, one, found=found: found.append(one))
            one = found[rng.integers(len(found))]
            group = one if isinstance(one, h5py.Group) else one.parent
            change = _CHANGES[rng.integers(len(_CHANGES))]
            change(rng, group, one, canary)


def _drop(rng, group, one, canary):
    if len(group):
        del group[list(group)[rng.integers(len(group))]]


def _attribute(rng, group, one, canary):
    name = str(rng.choice([*one.attrs, "weight_names", "weight_names0", "layer_names", "odd"]))
    values = (
        1, 1.5, [1, 2], np.zeros((3, 3)), "text", b"\xff\xfe", ["a", "a"], np.bytes_("x" * 9),
        h5py.Empty("f"), group.ref, np.zeros(2, [("a", int)]), np.array([1 + 2j]), True,
        ["fc1/kernel:0"] * 2000, "{", np.zeros(7000),
    )  # fmt: skip
    value = values[rng.integers(len(values))]
    kind = h5py.ref_dtype if isinstance(value, h5py.Reference) else None
    one.attrs.create(name, value, dtype=kind)


def _link(rng, group, one, canary):
    name = f"new{rng.integers(9)}"
    secret = str(canary / "secret.h5")
    links = (h5py.SoftLink("/model_weights"), h5py.ExternalLink(secret, "/secret"), group, one)
    _put(group, str(rng.choice([name, *group])), links[rng.integers(len(links))])


def _put(group, name, value):
    if name in group or group.get(name, getlink=True) is not None:
        del group[name]
    group[name] = value


def _array(rng, group, one, canary):
    """Put another array in the place of one, or beside them."""
    names = [name for name in group if isinstance(group.get(name), h5py.Dataset)]
    name = str(rng.choice([*names, "new_array"]))
    old = group[name] if name in names else None
    # an earlier change may have made one that claims more than any memory holds
    shape = old.shape if old is not None and (old.size or 0) < MOST_VALUES else (3,)
    if old is not None:
        del group[name]
    secret = [(str(canary / "secret.bin"), 0, h5py.h5f.UNLIMITED)]
    size = int(np.prod(shape)) * 4
    choice = rng.integers(11)
    if choice == 0:
        group.create_dataset(name, shape, "<f4", external=secret[:1])
    elif choice == 1:
        layout = h5py.VirtualLayout(shape, "<f4")
        layout[...] = h5py.VirtualSource(str(canary / "secret.h5"), "secret", shape)
        group.create_virtual_dataset(name, layout, fillvalue=-1)
    elif choice == 2:
        group.create_dataset(name, (2**20, 2**20), "<f4", chunks=(1024, 1024), compression="gzip")
    elif choice == 3:
        group.create_dataset(name, shape, h5py.ref_dtype)
    elif choice == 4:
        group.create_dataset(name, data=np.zeros(shape, [("a", "f4"), ("b", "i8")]))
    elif choice == 5:
        group.create_dataset(name, shape, h5py.string_dtype())
    elif choice == 6:
        group.create_dataset(name, data=np.full(shape, 0.5, "<f4"), compression="lzf", chunks=True)
    elif choice == 7:
        kinds = ("f8", "f2", ">f4", "i1", "u8", "bool", "c8", "V7", "S5")
        group.create_dataset(name, shape, str(rng.choice(kinds)))
    elif choice == 8:
        group.create_dataset(
            name, tuple(int(n) for n in rng.integers(0, 9, rng.integers(0, 5))), "f4"
        )
    elif choice == 9:
        packed = {"compression": "gzip", "shuffle": True, "fletcher32": True, "chunks": True}
        group.create_dataset(name, data=np.full(shape, 0.25, "<f4"), **packed)
    else:
        group.create_dataset(name, (size * 10**6,), "<f8", maxshape=(None,), chunks=(2**20,))


def _name(rng, group, one, canary):
    odd = ("a\nb", "x" * 500, "\u202e", "..", "#define", "{canary}", b"\xff\xfe")
    group.create_group(odd[rng.integers(len(odd))])


def _deep(rng, group, one, canary):
    for number in range(rng.integers(10, 60)):
        group = group.create_group(f"deep{number}")


def _many(rng, group, one, canary):
    for number in range(rng.integers(10, 100)):
        group.attrs[f"a{number}"] = number


_CHANGES = (_drop, _attribute, _attribute, _link, _array, _array, _array, _name, _deep, _many)


def raw(rng, content):
    """Change some bytes of a file."""
    changed = bytearray(content)
    choice = rng.integers(4)
    if choice == 0:
        return bytes(changed[: rng.integers(len(changed))])
    if choice == 1:
        start = int(rng.integers(len(changed)))
        changed[start : start + int(rng.integers(1, 64))] = rng.bytes(int(rng.integers(1, 64)))
        return bytes(changed)
    for _ in range(rng.integers(1, 30)):
        place = int(rng.integers(len(changed) - 8))
        if choice == 2:
            changed[place] ^= 1 << int(rng.integers(8))
        else:
            value = int(rng.choice(np.array([0, 1, 2**16, 2**31, 2**63, 2**64 - 1], object)))
            changed[place : place + 8] = struct.pack("<Q", value)
    return bytes(changed)


def members(rng, path, canary):
    """Change what a .keras archive lists, in place."""
    with zipfile.ZipFile(path) as archive:
        listed = [(one.filename, archive.read(one)) for one in archive.infolist()]
    choice = rng.integers(7)
    if choice == 0:
        listed.pop(rng.integers(len(listed)))
    elif choice == 1:
        listed.append((f"{canary}/escaped", b"x"))
    elif choice == 2:
        listed.append(("../escaped", b"x"))
    elif choice == 3:
        listed.append(("model.weights.npz", b"PK"))
    elif choice == 4:
        listed.append(("assets/vocabulary.txt", b"x"))
    elif choice == 5:
        listed = [(name, content * 50) for name, content in listed]
    packing = int(rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]))
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, content in listed:
            archive.writestr(name, content)
    if choice == 6:  # encrypted, says the central directory
        content = bytearray(path.read_bytes())
        place = content.rfind(b"PK\x01\x02")
        content[place + 8] |= 1
        path.write_bytes(content)
