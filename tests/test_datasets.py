"""Data sets are what they claim to be, or an error in words."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from hlsgate import datasets
from hlsgate.cache import Cache
from hlsgate.errors import DatasetError

ROWS = 500


def jets(rows=ROWS):
    rng = np.random.default_rng(0)
    features = rng.normal(5, 2, size=(rows, 16)).astype(np.float32)
    return features, rng.integers(0, 5, rows).astype(np.uint8), rng.random(rows) < 0.2


@pytest.fixture
def folder(tmp_path):
    """Make a folder like the one with the embedded jets."""
    features, labels, test = jets()
    path = tmp_path / "jets.npz"
    np.savez_compressed(path, features=features, labels=labels, test=test)
    card = {"file_sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    (tmp_path / "jets.json").write_text(json.dumps(card))
    return tmp_path


def test_embedded_is_split_and_standardised(folder):
    """Training rows have mean 0 and variance 1; test rows are scaled alike, not by themselves."""
    found = datasets.embedded(folder)
    features, labels, test = jets()
    assert found.x_train.mean(axis=0) == pytest.approx(np.zeros(16), abs=1e-6)
    assert found.x_train.std(axis=0) == pytest.approx(np.ones(16), abs=1e-6)
    assert (found.y_test == labels[test]).all()
    scale = features[~test].astype(float).std(axis=0)
    expected = (features[test] - features[~test].astype(float).mean(axis=0)) / scale
    assert found.x_test == pytest.approx(expected, abs=1e-5)


def test_committed_jets_have_the_stated_content():
    """The repository's own jets load, and their content has the hash of their description."""
    committed = Path(__file__).parents[1] / "fixtures" / "jets"
    found = datasets.embedded(committed)
    card = json.loads((committed / "jets.json").read_text())
    assert found.sha256 == card["content_sha256"]
    assert len(found.x_train) + len(found.x_test) == card["jets"] == 200_000
    assert np.isfinite(found.x_train).all()
    assert set(np.unique(found.y_test)) == set(range(5))


def test_hash_depends_on_features_labels_and_split():
    """Any change of content is another data set."""
    features, labels, test = jets()
    hashes = {datasets.content_digest(features, labels, test)}
    hashes.add(datasets.content_digest(features + np.float32(1e-3), labels, test))
    hashes.add(datasets.content_digest(features, (labels + 1) % 5, test))
    hashes.add(datasets.content_digest(features, labels, ~test))
    assert len(hashes) == 4


def test_changed_file_is_refused(folder):
    """One flipped byte, and the jets are not loaded."""
    path = folder / "jets.npz"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(DatasetError, match="is not the file that"):
        datasets.embedded(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null"])
def test_card_without_hash(folder, text):
    """A description that does not say which file it describes is an error in words."""
    (folder / "jets.json").write_text(text)
    with pytest.raises(DatasetError, match="does not state the jets' file_sha256"):
        datasets.embedded(folder)


def test_missing_file_is_one_sentence(tmp_path):
    """Absent jets say what to do."""
    with pytest.raises(DatasetError, match="restore both from version control"):
        datasets.embedded(tmp_path)


def own(tmp_path, **changes):
    """Write jets of one's own as npz; a change of None leaves an array out."""
    features, labels, test = jets()
    arrays = {"features": features, "labels": labels, "test": test} | changes
    path = tmp_path / "own.npz"
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


def test_own_file_with_and_without_split(tmp_path):
    """A file's own split is kept; without one, the exercise's is drawn."""
    _, _, test = jets()
    assert len(datasets.from_file(own(tmp_path)).y_test) == test.sum()
    found = datasets.from_file(own(tmp_path, test=None))
    assert (found.name, len(found.y_test)) == ("jets_own", ROWS // 5)


def test_parquet_is_read_alike(tmp_path):
    """The same rows as parquet are the same data set, hash and all."""
    features, labels, test = jets()
    columns = dict(zip(datasets.FEATURES, features.T, strict=True)) | {"label": labels}
    path = tmp_path / "own.parquet"
    parquet.write_table(pyarrow.table(columns | {"test": test}), path)
    assert datasets.from_file(path).sha256 == datasets.from_file(own(tmp_path)).sha256
    del columns["mass_mmdt"]
    parquet.write_table(pyarrow.table(columns), path)
    with pytest.raises(DatasetError, match=r"columns of the jets: .*mass_mmdt"):
        datasets.from_file(path)
    path.write_text("no parquet")
    with pytest.raises(DatasetError, match="does not hold the columns"):
        datasets.from_file(path)


FEW = jets()[0][:, :15]
HOLED = np.where(np.arange(ROWS)[:, None] == 7, np.nan, jets()[0])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"features": None}, "does not hold features"),
        ({"features": FEW}, r"features have shape \(500, 15\), should be \(500, 16\)"),
        ({"features": jets()[0].astype(str)}, "should be numbers"),
        ({"features": HOLED}, r"row \[7\] of the features is not finite"),
        ({"labels": np.zeros((ROWS, 5))}, "should be one for each row"),
        ({"labels": jets()[1] * 1.5}, "should be whole numbers"),
        ({"labels": jets()[1] + 1}, "should be 0 to 4"),
        ({"test": jets()[2][:-1]}, "test has shape"),
        ({"test": jets()[1]}, "test is uint8, should be bool"),
        ({"test": np.zeros(ROWS, bool)}, "marks all rows or none"),
        ({"labels": np.array([{}] * ROWS)}, "does not hold features, labels"),
    ],
)
def test_own_file_that_does_not_fit(tmp_path, changes, sentence):
    """Whatever does not fit is said in words, and nothing is unpickled."""
    with pytest.raises(DatasetError, match=sentence):
        datasets.from_file(own(tmp_path, **changes))


def test_other_kinds_of_files(tmp_path):
    """A csv is refused by name; a missing file is an error in words."""
    with pytest.raises(DatasetError, match="neither an npz nor a parquet file"):
        datasets.from_file(tmp_path / "jets.csv")
    with pytest.raises(DatasetError, match="does not hold"):
        datasets.from_file(tmp_path / "none.npz")


def test_a_data_set_is_chosen_by_name(tmp_path, monkeypatch):
    """The two names mean the two known data sets, and anything else is a file."""
    jets, cache = tmp_path / "jets", Cache(tmp_path / "cache")
    monkeypatch.setattr(datasets, "embedded", lambda folder: ("embedded", folder))
    monkeypatch.setattr(datasets, "original", lambda cache, _step: ("openml", cache))
    monkeypatch.setattr(datasets, "from_file", lambda path: ("file", path))
    assert datasets.chosen("embedded", jets, cache) == ("embedded", jets)
    assert datasets.chosen("openml", jets, cache) == ("openml", cache)
    assert datasets.chosen("own.npz", jets, cache) == ("file", Path("own.npz"))
