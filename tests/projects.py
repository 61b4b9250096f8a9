"""A project to emulate, compilers that misbehave, and what goes with them."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from hlsgate.emulation import Compiler
from hlsgate.spec.project import Project

FIRMWARE = """
#include "net.h"
void net(const double *in, double *out) { out[0] = in[0] + 2 * in[1]; out[1] = FACTOR * in[0]; }
"""
BRIDGE = """
#include "firmware/net.h"
#include <cstdlib>
extern "C" void net_double(double *in, double *out) { if (in[0] == 13) std::abort(); net(in, out); }
"""


def write_project(folder: Path) -> Project:
    """Write a project with the layout of hls4ml's Quartus and Vitis backends."""
    (folder / "firmware").mkdir(parents=True)
    (folder / "firmware" / "net.h").write_text(
        "#define FACTOR 3\nvoid net(const double *in, double *out);\n"
    )
    (folder / "firmware" / "net.cpp").write_text(FIRMWARE)
    (folder / "net_bridge.cpp").write_text(BRIDGE)
    return Project(folder, "net", "Quartus", "0", outputs=2)


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
    """Return a compiler that is g++, but for what a shell script does before with its "$out"."""
    path = folder / "stand-in-g++"
    path.write_text(
        '#!/bin/sh\nout=; previous=\nfor word in "$@"; do\n'
        '    [ "$previous" = -o ] && out=$word\n    previous=$word\ndone\n'
        f'{script}\nexec g++ "$@"\n'
    )
    path.chmod(0o755)
    return Compiler(path, "host", "stand-in")


def wait_for(condition, seconds=60):
    """Wait so long at most for a condition, which must come true."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "waited for nothing"
        time.sleep(0.02)
