"""Settings under which TensorFlow computes the same bits on every x86-64 processor with AVX2.

oneDNN, which multiplies TensorFlow's matrices, chooses its kernels by the processor, and kernels
of different vector widths add in different orders. Limited to AVX2, and without XLA, whose code
generator looks at the processor too, equal training gives equal weights. Eigen blocks matrices by
the size of the L1 data cache, 32 or 48 KiB on such processors, which changes the order of some sums
for some sizes of batch and layer (docs/machines.md): not for the suite that ships, but others have
to be held against the kind of processor that they were frozen on. Nothing is claimed of other
architectures, nor of processors without AVX2.
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
_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
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
    'x86-64 with AVX2, L1 data cache of 32 KiB'
    """
    if supported():
        return f"x86-64 with AVX2, L1 data cache of {_l1_data()}"
    return f"{platform.machine()} {model_name()}"


def same_bits(frozen_on: str | None) -> bool:
    """Whether a training here has to give the bits of one that was made on some processor.

    Parameters
    ----------
    frozen_on : str or None
        What `processor` said there; None where that does not matter, as was tried for the suite
        that ships.
    """
    return supported() and frozen_on in (None, processor())


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


@functools.cache
def _l1_data() -> str:
    """Return the size of the first core's L1 data cache, as Linux states it."""
    for folder in sorted(_CACHES.glob("index*")):
        try:
            level, kind, size = (
                (folder / name).read_text().strip() for name in ("level", "type", "size")
            )
        except OSError:
            continue
        if (level, kind) == ("1", "Data"):
            return size.removesuffix("K") + " KiB"
    return "unknown size"


def _field(name: str) -> str:
    """Return the first value of a field of Linux' ``/proc/cpuinfo``; "" where there is none."""
    try:
        lines = _CPUINFO.read_text().splitlines()
    except OSError:
        return ""
    found = (line.partition(":") for line in lines)
    return next((value.strip() for key, _, value in found if key.strip() == name), "")
