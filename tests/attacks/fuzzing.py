"""Mutate valid models, and see that they are refused in a sentence, or loaded, and nothing else.

``python -m tests.attacks.fuzzing --inputs 5000 --seed 1 --load`` runs by itself. Each input is read
in a process of its own, forked from one that has imported everything. In it, an audit hook ends the
process where a program, a socket or a file outside its scratch folder is opened; besides, the
canary's folder must not change, since TensorFlow's own operations are seen by no hook.
"""

import argparse
import collections
import contextlib
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

import h5py
import numpy as np

from hlsgate.infra.errors import HlsgateError
from hlsgate.inspection import hdf5, limited
from hlsgate.models import saved_models
from tests.attacks import files, mutations

TIMEOUT_S = 60
"""Of processor time; five times that of waiting, for machines that do other things, too."""

MEMORY = 6 * 2**30
SECRET = 1234.5
VIOLATION = 66
FORBIDDEN = (
    "os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "pty.spawn", "socket.connect",
    "socket.bind", "ctypes.dlopen", "pickle.find_class",
)  # fmt: skip


def prepare_canary(folder):
    """Make what no model may read or change: secrets, and a module that tells of its import."""
    folder.mkdir()
    np.full(10**5, SECRET, "<f4").tofile(folder / "secret.bin")
    with h5py.File(folder / "secret.h5", "w") as file:
        file["secret"] = np.full(10**5, SECRET, "<f4")
    module = f"from pathlib import Path\nPath({str(folder)!r}, 'imported').touch()\n"
    (folder / "hlsgate_canary.py").write_text(module)
    return sorted(one.name for one in folder.iterdir())


def make(rng, folder, canary):
    """Make one mutated file; return its path and what was done."""
    model = files.MODELS[rng.integers(len(files.MODELS))]
    network, arrays = model()
    zipped = model is not files.quantised and rng.random() < 0.4
    path = folder / ("m.keras" if zipped else "m.h5")
    write = files.write_keras if zipped else files.write_h5
    kinds = [
        "config",
        "config",
        "structure",
        "structure",
        "bytes",
        "members" if zipped else "config",
    ]
    kind = str(rng.choice(kinds))
    text = None
    if kind == "config":
        text = mutations.configuration(
            rng, files.with_modules(network) if zipped else network, canary
        )
    write(path, network, arrays, text)
    if kind == "structure":
        _restructured(rng, path, canary, zipped=zipped)
    elif kind == "members":
        mutations.members(rng, path, canary)
    if kind == "bytes" or rng.random() < 0.03:
        path.write_bytes(mutations.raw(rng, path.read_bytes()))
    return path, f"{model.__name__} {path.suffix} {kind}"


def _restructured(rng, path, canary, *, zipped):
    import zipfile

    target = path
    if zipped:
        target = path.with_suffix(".inner")
        with zipfile.ZipFile(path) as archive:
            listed = {name: archive.read(name) for name in archive.namelist()}
        target.write_bytes(listed["model.weights.h5"])
    # h5py does not make everything; what it made until then is read
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, RuntimeError, MemoryError):
        mutations.structure(rng, target, canary)
    if zipped:
        listed["model.weights.h5"] = target.read_bytes()
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in listed.items():
                archive.writestr(name, content)


def forked_clean(source, target):
    """Stand in for `hdf5.clean`: the same reader and limits, forked and not started anew."""
    why = target.with_name("why")
    child = os.fork()
    if child == 0:
        code = 0
        try:
            limited.limit(hdf5.MAX_BYTES)
            sys.argv = ["reader", str(why), str(source), str(target)]
            limited.answer(hdf5.copy)
        except SystemExit as ended:
            code = ended.code or 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        counted("reader crashed")
        raise limited.Refused(f"reading it ended with signal {os.WTERMSIG(status)}")
    if os.waitstatus_to_exitcode(status):
        raise limited.Refused(why.read_text("utf-8"))


_notes: list[str] = []


def counted(what):
    """Remember something for the report of this input."""
    _notes.append(what)


def judge(path, *, load):
    """Read one file in this process; return how it ended and its notes."""
    try:
        if load:
            from hlsgate.models.keras2 import loading

            model = loading.load_model(path)
            if any(np.any(values == SECRET) for values in model.get_weights()):
                return "VIOLATION: weights of another file"
            return "loaded"
        with saved_models.inspected(path):
            return "passed"
    except HlsgateError as error:
        told = str(error)
        if "\n" in told or not told.isprintable() or len(told) > 1500:
            return f"NO SENTENCE: {told!a}"
        return "refused by Keras" if "Keras cannot load" in told else "refused"
    except BaseException:
        return f"TRACEBACK: {traceback.format_exc()}"


def one(path, scratch, canary, *, load):
    """Judge one file in a forked process, with the hook; return ending, notes, kB, seconds."""
    told = scratch / "told.json"
    started, child = time.monotonic(), os.fork()
    if child == 0:
        code = 1
        try:
            os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_CPU, (TIMEOUT_S, TIMEOUT_S + 5))
            signal.alarm(5 * TIMEOUT_S)
            sys.path.append(str(canary))
            sys.addaudithook(_hook(scratch, canary))
            ending = judge(path, load=load)
            told.write_text(json.dumps([ending, _notes]))
            code = 0
        finally:
            os._exit(code)
    _, status, used = os.wait4(child, 0)
    seconds = time.monotonic() - started
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        ending = (
            "HANG" if number in (signal.SIGALRM, signal.SIGXCPU) else f"CRASH by signal {number}"
        )
        return ending, [], used.ru_maxrss, seconds
    if os.waitstatus_to_exitcode(status) == VIOLATION:
        return f"VIOLATION: {told.read_text()}", [], used.ru_maxrss, seconds
    return (*json.loads(told.read_text()), used.ru_maxrss, seconds)


def _hook(scratch, canary):
    """Return an audit hook that ends the process over what no model may cause."""
    inside, secret = str(scratch), str(canary)

    def hook(event, arguments):
        bad = event in FORBIDDEN
        if event == "open" and isinstance(arguments[0], str | bytes):
            name = os.fsdecode(arguments[0])
            writes = arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) if arguments[2] else 0
            outside = not name.startswith((inside, "/dev/"))
            bad = (writes and outside) or (name.startswith(secret) and not name.startswith(inside))
        if event == "import" and arguments[0] == "hlsgate_canary":
            bad = True
        if bad:
            text = f"{event} {arguments!r} {''.join(traceback.format_stack(limit=12))}"
            descriptor = os.open(f"{inside}/told.json", os.O_WRONLY | os.O_CREAT)
            os.write(descriptor, text.encode("utf-8", "replace"))
            os._exit(VIOLATION)

    return hook


def run(inputs, seed, *, load, keep=None, progress=None):
    """Fuzz; return endings counted, with the worst memory and time."""
    rng = np.random.default_rng(seed)
    counts, worst = collections.Counter(), {"kB": 0, "s": 0.0, "input": ""}
    hdf5.clean = forked_clean
    if load:
        _import_everything()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as root:
        canary = Path(root) / "canary"
        untouched = prepare_canary(canary)
        for number in range(inputs):
            scratch = Path(root) / "scratch"
            scratch.mkdir()
            path, what = make(rng, scratch, canary)
            saved = path.read_bytes()
            ending, notes, size, seconds = one(path, scratch, canary, load=load)
            if sorted(one.name for one in canary.iterdir()) != untouched:
                ending = "VIOLATION: the canary's folder changed"
                shutil.rmtree(canary)
                prepare_canary(canary)
            left = [one.name for one in scratch.iterdir() if one.name.startswith("hlsgate-")]
            if left and ending in ("loaded", "passed", "refused", "refused by Keras"):
                ending = f"LEFT BEHIND: {left}"
            counts.update([ending.splitlines()[0].split(":")[0], f"({what})", *notes])
            if size > worst["kB"]:
                worst |= {"kB": size, "input": f"{number} {what}"}
            worst["s"] = max(worst["s"], seconds)
            if ending.split()[0].isupper() and keep is not None:
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{seed}-{number}{path.suffix}").write_bytes(saved)
                (keep / f"{seed}-{number}.txt").write_text(f"{what}\n{ending}\n")
            shutil.rmtree(scratch)
            if progress is not None and number % 50 == 0:
                progress.write_text(json.dumps([number + 1, counts, worst], indent=1))
    return counts, worst


def _import_everything():
    """Import what loading needs, once; TensorFlow starts its threads later, in each process."""
    from hlsgate.models.keras2 import setup

    warnings.simplefilter("ignore")
    setup.tensorflow()
    import qkeras.utils  # noqa: F401
    from tensorflow_model_optimization.sparsity import keras  # noqa: F401


def main():
    """Run from a shell, and print a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--inputs", type=int, default=300)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--load", action="store_true")
    options.add_argument("--keep", type=Path)
    options.add_argument("--progress", type=Path)
    chosen = options.parse_args()
    started = time.monotonic()
    counts, worst = run(
        chosen.inputs, chosen.seed, load=chosen.load, keep=chosen.keep, progress=chosen.progress
    )
    for name, count in sorted(counts.items()):
        print(f"{count:6}  {name}")
    print(f"{time.monotonic() - started:.0f} s; worst {worst}")
    return int(any(name.split()[0].isupper() for name in counts))


if __name__ == "__main__":
    sys.exit(main())
