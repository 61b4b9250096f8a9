"""Frozen weights load only as what they are, and loading runs nothing."""

import json
import zipfile

import numpy as np
import pytest

from hlsgate.infra.errors import CheckpointError
from hlsgate.models import checkpoints
from hlsgate.models.checkpoints import Checkpoint
from hlsgate.spec.declarations import Built
from hlsgate.suites import suite

VARIANT = suite.variant("jets-q4_p75")


@pytest.fixture
def weights():
    rng = np.random.default_rng(0)
    shapes = checkpoints.expected_shapes(VARIANT)
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


@pytest.fixture
def stored(tmp_path, weights):
    path = tmp_path / "weights.npz"
    checkpoints.save(path, Checkpoint(weights, {"variant": VARIANT.key}))
    return path


def test_round_trip(stored, weights):
    """What was saved is what is loaded."""
    loaded = checkpoints.load(stored, VARIANT)
    assert loaded.about == {"variant": VARIANT.key}
    assert loaded.sha256 == checkpoints.weights_digest(weights)
    assert all((loaded.weights[name] == values).all() for name, values in weights.items())


def test_equal_content_is_an_equal_file(tmp_path, stored, weights):
    """Saving again changes no byte, so version control sees no change."""
    again = tmp_path / "again.npz"
    checkpoints.save(again, Checkpoint(dict(reversed(weights.items())), {"variant": VARIANT.key}))
    assert again.read_bytes() == stored.read_bytes()


def test_any_changed_weight_changes_the_identity(weights):
    """One weight, by one unit in the last place."""
    before = checkpoints.weights_digest(weights)
    kernel = weights["logits/kernel"]
    kernel[0, 0] = np.nextafter(kernel[0, 0], np.float32(9))
    assert checkpoints.weights_digest(weights) != before


def test_missing_file_names_the_command(tmp_path):
    """An absent checkpoint says how to make one."""
    with pytest.raises(CheckpointError, match="python -m hlsgate freeze jets-q4_p75"):
        checkpoints.load(tmp_path / "none.npz", VARIANT)


def test_other_variants_weights_are_refused(stored):
    """A file under the wrong name is not loaded."""
    with pytest.raises(CheckpointError, match=r"weights of 'jets-q4_p75', not of 'jets-q6_p75'"):
        checkpoints.load(stored, suite.variant("jets-q6_p75"))


@pytest.mark.parametrize("size", [0, 10, 1000])
def test_truncated_file(stored, size):
    """A cut file is an error in words."""
    stored.write_bytes(stored.read_bytes()[:size])
    with pytest.raises(CheckpointError, match="is no checkpoint"):
        checkpoints.load(stored, VARIANT)


def test_pickles_are_refused(tmp_path, weights):
    """An array of objects, which would need unpickling, is not loaded."""
    path = tmp_path / "pickle.npz"
    np.savez(path, **{**weights, "dense1/kernel": np.array([{"a": 1}], dtype=object)})
    with pytest.raises(CheckpointError, match="is no checkpoint"):
        checkpoints.load(path, VARIANT)


def test_unpacking_without_end_is_refused(tmp_path):
    """A small file that claims to unpack to gigabytes is not unpacked."""
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", bytes(65 * 1024 * 1024))
    with pytest.raises(CheckpointError, match="unpacks to more than"):
        checkpoints.load(path, VARIANT)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda weights: weights.pop("logits/bias"), "differing: logits/bias"),
        (lambda weights: weights.update(extra=np.zeros(1, "f4")), "differing: extra"),
        (lambda weights: weights.update({"logits/bias": np.zeros(6, "f4")}), r"\(6,\), but should"),
        (lambda weights: weights["logits/bias"].fill(np.nan), "not finite"),
    ],
)
def test_arrays_that_do_not_fit(tmp_path, weights, change, sentence):
    """Names, shapes and values must be the variant's."""
    change(weights)
    path = tmp_path / "odd.npz"
    checkpoints.save(path, Checkpoint(weights, {"variant": VARIANT.key}))
    with pytest.raises(CheckpointError, match=sentence):
        checkpoints.load(path, VARIANT)


def test_file_without_description(tmp_path, weights):
    """Arrays alone do not say what they are weights of."""
    path = tmp_path / "bare.npz"
    np.savez(path, **weights)
    with pytest.raises(CheckpointError, match="does not say what it holds"):
        checkpoints.load(path, VARIANT)
    np.savez(path, about=np.array(json.dumps([1])), **weights)
    with pytest.raises(CheckpointError, match="does not say what it holds"):
        checkpoints.load(path, VARIANT)


CONVOLUTION = suite.variant("digits-conv_q5")
"""Its model is built by a function, which alone knows names and shapes."""


def test_weights_of_a_built_network(tmp_path):
    """Arrays of any name and shape are loaded; the model checks them when it gets them."""
    assert isinstance(CONVOLUTION.network, Built)
    assert checkpoints.expected_shapes(CONVOLUTION) is None
    path = tmp_path / "built.npz"
    weights = {"conv1/kernel": np.ones((3, 3, 1, 8), "f4"), "odd": np.zeros((), "f4")}
    checkpoints.save(path, Checkpoint(weights, {"variant": CONVOLUTION.key}))
    loaded = checkpoints.load(path, CONVOLUTION)
    assert {name: values.shape for name, values in loaded.weights.items()} == {
        "conv1/kernel": (3, 3, 1, 8), "odd": (),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("about", "kernel", "sentence"),
    [
        (VARIANT.key, np.ones(3, "f4"), "holds weights of 'jets-q4_p75', not of 'digits-conv_q5'"),
        (CONVOLUTION.key, np.full(3, np.inf, "f4"), "conv1/kernel holds values that are not fin"),
        (CONVOLUTION.key, np.ones(3), r"conv1/kernel is float64 \(3,\), but should be float32"),
    ],
)
def test_what_is_no_weights_of_a_built_network(tmp_path, about, kernel, sentence):
    """Whose they are, their type and their values are checked here."""
    path = tmp_path / "built.npz"
    text = np.array(json.dumps({"variant": about}))
    np.savez(path, **{"conv1/kernel": kernel, "about": text})
    with pytest.raises(CheckpointError, match=sentence):
        checkpoints.load(path, CONVOLUTION)


@pytest.mark.parametrize("network", suite.active().variants_of("digits"), ids=lambda one: one.key)
def test_committed_digits_load(network):
    """The repository's own weights are of the declared networks, and on their types' grids."""
    loaded = checkpoints.load(suite.active().checkpoints / f"{network.key}.npz", network)
    kind = network.recipe.weights.weight_type if network.recipe.weights else None
    assert kind is None or all(kind.holds(values).all() for values in loaded.weights.values())
