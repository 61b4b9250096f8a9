"""The compiler is found and examined; where it does not suit, one sentence says so."""

import os
from pathlib import Path

import pytest

from hlsgate import emulation
from hlsgate.emulation import find_compiler
from hlsgate.infra.errors import ToolNotFound
from tests.projects import stand_in

ROOT = Path(__file__).parents[1]


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


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            'case "$*" in *c++17*) echo "unrecognized option -std=c++17" >&2; exit 1;; esac',
            "refuses",
        ),
        (
            'case "$*" in *-dM*) echo "#define __GNUC__ 7"; exit 0;; esac',
            "lacks __cpp_deduction_guides",
        ),
    ],
)
def test_a_compiler_that_is_too_old(tmp_path, monkeypatch, script, said):
    """What the headers need of C++17 is asked of the compiler, and missed in one sentence."""
    monkeypatch.setenv("HLSGATE_CXX", str(stand_in(tmp_path, script).path))
    with pytest.raises(
        ToolNotFound, match=rf"need C\+\+17 as g\+\+ has it since .*{said}.*HLSGATE_CXX\.$"
    ):
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
