"""Other processors than the one that is there, by a library that answers CPUID in its place."""

from __future__ import annotations

import platform
import re
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("processor.c")
LEVELS = {"avx": "avx", "avx2": "avx2", "avx512": "avx512vl", "avx512_bf16": "avx512_bf16"}
"""What a processor has at most, in the order of ``processor.c``, and the flag that tells it."""

_CPUID = b"\x0f\xa2"
_LOADABLE, _EXECUTABLE = 1, 1
_SYSTEM = ("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64")
_SYSTEM_LIBRARIES = ("libstdc++.so*", "libgomp.so*", "libgcc_s.so*", "libc.so*", "libm.so*")
_STARTS = range(40, 47)
"""How many bytes before a place to begin to disassemble: code falls into step within a few."""
_STEP = 96


@dataclass(frozen=True)
class Processor:
    """What CPUID tells: vendor, family and model (leaf 1), vector instructions, caches in KiB."""

    vendor: str
    signature: int
    level: str
    l1: int
    l2: int
    l3: int

    def told(self) -> str:
        """Return it as ``processor.c`` reads it."""
        level = list(LEVELS).index(self.level)
        return f"{self.vendor} {self.signature:x} {level} {self.l1} {self.l2} {self.l3}"

    def lacking(self) -> str | None:
        """Return why this machine cannot stand for it; None where it can."""
        if sys.platform != "linux" or platform.machine() != "x86_64":
            return "processors are exchanged on Linux on x86-64 only"
        flags = Path("/proc/cpuinfo").read_text().partition("\nflags")[2].partition("\n")[0]
        needed = LEVELS[self.level]
        return None if needed in flags.split() else f"this machine's processor has no {needed}"


def build(folder: Path) -> dict[str, str]:
    """Compile the library and list the CPUID instructions; return the environment for both."""
    library, places = folder / "processor.so", folder / "cpuids.txt"
    subprocess.run(
        ["g++", "-x", "c", "-O1", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror",
         "-o", library, SOURCE],
        check=True,
    )  # fmt: skip
    lines = [f"{at:x} {path}\n" for path in sorted(objects()) for at in cpuids(path)]
    places.write_text("".join(lines))
    # Calls that are bound when they are first made would pass through the auditor each time.
    return {
        "LD_AUDIT": str(library), "LD_BIND_NOW": "1", "HLSGATE_TEST_CPUIDS": str(places),
    }  # fmt: skip


def objects() -> set[Path]:
    """Return the program and every library that this Python may load."""
    found = [Path(sys.executable)]
    for root in {sys.prefix, sys.base_prefix}:
        found += (Path(root) / "lib").rglob("*.so*")
    found += [
        path for root in _SYSTEM for name in _SYSTEM_LIBRARIES for path in Path(root).glob(name)
    ]
    return {path.resolve() for path in found if path.is_file()}


def cpuids(path: Path) -> list[int]:
    """Return the addresses of an object's CPUID instructions."""
    content = path.read_bytes()
    if content[:4] != b"\x7fELF":
        return []
    found = list(_pairs(content))
    windows = [content[max(at - back, 0) : at + 2] for at, _ in found for back in _STARTS]
    reached = _end_in_cpuid(windows) if windows else []
    votes = [sum(reached[n : n + len(_STARTS)]) for n in range(0, len(reached), len(_STARTS))]
    return [at for (_, at), seen in zip(found, votes, strict=True) if 2 * seen > len(_STARTS)]


def _pairs(content: bytes) -> Iterator[tuple[int, int]]:
    """Return offset and address of both bytes of CPUID, which may be part of something else."""
    for start, address, length in _segments(content):
        at = content.find(_CPUID, start, start + length)
        while at >= 0:
            yield at, address + at - start
            at = content.find(_CPUID, at + 1, start + length)


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Return offset, address and size of what an ELF file lets run.

    Source: System V ABI, AMD64 supplement; ``Elf64_Ehdr`` and ``Elf64_Phdr``.
    """
    (table,) = struct.unpack_from("<Q", content, 32)
    size, count = struct.unpack_from("<HH", content, 54)
    for number in range(count):
        fields = struct.unpack_from("<IIQQQQ", content, table + number * size)
        kind, flags, offset, address, _, length = fields
        if kind == _LOADABLE and flags & _EXECUTABLE:
            yield offset, address, length


def _end_in_cpuid(windows: list[bytes]) -> list[bool]:
    """Tell for each piece of code whether it ends in CPUID where it is disassembled."""
    padded = [one.rjust(_STEP // 2, b"\x90").ljust(_STEP, b"\x90") for one in windows]
    with tempfile.NamedTemporaryFile() as code:
        Path(code.name).write_bytes(b"".join(padded))
        command = ["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", code.name]
        done = subprocess.run(command, check=True, capture_output=True)
    seen = re.findall(rb"^\s*([0-9a-f]+):\t0f a2 +\tcpuid", done.stdout, re.MULTILINE)
    places = {int(one, 16) for one in seen}
    return [number * _STEP + _STEP // 2 - 2 in places for number in range(len(windows))]


ZEN2 = Processor("AuthenticAMD", 0x00830F10, "avx2", 32, 512, 16384)
ZEN4 = Processor("AuthenticAMD", 0x00A10F11, "avx512_bf16", 32, 1024, 32768)
HASWELL = Processor("GenuineIntel", 0x000306F2, "avx2", 32, 256, 12288)
SKYLAKE = Processor("GenuineIntel", 0x00050654, "avx512", 32, 1024, 28672)
ALDER_LAKE = Processor("GenuineIntel", 0x00090672, "avx2", 48, 1280, 30720)
SAPPHIRE_RAPIDS = Processor("GenuineIntel", 0x000806F8, "avx512_bf16", 48, 2048, 131072)
IVY_BRIDGE = Processor("GenuineIntel", 0x000306A9, "avx", 32, 256, 8192)
SMALL_CACHES = Processor("GenuineIntel", 0x000306F2, "avx2", 24, 128, 1024)
LARGE_CACHES = Processor("AuthenticAMD", 0x00830F10, "avx2", 64, 4096, 393216)
NO_CACHES = Processor("GenuineIntel", 0x000306F2, "avx2", 0, 0, 0)
"""As some hypervisors tell it."""
