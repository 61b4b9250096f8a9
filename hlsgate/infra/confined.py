"""Gives up rights, then becomes the program that is named: compilers of foreign sources, networks.

Run as a script by `hlsgate.infra.sandbox`, without the rest of hlsgate and with few imports, since
it starts before every compiler: ``python -I -S confined.py limit=CPU:60 write=FOLDER -- PROGRAM``.
What the system does not offer is left out; without arguments it says what is offered.

Source: Linux, ``landlock(7)``, ``seccomp(2)`` and ``include/uapi/linux/{landlock,seccomp}.h``.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct
import sys

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _SECCOMP_FILTER = 38, 22, 2

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""System calls of Landlock, which have the same numbers on every processor."""

_WRITE_FILE, _TRUNCATE = 1 << 1, 1 << 14
_WRITES = (_WRITE_FILE | sum(1 << bit for bit in range(4, 13)), 1 << 13, _TRUNCATE)
"""Rights that write, make, remove; that link across folders (since ABI 2); that cut (ABI 3)."""

_NETWORK_ABI, _SIGNALS_ABI = 4, 6

_DEVICES = ("/dev/null", "/dev/zero", "/dev/full")

_MACHINES = {
    "x86_64": (0xC000003E, {
        "socket": 41, "ptrace": 101, "setpgid": 109, "setsid": 112, "add_key": 248,
        "request_key": 249, "keyctl": 250, "unshare": 272, "setns": 308, "process_vm_readv": 310,
        "process_vm_writev": 311, "bpf": 321,
    }),
    "aarch64": (0xC00000B7, {
        "unshare": 97, "ptrace": 117, "setpgid": 154, "setsid": 157, "socket": 198,
        "add_key": 217, "request_key": 218, "keyctl": 219, "setns": 268, "process_vm_readv": 270,
        "process_vm_writev": 271, "bpf": 280,
    }),
}  # fmt: skip
"""Numbers by processor of what neither a compiler nor a network needs: sockets, other processes'
memory, and leaving the group of processes that is ended together."""

_EVERYWHERE = {"io_uring_setup": 425, "pidfd_getfd": 438}
_X32 = 0x40000000
_DENIED, _ALLOWED = 0x00050000 | 1, 0x7FFF0000
"""EPERM, or go on."""

_FILE_CAPABILITIES = 0b1111
"""CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH and FOWNER."""

_libc = ctypes.CDLL(None, use_errno=True)


def abi() -> int:
    """Return the version of Landlock that the system has; 0 for none."""
    if sys.platform != "linux":
        return 0
    return max(0, int(_libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)))


def protect_files(writable: list[str]) -> bool:
    """Leave write access to some folders and files alone, and none to TCP."""
    version = abi()
    if not version or not _no_new_privileges():
        return False
    handled = sum(_WRITES[: min(version, len(_WRITES))])
    network = 3 if version >= _NETWORK_ABI else 0
    scoped = 3 if version >= _SIGNALS_ABI else 0
    size = 24 if scoped else 16 if network else 8
    attributes = struct.pack("=QQQ", handled, network, scoped)[:size]
    rules = int(_libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), 0))
    if rules < 0:
        return False
    for path in (*writable, *_DEVICES):
        _allow(rules, path, handled)
    done = int(_libc.syscall(_RESTRICT_SELF, rules, 0)) == 0
    os.close(rules)
    return done


def _allow(rules: int, path: str, handled: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not there, so nothing is written there
        return
    rights = handled & (_WRITE_FILE | _TRUNCATE) if path in _DEVICES else handled
    _libc.syscall(_ADD_RULE, rules, 1, struct.pack("=Qi", rights, place), 0)
    os.close(place)


def _no_new_privileges() -> bool:
    return int(_libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)) == 0


def deny_calls() -> bool:
    """Deny sockets, other processes' memory and leaving the group, where numbers are known."""
    machine, numbers = _MACHINES.get(os.uname().machine, (0, {}))
    if sys.platform != "linux" or not numbers or not _no_new_privileges():
        return False
    program = _filter(machine, sorted({*numbers.values(), *_EVERYWHERE.values()}))
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    return int(_libc.prctl(_SET_SECCOMP, _SECCOMP_FILTER, header, 0, 0)) == 0


def _filter(machine: int, numbers: list[int]) -> bytes:
    """Return the program: another processor's calls and those of `numbers` are denied."""
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    checks = len(numbers) + 1
    lines = [
        (load, 0, 0, 4), (equal, 1, 0, machine), (give, 0, 0, _DENIED),
        (load, 0, 0, 0), (at_least, checks, 0, _X32),
        *((equal, checks - 1 - at, 0, number) for at, number in enumerate(numbers)),
        (give, 0, 0, _ALLOWED), (give, 0, 0, _DENIED),
    ]  # fmt: skip
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def drop_capabilities() -> None:
    """Leave root what concerns files, so that it is no more than another user is."""
    if sys.platform != "linux" or not _no_new_privileges():
        return
    header, held = struct.pack("=Ii", 0x20080522, 0), ctypes.create_string_buffer(24)
    if _libc.capget(header, held) == 0:
        low = [word & _FILE_CAPABILITIES for word in struct.unpack("=6I", held.raw)[:2]]
        _libc.capset(header, struct.pack("=6I", *low, 0, 0, 0, 0))


def limit(name: str, value: int) -> None:
    """Lower a limit of this process: ``"CPU"`` in s, ``"AS"`` and ``"FSIZE"`` in bytes, ..."""
    which = getattr(resource, f"RLIMIT_{name}")
    others = [now for now in resource.getrlimit(which) if now != resource.RLIM_INFINITY]
    lowest = min([value, *others])
    try:
        resource.setrlimit(which, (lowest, lowest))
    except (OSError, ValueError):  # macOS refuses some
        return


def main(arguments: list[str]) -> None:
    """Do as the orders say and become the program; without any, say what can be done."""
    if not arguments:
        sys.stdout.write(f"{abi() if protect_files([]) else 0} {int(deny_calls())}\n")
        return
    end = arguments.index("--")
    orders, program = [order.partition("=") for order in arguments[:end]], arguments[end + 1 :]
    for kind, _, value in orders:
        if kind == "limit":
            name, _, number = value.partition(":")
            limit(name, int(number))
    protect_files([value for kind, _, value in orders if kind == "write"])
    deny_calls()
    drop_capabilities()
    try:
        os.execv(program[0], program)
    except OSError as error:
        sys.exit(f"{program[0]} cannot be started ({error.strerror})")


if __name__ == "__main__":
    main(sys.argv[1:])
