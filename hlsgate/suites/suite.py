"""The suite that this process works on: hlsgate's own, or one from a file.

Chosen once, where a command or a test run begins. Everything else asks here.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
from pathlib import Path

from hlsgate.infra import determinism
from hlsgate.infra.errors import HlsgateError, SuiteError
from hlsgate.spec.declarations import Design, Variant
from hlsgate.spec.suites import Benchmark, Suite

NAME = "SUITE"
"""What a suite's file has to define."""

_INSTALLED = "pytest_part"
_chosen: list[tuple[Suite, Path | None]] = []


def use(chosen: Suite | None, path: Path | None = None) -> None:
    """Let this process work on a suite; None for hlsgate's own.

    Parameters
    ----------
    chosen : Suite or None
        The suite.
    path : pathlib.Path, optional
        Its file: processes that help this one load it, and commands that are shown name it.
    """
    _chosen[:] = [] if chosen is None else [(chosen, path and path.resolve())]


def choose(path: Path | None) -> None:
    """Let this process work on the suite that a file declares; None for hlsgate's own."""
    use(load(path) if path else None, path)


def active() -> Suite:
    """Return the suite that this process works on."""
    return _chosen[0][0] if _chosen else shipped()


def file() -> Path | None:
    """Return the file of the suite that this process works on; None for hlsgate's own."""
    return _chosen[0][1] if _chosen else None


def command(text: str) -> str:
    """Return a command as the reader has to type it for this suite, in the present folder.

    Examples
    --------
    >>> command("record jets-float")
    'python -m hlsgate record jets-float'
    """
    path = file()
    declared = f" --suite {os.path.relpath(path)}" if path else ""
    return f"python -m hlsgate {text}{declared}"


def home() -> Path:
    """Return the folder of the pytest part: the checkout, or where an installation has it."""
    package = Path(__file__).resolve().parents[1]
    installed = package / _INSTALLED
    return installed if installed.is_dir() else package.parent


@functools.cache
def shipped() -> Suite:
    """Return hlsgate's own suite."""
    from hlsgate.suites import shipped as declared

    return declared.suite(home())


def load(path: Path) -> Suite:
    """Run a Python file that declares a suite, and return that.

    Parameters
    ----------
    path : pathlib.Path
        It has to define ``SUITE``. It is a program of one's own, like a ``conftest.py``: whoever
        names a file runs it.

    Raises
    ------
    SuiteError
        If there is no such file, it fails, or it defines no suite; the message names the line.
    """
    if not path.is_file():
        raise SuiteError(
            f"{path} is not there, or is no file; 'python -m hlsgate init' writes a suite to start "
            "with."
        )
    found = getattr(_executed(path.resolve()), NAME, None)
    if not isinstance(found, Suite):
        what = "nothing" if found is None else f"a {type(found).__name__}"
        raise SuiteError(
            f"{path} defines {what} as {NAME}; it should be a hlsgate.spec.suites.Suite."
        )
    return found


def _executed(path: Path) -> object:
    # Keras models that it builds, and Dask workers, find its functions by the module's name.
    name = f"hlsgate_suite_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise SuiteError(f"{path} is no Python file; name one that ends in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(path.parent))  # what lies beside it can be imported, then and later
    determinism.apply()  # it may import TensorFlow
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever a stranger's file raises
        raise SuiteError(f"{path}, {_line(error, path)}: {_told(error)}") from error
    return module


def _line(error: Exception, path: Path) -> str:
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"line {error.lineno}"
    trace, line = error.__traceback__, 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"line {line}"


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, HlsgateError) else f"{type(error).__name__}: {error}"


def benchmark(key: str) -> Benchmark:
    """Return a declared benchmark, or raise `SuiteError` with a list of those there are."""
    return active().benchmark(key)


def variant(key: str) -> Variant:
    """Return a declared variant, or raise `SuiteError` with a list of those there are."""
    return active().variant(key)


def design(key: str) -> Design:
    """Return a declared design, or raise `SuiteError` with a list of those there are."""
    return active().design(key)
