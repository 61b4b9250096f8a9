"""OpenML, played by a local server that misbehaves: right rows, or an error in words."""

import contextlib
import gc
import gzip
import hashlib
import json
import threading
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import numpy as np
import pytest
from sklearn.datasets import _openml
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from hlsgate.data import datasets, openml
from hlsgate.infra.cache import Cache
from hlsgate.infra.errors import DatasetError
from hlsgate.infra.progress import silent
from hlsgate.suites import jet_rows, suite
from tests.test_datasets import ROWS, jets


class Service(BaseHTTPRequestHandler):
    """The five addresses of OpenML that scikit-learn asks."""

    answers: ClassVar[dict[str, bytes]] = {}
    asked: ClassVar[list[str]] = []
    stumbles = 0  # how many more answers break off half-way
    silence_s = 0.0  # how long the service thinks before it answers

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
        threading.Event().wait(self.silence_s)
        if type(self).stumbles:
            type(self).stumbles -= 1
            body = body[: len(body) // 2]
        with contextlib.suppress(OSError):  # whoever lost patience is gone
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
    monkeypatch.setattr(openml, "ROWS", ROWS)
    features, labels, _ = jets()
    classes = tuple(jet_rows.CLASSES[label] for label in labels[:5])
    masses = tuple(map(float, features[:5, jet_rows.FEATURES.index("mass_mmdt")]))
    monkeypatch.setattr(openml, "FIRST_CLASSES", classes)
    monkeypatch.setattr(openml, "FIRST_MASSES", masses)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    Service.answers, Service.asked, Service.stumbles = {}, [], 0
    yield base
    server.shutdown()
    thread.join()
    server.server_close()
    with warnings.catch_warnings():
        # scikit-learn leaves files open on errors; they are closed here, not in some later test
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def serve(
    base, *, names=jet_rows.FEATURES, classes=jet_rows.CLASSES, rows=ROWS, cut=False, shift=0.0
):
    """Let the service hold a data set of the original's shape."""
    features, labels, _ = jets(rows)
    features = features + np.float32(shift)
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


def original(cache, step=silent):
    """Load the jets of OpenML, as ``--dataset openml`` does."""
    return datasets.load(suite.shipped().benchmark("jets"), "openml", cache, step)


def test_openml_has_the_exercises_split_and_scaling(service, tmp_path):
    """A fifth for testing with random_state 42, and a scaler fitted on the rest."""
    serve(service)
    found = original(Cache(tmp_path))
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
    first = original(Cache(tmp_path))
    Service.asked.clear()
    assert original(Cache(tmp_path)).sha256 == first.sha256
    assert Service.asked == []


def test_progress_is_told(service, tmp_path):
    """While a file comes, its share is told, up to the whole."""
    serve(service)
    shares = []

    @contextlib.contextmanager
    def step(_title):
        yield shares.append

    original(Cache(tmp_path), step)
    assert max(shares) == 1.0


@pytest.mark.parametrize(
    ("served", "sentence"),
    [
        ({"names": ("pt", *jet_rows.FEATURES[1:])}, r"sent columns \('pt'"),
        ({"rows": ROWS - 1}, f"sent rows {ROWS - 1}, but should send {ROWS}"),
        ({"classes": ("g", "q", "t", "w", "h")}, "sent classes"),
        ({"shift": 0.1}, "sent first masses"),
        ({"cut": True}, "could not be fetched"),
    ],
)
def test_wrong_answers_are_refused_and_not_kept(service, tmp_path, served, sentence):
    """Other columns, counts, classes or values, or half a file: refused, and asked for anew."""
    serve(service, **served)
    with pytest.raises(DatasetError, match=sentence):
        original(Cache(tmp_path))
    serve(service)
    assert len(original(Cache(tmp_path)).y_test) == ROWS // 5


def test_broken_transfers_are_tried_again(service, tmp_path):
    """A service that hangs up half-way is asked again, with growing patience."""
    serve(service)
    Service.stumbles = 3
    assert len(original(Cache(tmp_path)).y_test) == ROWS // 5


def test_a_second_call_resumes(service, tmp_path):
    """What came whole before the service failed is not asked for again."""
    serve(service)
    rows = Service.answers.pop("/data/v1/download/1")
    with pytest.raises(DatasetError, match="what has come is kept"):
        original(Cache(tmp_path))
    Service.answers["/data/v1/download/1"] = rows
    Service.asked.clear()
    original(Cache(tmp_path))
    assert Service.asked == ["/data/v1/download/1"]


def test_silence_has_a_limit(service, tmp_path, monkeypatch):
    """A service that does not answer is given up, in words."""
    serve(service)
    monkeypatch.setattr(openml, "TIMEOUT_S", 0.1)
    monkeypatch.setattr(openml, "ATTEMPTS", 1)
    monkeypatch.setattr(Service, "silence_s", 0.5)
    with pytest.raises(DatasetError, match=r"could not be fetched \(.*timed out"):
        original(Cache(tmp_path))


def test_rows_that_change_inside_the_cache_are_fetched_again(service, tmp_path):
    """An edited file is not what was stored, so it is not used."""
    serve(service)
    first = original(Cache(tmp_path))
    (stored,) = (tmp_path / "dataset").glob("*/jets.npz")
    with np.load(stored) as arrays:
        changed = {name: arrays[name] for name in arrays.files}
    changed["features"][0, 0] += 1
    np.savez_compressed(stored, **changed)
    assert np.array_equal(original(Cache(tmp_path)).x_train, first.x_train)


def test_content_is_pinned_by_the_project(service, tmp_path, monkeypatch):
    """Once the project states the hash, any other content is refused at once."""
    serve(service)
    monkeypatch.setattr(openml, "CONTENT_SHA256", "0" * 64)
    with pytest.raises(DatasetError, match="but the project pins 000000000000"):
        original(Cache(tmp_path))


def test_no_network_is_one_sentence(service, tmp_path):
    """Without the service, the error names the cache folder and the embedded jets."""
    with pytest.raises(DatasetError) as caught:
        original(Cache(tmp_path))
    assert str(tmp_path / "openml") in str(caught.value)
    assert "use the jets that come with hlsgate" in str(caught.value)
