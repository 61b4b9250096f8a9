"""Files from outside are looked at first: what would run code, or is no model, is refused."""

import json
import pickle
import zipfile

import numpy as np
import pytest

from hlsgate import saved_models
from hlsgate.errors import DiagnosisError


def model_file(tmp_path, *layers, name="m.keras"):
    path = tmp_path / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        config = {"class_name": "Sequential", "module": "keras", "config": {"layers": layers}}
        archive.writestr("config.json", json.dumps(config))
    return path


def layer(name, module="keras.layers"):
    return {"class_name": name, "module": module, "config": {}}


def test_known_layers_pass(tmp_path):
    layers = [layer("Dense"), layer("QDense", "qkeras.qlayers"), layer("QDense", None)]
    saved_models.inspect(model_file(tmp_path, *layers))


@pytest.mark.parametrize("name", ["Lambda", "__lambda__", "TFOpLambda"])
def test_code_is_refused(tmp_path, name):
    nested = {"class_name": "Wrapper", "module": "keras.layers", "config": {"layer": layer(name)}}
    with pytest.raises(DiagnosisError, match=f"holds a {name} layer, which is Python code"):
        saved_models.inspect(model_file(tmp_path, nested))


@pytest.mark.parametrize("module", ["os", "mine.layers", "kerasx.layers"])
def test_other_packages_are_refused(tmp_path, module):
    with pytest.raises(DiagnosisError, match=f"holds Thing of {module}; only classes of Keras"):
        saved_models.inspect(model_file(tmp_path, layer("Thing", module)))


def test_large_files_are_refused(tmp_path, monkeypatch):
    """By what they unpack to."""
    path = model_file(tmp_path, layer("Dense" * 10_000))
    assert path.stat().st_size < 5000
    monkeypatch.setattr(saved_models, "MAX_MODEL_BYTES", 5000)
    with pytest.raises(DiagnosisError, match="MiB; at most"):
        saved_models.inspect(path)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("m.keras", b"no archive", "is no whole saved Keras model"),
        ("m.pkl", pickle.dumps([]), "name a .keras or an .h5 file"),
    ],
)
def test_no_models(tmp_path, name, content, told):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DiagnosisError, match=told):
        saved_models.inspect(tmp_path / name)


def test_missing(tmp_path):
    with pytest.raises(DiagnosisError, match="cannot be read"):
        saved_models.inspect(tmp_path / "none.keras")


def test_rows(tmp_path):
    np.savez(tmp_path / "d.npz", x=np.ones((9, 2, 3)), y=np.zeros(9))
    assert saved_models.rows(tmp_path / "d.npz", 6, 4).shape == (4, 6)


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"a": np.ones((2, 6)), "b": np.ones(2)}, "holds a, b; name the inputs 'x'"),
        ({"x": np.ones((2, 5))}, r"shape \(2, 5\); the model takes rows of 6"),
        ({"x": np.ones((0, 6))}, "takes rows of 6"),
        ({"x": np.array([[object()]])}, "no npz file of numbers"),
    ],
)
def test_unusable_rows(tmp_path, arrays, told):
    np.savez(tmp_path / "d.npz", **arrays)
    with pytest.raises(DiagnosisError, match=told):
        saved_models.rows(tmp_path / "d.npz", 6)
