"""What init writes: names of files are text in the suite, whatever they hold."""

import ast

import pytest

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
