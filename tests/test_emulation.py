"""Projects are built and run apart from the suite, and every way to fail is a sentence."""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from hlsgate import emulation
from hlsgate.cache import Cache
from hlsgate.emulation import Compiler, Emulator, compile_project, emulate, find_compiler
from hlsgate.errors import ConversionError, EmulationError, ToolNotFound
from hlsgate.process import run_logged
from hlsgate.project import Project, project_digest
from tests.processes import assert_gone

ROOT = Path(__file__).parents[1]

FIRMWARE = """
#include "net.h"
void net(const double *in, double *out) { out[0] = in[0] + 2 * in[1]; out[1] = FACTOR * in[0]; }
"""
BRIDGE = """
#include "firmware/net.h"
#include <cstdlib>
extern "C" void net_double(double *in, double *out) { if (in[0] == 13) std::abort(); net(in, out); }
"""


@pytest.fixture
def project(tmp_path):
    """Write a project with the layout of hls4ml's Quartus and Vitis backends."""
    folder = tmp_path / "project"
    (folder / "firmware").mkdir(parents=True)
    (folder / "firmware" / "net.h").write_text(
        "#define FACTOR 3\nvoid net(const double *in, double *out);\n"
    )
    (folder / "firmware" / "net.cpp").write_text(FIRMWARE)
    (folder / "net_bridge.cpp").write_text(BRIDGE)
    return Project(folder, "net", "Quartus", "0", outputs=2)


@pytest.fixture
def emulator(project, tmp_path):
    folder = tmp_path / "library"
    folder.mkdir()
    compile_project(project, find_compiler("Quartus"), folder)
    return Emulator(folder, project)


def test_rows_go_through(emulator):
    """Every row of the inputs gives a row of outputs, in order."""
    found = emulate(emulator, np.array([[1, 2], [3, 4], [-1, 0.5]], np.float32))
    assert found.tolist() == [[5, 3], [11, 9], [0, -3]]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_no_fixed_point_type_holds(emulator, bad):
    """NaN and infinity are refused with the row's number."""
    with pytest.raises(EmulationError, match=r"row 1 \(and 0 more\) holds NaN or infinity"):
        emulate(emulator, np.array([[0, 0], [0, bad]]))


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


def test_missing_compiler(monkeypatch):
    """Without a compiler, one sentence names it and the package."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolNotFound, match=r"g\+\+ was not found .* apt install g\+\+"):
        find_compiler("Vitis")


@pytest.mark.parametrize("text", ["#!/bin/sh\nexit 1\n", "#!/bin/sh\n", "\x7fELF"])
def test_something_else_under_the_compilers_name(tmp_path, monkeypatch, text):
    """A program that does not tell its version, or cannot be run, is no compiler."""
    fake = tmp_path / "g++"
    fake.write_text(text)
    fake.chmod(0o755)
    monkeypatch.setenv("HLSGATE_CXX", str(fake))
    with pytest.raises(ToolNotFound, match="does not tell its version"):
        find_compiler("Vitis")


def test_icpx_goes_before_gxx_for_oneapi(tmp_path, monkeypatch):
    """Where Intel's compiler is there, it builds oneAPI projects, and only those."""
    icpx = tmp_path / "icpx"
    icpx.write_text("#!/bin/sh\necho 'Intel(R) oneAPI DPC++/C++ Compiler 2025.0.4 (2025.0.4.1)'\n")
    icpx.chmod(0o755)
    monkeypatch.setenv("HLSGATE_ICPX", str(icpx))
    assert find_compiler("oneAPI").kind == "icpx"
    assert find_compiler("Quartus").kind == "host"


def test_icpx_without_fpga_support_is_passed_over(tmp_path, monkeypatch):
    """A compiler that cannot build for FPGAs must not break what needs no vendor tool."""
    icpx = tmp_path / "icpx"
    icpx.write_text("#!/bin/sh\necho 'Intel(R) oneAPI DPC++/C++ Compiler 2025.3.0 (2025.3.0.1)'\n")
    icpx.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert find_compiler("oneAPI").kind == "host"


def test_icpx_that_is_named_but_absent(monkeypatch):
    """A typo in the variable is an error, not a silent use of another compiler."""
    monkeypatch.setenv("HLSGATE_ICPX", "/nowhere/icpx")
    with pytest.raises(ToolNotFound, match="HLSGATE_ICPX is '/nowhere/icpx'"):
        find_compiler("oneAPI")


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


def test_digest_is_of_names_and_contents(project):
    """Any changed byte, name or new file is another project; build products are none."""
    digests = {project.digest}
    (project.folder / "build").mkdir()
    (project.folder / "build" / "log").write_text("noise")
    assert project.digest in digests
    file = project.folder / "firmware" / "net.h"
    file.write_text(file.read_text() + " ")
    digests.add(project.digest)
    file.rename(file.with_name("other.h"))
    digests.add(project.digest)
    assert len(digests) == 3


def test_digest_does_not_depend_on_the_place(project, tmp_path):
    """A copy elsewhere is the same project."""
    copy = tmp_path / "elsewhere"
    shutil.copytree(project.folder, copy)
    assert project_digest(copy) == project.digest


def test_nothing_has_no_digest(tmp_path):
    """An empty folder is no project."""
    with pytest.raises(ConversionError, match="holds no project"):
        project_digest(tmp_path)


def test_host_headers_run_a_kernel_through_pipes(tmp_path):
    """A kernel in hls4ml's style runs on the host, and an empty pipe is an error, not a hang."""
    (tmp_path / "a.cpp").write_text(
        """
        #include <sycl/ext/intel/experimental/task_sequence.hpp>
        #include <sycl/ext/intel/fpga_extensions.hpp>
        #include <sycl/ext/intel/prototype/interfaces.hpp>
        namespace intel = sycl::ext::intel::experimental;
        using Props =
            decltype(sycl::ext::oneapi::experimental::properties(intel::ready_latency<0>));
        using In = intel::pipe<class InID, int, 0, Props>;
        using Out = intel::pipe<class OutID, int, 0, Props>;
        void twice() { Out::write(2 * In::read()); }
        struct Kernel {
            auto get(sycl::ext::oneapi::experimental::properties_tag) {
                return sycl::ext::oneapi::experimental::properties{
                    intel::streaming_interface<>, intel::pipelined<>};
            }
            SYCL_EXTERNAL void operator()() const { intel::task_sequence<twice> t; t.async(); }
        };
        int main() {
            sycl::queue q(sycl::ext::intel::fpga_emulator_selector_v,
                          sycl::property::queue::enable_profiling{});
            In::write(q, 20); In::write(q, 1);
            q.single_task<class ID>(Kernel{}).wait();
            q.single_task<class ID>(Kernel{});
            if (Out::read(q) != 40 || Out::read(q) != 2) return 1;
            bool some = true; Out::read(some);
            if (some || !q.get_device().has(sycl::aspect::usm_host_allocations)) return 2;
            try { In::read(); } catch (sycl::exception const &) { return 0; }
            return 3;
        }
        """
    )
    compiler, log = find_compiler("Quartus").path, tmp_path / "log"
    for command in (
        [compiler, "-std=c++17", "-Wall", "-Werror", f"-I{emulation.HOST / 'include'}", "a.cpp"],
        ["./a.out"],
    ):
        ended = run_logged(command, cwd=tmp_path, log=log, timeout_s=60)
        assert ended.ok, log.read_text()


def bad_row(emulator, x, **options):
    """Return the sentence of an emulation that fails."""
    with pytest.raises(EmulationError) as caught:
        emulate(emulator, np.array(x, float), **options)
    return str(caught.value)


@pytest.mark.parametrize(("rows", "workers"), [(1, 1), (1, 4), (2, 3), (3, 2), (7, 3), (1000, 4)])
def test_rows_keep_their_order(emulator, rows, workers):
    """However many workers share the rows, every row has its own output, at its place."""
    x = np.arange(2.0 * rows).reshape(rows, 2) + 100
    expected = np.stack([x[:, 0] + 2 * x[:, 1], 3 * x[:, 0]], axis=1)
    assert np.array_equal(emulate(emulator, x, workers), expected)


def test_no_rows_have_no_outputs(emulator):
    """Nothing in gives nothing out, of the right width, and starts nothing."""
    assert emulate(Emulator(emulator.folder / "absent", emulator.project), np.empty((0, 2))).shape == (0, 2)


def test_one_worker_a_core_but_not_for_few_rows(emulator, monkeypatch):
    """Workers are as many as cores that may be used; few rows are run in one."""
    seen = []
    real = emulation.run_logged

    def spy(command, **options):
        seen.append(int(command[-1]))
        return real(command, **options)

    monkeypatch.setattr(emulation, "run_logged", spy)
    monkeypatch.setattr(emulation, "cores", lambda: 3)
    monkeypatch.setattr(emulation, "ROWS_A_WORKER", 10)
    for rows in (1, 10, 11, 1000):
        emulate(emulator, np.zeros((rows, 2)))
    assert seen == [1, 1, 2, 3]


def test_a_crash_ends_only_its_worker(emulator):
    """A library that aborts is a sentence with the row, and this process lives on."""
    x = np.zeros((10, 2))
    x[7, 0] = 13
    said = bad_row(emulator, x, workers=2)
    assert "a worker with rows 5 to 9 ended in row 7 with signal 6 (Aborted)" in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("std::exit(0);", "ended in row 0 with exit code 0"),
        ("std::exit(3);", "ended in row 0 with exit code 3"),
        ('throw std::runtime_error("a pipe is empty");', "throws an exception: a pipe is empty"),
        ("*(volatile int *)nullptr = 1;", "ended in row 0 with signal 11"),
    ],
)
def test_a_library_that_does_not_finish(project, tmp_path, body, said):
    """Exits, even with code 0, exceptions and crashes are told apart; none passes for outputs."""
    source = project.folder / "firmware" / "net.cpp"
    source.write_text(
        "#include <cstdlib>\n#include <stdexcept>\n#include \"net.h\"\n"
        f"void net(const double *in, double *out) {{ {body} }}\n"
    )
    compile_project(project, find_compiler("Quartus"), tmp_path)
    assert said in bad_row(Emulator(tmp_path, project), [[1, 2]])


def test_a_library_that_hangs(project, tmp_path, monkeypatch):
    """A network that never returns is ended at the time limit, with all its workers."""
    source = project.folder / "firmware" / "net.cpp"
    source.write_text(
        "#include <unistd.h>\nvoid net(const double *, double *) { for (;;) usleep(1000); }\n"
    )
    compile_project(project, find_compiler("Quartus"), tmp_path)
    monkeypatch.setattr(emulation, "RUN_TIMEOUT_S", 0.3)
    assert "ended with time limit after" in bad_row(
        Emulator(tmp_path, project), np.zeros((4, 2)), workers=2
    )
    assert not running(str(tmp_path))


@pytest.mark.parametrize("damage", [b"", b"\x7fELF and no more"])
def test_a_damaged_library(emulator, damage):
    """A library that cannot be loaded says so."""
    library = emulator.folder / "network.so"
    library.unlink()
    library.write_bytes(damage)
    assert "the library cannot be loaded" in bad_row(emulator, [[1, 2]])


def test_two_models_keep_to_themselves(project, tmp_path):
    """Two libraries in one process, as users of hls4ml have them, share no variable of a header."""
    found = []
    for factor in (3, 5):
        header = project.folder / "firmware" / "net.h"
        header.write_text(
            "template <class T> struct Table { static inline double factor = FIRST; };\n"
            f"#define FIRST {factor}\n#define FACTOR Table<int>::factor\n"
            "void net(const double *in, double *out);\n".replace("FIRST;", f"{factor};")
        )
        folder = tmp_path / str(factor)
        folder.mkdir()
        compile_project(project, find_compiler("Quartus"), folder)
        found.append(getattr(ctypes.CDLL(str(folder / "network.so")), "net_double"))
    for network, factor in zip(found, (3, 5), strict=True):
        x, y = (ctypes.c_double * 2)(1, 0), (ctypes.c_double * 2)()
        network(x, y)
        assert y[1] == factor


def running(text):
    """Return the commands of live processes that hold a text."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if text in command and int(folder.name) != os.getpid():
                found.append(command)
    return found


def stand_in(folder, script):
    """Return a compiler that is g++ but for what a shell script does before; "$out" is its output."""
    path = folder / "stand-in-g++"
    path.write_text(
        '#!/bin/sh\nout=; previous=\nfor word in "$@"; do\n'
        '    [ "$previous" = -o ] && out=$word\n    previous=$word\ndone\n'
        f'{script}\nexec g++ "$@"\n'
    )
    path.chmod(0o755)
    return Compiler(path, "host", "stand-in")


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
        "from hlsgate.emulation import *; from hlsgate.project import Project\n"
        "from hlsgate.errors import EmulationError\n"
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
    slow = stand_in(tmp_path, f'case "$out" in *net.o) echo half >"$out"; echo $$ >{marker}; sleep 300;; esac')
    code = (
        "from pathlib import Path; from hlsgate import guardian; from hlsgate.cache import Cache\n"
        "from hlsgate.emulation import *; from hlsgate.project import Project\n"
        f"project = Project(Path({str(project.folder)!r}), 'net', 'Quartus', '0', outputs=2)\n"
        "tell = guardian._tell\n"
        f"guardian._tell = lambda line: (tell(line), open({str(watched)!r}, 'a').write(line))\n"
        f"compiler, cache = Compiler(Path({str(slow.path)!r}), 'host', ''), Cache(Path({str(cache.root)!r}))\n"
        "cache.entry('library', {}, lambda folder: compile_project(project, compiler, folder, cache))\n"
    )
    run = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: marker.exists() and marker.read_text())
        wait_for(lambda: f"+ {marker.read_text()}" in watched.read_text())
        run.send_signal(number)
        assert run.wait(timeout=20) != 0
    finally:
        run.kill()
        run.wait()
    assert_gone(marker)
    wait_for(lambda: not running(str(slow.path)))

    def make(folder):
        assert not list(folder.iterdir()), "an entry starts empty"
        compile_project(project, find_compiler("Quartus"), folder, cache)

    made = Emulator(cache.entry("library", {}, make), project)
    assert emulate(made, np.array([[1.0, 2.0]])).tolist() == [[5, 3]]


def wait_for(condition):
    """Wait up to 20 s for a condition."""
    limit = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < limit, "waited for nothing"
        time.sleep(0.02)


def test_one_compiler_fails_and_the_other_is_ended(project, tmp_path):
    """Nobody waits for the second file once the first has failed."""
    mixed = stand_in(tmp_path, 'case "$out" in *net.o) exit 1;; *net_bridge.o) sleep 300;; esac')
    started = time.monotonic()
    with pytest.raises(EmulationError, match="exit code 1"):
        compile_project(project, mixed, tmp_path)
    assert time.monotonic() - started < 20


def test_nothing_is_left_outside(project, tmp_path, monkeypatch):
    """Building and running write into the cache and the temporary folder, and clear the latter."""
    places = {name: tmp_path / name for name in ("home", "work", "tmp")}
    for place in places.values():
        place.mkdir()
    monkeypatch.setenv("HOME", str(places["home"]))
    monkeypatch.setenv("TMPDIR", str(places["tmp"]))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.chdir(places["work"])
    before = project.digest, sorted(project.folder.rglob("*"))
    cache = Cache(tmp_path / "cache")

    def make(folder):
        compile_project(project, find_compiler("Quartus"), folder, cache)

    emulate(Emulator(cache.entry("library", {}, make), project), np.zeros((3, 2)))
    assert [list(place.iterdir()) for place in places.values()] == [[], [], []]
    assert (project.digest, sorted(project.folder.rglob("*"))) == before


@pytest.fixture
def typed(project):
    """Give the project a folder of number types, with the header that g++ is to precompile."""
    types = project.folder / "firmware" / "ac_types"
    types.mkdir()
    (types / "ac_int.h").write_text("#ifndef AC_INT_H\n#define AC_INT_H\nusing number = double;\n#endif\n")
    header = project.folder / "firmware" / "net.h"
    header.write_text('#include "ac_int.h"\n#define FACTOR number(3)\nvoid net(const double *in, double *out);\n')
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
    cache, log = Cache(tmp_path / "cache"), tmp_path / "made"
    slow = stand_in(tmp_path, f'case "$out" in *.gch) echo made >>{log}; sleep 0.3;; esac')
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: built(typed, cache, tmp_path / name, slow), ("one", "two")))
    assert log.read_text() == "made\n"


def test_results_that_need_not_go_through_memory(project, tmp_path):
    """AMD's type gets its cut without volatile beside the other; the project stays as it is."""
    types = project.folder / "firmware" / "ap_types" / "etc"
    types.mkdir(parents=True)
    text = (
        "#define INLINE inline\nstruct Kept {\n  double VAL;\n"
        "  INLINE void clearUnusedBits(void) volatile\n  {\n    VAL = VAL;\n  }\n};\n"
    )
    (types / "ap_private.h").write_text(text)
    header = project.folder / "firmware" / "net.h"
    header.write_text(
        '#include "ap_types/etc/ap_private.h"\n#include <type_traits>\n'
        "inline void both(Kept &a, volatile Kept &b) { a.clearUnusedBits(); b.clearUnusedBits(); }\n"
        "using Plain = void (Kept::*)(); static_assert(static_cast<Plain>(&Kept::clearUnusedBits));\n"
        + header.read_text()
    )
    compile_project(project, find_compiler("Quartus"), tmp_path)
    assert (types / "ap_private.h").read_text() == text


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ('case "$*" in *c++17*) echo "unrecognized option -std=c++17" >&2; exit 1;; esac', "refuses"),
        ('case "$*" in *-dM*) echo "#define __GNUC__ 7"; exit 0;; esac', "lacks __cpp_deduction_guides"),
    ],
)
def test_a_compiler_that_is_too_old(tmp_path, monkeypatch, script, said):
    """What the headers need of C++17 is asked of the compiler, and missed in one sentence."""
    monkeypatch.setenv("HLSGATE_CXX", str(stand_in(tmp_path, script).path))
    with pytest.raises(ToolNotFound, match=rf"need C\+\+17 as g\+\+ has it since .*{said}.*HLSGATE_CXX\.$"):
        find_compiler("Vitis")


def test_a_compiler_for_another_processor_is_another(tmp_path, monkeypatch):
    """Its name and version may be the same; a cache shared between machines keeps them apart."""
    here = find_compiler("Vitis")
    other = stand_in(tmp_path, 'case "$*" in *-dM*) shift; exec g++ -mavx2 "$@";; esac')
    monkeypatch.setenv("HLSGATE_CXX", str(other.path))
    there = find_compiler("Vitis")
    assert here.version == there.version
    assert here.target != there.target


def test_flags_hold_on_every_processor_of_a_kind():
    """A shared cache must not hand out instructions that a processor lacks."""
    assert not [flag for flag in emulation.FLAGS if flag.startswith("-m")]
