"""Reports of the open tools: read by name, and every doubt is a sentence. All are invented here."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hlsgate.infra.errors import ReportError
from hlsgate.synthesis.reports.da4ml import parse_da4ml
from hlsgate.synthesis.reports.nextpnr import parse_nextpnr
from hlsgate.synthesis.reports.yosys import parse_yosys

COUNTED = {"da4ml": "9.1", "metrics": {"da_cost": 12.5, "register_bits": 7, "stages": 2}}
CELLS = {"MISTRAL_ALUT4": 30, "MISTRAL_ALUT_ARITH": 12, "MISTRAL_FF": 9, "MISTRAL_NOT": 4}
SYNTHESISED = {
    "creator": "Yosys 0.99 (git sha1 abcdef123, Release, GNU c++ 1.0)",
    "modules": {},
    "design": {"num_cells": 55, "num_cells_by_type": CELLS},
}
TIMED = {
    "fmax": {"clk": {"achieved": 71.25, "constraint": 200}},
    "utilization": {"TRELLIS_COMB": {"used": 50, "available": 99}, "DCCA": {"used": 0}},
}
READERS = {
    "metrics.json": (parse_da4ml, COUNTED),
    "stat.json": (parse_yosys, SYNTHESISED),
    "timing.json": (parse_nextpnr, TIMED),
}


def changed(content, path, value):
    """Return a deep copy with one value replaced, or deleted where the value is `...`."""
    copied = json.loads(json.dumps(content))
    *outer, last = path.split("/")
    place = copied
    for name in outer:
        place = place[name]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return copied


def stored(folder, name, content):
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def test_counts_of_the_logic(tmp_path):
    """What was counted, with its version, and for no part in particular."""
    found = parse_da4ml(stored(tmp_path, "metrics.json", COUNTED))
    assert found.values == COUNTED["metrics"]
    assert (found.toolchain, found.stage, found.part) == ("da4ml", "logic", "any")
    assert found.tool_version == "9.1"


def test_cells_by_type(tmp_path):
    """Look-up tables of every size count as ALUTs, inverters as nothing, and all are kept."""
    found = parse_yosys(stored(tmp_path, "stat.json", SYNTHESISED))
    assert found.values == {"alut": 42, "ff": 9}
    assert (found.toolchain, found.stage, found.part) == ("yosys", "synthesis", "cyclonev")
    assert found.tool_version == "0.99"
    assert found.breakdown == {"cells": CELLS}


def test_memories_and_multipliers_are_counted_where_there_are_some(tmp_path):
    """A cell that the design should not have is a number, not a gap."""
    more = CELLS | {"MISTRAL_MUL18X18": 2, "MISTRAL_M10K": 1, "MISTRAL_MLAB": 3}
    content = SYNTHESISED | {"design": {"num_cells": 61, "num_cells_by_type": more}}
    found = parse_yosys(stored(tmp_path, "stat.json", content))
    assert found.values == {"alut": 42, "ff": 9, "dsp": 2, "ram": 1, "mlab": 3}


def test_clock_that_was_reached(tmp_path):
    """The achieved clock counts, not the one that was asked for."""
    found = parse_nextpnr(stored(tmp_path, "timing.json", TIMED))
    assert found.values == {"fmax_mhz": 71.25}
    assert found.stage == "fit"
    assert found.breakdown == {"sites": {"TRELLIS_COMB": 50}}


@pytest.mark.parametrize(
    ("name", "path", "value", "sentence"),
    [
        (
            "metrics.json",
            "metrics/da_cost",
            "many",
            r"metrics\.da_cost: is 'many', which is no num",
        ),
        ("metrics.json", "metrics/beauty", 3, r"metrics\.beauty: is no metric that is known"),
        ("metrics.json", "metrics", {}, r"metrics: is \{\}, but must be an object"),
        ("metrics.json", "da4ml", ..., "da4ml: is None, but must be a printable name"),
        ("stat.json", "creator", "ABC 1", "creator: is 'ABC 1', which is not Yosys"),
        ("stat.json", "design", ..., "design: is None, but must be an object"),
        ("stat.json", "design/num_cells", 54, "num_cells: is 54, but the cells by type are 55"),
        ("stat.json", "design/num_cells_by_type/MISTRAL_FF", -9, "MISTRAL_FF: is -9, but must be"),
        ("stat.json", "design/num_cells_by_type/MISTRAL_FF", 9.5, "MISTRAL_FF: is 9.5, but must"),
        ("timing.json", "fmax", {}, r"fmax: is \{\}, but must be an object"),
        ("timing.json", "fmax/clk2", {"achieved": 1}, "fmax: is there 2 times"),
        ("timing.json", "fmax/clk/achieved", 0, "clk.achieved: is 0 MHz; nothing was routed"),
        ("timing.json", "fmax/clk/achieved", ..., "clk.achieved: is missing"),
        ("timing.json", "utilization", [], r"utilization: is \[\], but must be an object"),
    ],
)
def test_wrong_fields_are_named(tmp_path, name, path, value, sentence):
    """A field that is missing or nonsense is named with its file."""
    parse, content = READERS[name]
    stored(tmp_path, name, changed(content, path, value))
    with pytest.raises(ReportError, match=sentence) as caught:
        parse(tmp_path)
    assert caught.value.path == tmp_path / name


def test_cells_of_another_family_are_refused(tmp_path):
    """Cells that are no Cyclone V's are not counted as anything."""
    cells = {"SB_LUT4": 55}
    content = SYNTHESISED | {"design": {"num_cells": 55, "num_cells_by_type": cells}}
    with pytest.raises(ReportError, match="SB_LUT4: is no cell of a Cyclone V"):
        parse_yosys(stored(tmp_path, "stat.json", content))


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "3", '{"fmax": NaN}', "[" * 100_000, "\x00", "{}"]
)
def test_what_is_no_report_is_refused(tmp_path, name, text):
    """Empty, cut, foreign and malicious files end in one sentence."""
    parse, _ = READERS[name]
    stored(tmp_path, name, text)
    with pytest.raises(ReportError):
        parse(tmp_path)


@pytest.mark.parametrize("name", READERS)
def test_a_file_that_is_not_there(tmp_path, name):
    """The file is named."""
    with pytest.raises(ReportError, match=rf"{name}: file: is not there"):
        READERS[name][0](tmp_path)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@pytest.mark.parametrize("name", READERS)
@settings(deadline=None)  # other processes may take the processor meanwhile
@given(data=st.data())
def test_any_json_is_read_or_refused(tmp_path_factory, name, data):
    """Whatever stands in a field, a reader gives finite numbers or a `ReportError`."""
    parse, content = READERS[name]
    places = list(content) + [f"{a}/{b}" for a in content for b in dict_of(content[a])]
    spoilt = changed(content, data.draw(st.sampled_from(places)), data.draw(ANYTHING))
    folder = stored(tmp_path_factory.mktemp("any"), name, json.dumps(spoilt))
    try:
        found = parse(folder)
    except ReportError:
        return
    assert all(value >= 0 for value in found.values.values())


def dict_of(value):
    return value if isinstance(value, dict) else {}
