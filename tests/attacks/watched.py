"""Commands of hlsgate, run by the dozen: each in a fork of a process that has imported everything.

``python -m tests.attacks.watched`` is that process: it reads a request a line, and writes how the
command ended. Every Python below it, readers and pytest as well, has the audit hook of
`tests.attacks.hooked`, and limits of memory and of processor time.
"""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOOKED = Path(__file__).with_name("hooked")
CPU_S, WALL_S = 60, 400
"""The first is what a command may take; the second, that a machine which does other things too does
not look like one that hangs."""

MEMORY = 8 * 2**30
"""Of address space; TensorFlow alone maps 2 GiB."""


@dataclass(frozen=True)
class Ended:
    """How a command ended: `code` is None where a signal ended it; `noted` is the hook's."""

    code: int | None
    signal: int | None
    said: str
    noted: str
    seconds: float
    peak: int
    left: list


class Watched:
    """The process that forks, seen from a test."""

    def __init__(self):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "HLSGATE_"))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.attacks.watched"],
            cwd=ROOT,
            env={**kept, "PYTHONPATH": f"{HOOKED}{os.pathsep}{ROOT}", "CI": ""},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, folder, canary, *arguments, cache=None):
        """Run ``python -m hlsgate`` in a folder, and return how it ended."""
        request = {
            "folder": str(folder),
            "canary": str(canary),
            "cache": str(cache or folder / "cache"),
            "arguments": [str(one) for one in arguments],
        }
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))

    def close(self):
        self._process.communicate(timeout=60)


def serve(requests, answers):
    """Answer requests, one after the other."""
    for line in requests:
        answers.write(json.dumps(_answer(json.loads(line))) + "\n")
        answers.flush()


def _answer(request):
    folder = Path(request["folder"])
    said, noted, scratch = (folder / f".watched-{one}" for one in ("said", "noted", "tmp"))
    noted.write_text("")
    scratch.mkdir()
    started, child = time.monotonic(), os.fork()
    if child == 0:
        code = 70
        try:
            _prepare(request, folder, said, noted, scratch)
            code = _command(request["arguments"])
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    status, used = _waited(child)
    left = [str(one.relative_to(scratch)) for one in scratch.rglob("*") if one.is_file()]
    shutil.rmtree(scratch)
    return {
        "code": None if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status),
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
        "said": said.read_text("utf-8", "backslashreplace"),
        "noted": noted.read_text(),
        "seconds": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss * 1024,
        "left": left,
    } | ({"seconds": WALL_S} if time.monotonic() - started > WALL_S else {})


def _waited(child):
    """Wait for a command, and end it and what it started where it does not end."""
    limit = time.monotonic() + WALL_S
    while True:
        number, status, used = os.wait4(child, os.WNOHANG)
        if number:
            return status, used
        if time.monotonic() > limit:
            os.killpg(child, signal.SIGKILL)
        time.sleep(0.01)


def _prepare(request, folder, said, noted, scratch):
    """Be another process: of another group, elsewhere, with limits, and watched."""
    os.setpgid(0, 0)
    output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for number, kind in ((0, os.O_RDONLY), (1, None), (2, None)):
        os.dup2(os.open(os.devnull, kind) if kind is not None else output, number)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False, buffering=1)
    os.chdir(folder)
    inside = [str(folder), request["cache"], os.environ.get("NUMBA_CACHE_DIR", str(folder))]
    os.environ |= {
        "HLSGATE_CACHE": request["cache"],
        "TMPDIR": str(scratch),
        "HLSGATE_WATCH_LOG": str(noted),
        "HLSGATE_WATCH_IN": os.pathsep.join(inside),
        "HLSGATE_CANARY": request["canary"],
    }
    tempfile.tempdir = str(scratch)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 5))
    sys.path.append(request["canary"])  # a module of that name would be found there
    from tests.attacks.hooked import sitecustomize

    sitecustomize.watch()


def _command(arguments):
    """Run a command in this process; pytest, too, which it would start anew."""
    import pytest

    from hlsgate.cli import running
    from hlsgate.cli.main import main

    def here(command, env):
        os.environ.update(env)
        return int(pytest.main(command[3:]))

    running.subprocess.call = here
    try:
        main(arguments, prog_name="python -m hlsgate")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
        return 71
    return 0


def _import_everything():
    import importlib
    import pkgutil
    from contextlib import suppress

    import hlsgate
    from tests.attacks import fuzzing

    fuzzing._import_everything()
    for found in pkgutil.walk_packages(hlsgate.__path__, "hlsgate."):
        if not found.name.endswith(("__main__", "guardian", "confined")):
            with suppress(ImportError):
                importlib.import_module(found.name)
    for name in ("pytest", "pytest_benchmark.plugin", "sklearn.model_selection", "jsonschema"):
        importlib.import_module(name)


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    _import_everything()
    serve(sys.stdin, answers)
