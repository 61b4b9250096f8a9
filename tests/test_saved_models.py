"""Files from outside are looked at first: only what is known to be data goes any further."""

import json
import sys

import numpy as np
import pytest

from hlsgate.infra.errors import DatasetError, DiagnosisError
from hlsgate.inspection import config, hdf5, limited, values
from hlsgate.inspection.limited import Refused
from hlsgate.models import saved_models
from tests.attacks import files, planted

h5py = pytest.importorskip("h5py")


@pytest.fixture
def canary(tmp_path):
    folder = tmp_path / "canary"
    folder.mkdir()
    np.full(1000, 1234.5, "<f4").tofile(folder / "secret.bin")
    with h5py.File(folder / "secret.h5", "w") as file:
        file["secret"] = np.full((6, 5), 1234.5, "<f4")
    return folder


@pytest.fixture
def in_process(monkeypatch):
    """Read HDF5 here: the process with limits has tests of its own."""

    def clean(source, target):
        try:
            hdf5.copy(source, target)
        except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
            raise Refused(f"it is damaged ({error})") from error

    monkeypatch.setattr(hdf5, "clean", clean)


def one_sentence(error):
    text = str(error.value)
    assert text.isprintable()
    assert text.isascii() or len(text) < 1500
    assert len(text) < 1500
    return text


@pytest.mark.parametrize("make", files.MODELS)
@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_whole_models_pass(tmp_path, in_process, make, suffix):
    """What Keras is given holds the same configuration and the same arrays."""
    network, arrays = make()
    if suffix == ".keras" and make is files.quantised:
        pytest.skip("Keras 2.14 cannot load QKeras layers from .keras")
    path = tmp_path / f"m{suffix}"
    (files.write_h5 if suffix == ".h5" else files.write_keras)(path, network, arrays)
    with saved_models.inspected(path) as copied:
        assert copied != path
        assert copied.suffix == suffix
        if suffix == ".h5":
            with h5py.File(copied) as file:
                assert json.loads(file.attrs["model_config"]) == network
                for name, stored in arrays.items():
                    for key, value in stored.items():
                        found = file[f"model_weights/{name}/{name}/{key}:0"][()]
                        np.testing.assert_array_equal(found, value)
    assert not copied.exists()


@pytest.mark.parametrize("name", planted.MODELS)
def test_attacks_are_refused_in_a_sentence(tmp_path, in_process, canary, name):
    write, told = planted.MODELS[name]
    path = write(tmp_path, canary)
    before = sorted(canary.iterdir())
    with pytest.raises(DiagnosisError, match=told or None) as error, saved_models.inspected(path):
        pass
    assert str(path) in one_sentence(error)
    assert sorted(canary.iterdir()) == before


def test_names_in_any_language(tmp_path, in_process):
    """Keras stores names as UTF-8 and calls them ASCII."""
    network, arrays = files.dense()
    network["config"]["layers"][1]["config"]["name"] = "größe"
    arrays = {"größe" if name == "fc1" else name: stored for name, stored in arrays.items()}
    path = files.write_h5(tmp_path / "m.h5", network, arrays)
    with saved_models.inspected(path) as copied, h5py.File(copied) as file:
        assert "größe" in list(file["model_weights"].attrs["layer_names"])


def test_settings_of_training_are_left_out(tmp_path, in_process):
    """Nothing is compiled, so what a file says of it is not even copied."""
    path = files.write_h5(tmp_path / "m.h5", *files.dense())
    with h5py.File(path, "r+") as file:
        file.attrs["training_config"] = '{"loss": "anything"}'
        file["optimizer_weights/x"] = h5py.ExternalLink("/etc/passwd", "/")
    with saved_models.inspected(path) as copied, h5py.File(copied) as file:
        assert set(file.attrs) == {"model_config", "keras_version", "backend"}
        assert list(file) == ["model_weights"]


def test_the_reader_is_a_process_of_its_own(tmp_path):
    """It ends with the same answer, and with the same copy."""
    whole = files.write_h5(tmp_path / "m.h5", *files.dense())
    hdf5.clean(whole, tmp_path / "copy.h5")
    with h5py.File(tmp_path / "copy.h5") as file:
        assert file["model_weights/fc1/fc1/kernel:0"].shape == (6, 5)
    bad = planted.MODELS["external"][0](tmp_path, tmp_path)
    with pytest.raises(Refused, match="kept in another file"):
        hdf5.clean(bad, tmp_path / "other.h5")


READER = """
import os, signal, sys, time
from hlsgate.inspection import limited
def read(what):
    limited.limit(2**20)
    if what.name == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what.name == "memory":
        bytearray(2**33)
    if what.name == "disk":
        open("large", "wb").write(bytes(2**25))
    if what.name == "odd":
        raise RuntimeError("first line\\nsecond")
    time.sleep(60)
limited.answer(read)
"""


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not limit address space")
@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("crash", "reading it ended with signal SIGSEGV"),
        ("memory", "more memory than its size allows"),
        ("disk", "File too large|SIGXFSZ"),
        ("odd", r"it is damaged \(first line\)"),
        ("time", "time limit"),
    ],
)
def test_limits_of_a_reader(tmp_path, monkeypatch, what, told):
    """A crash, too much memory, too large a file, too long a time: each is a sentence."""
    (tmp_path / "planted_reader.py").write_text(READER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(limited, "TIMEOUT_S", 5.0 if what == "time" else 60.0)
    with pytest.raises(Refused, match=told):
        limited.run("planted_reader", [what])


@pytest.mark.parametrize(
    "text",
    [
        "quantized_bits(4,0,1,alpha='auto')",
        "quantized_relu(6)",
        "quantized_relu(8,0,1)",
        "quantized_po2(4, max_value=1)",
        "ternary(alpha='auto_po2', threshold=0.5)",
        "binary",
        "quantized_bits(8, -1, alpha=1.0)",
    ],
)
def test_quantizers_as_text(text):
    assert values.is_call(text)


@pytest.mark.parametrize(
    "text",
    [
        planted.CALLED,
        "quantized_bits(open('x', 'w'))",
        "quantized_bits(4).x",
        "quantized_bits(*[4])",
        "quantized_bits(**{'bits': 4})",
        "quantized_bits(4, bits=5)",
        "quantized_bits(nothing=5)",
        "quantized_bits(4,0,1,1,1,1,1,1,1,1,1,1)",
        "quantized_bits('x')",
        "quantized_bits(10**9)",
        "quantized_bits(1e999)",
        "quantized_bits(4)(5)",
        "safe_eval('1')",
        "quantized_bits(4); import os",
        "[quantized_bits(4)]",
        "quantized_bits(\n4)",
        "(" * 250,
        "quantized_bits(" + "9" * 400 + ")",
        "",
    ],
)
def test_other_texts_are_no_quantizers(text):
    assert not values.is_call(text)


def test_a_refusal_can_be_printed():
    """A library may quote what it read, and a terminal would obey it."""
    assert str(Refused("a\x1b[2Jb\nc\u202ed é")) == r"a\x1b[2Jb\nc\u202ed é"


def test_every_key_has_a_check():
    """A made-up value passes nowhere, whatever the layer and the key."""
    from hlsgate.inspection import known

    for kind, keys in known.LAYERS.items():
        for key in f"{known.COMMON} {keys}".split():
            if key == "name":
                continue
            network = files.sequential(files.layer(kind, "odd", **{key: "os.system"}))
            with pytest.raises(Refused):
                config.check(network)


def test_rows(tmp_path):
    np.savez(tmp_path / "d.npz", x=np.ones((9, 2, 3)), y=np.zeros(9))
    assert saved_models.rows(tmp_path / "d.npz", 6, 4).shape == (4, 6)


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"a": np.ones((2, 6)), "b": np.ones(2)}, "holds 'a, b'; name the inputs 'x'"),
        ({"x": np.ones((2, 5))}, r"shape \(2, 5\); the model takes rows of 6"),
        ({"x": np.ones((0, 6))}, "takes rows of 6"),
        ({"x": np.array([[object()]])}, "no npz file of numbers"),
        ({"x": np.array(["a"])}, "not rows of numbers"),
        ({"x": np.float32(1)}, "not rows of numbers"),
    ],
)
def test_unusable_rows(tmp_path, arrays, told):
    np.savez(tmp_path / "d.npz", **arrays)
    with pytest.raises(DiagnosisError, match=told):
        saved_models.rows(tmp_path / "d.npz", 6)


@pytest.mark.parametrize("name", planted.ROWS)
def test_attacking_rows(tmp_path, name):
    """Each is refused in a sentence, by both readers of rows, before it is unpacked."""
    from hlsgate.data import datasets

    path = planted.ROWS[name](tmp_path, tmp_path)
    with pytest.raises(DiagnosisError) as error:
        saved_models.rows(path, 6)
    one_sentence(error)
    with pytest.raises(DatasetError) as error:
        datasets.read(path)
    one_sentence(error)


@pytest.mark.parametrize("name", planted.PARQUET)
def test_attacking_columns(tmp_path, name):
    """What unpacks to gigabytes, and what is no column of numbers, are refused in a sentence."""
    pytest.importorskip("pyarrow")
    from hlsgate.data import datasets

    path = planted.PARQUET[name](tmp_path, tmp_path)
    with pytest.raises(DatasetError) as error:
        datasets.read(path)
    told = one_sentence(error)
    assert name != "bomb" or "MiB; at most" in told
