"""Published results: checked data, never two data sets or quantities at once."""

import json

import pytest

from hlsgate.facts.bops import DenseLayer, bops
from hlsgate.infra.errors import LiteratureError
from hlsgate.report import literature

KNOWN = literature.load()


@pytest.mark.parametrize("row", KNOWN["bops"], ids=lambda row: f"{row['bits']}-{row['zeros']}")
def test_bit_operations_of_the_literature(row):
    """The suite's function gives what the paper's formula gives."""
    shapes = zip(row["layers"][:-1], row["layers"][1:], strict=True)
    layers = [DenseLayer(*shape, row["bits"], row["bits"], row["zeros"]) for shape in shapes]
    assert bops(layers) == row["bops"]


def test_widths_of_inputs_and_weights_both_count():
    """Products cost the product of widths; zeros save products only."""
    assert bops([DenseLayer(4, 1, 8, 2)]) == 4 * (16 + 10 + 2)
    assert bops([DenseLayer(4, 1, 8, 2, zeros=1.0)]) == 4 * (10 + 2)


def test_one_data_set_and_one_quantity_at_a_time():
    """LUTs and ALUTs, and two data sets, are never handed out together."""
    luts = literature.rows(KNOWN, dataset="openml_42468", quantity="lut")
    aluts = literature.rows(KNOWN, dataset="openml_42468", quantity="alut")
    others = literature.rows(KNOWN, dataset="cernbox", quantity="lut")
    assert luts
    assert aluts
    assert others
    named = [{row["model"] for row in found} for found in (luts, aluts, others)]
    assert sum(map(len, named)) == len(set.union(*named))
    assert {row["part"] for row in aluts} == {"Agilex7"}
    assert literature.rows(KNOWN, dataset="jets_embedded") == []


def test_every_row_has_a_source():
    """What another one quotes names that one."""
    assert all(row["source"] for row in KNOWN["rows"])
    assert not [row for row in KNOWN["rows"] if row["evidence"] == "primary" and row["via"]]


def test_a_share_that_does_not_fit_is_known_and_unused():
    """56 % of 6,840 DSPs are not 1,826; the row says so, and its number is not handed out."""
    (row,) = (one for one in KNOWN["rows"] if one["model"].startswith("BF"))
    assert literature.misfits(row, KNOWN["parts"]) == ["dsp"] == row["inconsistent"]
    assert row not in literature.rows(KNOWN, dataset="openml_42468", quantity="dsp")
    assert row in literature.rows(KNOWN, dataset="openml_42468", quantity="lut")


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda row: row.pop("inconsistent"), r"are \['dsp'\], declared are \[\]"),
        (lambda row: row["printed_percent"].update(dsp=26.7), r"are \[\], declared are \['dsp'\]"),
        (lambda row: row.update(dsp=None), "needs its number"),
        (lambda row: row.pop("source"), "'source' is a required property"),
        (lambda row: row.update(dataset="jets"), "'jets' is not one of"),
    ],
)
def test_a_contradiction_is_refused(tmp_path, damage, sentence):
    """An undeclared misfit, a declared one that is none, and a broken row are named."""
    content = json.loads(literature.FILE.read_text())
    damage(content["rows"][0])
    path = tmp_path / "literature.json"
    path.write_text(json.dumps(content))
    with pytest.raises(LiteratureError, match=sentence):
        literature.load(path)
