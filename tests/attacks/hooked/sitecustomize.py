"""Imported by every Python that a watched command starts: it notes what no file may cause."""

# ruff: noqa: PTH100, PTH119, PTH123 - every Python imports this as it starts, so it imports little
import os
import sys

WATCH_LOG, WATCH_INSIDE, WATCH_CANARY = "HLSGATE_WATCH_LOG", "HLSGATE_WATCH_IN", "HLSGATE_CANARY"


KNOWN = ("git", "hg", "uname", "lscpu", "file", "g++", "yosys", "nextpnr-ecp5", "iverilog", "icpx")
"""Programs that hlsgate and its packages ask for versions, or work with, of whatever files."""


def watch():
    """Note programs, sockets, writing outside some folders, and what the canary's folder holds."""
    log, canary = os.environ[WATCH_LOG], os.environ[WATCH_CANARY]
    inside = (*os.environ[WATCH_INSIDE].split(os.pathsep), "/dev/", "/proc/self/")
    kept = {*KNOWN, os.path.basename(sys.executable)}
    busy = []

    def bad(event, arguments):
        if event == "subprocess.Popen":
            guardian = arguments[0] == "/bin/sh" and "watched=" in str(arguments[1])
            return os.path.basename(os.fsdecode(arguments[0])) not in kept and not guardian
        if event == "open" and isinstance(arguments[0], str | bytes):
            name = os.path.abspath(os.fsdecode(arguments[0]))
            writes = (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            # a bytecode file has the process's number behind its suffix while it is written
            writes = writes and ".pyc" not in name and not name.startswith(inside)
            return writes or (name.startswith(canary) and not name.endswith("sitecustomize.py"))
        if event == "import":
            return arguments[0] == "hlsgate_canary"
        return event in ("os.system", "os.exec", "os.posix_spawn", "pty.spawn", "socket.connect")

    def hook(event, arguments):
        if busy:  # what this hook opens itself
            return
        busy.append(event)
        try:
            if bad(event, arguments):
                with open(log, "a") as file:
                    file.write(f"{event} {str(arguments)[:300]!a}\n")
        finally:
            busy.pop()

    sys.addaudithook(hook)


if WATCH_LOG in os.environ:
    watch()
