"""Projects are built on a copy, and whatever cuts that short leaves nothing that is used."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from hlsgate.emulation import Emulator, compile_project, emulate, find_compiler
from hlsgate.infra.cache import Cache
from hlsgate.infra.errors import EmulationError
from tests.processes import assert_gone
from tests.projects import running, stand_in, wait_for

ROOT = Path(__file__).parents[1]


def test_source_that_does_not_compile(project, tmp_path):
    """The compiler's last words are in the message, and its log is kept."""
    (project.folder / "firmware" / "net.cpp").write_text("void net( {")
    with pytest.raises(EmulationError, match=r"(?s)compiling .* failed \(exit code 1.*net\.cpp"):
        compile_project(project, find_compiler("Quartus"), tmp_path)


def test_the_project_is_left_as_it_was(project, tmp_path):
    """Building works on a copy; the project's identity stays."""
    before = project.digest
    compile_project(project, find_compiler("Quartus"), tmp_path)
    assert project.digest == before


def test_icpx_builds_with_the_projects_own_cmake_file(project, tmp_path, monkeypatch):
    """With icpx, cmake and make build the library, as hls4ml would."""
    tools = tmp_path / "bin"
    tools.mkdir()
    scripts = {
        "icpx": "echo 'Intel(R) oneAPI DPC++/C++ Compiler 2025.0.4 (2025.0.4.1)'",
        "cmake": "test -d ../firmware",
        "make": 'test "$1" = lib && g++ -shared -fPIC -I.. -I../firmware '
        "../firmware/net.cpp ../net_bridge.cpp -o libnet-0.so",
    }
    for name, line in scripts.items():
        (tools / name).write_text(f"#!/bin/sh\n{line}\n")
        (tools / name).chmod(0o755)
        monkeypatch.setenv(f"HLSGATE_{name.upper()}", str(tools / name))
    folder = tmp_path / "library"
    folder.mkdir()
    compile_project(project, find_compiler("oneAPI"), folder)
    assert emulate(Emulator(folder, project), np.array([[1.0, 2.0]])).tolist() == [[5, 3]]
    (tools / "make").write_text("#!/bin/sh\necho no licence; exit 3\n")
    with pytest.raises(EmulationError, match=r"(?s)exit code 3.*no licence"):
        compile_project(project, find_compiler("oneAPI"), tmp_path)


def test_a_compiler_that_leaves_nothing(project, tmp_path):
    """Exit code 0 is not believed where the output is missing."""
    liar = stand_in(tmp_path, 'case "$out" in *net.o) exit 0;; esac')
    with pytest.raises(EmulationError, match=r"failed \(exit code 0 .* but nothing in net\.o\)"):
        compile_project(project, liar, tmp_path)


def test_a_full_disk(project, tmp_path):
    """Compiler's words for a full disk become advice."""
    full = stand_in(tmp_path, 'echo "fatal error: error writing: No space left on device"; exit 1')
    with pytest.raises(EmulationError, match="the disk is full: free some space, or name other"):
        compile_project(project, full, tmp_path)


def test_files_that_cannot_grow(project, emulator, tmp_path):
    """A limit on files, which stands for a full disk, is a sentence at every stage."""
    code = (
        "import resource, sys, numpy; from pathlib import Path\n"
        "from hlsgate.emulation import *; from hlsgate.spec.project import Project\n"
        "from hlsgate.infra.errors import EmulationError\n"
        f"project = Project(Path({str(project.folder)!r}), 'net', 'Quartus', '0', outputs=2)\n"
        f"compiler, folder = find_compiler('any'), Path({str(tmp_path)!r})\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), -1))\n"
        "try:\n"
        "    if sys.argv[2] == 'compile': compile_project(project, compiler, folder)\n"
        "    else: emulate(Emulator(folder / 'library', project), numpy.zeros((9, 2)))\n"
        "except EmulationError as error: print(error)\n"
    )
    for limit, what, said in (
        (10, "compile", "the emulation of net cannot be built in"),
        (1000, "compile", "compiling the emulation failed"),
        (100, "emulate", "9 rows for the emulation in"),
    ):
        ended = subprocess.run(
            [sys.executable, "-c", code, str(limit), what],
            capture_output=True, text=True, cwd=ROOT, check=True,
        )  # fmt: skip
        assert said in ended.stdout, (limit, ended)


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name
)
def test_an_interrupted_compilation(project, tmp_path, number):
    """However a run ends, its compilers end too, and what they left is not used by the next."""
    marker, watched = tmp_path / "started", tmp_path / "watched"
    cache = Cache(tmp_path / "cache")
    slow = stand_in(
        tmp_path, 'case "$out" in *net.o) echo half >"$out"; echo $$ >started; sleep 300;; esac'
    )
    code = (
        "from pathlib import Path; from hlsgate.infra import guardian\n"
        "from hlsgate.infra.cache import Cache\n"
        "from hlsgate.emulation import *; from hlsgate.spec.project import Project\n"
        f"project = Project(Path({str(project.folder)!r}), 'net', 'Quartus', '0', outputs=2)\n"
        "tell = guardian._tell\n"
        f"guardian._tell = lambda line: (tell(line), open({str(watched)!r}, 'a').write(line))\n"
        f"compiler = Compiler(Path({str(slow.path)!r}), 'host', '')\n"
        f"cache = Cache(Path({str(cache.root)!r}))\n"
        "make = lambda folder: compile_project(project, compiler, folder, cache)\n"
        "cache.entry('library', {}, make)\n"
    )
    # a shell's background jobs ignore SIGINT, and what they start inherits that
    code = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {code}"
    run = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: any(file.read_text() for file in cache.root.rglob("started")))
        marker.write_text(next(cache.root.rglob("started")).read_text())
        wait_for(
            lambda: f"+ {marker.read_text()}" in (watched.read_text() if watched.exists() else "")
        )
        run.send_signal(number)
        assert run.wait(timeout=20) != 0
    finally:
        run.kill()
        run.wait()
    assert_gone(marker)
    wait_for(lambda: not running(str(slow.path)))

    def make(folder):
        assert not list(folder.iterdir()), "an entry starts empty"
        assert list(folder.parent.glob("*.part")) == [folder], "the killed one's is cleared away"
        compile_project(project, find_compiler("Quartus"), folder, cache)

    made = Emulator(cache.entry("library", {}, make), project)
    assert emulate(made, np.array([[1.0, 2.0]])).tolist() == [[5, 3]]


def test_one_compiler_fails_and_the_other_is_ended(project, tmp_path):
    """Nobody waits for the second file once the first has failed."""
    mixed = stand_in(tmp_path, 'case "$out" in *net.o) exit 1;; *net_bridge.o) sleep 300;; esac')
    started = time.monotonic()
    with pytest.raises(EmulationError, match="exit code 1"):
        compile_project(project, mixed, tmp_path, as_written=True)
    assert time.monotonic() - started < 20


def test_results_that_need_not_go_through_memory(project, tmp_path):
    """AMD's type gets its cut without volatile beside the other; the project stays as it is."""
    types = project.folder / "firmware" / "ap_types" / "etc"
    types.mkdir(parents=True)
    text = (
        "#pragma once\n#define INLINE inline\nstruct Kept {\n  double VAL;\n"
        "  INLINE void clearUnusedBits(void) volatile\n  {\n    VAL = VAL;\n  }\n};\n"
    )
    (types / "ap_private.h").write_text(text)
    header = project.folder / "firmware" / "net.h"
    header.write_text(
        '#pragma once\n#include "ap_types/etc/ap_private.h"\n#include <type_traits>\n'
        "inline void both(Kept &a, volatile Kept &b)\n"
        "{ a.clearUnusedBits(); b.clearUnusedBits(); }\n"
        "using Plain = void (Kept::*)();\n"
        "static_assert(static_cast<Plain>(&Kept::clearUnusedBits));\n" + header.read_text()
    )
    compile_project(project, find_compiler("Quartus"), tmp_path)
    assert (types / "ap_private.h").read_text() == text
