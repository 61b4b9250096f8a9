"""Projects are built and run apart from the suite, and every way to fail is a sentence."""

import os
import shutil

import numpy as np
import pytest

from hlsgate import emulation
from hlsgate.emulation import Emulator, compile_project, emulate, find_compiler
from hlsgate.errors import ConversionError, EmulationError, ToolNotFound
from hlsgate.project import Project, project_digest

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


def test_a_crash_ends_only_the_child(emulator):
    """A library that aborts is an error in words, and this process lives on."""
    with pytest.raises(EmulationError, match="ended with signal SIGABRT"):
        emulate(emulator, np.array([[13.0, 0.0]]))


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
        ended = emulation.run_logged(command, cwd=tmp_path, log=log, timeout_s=60)
        assert ended.ok, log.read_text()
