"""What init writes: names of files are text in the suite, whatever they hold."""

import ast

import numpy as np
import pytest

from hlsgate.infra.errors import SuiteError
from hlsgate.suites import starter

NAMES = (
    'a" if print(1) else ".h5',
    r"ro\"ws\.h5",
    "it's.h5",
    "line\nbreak.h5",
    "tab\tand\x07bell.h5",
    "größe \u202e ☃.h5",
    "not utf8 \udcff.h5",
    "$first ${data} $$.h5",
    '""")\nimport os\n("""',
    "{0} %s \\N{BULLET} \\x41.h5",
)


@pytest.mark.parametrize("name", NAMES)
def test_names_of_files_are_text(tmp_path, name):
    """The suite parses, and holds each name as one string, under HERE."""
    model, data = tmp_path / name, tmp_path / f"{name}.npz"
    starter.write(tmp_path / "out", "net", data, {"float": tmp_path / "out" / name, "q": model})
    tree = ast.parse((tmp_path / "out" / "suite.py").read_text("utf-8"))
    paths = [
        node.right.value
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Div)
        and isinstance(node.left, ast.Name)
        and node.left.id == "HERE"
        and isinstance(node.right, ast.Constant)
    ]
    assert sorted(paths) == sorted([str(data), name, str(model)])
    assert len([node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]) == 5
    assert not [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
    ]


def written(tmp_path, features, labels):
    data = tmp_path / "rows.npz"
    np.savez(data, features=features, labels=labels)
    starter.write(tmp_path / "out", "net", data, {"float": data, "q": data})
    return (tmp_path / "out" / "suite.py").read_text("utf-8")


@pytest.mark.parametrize(
    ("largest", "kind"),
    [(1.0, "Fixed(16, 6)"), (31.9, "Fixed(16, 6)"), (32.0, "Fixed(17, 7)"), (255, "Fixed(19, 9)"),
     (1e30, "Fixed(32, 22)"), (np.nan, "Fixed(16, 6)")],
)  # fmt: skip
def test_the_input_type_holds_the_rows(tmp_path, largest, kind):
    """Bytes do not fit into hls4ml's default type, and would be clipped."""
    text = written(tmp_path, np.array([[0.5, -largest], [0.25, 0.0]]), np.array([0, 1]))
    assert f"Conversion(inputs={kind}, logits=Fixed(16, 6))" in text


@pytest.mark.parametrize(
    "labels", [np.array([0.5, 1.0]), np.array([[0, 1], [1, 0]]), np.array([-1, 1])],
    ids=["regression", "several labels", "minus one"],
)  # fmt: skip
def test_labels_that_are_no_classes_are_refused(tmp_path, labels):
    """No suite is promised for what no test can judge."""
    with pytest.raises(SuiteError, match="no regression and no autoencoder"):
        written(tmp_path, np.zeros((2, 3)), labels)
    assert not (tmp_path / "out").exists()
