"""What projects have in common is compiled once, and never stands in the way."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from hlsgate.emulation import Emulator, compile_project, emulate, find_compiler
from hlsgate.infra.cache import Cache
from tests.projects import stand_in, write_project

ROOT = Path(__file__).parents[1]


@pytest.fixture
def project(tmp_path):
    return write_project(tmp_path / "project")


@pytest.fixture
def typed(project):
    """Give the project a folder of number types, with the header that g++ is to precompile."""
    types = project.folder / "firmware" / "ac_types"
    types.mkdir()
    (types / "ac_int.h").write_text(
        "#ifndef AC_INT_H\n#define AC_INT_H\nusing number = double;\n#endif\n"
    )
    header = project.folder / "firmware" / "net.h"
    header.write_text(
        '#include "ac_int.h"\n#define FACTOR number(3)\nvoid net(const double *in, double *out);\n'
    )
    return project


def built(project, cache, folder, compiler=None):
    """Build a project with a cache; return the folder of its precompiled header."""
    folder.mkdir(exist_ok=True)
    compile_project(project, compiler or find_compiler("Quartus"), folder, cache)
    assert emulate(Emulator(folder, project), np.array([[1.0, 2.0]])).tolist() == [[5, 3]]
    (common,) = cache.root.glob("headers/*/common.hpp")
    return common


def test_common_headers_are_compiled_once(typed, tmp_path):
    """A second project reads the compiled form, not the text; another header, another form."""
    cache = Cache(tmp_path / "cache")
    common = built(typed, cache, tmp_path / "first")
    when = common.with_name("common.hpp.gch").stat().st_mtime_ns
    common.write_text("#error read as text\n")
    assert built(typed, cache, tmp_path / "second") == common
    assert "read as text" not in (tmp_path / "second" / "compile_net.log").read_text()
    assert common.with_name("common.hpp.gch").stat().st_mtime_ns == when
    header = typed.folder / "firmware" / "ac_types" / "ac_int.h"
    header.write_text(header.read_text() + "\n")
    compile_project(typed, find_compiler("Quartus"), tmp_path / "second", cache)
    assert len(list(cache.root.glob("headers/*/common.hpp"))) == 2


@pytest.mark.parametrize("damage", [b"", b"gpch.014 and no more"])
def test_a_damaged_precompiled_header(typed, tmp_path, damage):
    """What cannot be used is passed over: the project is built from text."""
    cache = Cache(tmp_path / "cache")
    common = built(typed, cache, tmp_path / "first")
    common.with_name("common.hpp.gch").write_bytes(damage)
    common.write_text("#error the compiled form is not used\n")
    built(typed, cache, tmp_path / "second")


def test_a_header_that_cannot_be_precompiled(typed, tmp_path):
    """A compiler that fails at that builds from text."""
    cache = Cache(tmp_path / "cache")
    poor = stand_in(tmp_path, 'case "$out" in *.gch) exit 1;; esac')
    compile_project(typed, poor, tmp_path, cache)
    assert emulate(Emulator(tmp_path, typed), np.array([[1.0, 2.0]])).tolist() == [[5, 3]]
    assert not list(cache.root.glob("headers/*/common.hpp"))


def test_two_processes_precompile_at_once(typed, tmp_path):
    """One makes the header, the other waits for it; both build."""
    cache = Cache(tmp_path / "cache")
    slow = stand_in(tmp_path, 'case "$out" in *.gch) echo made >>log; sleep 0.3;; esac')
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: built(typed, cache, tmp_path / name, slow), ("one", "two")))
    assert [log.read_text() for log in cache.root.rglob("log")] == ["made\n"]
