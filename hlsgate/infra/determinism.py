"""Settings under which TensorFlow computes the same bits on every x86-64 processor with AVX2.

oneDNN, which multiplies TensorFlow's matrices, chooses its kernels by the processor, and kernels
of different vector widths add in different orders. Limited to AVX2, and without XLA, whose code
generator looks at the processor too, equal training gives equal weights. Eigen splits sums by the
size of the L1 data cache; from 24 KiB up, as all such processors have, that changes nothing here.
Tried on Intel and AMD (docs/recipes.md); nothing is claimed of other architectures, nor of
processors without AVX2.
"""

from __future__ import annotations

import functools
import os
import platform
import sys
from pathlib import Path

SETTINGS = {"ONEDNN_MAX_CPU_ISA": "AVX2", "TF_ENABLE_ONEDNN_OPTS": "0"}
"""Environment variables that TensorFlow 2.14 reads once, when it is imported or first computes.

Source: oneDNN's "CPU dispatcher control"; TensorFlow's ``tensorflow/core/util/util.cc``.
"""

NEEDED = frozenset({"avx2", "fma"})
_CPUINFO = Path("/proc/cpuinfo")
_imported_before: list[bool] = []


def apply() -> None:
    """Put the settings in force for this process and those that it starts."""
    if not _imported_before:
        wrong = any(os.environ.get(name) != value for name, value in SETTINGS.items())
        _imported_before.append("tensorflow" in sys.modules and wrong)
    os.environ.update(SETTINGS)


def in_force() -> bool:
    """Whether the settings were there before TensorFlow was imported."""
    apply()
    return not _imported_before[0]


def processor() -> str:
    """Return what the bits of a training depend on: one class of processors, or one model.

    Examples
    --------
    >>> processor()  # doctest: +SKIP
    'x86-64 with AVX2'
    """
    if supported():
        return "x86-64 with AVX2"
    return f"{platform.machine()} {model_name()}"


@functools.cache
def supported() -> bool:
    """Whether this is a processor on which equal trainings give equal weights."""
    return (
        sys.platform == "linux"
        and platform.machine() == "x86_64"
        and set(_field("flags").split()) >= NEEDED
    )


@functools.cache
def model_name() -> str:
    """Return the processor's name, as the system states it."""
    return _field("model name") or platform.processor() or "unknown processor"


def _field(name: str) -> str:
    """Return the first value of a field of Linux' ``/proc/cpuinfo``; "" where there is none."""
    try:
        lines = _CPUINFO.read_text().splitlines()
    except OSError:
        return ""
    found = (line.partition(":") for line in lines)
    return next((value.strip() for key, _, value in found if key.strip() == name), "")
