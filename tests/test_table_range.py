"""How far a written softmax table reaches is read back where its digits tell it."""

import math

import pytest

from hlsgate.diagnosis.firmware import Call, Firmware, table_range
from hlsgate.spec.fixedpoint import Fixed
from hlsgate.spec.project import Project


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, math.exp(-0.75), math.exp(-0.5), math.exp(-0.25)], 1.0),
        ([1.0, 1.0], 32.0),
        ([1.0, 0.0], 32.0),
        ([], None),
    ],
)
def test_table_range(tmp_path, values, expected):
    """Where entries are all one, or none, the type of the inputs tells; and there is no error."""
    table = tmp_path / "firmware" / "nnet_utils" / "activation_tables" / "exp_table.tb"
    table.parent.mkdir(parents=True)
    table.write_text(f"{{{', '.join(map(str, values))}}};")
    types = {"layer6_t": Fixed(16, 6)}
    written = Firmware(Project(tmp_path, "net", "Quartus", "0", 2), types, {"config2": {}}, ())
    for inputs, found in (
        ("layer6_t", expected),
        ("unknown_t", expected if expected == 1.0 else None),
    ):
        call = Call("softmax", "out", "result_t", "config2", inputs)
        assert table_range(written, call) == found
