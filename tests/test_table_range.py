"""How far a written softmax table reaches is read back where its digits tell it."""

import math

import pytest

from hlsgate.diagnosis.firmware import Call, Firmware, table_range
from hlsgate.project import Project


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, math.exp(-0.75), math.exp(-0.5), math.exp(-0.25)], 1.0),
        ([1.0, 1.0], None),
        ([1.0, 0.0], None),
        ([], None),
    ],
)
def test_table_range(tmp_path, values, expected):
    """Entries that are all one, or none, tell nothing, and are no traceback."""
    table = tmp_path / "firmware" / "nnet_utils" / "activation_tables" / "exp_table.tb"
    table.parent.mkdir(parents=True)
    table.write_text(f"{{{', '.join(map(str, values))}}};")
    written = Firmware(Project(tmp_path, "net", "Quartus", "0", 2), {}, {"config2": {}}, ())
    assert table_range(written, Call("softmax", "out", "result_t", "config2")) == expected
