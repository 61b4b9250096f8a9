"""The package is built as the documents say: every room, and every path that is named."""

import ast
import importlib
import importlib.util
import re
from pathlib import Path

import pytest

from hlsgate.infra import sources

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]
_NAMED = re.compile(r"`((?:hlsgate|benchmarks|fixtures|tests)/[\w./]*)`")
_MODULE = re.compile(r"`(hlsgate(?:\.[a-z_0-9]+)+)(?:\.[A-Za-z_]+)?(?:\(\))?`")


def test_every_room_is_described():
    """The table of rooms has each of them once."""
    rooms = {one.parent.name for one in ROOT.glob("hlsgate/*/__init__.py")}
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("### The rooms")[2]
    described = re.findall(r"^\| `(\w+)/` \|", text, re.MULTILINE)
    assert sorted(described) == sorted(rooms)


def test_every_room_says_what_it_is():
    """The first sentence of a room, and of every module, says its role."""
    for module in ROOT.glob("hlsgate/**/*.py"):
        assert module.read_text(encoding="utf-8").startswith('"""'), module


@pytest.mark.parametrize("page", PAGES, ids=lambda one: one.name)
def test_named_paths_exist(page):
    """A path that a document names is there: documents follow what moves."""
    text = page.read_text(encoding="utf-8")
    named = (name for name in _NAMED.findall(text) if "NAME" not in name)
    missing = [name for name in named if not (ROOT / name).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda one: one.name)
def test_named_modules_exist(page):
    """A module that a document names is there."""
    for name in _MODULE.findall(page.read_text(encoding="utf-8")):
        parts = name.split(".")
        places = [ROOT.joinpath(*parts[:count]) for count in (len(parts), len(parts) - 1)]
        assert any(one.is_dir() or one.with_suffix(".py").is_file() for one in places), name


def _imported():
    """Give every name that is imported from the package, with the file that imports it."""
    for folder in ("hlsgate", "fixtures", "benchmarks", "tests"):
        for file in sorted(ROOT.glob(f"{folder}/**/*.py")):
            for node in sources._running(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hlsgate"):
                    yield from ((file, node.module, one.name) for one in node.names)


def test_every_import_exists():
    """Scripts that tests start in processes of their own are collected by nobody."""
    for file, module, name in _imported():
        found = importlib.import_module(module)
        if name != "*" and not hasattr(found, name):
            assert importlib.util.find_spec(f"{module}.{name}"), f"{file}: {module}.{name}"
