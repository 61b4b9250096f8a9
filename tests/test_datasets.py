"""Data sets are what they claim to be, or an error in words."""

import dataclasses
import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from hlsgate.data import datasets
from hlsgate.infra.cache import Cache
from hlsgate.infra.errors import DatasetError
from hlsgate.infra.progress import silent
from hlsgate.spec.suites import Benchmark, Rows
from hlsgate.suites import digits, jet_rows, suite

ROWS = 500
JETS = suite.shipped().benchmark("jets")
CACHE = Cache(Path())
NAMES = (jet_rows.FEATURES, jet_rows.CLASSES)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Let every test keep its rows in a folder of its own, not in the checkout."""
    monkeypatch.setattr(CACHE, "root", tmp_path / "cache")


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


def embedded(folder):
    """Load the benchmark of the jets, with another folder's."""
    there = dataclasses.replace(JETS, data=jet_rows.embedded(folder))
    return datasets.load(there, None, CACHE)


def from_file(path):
    """Load rows of one's own in place of the jets."""
    return datasets.load(JETS, str(path), CACHE)


def test_embedded_is_split_and_standardised(folder):
    """Training rows have mean 0 and variance 1; test rows are scaled alike, not by themselves."""
    found = embedded(folder)
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
    found = datasets.load(JETS, None, CACHE)
    card = json.loads((committed / "jets.json").read_text())
    assert (found.name, found.sha256) == ("jets_embedded", card["content_sha256"])
    assert len(found.x_train) + len(found.x_test) == card["jets"] == 200_000
    assert np.isfinite(found.x_train).all()
    assert set(np.unique(found.y_test)) == set(range(5))


def test_hash_depends_on_features_labels_and_split():
    """Any change of content, or of what it is called, is another data set."""
    features, labels, test = jets()
    hashes = {datasets.content_digest(features, labels, test, *NAMES)}
    hashes.add(datasets.content_digest(features + np.float32(1e-3), labels, test, *NAMES))
    hashes.add(datasets.content_digest(features, (labels + 1) % 5, test, *NAMES))
    hashes.add(datasets.content_digest(features, labels, ~test, *NAMES))
    hashes.add(datasets.content_digest(features, labels, test, NAMES[0][::-1], NAMES[1]))
    hashes.add(datasets.content_digest(features, labels, test, NAMES[0], NAMES[1][::-1]))
    assert len(hashes) == 6


def test_changed_file_is_refused(folder):
    """One flipped byte, and the jets are not loaded."""
    path = folder / "jets.npz"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(DatasetError, match="is not the file that"):
        embedded(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null"])
def test_card_without_hash(folder, text):
    """A description that does not say which file it describes is an error in words."""
    (folder / "jets.json").write_text(text)
    with pytest.raises(DatasetError, match="does not state the jets' file_sha256"):
        embedded(folder)


def test_missing_file_is_one_sentence(tmp_path):
    """Absent jets say what to do."""
    with pytest.raises(DatasetError, match="restore both from version control"):
        embedded(tmp_path)


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
    assert len(from_file(own(tmp_path)).y_test) == test.sum()
    found = from_file(own(tmp_path, test=None))
    assert (found.name, len(found.y_test)) == ("jets_own", ROWS // 5)


def test_parquet_is_read_alike(tmp_path):
    """The same rows as parquet are the same data set, hash and all."""
    features, labels, test = jets()
    columns = dict(zip(jet_rows.FEATURES, features.T, strict=True)) | {"label": labels}
    path = tmp_path / "own.parquet"
    parquet.write_table(pyarrow.table(columns | {"test": test}), path)
    assert from_file(path).sha256 == from_file(own(tmp_path)).sha256
    del columns["mass_mmdt"]
    parquet.write_table(pyarrow.table(columns), path)
    with pytest.raises(
        DatasetError, match=r"does not hold the columns that it should: .*mass_mmdt"
    ):
        from_file(path)
    path.write_text("no parquet")
    with pytest.raises(DatasetError, match="does not hold the columns"):
        from_file(path)


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
        ({"labels": np.array([{}] * ROWS)}, "does not hold features and labels"),
        ({"features": np.full((ROWS, 16), 1e39)}, r"row \[0\] of the features is not finite"),
        ({"features": np.zeros(ROWS)}, r"features have shape \(500,\)"),
        ({"features": jets()[0][:1], "labels": np.zeros(1, int)}, "there are 1 rows"),
        ({"labels": np.minimum(jets()[1], 3)}, r"labels are \[0 1 2 3\], should be 0 to 4"),
    ],
)
def test_own_file_that_does_not_fit(tmp_path, changes, sentence):
    """Whatever does not fit is said in words, and nothing is unpickled."""
    with pytest.raises(DatasetError, match=sentence):
        from_file(own(tmp_path, **changes))


def test_other_kinds_of_files(tmp_path):
    """A csv is refused by name; a missing file and a folder are errors in words."""
    with pytest.raises(DatasetError, match="neither an npz nor a parquet file"):
        from_file(tmp_path / "jets.csv")
    with pytest.raises(DatasetError, match=r"none\.npz is not there, or is no file"):
        from_file(tmp_path / "none.npz")
    (tmp_path / "folder.parquet").mkdir()
    with pytest.raises(DatasetError, match=r"folder\.parquet is not there, or is no file"):
        from_file(tmp_path / "folder.parquet")


def test_a_file_that_is_too_large(tmp_path, monkeypatch):
    """It counts what the file unpacks to, before anything is unpacked."""
    path = tmp_path / "zeros.npz"
    np.savez_compressed(path, features=np.zeros((ROWS, 16)), labels=np.zeros(ROWS, int))
    monkeypatch.setattr(datasets, "MAX_BYTES", 2**15)
    assert path.stat().st_size < 2**15
    with pytest.raises(DatasetError, match=r"zeros\.npz .*unpacks to 0 MiB; at most 0 are read"):
        datasets.read_npz(path)


def test_a_damaged_file(tmp_path):
    """Bytes that changed within an array are an error in words, not one of zlib's."""
    path = tmp_path / "own.npz"
    np.savez_compressed(path, features=jets()[0], labels=jets()[1])
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("features.npy").header_offset
    data = bytearray(path.read_bytes())
    data[start + 300 : start + 340] = b"\xff" * 40
    path.write_bytes(data)
    with pytest.raises(DatasetError, match="does not hold features and labels"):
        from_file(path)


def test_what_is_no_array(tmp_path):
    """A member that numpy did not write is no row of anything."""
    path = tmp_path / "own.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("labels.npy", "text")
        archive.writestr("features.npy", "text")
    with pytest.raises(DatasetError, match="does not hold features and labels"):
        from_file(path)


# --- benchmarks of any form -----------------------------------------------------------------------

SIDE = 8


def pictures(rows=60, classes=3):
    """Return rows of pictures, each of one shade, and their classes."""
    labels = np.arange(rows) % classes
    shades = np.broadcast_to(labels[:, None, None, None] / classes, (rows, SIDE, SIDE, 1))
    return shades + np.arange(SIDE * SIDE).reshape(SIDE, SIDE, 1), labels


def seen(features, labels, test=None, **changes):
    """Load rows through the loader of a benchmark that says nothing of its columns."""
    classes = tuple(f"class {number}" for number in range(len(set(labels.tolist()))))
    given = Rows(features, labels, test)
    benchmark = Benchmark("seen", lambda _cache, _step: given, classes, **changes)
    return datasets.load(benchmark, None, CACHE)


def test_pictures_become_flat_rows():
    """A row is read as numpy lies it out, columns get numbers; unscaled rows stay as they are."""
    features, labels = pictures()
    found = seen(features, labels, np.arange(60) < 12, standardise=False)
    assert found.x_test.shape == (12, SIDE * SIDE)
    assert found.x_train.dtype == np.float32
    assert (found.x_test[7].reshape(SIDE, SIDE, 1) == features[7].astype(np.float32)).all()
    assert found.feature_names[:2] == ("x0", "x1")
    assert (len(found.feature_names), found.name) == (SIDE * SIDE, "seen")
    scaled = seen(*pictures(), np.arange(60) < 12)
    assert scaled.x_train.mean(axis=0) == pytest.approx(np.zeros(SIDE * SIDE), abs=1e-5)


def test_rows_of_no_columns():
    """A plain list of numbers is no row of anything; neither is one row too few."""
    features, labels = pictures()
    with pytest.raises(DatasetError, match=r"features have shape \(60,\) for 60 labels"):
        seen(features[:, 0, 0, 0], labels)
    with pytest.raises(DatasetError, match=r"features have shape \(59, 8, 8, 1\) for 60 labels"):
        seen(features[1:], labels)


def test_more_classes_than_a_byte_has():
    """Labels beyond 255 stay what they are, and count for the identity."""
    features, labels = pictures(600, 300)
    test = np.arange(600) >= 300
    found = seen(features, labels, test)
    assert found.y_test.tolist() == list(range(300))
    swapped = np.where(np.isin(labels, [0, 256]), 256 - labels, labels)
    assert found.sha256 != seen(features, swapped, test).sha256


def test_a_benchmark_in_a_file(tmp_path):
    """Its own data may be a file, which errors name; parquet's columns need not be declared."""
    features, labels, test = jets()
    path = tmp_path / "rows.parquet"
    columns = {"b": features[:, 0], "a": features[:, 1], "label": labels, "test": test}
    parquet.write_table(pyarrow.table(columns), path)
    benchmark = Benchmark("own", path, jet_rows.CLASSES, standardise=False)
    found = datasets.load(benchmark, None, CACHE)
    assert (found.x_test == features[test][:, :2]).all()
    with pytest.raises(DatasetError, match=rf"{path}: labels are \[0 1 2 3 4\], should be 0 to 3"):
        datasets.load(dataclasses.replace(benchmark, classes=tuple("abcd")), None, CACHE)


def test_a_data_set_is_chosen_by_name(tmp_path):
    """A benchmark's own, another one that it knows, or a file; each is called by its name."""
    rows = Rows(*jets())
    asked = []

    def loader(cache, step):
        asked.append((cache, step))
        return rows

    benchmark = dataclasses.replace(JETS, data=loader, others={"more": loader}, name="")
    step = silent
    assert datasets.load(benchmark, None, CACHE, step).name == "jets"
    assert datasets.load(benchmark, "more", CACHE, step).name == "jets_more"
    assert asked == [(CACHE, step)] * 2
    assert datasets.load(benchmark, str(own(tmp_path)), CACHE).name == "jets_own"
    assert len(asked) == 2


BOTH = (JETS, digits.BENCHMARK)


@pytest.mark.parametrize(
    ("named", "benchmarks", "meant"),
    [
        ([], BOTH, {}),
        (["openml"], BOTH, {"jets": "openml"}),
        (["digits=a.npz", "jets=openml"], BOTH, {"digits": "a.npz", "jets": "openml"}),
        (["a.npz"], BOTH[1:], {"digits": "a.npz"}),
        (["digits=a=b.npz"], BOTH, {"digits": "a=b.npz"}),
    ],
)
def test_which_benchmark_is_meant(named, benchmarks, meant):
    """A name that one benchmark alone knows needs no key; neither does the only benchmark."""
    assert datasets.choices(named, benchmarks) == meant


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a.npz", "--dataset a.npz: of which benchmark? Write jets=a.npz; there are jets, digits."),
        ("digit=a.npz", "--dataset digit=a.npz: of which benchmark? Write jets=a.npz;"),
    ],
)
def test_not_clear_which_benchmark_is_meant(text, sentence):
    """The answer has the form to write, and the benchmarks there are."""
    with pytest.raises(DatasetError) as caught:
        datasets.choices([text], BOTH)
    assert sentence in str(caught.value)


def test_digits_are_scikit_learns():
    """1,797 pictures, half of them to test on, the same on every call; the hardware holds each."""
    first, second = (datasets.load(digits.BENCHMARK, None, CACHE) for _ in range(2))
    assert first.sha256 == second.sha256
    assert (len(first.x_train), len(first.x_test)) == (898, 899)
    shades = np.concatenate([first.x_train, first.x_test])
    assert shades.shape == (1797, 64)
    assert (shades.min(), shades.max()) == (0, 1)
    assert np.bincount(first.y_test).min() >= 86, "classes are split alike"
    for variant in digits.VARIANTS:
        if variant.exact:
            assert str(variant.input_type) == "fixed<6,2>"
        assert variant.input_type.holds(shades).all()
