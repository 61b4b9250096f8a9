"""A network that is hostile after all can do little: each of its deeds is tried, and told."""

import os
import resource
import signal
import stat
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from hlsgate import emulation
from hlsgate.emulation import Emulator, compile_project, emulate, find_compiler
from hlsgate.infra import confined, sandbox
from hlsgate.infra.errors import EmulationError, ToolNotFound
from hlsgate.infra.process import run_logged
from hlsgate.infra.sandbox import Confinement
from tests.projects import write_project

HEAD = """
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
extern "C" void net_double(double *in, double *out) {
    (void)in; out[0] = out[1] = 0;
"""
FILES, CALLS = sandbox._offered()

DEEDS = {
    "write a file": 'FILE *f = fopen("{canary}", "w"); out[0] = f ? 1 : -errno;',
    "add to a file": 'int f = open("{victim}", O_WRONLY | O_APPEND); out[0] = f < 0 ? -errno : 1;',
    "cut a file": 'out[0] = truncate("{victim}", 0) ? -errno : 1;',
    "remove a file": 'out[0] = unlink("{victim}") ? -errno : 1;',
    "rename a file": 'out[0] = rename("{victim}", "{canary}") ? -errno : 1;',
    "make a folder": 'out[0] = mkdir("{canary}", 0700) ? -errno : 1;',
    "make a link": 'out[0] = symlink("/", "{canary}") ? -errno : 1;',
    "change its library": 'int f = open("network.so", O_WRONLY); out[0] = f < 0 ? -errno : 1;',
    "run a command": 'out[0] = system("echo x > {canary}") ? -1 : 1;',
    "reach the network": "out[0] = socket(AF_INET, SOCK_DGRAM, 0) < 0 ? -errno : 1;",
    "ask a local daemon": "out[0] = socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? -errno : 1;",
    "ring for sockets": "char p[256] = {0}; out[0] = syscall(425, 8, p) < 0 ? -errno : 1;",
    "read another process": "out[0] = ptrace(PTRACE_ATTACH, getppid(), 0, 0) ? -errno : 1;",
    "leave its group": "out[0] = setsid() < 0 ? -errno : 1;",
    "read its starter's environment":
        'int f = open("/proc/{starter}/environ", O_RDONLY); char c; '
        "out[0] = f < 0 ? -errno : read(f, &c, 1) == 1 ? 1 : -1;",
    "find a secret": 'out[0] = getenv("MY_API_TOKEN") ? 1 : -1;',
    "end its starter": "out[0] = kill({starter}, SIGUSR1) ? -errno : 1;",
    "dump its memory": "rlimit r; getrlimit(RLIMIT_CORE, &r); out[0] = r.rlim_max ? 1 : -1;",
    "fill the disk": "rlimit r; getrlimit(RLIMIT_FSIZE, &r); "
                     "out[0] = r.rlim_max == RLIM_INFINITY ? 1 : -1;",
    "compute for ever": "rlimit r; getrlimit(RLIMIT_CPU, &r); "
                        "out[0] = r.rlim_max == RLIM_INFINITY ? 1 : -1;",
    "take all": "rlimit r; getrlimit(RLIMIT_AS, &r); char *p = new char[r.rlim_cur]; "
                "out[0] = p[5];",
}  # fmt: skip

_OF_CALLS = ("reach the network", "ask a local daemon", "ring for sockets", "read another process",
             "leave its group")  # fmt: skip
_LIMITED = ("find a secret", "dump its memory", "fill the disk", "compute for ever")
_SINCE = {"cut a file": 3, "end its starter": 6}
NEEDS = {
    name: pytest.mark.skipif(
        not CALLS if name in _OF_CALLS else _SINCE.get(name, 1) > FILES,
        reason="this system does not offer it, as the report header says",
    )
    for name in DEEDS
    if name not in _LIMITED
}


@dataclass(frozen=True)
class Network:
    """A network that does what its input says: a deed by its place in `DEEDS`."""

    emulator: Emulator
    victim: Path
    canary: Path

    def does(self, name):
        """Return what one deed gave: 1 where it was done, else something below zero."""
        row = [[list(DEEDS).index(name), 0]]
        found = emulate(self.emulator, np.array(row, float))[0, 0]
        assert self.victim.read_text() == "whole"
        return found


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """Build that network."""
    folder = tmp_path_factory.mktemp("hostile")
    victim, canary, library = folder / "victim", folder / "canary", folder / "library"
    victim.write_text("whole")
    library.mkdir()
    project = write_project(folder / "project")
    code = "".join(f"case {at}: {{ {what} }} break;\n" for at, what in enumerate(DEEDS.values()))
    for name, place in {"victim": victim, "canary": canary, "starter": os.getpid()}.items():
        code = code.replace(f"{{{name}}}", str(place))
    bridge = f"{HEAD} switch (int(in[0])) {{\n{code} }} }}\n"
    (project.folder / "net_bridge.cpp").write_text(bridge)
    compile_project(project, find_compiler("Quartus"), library)
    return Network(Emulator(library, project), victim, canary)


@pytest.fixture(autouse=True)
def _signals_are_harmless():
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=NEEDS.get(name, ())) for name in DEEDS if name != "take all"]
)
def test_deeds_of_a_network(network, monkeypatch, name):
    """None is done, and the network that tried goes on."""
    monkeypatch.setenv("MY_API_TOKEN", "secret")
    assert network.does(name) < 0
    assert not network.canary.exists()
    assert not network.canary.is_symlink()


@pytest.mark.parametrize("name", ["write a file", "reach the network", "find a secret"])
def test_the_deeds_are_done_without_protection(network, monkeypatch, name):
    """The tests above would see a deed: with all rights it is done."""
    monkeypatch.setenv("MY_API_TOKEN", "secret")
    monkeypatch.setattr(emulation, "run_logged", unconfined)
    try:
        assert network.does(name) == 1
    finally:
        network.canary.unlink(missing_ok=True)


def unconfined(command, **options):
    """Run as `run_logged` does, with all rights."""
    return run_logged(command, **{**options, "confined": None})


def test_a_network_that_takes_memory_is_ended(network):
    """It is a sentence, and this process lives on."""
    with pytest.raises(EmulationError, match="ended in row 0"):
        network.does("take all")


def test_sources_are_compiled_with_few_rights(project, tmp_path, monkeypatch):
    """A compiler writes to its own folders and nowhere else; its temporary files are there too."""
    seen, outside = tmp_path / "library" / "seen", tmp_path / "outside"
    script = tmp_path / "cxx"
    script.write_text(
        f'#!/bin/sh\necho "$TMPDIR $HOME $MY_API_TOKEN" > {seen}\n'
        f'echo x > "$TMPDIR/inside" || exit 9\n(echo x > {outside}) 2>/dev/null\nexec g++ "$@"\n'
    )
    script.chmod(0o755)
    seen.parent.mkdir()
    monkeypatch.setenv("MY_API_TOKEN", "secret")
    compile_project(project, emulation.Compiler(script, "host", ""), seen.parent)
    temporary, home = seen.read_text().split()
    assert temporary == home
    assert outside.exists() is not bool(FILES)


def test_as_a_user_without_privileges(tmp_path):
    """Nothing of it needs root: another user's processes are offered the same."""
    if os.getuid():
        assert confined.abi() == FILES
        return
    helper = tmp_path / "confined.py"
    helper.write_text(Path(confined.__file__).read_text())
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_mode & stat.S_ISVTX:  # of all users, as /tmp is
            break
        folder.chmod(0o755)
    asked = subprocess.run(
        ["/usr/bin/env", "python3", "-I", "-S", helper],
        capture_output=True, text=True, check=False,
        user=65534, group=65534, extra_groups=[], env={"PATH": "/usr/bin:/bin:/usr/local/bin"},
    )  # fmt: skip
    if asked.returncode in (126, 127):
        pytest.skip("no python3 that another user may run")
    assert asked.stdout.split() == [str(FILES), str(int(CALLS))], asked.stderr


def test_limits_are_lowered_and_never_raised(tmp_path):
    """A limit that is lower already stays."""
    limits = "import resource; print(resource.getrlimit(resource.RLIMIT_FSIZE)[0])"

    def lower():
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 1 << 40))

    command = Confinement((tmp_path,), 10).command([sys.executable, "-c", limits])
    ran = subprocess.run(command, capture_output=True, text=True, check=True, preexec_fn=lower)
    assert ran.stdout.split() == ["5000"]


def test_time_of_processors_is_limited(tmp_path):
    """A process that computes for ever is ended, though nobody watches the clock."""
    command = Confinement((tmp_path,), 1).command([sys.executable, "-c", "while True: pass"])
    started = time.monotonic()
    assert subprocess.run(command, check=False, timeout=100).returncode < 0
    assert time.monotonic() - started < 100


def test_a_program_that_is_not_there(tmp_path):
    """It is told as it is without protection."""
    with pytest.raises(ToolNotFound, match="absent is no program that can be started"):
        run_logged([tmp_path / "absent"], cwd=tmp_path, log=tmp_path / "log", timeout_s=9,
                   confined=Confinement((tmp_path,), 9))  # fmt: skip


@pytest.mark.parametrize(
    ("offered", "said"),
    [
        ((7, True), ["folders only (Landlock 7)", "no network (seccomp)"]),
        ((0, True), ["no Landlock, so they may write anywhere", "no network (seccomp)"]),
        ((3, False), ["(Landlock 3)", "seccomp is not at hand, so they may reach the network"]),
    ],
)
def test_what_is_protected_is_told(monkeypatch, offered, said):
    """One line says what holds here and what does not."""
    monkeypatch.delenv(sandbox.SWITCH, raising=False)
    monkeypatch.setattr(sandbox, "_offered", lambda: offered)
    sandbox.described.cache_clear()
    told = sandbox.described()
    sandbox.described.cache_clear()
    assert all(part in told for part in said), told
    assert "\n" not in told


def test_protection_that_is_taken_away_is_told(monkeypatch):
    """Whoever sets the variable reads it in every header."""
    monkeypatch.setenv(sandbox.SWITCH, "off")
    sandbox.described.cache_clear()
    assert sandbox.described().endswith("with all rights, since HLSGATE_SANDBOX is off")
    sandbox.described.cache_clear()
