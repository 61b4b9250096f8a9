"""Data sets are what they claim to be, or an error in words; OpenML is played by a local server."""

import gc
import gzip
import hashlib
import json
import threading
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from sklearn.datasets import _openml
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

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


class Service(BaseHTTPRequestHandler):
    """The five addresses of OpenML that scikit-learn asks."""

    answers: ClassVar[dict[str, bytes]] = {}
    asked: ClassVar[list[str]] = []

    def do_GET(self):
        self.asked.append(self.path)
        if self.path not in self.answers:
            self.send_error(404)
            return
        body = gzip.compress(self.answers[self.path])
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


@pytest.fixture
def service(monkeypatch):
    """Start a local stand-in of OpenML, with which scikit-learn's own code talks."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    for name in ("_DATA_INFO", "_DATA_FEATURES", "_DATA_QUALITIES"):
        original = getattr(_openml, name)
        monkeypatch.setattr(_openml, name, original.replace("https://www.openml.org", base))
    monkeypatch.setattr(datasets, "OPENML_ROWS", ROWS)
    Service.answers, Service.asked = {}, []
    yield base
    server.shutdown()
    thread.join()
    server.server_close()
    with warnings.catch_warnings():
        # scikit-learn leaves files open on errors; they are closed here, not in some later test
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def serve(base, *, names=datasets.FEATURES, classes=datasets.CLASSES, rows=ROWS, cut=False):
    """Let the service hold a data set of the original's shape."""
    features, labels, _ = jets(rows)
    lines = ["@RELATION jets"]
    lines += [f"@ATTRIBUTE {name} REAL" for name in names]
    lines += [f"@ATTRIBUTE class {{{','.join(classes)}}}", "@DATA"]
    lines += [
        ",".join([*map(repr, row.tolist()), classes[label]])
        for row, label in zip(features, labels, strict=True)
    ]
    arff = ("\n".join(lines) + "\n").encode()
    described = [
        {"index": str(i), "name": name, "data_type": "numeric", "is_target": "false",
         "is_ignore": "false", "is_row_identifier": "false", "number_of_missing_values": "0"}
        for i, name in enumerate(names)
    ]  # fmt: skip
    described.append({**described[0], "index": str(len(names)), "name": "class",
                      "data_type": "nominal", "is_target": "true"})  # fmt: skip
    info = {
        "id": "42468", "name": "hls4ml_lhc_jets_hlf", "version": "1", "status": "active",
        "format": "ARFF", "url": f"{base}/data/v1/download/1", "file_id": "1",
        "default_target_attribute": "class", "description": "jets",
        "md5_checksum": hashlib.md5(arff).hexdigest(),
    }  # fmt: skip
    qualities = [{"name": "NumberOfInstances", "value": str(rows)}]
    Service.answers = {
        "/api/v1/json/data/42468": json.dumps({"data_set_description": info}).encode(),
        "/api/v1/json/data/features/42468": json.dumps(
            {"data_features": {"feature": described}}
        ).encode(),
        "/api/v1/json/data/qualities/42468": json.dumps(
            {"data_qualities": {"quality": qualities}}
        ).encode(),
        "/data/v1/download/1": arff[: len(arff) // 2] if cut else arff,
    }


def test_openml_has_the_exercises_split_and_scaling(service, tmp_path):
    """A fifth for testing with random_state 42, and a scaler fitted on the rest."""
    serve(service)
    found = datasets.openml(Cache(tmp_path))
    features, labels, _ = jets()
    x_train, x_test, y_train, y_test = train_test_split(
        features.astype(float), labels, test_size=0.2, random_state=42
    )
    scaler = StandardScaler().fit(x_train)
    assert len(found.x_test) == ROWS // 5
    # rows keep the order of the file; the exercise shuffles them
    order, wanted = np.lexsort(found.x_test.T), scaler.transform(x_test)
    wanted_order = np.lexsort(wanted.T)
    assert found.x_test[order] == pytest.approx(wanted[wanted_order], abs=1e-5)
    assert (found.y_test[order] == y_test[wanted_order]).all()
    assert len(found.y_train) == len(y_train)


def test_openml_is_fetched_once(service, tmp_path):
    """The second run asks nothing of the service."""
    serve(service)
    first = datasets.openml(Cache(tmp_path))
    Service.asked.clear()
    assert datasets.openml(Cache(tmp_path)).sha256 == first.sha256
    assert Service.asked == []


@pytest.mark.parametrize(
    ("served", "sentence"),
    [
        ({"names": ("pt", *datasets.FEATURES[1:])}, r"sent columns \('pt'"),
        ({"rows": ROWS - 1}, f"sent {ROWS - 1} rows, but should send {ROWS}"),
        ({"classes": ("g", "q", "t", "w", "h")}, "sent classes"),
        ({"cut": True}, "could not be fetched"),
    ],
)
def test_wrong_answers_are_refused_and_not_kept(service, tmp_path, served, sentence):
    """Other columns, counts or classes, or half a file: refused, and asked for again next time."""
    serve(service, **served)
    with pytest.raises(DatasetError, match=sentence):
        datasets.openml(Cache(tmp_path))
    serve(service)
    if "cut" in served:  # scikit-learn keeps what it downloaded whole
        datasets.openml(Cache(tmp_path))


def test_no_network_is_one_sentence(service, tmp_path):
    """Without the service, the error names the cache folder and the embedded jets."""
    with pytest.raises(DatasetError) as caught:
        datasets.openml(Cache(tmp_path))
    assert str(tmp_path / "openml") in str(caught.value)
    assert "--dataset embedded" in str(caught.value)
