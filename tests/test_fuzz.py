"""Whatever a file holds, its reader gives sound values or its own error, which names the file.

Every file that hlsgate reads as JSON, and checkpoints; the fuzzing of XML, of Vivado's text and of
single oneAPI values stands with those readers' tests.
"""

from __future__ import annotations

import copy
import io
import json
import os
import signal
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hlsgate.facts import results
from hlsgate.infra import documents
from hlsgate.infra.errors import (
    BaselineError,
    CheckpointError,
    HlsgateError,
    ReportError,
    ResultsError,
)
from hlsgate.judge import baselines, changes, entries, listing, rebaselining, summary
from hlsgate.models import checkpoints
from hlsgate.pipeline import hardware
from hlsgate.suites import suite
from hlsgate.synthesis.reports import reading, vitis
from hlsgate.synthesis.reports.da4ml import parse_da4ml
from hlsgate.synthesis.reports.nextpnr import parse_nextpnr
from hlsgate.synthesis.reports.oneapi import parse_oneapi, parse_oneapi_fit
from hlsgate.synthesis.reports.vitis import parse_vitis
from hlsgate.synthesis.reports.vivado import parse_vivado
from hlsgate.synthesis.reports.yosys import parse_yosys
from tests import test_reports_open as open_reports
from tests.good_runs import good_run
from tests.oneapi_reports import FITTED, report_rows, write_files
from tests.vitis_reports import CSYNTH, VIVADO, write_both

FUZZ = settings(max_examples=40, deadline=None, database=None, derandomize=True)
COMMITTED = json.loads((Path(__file__).parents[1] / "baselines.json").read_text())
VARIANT = suite.variant("jets-q4_p75")
IDENTITY = dict.fromkeys(
    ("design", "weights_sha256", "project_sha256", "tool_version", "note"), "x"
)
RESULTS = good_run(COMMITTED) | {
    "schema": 2, "hlsgate": "0.1", "created": "2026-11-24", "commit": None, "machine": "m",
    "cores": 2, "versions": {"numpy": "1.26"},
}  # fmt: skip


def sound(measured):
    """Assert that a measurement can be judged, written, and read again."""
    documents.parse(json.dumps(measured.as_json(), allow_nan=False))
    assert all(value >= 0 for value in measured.values.values())


def report(parse):
    return lambda path: sound(parse(path.parent))


def read_oneapi(path):
    sound(parse_oneapi(path.parent))
    fitted = parse_oneapi_fit(path.parent)
    if fitted is not None:
        sound(fitted)


def read_results(path):
    """Read results and do with them what the commands do: what is accepted must be usable."""
    found = results.read(path)
    known = baselines.Baselines(COMMITTED, Path("baselines.json"))
    made = summary.summarise(found, known)
    for text in (made.text(every=True), made.markdown()):
        text.encode()
    changes.table(changes.between(entries.load(path), entries.of_baselines(COMMITTED))).encode()


def read_baselines(path):
    """Read baselines, show them, and judge by them."""
    loaded = baselines.load(path)
    summary.summarise(RESULTS, loaded).markdown().encode()
    (listing.values(loaded, ()) + listing.history(loaded, ())).encode()
    assert all(entries.load(path).values())


JSON = {
    "metrics.json": (report(parse_da4ml), ReportError, open_reports.COUNTED),
    "stat.json": (report(parse_yosys), ReportError, open_reports.SYNTHESISED),
    "timing.json": (report(parse_nextpnr), ReportError, open_reports.TIMED),
    "hlsgate.json": (hardware._read_identity, ReportError, IDENTITY),
    "results.json": (read_results, ResultsError, RESULTS),
    "baselines.json": (read_baselines, BaselineError, COMMITTED),
    **{
        name: (read_oneapi, ReportError, rows)
        for name, rows in (report_rows() | {"quartus.ndjson": FITTED}).items()
    },
}
OTHERS = {
    CSYNTH: (report(parse_vitis), ReportError),
    VIVADO: (report(parse_vivado), ReportError),
    "weights.npz": (lambda path: checkpoints.load(path, VARIANT), CheckpointError),
}
READERS = {name: reader for name, (*reader, _) in JSON.items()} | OTHERS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return one folder for all examples; each writes what it reads anew."""
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(autouse=True)
def in_time():
    """End a test that hangs."""

    def stop(*_):
        raise TimeoutError("a reader hangs")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(120)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def surroundings(folder, name):
    """Write the files that stand beside one of a report."""
    if name.endswith(".ndjson"):
        write_files(folder, report_rows() | {"quartus.ndjson": FITTED})
    if name in (CSYNTH, VIVADO):
        write_both(folder)
    return folder / name


def refused_or_sound(path):
    """Read a file; whatever is wrong with it, the error is the reader's own and names it."""
    reader, error = READERS[path.name]
    try:
        reader(path)
    except error as problem:
        text = str(problem)
    else:
        return ""
    assert str(path) in text
    assert len(text.encode()) < len(str(path)) + 1000
    return text


# --- any bytes, and files that never end ----------------------------------------------------------


@pytest.mark.parametrize("name", sorted({*JSON, "weights.npz"} - set(report_rows())))
@FUZZ
@given(content=st.binary(max_size=100))
def test_any_bytes(folder, name, content):
    """Any bytes in place of a file are refused, or read soundly."""
    path = surroundings(folder, name)
    path.write_bytes(content)
    refused_or_sound(path)


@pytest.mark.parametrize("name", sorted(READERS))
@pytest.mark.parametrize("what", ["a folder", "a pipe", "nothing"])
def test_what_is_no_file_is_refused(tmp_path, name, what):
    """A folder, a pipe that nobody writes to, and nothing at all: no reader hangs."""
    path = surroundings(tmp_path, name)
    path.unlink(missing_ok=True)
    if what == "a folder":
        path.mkdir()
    elif what == "a pipe":
        os.mkfifo(path)
    if what == "nothing" and name.endswith("ndjson") and name != "summary.ndjson":
        return  # these may be absent
    with pytest.raises(READERS[name][1], match=str(tmp_path)):
        READERS[name][0](path)


def huge(path):
    with path.open("wb") as file:
        file.truncate(64 * 2**20 + 1)


EXTREMES = {
    "huge": huge,
    "deep lists": lambda path: path.write_text("[" * 200_000),
    "deep objects": lambda path: path.write_text('{"a":' * 200_000),
    "many values": lambda path: path.write_text("[" + "1," * 2_000_000 + "1]"),
    "a long number": lambda path: path.write_text('{"schema": ' + "9" * 4000 + "}"),
    "a long text": lambda path: path.write_text('{"' + "a" * 2_000_000 + '": 1}'),
    "a long text twice": lambda path: path.write_text('{"%s": 1, "%s": 2}' % (("a" * 10**6,) * 2)),
    "a mark of byte order": lambda path: path.write_text("\ufeff{}"),
    "half a character": lambda path: path.write_text('{"\\ud800": "\\udfff"}'),
}


@pytest.mark.parametrize("name", sorted(READERS))
@pytest.mark.parametrize("extreme", EXTREMES)
def test_extremes_are_refused(tmp_path, name, extreme):
    """Huge, deep, and long: refused in one sentence, which is no longer than others are."""
    path = surroundings(tmp_path, name)
    EXTREMES[extreme](path)
    assert refused_or_sound(path)
    if path.stat().st_size > 10**6:
        path.unlink()


# --- true files with one thing changed ------------------------------------------------------------

ODD = st.sampled_from(
    [
        None, True, False, "", "x", "12", -1, -0.5, 0, 1, 10**9, 10**30, 1e308, float("nan"),
        float("inf"), [], {}, [[]], {"": {}}, "\x1b[31m", "\u202e", "\ud800", "undef", "a" * 500,
    ]
)  # fmt: skip


class Twice(dict):
    """An object that is written with its first key twice."""

    def items(self):
        pairs = list(super().items())
        return [*pairs, *pairs[:1]]


def ways(value, way=()):
    """Return the way to everything inside a JSON value."""
    lists = enumerate(value) if isinstance(value, list) else ()
    for key, item in value.items() if isinstance(value, dict) else lists:
        yield (*way, key)
        yield from ways(item, (*way, key))


def spoil(content, way, action, odd):
    """Change one thing in a copy: its value, its place, or whether and how often it is there."""
    content = copy.deepcopy(content)
    place, last = content, way[-1]
    for step in way[:-1]:
        place = place[step]
    if action in ("rename", "double"):
        _again(place, last, odd, action)
    elif action == "drop":
        del place[last]
    else:
        place[last] = _otherwise(place[last], action, odd)
    return content


def _otherwise(value, action, odd):
    if action == "nest":
        return [value] if isinstance(odd, list) else {"inner": value}
    if action == "hoist":
        return next(iter(value.values())) if isinstance(value, dict) and value else value
    return odd


def _again(place, last, odd, action):
    value = place[last]
    if isinstance(place, list):
        place.append(value)
    elif action == "rename":
        place[odd if isinstance(odd, str) else "renamed"] = place.pop(last)
    elif isinstance(value, dict):
        place[last] = Twice(value)


ACTIONS = ("retype", "drop", "nest", "hoist", "rename", "double")


def write(path, content):
    if path.suffix == ".ndjson":
        path.write_text("".join(json.dumps(row) + "\n" for row in content))
    else:
        path.write_text(json.dumps(content))


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("name", JSON)
@FUZZ
@given(data=st.data())
def test_any_one_change(folder, name, action, data):
    """A true file with one thing retyped, dropped, nested, hoisted, renamed or doubled."""
    content = JSON[name][2]
    way = data.draw(st.sampled_from(list(ways(content))))
    path = surroundings(folder, name)
    write(path, spoil(content, way, action, data.draw(ODD)))
    refused_or_sound(path)


@pytest.mark.parametrize("name", JSON)
def test_true_files_are_read(tmp_path, name):
    """What is changed above is changed in a file that is read."""
    path = surroundings(tmp_path, name)
    write(path, JSON[name][2])
    assert refused_or_sound(path) == ""


@pytest.mark.parametrize("name", JSON)
def test_a_key_twice_is_refused_wherever_it_is(tmp_path, name):
    """Of two values of one key, a reader would take one in silence; so it takes neither."""
    content = JSON[name][2]
    path = surroundings(tmp_path, name)
    write(path, [Twice(row) for row in content] if isinstance(content, list) else Twice(content))
    assert "is there twice" in refused_or_sound(path)


def test_values_are_counted_before_they_are_made(tmp_path):
    """Results with more values than any run has are refused at once."""
    path = tmp_path / "results.json"
    write(path, RESULTS | {"more": [1] * (documents.MOST_VALUES + 1)})
    assert "more than 200,000 values" in refused_or_sound(path)
    few = {str(number): "1" for number in range(documents.MOST_VALUES // 4)}
    write(path, RESULTS | {"policy": few})
    assert refused_or_sound(path) == ""


@pytest.mark.parametrize(
    ("name", "module", "limit", "what"),
    [
        ("summary.ndjson", reading, "MAX_LINES", "lines: are "),
        ("stat.json", reading, "MAX_VALUES", "values: are "),
        (CSYNTH, vitis, "MAX_TAGS", "tags: are "),
    ],
)
def test_reports_are_measured_before_they_are_made(
    tmp_path, monkeypatch, name, module, limit, what
):
    """A report that would become millions of objects is refused; the largest one is read."""
    path = surroundings(tmp_path, name)
    if name in JSON:
        write(path, JSON[name][2])
    mark = {"MAX_LINES": "\n", "MAX_VALUES": ",", "MAX_TAGS": "<"}[limit]
    count = path.read_text().count(mark)
    monkeypatch.setattr(module, limit, count)
    assert refused_or_sound(path) == ""
    monkeypatch.setattr(module, limit, count - 1)
    assert f"{what}{count}, more than any report has" in refused_or_sound(path)


# --- checkpoints ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def checkpoint(folder):
    """Return a whole checkpoint: its members, and its bytes."""
    shapes = checkpoints.expected_shapes(VARIANT)
    weights = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    path = folder / "good.npz"
    checkpoints.save(path, checkpoints.Checkpoint(weights, {"variant": VARIANT.key}))
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}, path.read_bytes()


@FUZZ
@given(data=st.data())
def test_any_damage_to_a_checkpoint(folder, checkpoint, data):
    """A checkpoint with any few bytes changed, cut or put in is refused, or read."""
    path, whole = folder / "weights.npz", checkpoint[1]
    first = data.draw(st.integers(0, len(whole)))
    last = data.draw(st.integers(first, min(first + 8, len(whole))))
    path.write_bytes(whole[:first] + data.draw(st.binary(max_size=4)) + whole[last:])
    refused_or_sound(path)


@FUZZ
@given(data=st.data(), text=st.binary(max_size=30))
def test_any_damage_to_an_array(folder, checkpoint, data, text):
    """A member with any stretch of its header replaced, in a whole archive, is refused or read."""
    members, path = dict(checkpoint[0]), folder / "weights.npz"
    name = data.draw(st.sampled_from(sorted(members)))
    first = data.draw(st.integers(0, 128))
    last = data.draw(st.integers(first, 128))
    members[name] = members[name][:first] + text + members[name][last:]
    archived(path, members)
    refused_or_sound(path)


def archived(path, members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    path.write_bytes(buffer.getvalue())


HEADER = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }"


@pytest.mark.parametrize(
    ("kind", "shape"),
    [("<f4", "(10**12,)"), ("<f4", "(1000000000000,)"), ("<f4", "(-1,)"), ("|O", "(5,)"),
     (">f4", "(5,)"), ("<f8", "(5,)"), ("<M8[s]", "(5,)"), ("<f4", "(" * 300 + ")" * 300)],
)  # fmt: skip
def test_arrays_that_lie_about_themselves(tmp_path, checkpoint, kind, shape):
    """A header that promises terabytes, objects or another type is refused, and not believed."""
    text = (HEADER % (kind, shape)).ljust(1013) + "\n"
    header = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()
    path = tmp_path / "weights.npz"
    archived(path, checkpoint[0] | {"logits/bias.npy": header + bytes(20)})
    assert refused_or_sound(path)


@pytest.mark.parametrize("name", ["logits/bias", "about", "extra.txt"])
def test_members_that_are_no_arrays(tmp_path, checkpoint, name):
    """A member that is plain bytes, by whatever name, is refused."""
    members = {key: one for key, one in checkpoint[0].items() if key != f"{name}.npy"}
    archived(tmp_path / "weights.npz", members | {name: b'{"variant": "jets-q4_p75"}'})
    assert "is no array" in refused_or_sound(tmp_path / "weights.npz")


def test_a_checkpoint_that_describes_itself_without_end(tmp_path, checkpoint):
    """Nesting in its description is refused."""
    stored = io.BytesIO()
    np.save(stored, np.array("[" * 100_000))
    archived(tmp_path / "weights.npz", checkpoint[0] | {"about.npy": stored.getvalue()})
    assert "does not say what it holds" in refused_or_sound(tmp_path / "weights.npz")


# --- commands that write --------------------------------------------------------------------------

COMMANDS = {
    "record": lambda *files: rebaselining.record(["jets-q6_p75", KEY], *files),
    "tighten": lambda *files: rebaselining.tighten([], *files),
    "accept": lambda *files: rebaselining.accept(["jets-float", KEY], *files, "r", drift=True),
}
KEY = "jets-float-oneapi_agilex7"
MOVED = copy.deepcopy(RESULTS)
MOVED["variants"]["jets-float"]["frozen"]["accuracy"] = 0.7
MOVED["variants"]["jets-q4_p75"]["frozen"]["accuracy"] = 0.8
MOVED["designs"][KEY]["measurement"]["values"] |= {"alut": 200_000, "ff": 900}


@pytest.mark.parametrize("command", COMMANDS)
@FUZZ
@given(data=st.data())
def test_any_results_leave_the_baselines_whole(folder, command, data):
    """Whatever results say, a command writes baselines that can be read, or ends in words."""
    way = data.draw(st.sampled_from(list(ways(MOVED))))
    spoilt = spoil(MOVED, way, data.draw(st.sampled_from(ACTIONS)), data.draw(ODD))
    write(folder / "results.json", spoilt)
    write(folder / "baselines.json", COMMITTED)
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("CI", raising=False)
        patched.setattr(os, "fsync", lambda _: None)
        try:
            COMMANDS[command](folder / "results.json", folder / "baselines.json")
        except HlsgateError as error:
            assert json.loads((folder / "baselines.json").read_text()) == COMMITTED
            str(error).encode()
    read_baselines(folder / "baselines.json")
