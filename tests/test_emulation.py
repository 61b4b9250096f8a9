"""Rows go through emulations in order, apart from this process, and every failure is a sentence."""

import ctypes
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest

from hlsgate import emulation
from hlsgate.emulation import Emulator, compile_project, emulate, find_compiler
from hlsgate.infra.cache import Cache
from hlsgate.infra.errors import ConversionError, EmulationError
from hlsgate.infra.process import run_logged
from hlsgate.spec.project import project_digest
from tests.projects import running

ROOT = Path(__file__).parents[1]


def test_rows_go_through(emulator):
    """Every row of the inputs gives a row of outputs, in order."""
    found = emulate(emulator, np.array([[1, 2], [3, 4], [-1, 0.5]], np.float32))
    assert found.tolist() == [[5, 3], [11, 9], [0, -3]]


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
    assert emulate(
        Emulator(emulator.folder / "absent", emulator.project), np.empty((0, 2))
    ).shape == (0, 2)


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


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_no_fixed_point_type_holds(emulator, bad):
    """NaN and infinity are refused with the row's number."""
    with pytest.raises(EmulationError, match=r"row 1 \(and 0 more\) holds NaN or infinity"):
        emulate(emulator, np.array([[0, 0], [0, bad]]))


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
        '#include <cstdlib>\n#include <stdexcept>\n#include "net.h"\n'
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
            "#pragma once\n"
            "template <class T> struct Table { static inline double factor = FIRST; };\n"
            f"#define FIRST {factor}\n#define FACTOR Table<int>::factor\n"
            "void net(const double *in, double *out);\n".replace("FIRST;", f"{factor};")
        )
        folder = tmp_path / str(factor)
        folder.mkdir()
        compile_project(project, find_compiler("Quartus"), folder)
        found.append(ctypes.CDLL(str(folder / "network.so")).net_double)
    for network, factor in zip(found, (3, 5), strict=True):
        x, y = (ctypes.c_double * 2)(1, 0), (ctypes.c_double * 2)()
        network(x, y)
        assert y[1] == factor


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
    own = places["tmp"] / f"hlsgate-{os.getuid()}"
    assert [list(place.rglob("*")) for place in places.values()] == [[], [], [own]]
    assert (project.digest, sorted(project.folder.rglob("*"))) == before
