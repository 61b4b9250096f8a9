"""Other machines than this one, as settings of a process: a table."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.machines import processors
from tests.machines.processors import Processor

NOBODY = "65534"
NUMBERS = ("frozen", "digits", "brief")
"""Facts that depend on how a processor calculates; counts and files depend on none of it."""
TRAINED = (*NUMBERS, "jets")
"""Whole trainings of the larger networks besides, for the kinds of processor that differ most."""
MADE = ("small", "told")
"""Facts that depend on files, users and texts, in the same way for every network."""
TOOLS = ("hardware", "told")
"""Facts that depend on tools and on the order of things, for every backend, and Yosys."""
TRACING = ("small", "hardware")
"""Groups for which numba has to have compiled da4ml: a minute or two, if nobody has."""


def always() -> None:
    """Ask for nothing."""


@dataclass(frozen=True)
class Setting:
    """One other machine: what a process is started with, and which facts are made in it.

    Parameters
    ----------
    environment : mapping of str to str
        Variables; ``{scratch}`` is a folder of the setting's own.
    before : tuple of str
        What the command begins with.
    processor : Processor, optional
        What CPUID answers.
    folder : str
        Below its scratch folder, where a copy of the checkout works; "" for the checkout itself.
    lacking : callable
        Returns why this machine cannot have the setting; None where it can.
    short : tuple of str
        Groups that are part of continuous integration.
    differing : str
        Why facts of retrained weights and float logits may differ; "" where nothing may.
    """

    name: str
    groups: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    processor: Processor | None = None
    folder: str = ""
    lacking: Callable[[], str | None] = always
    short: tuple[str, ...] = ()
    differing: str = ""


def _processor(
    name: str, processor: Processor, groups: tuple[str, ...] = NUMBERS, **more: object
) -> Setting:
    return Setting(name, groups, processor=processor, lacking=processor.lacking, **more)


def _compiler(name: str) -> Setting:
    return Setting(
        name.replace("-", " "),
        ("hardware",),
        {"HLSGATE_CXX": name},
        lacking=lambda: None if shutil.which(name) else f"there is no {name}: apt install {name}",
    )


def _language(name: str, groups: tuple[str, ...] = MADE, short: tuple[str, ...] = ()) -> Setting:
    return Setting(
        f"locale {name}",
        groups,
        {"LC_ALL": name, "LANGUAGE": name.partition(".")[0], "LOCPATH": "{scratch}"},
        ("sh", "-c", f'localedef -i {name.partition(".")[0]} -f UTF-8 "$0/{name}" && exec "$@"',
         "{scratch}"),
        lacking=functools.partial(_no_locale, name.partition(".")[0]),
        short=short,
    )  # fmt: skip


def _no_locale(name: str) -> str | None:
    there = Path("/usr/share/i18n/locales", name).is_file()
    return None if there else f"{name} is not described here: apt install locales"


def _umask(value: str) -> Setting:
    return Setting(f"umask {value}", MADE, before=("sh", "-c", f'umask {value}; exec "$@"', "sh"))


def _cores(number: int) -> Setting:
    return Setting(
        f"{number} core{'s' * (number > 1)}",
        (*TRAINED, *TOOLS) if number == 1 else NUMBERS,
        before=("taskset", "-c", ",".join(map(str, sorted(_own_cores())[:number]))),
        lacking=lambda: None if len(_own_cores()) >= number else f"there are no {number} cores",
        short=("brief",) if number == 1 else (),
    )


def _own_cores() -> set[int]:
    return os.sched_getaffinity(0)


def _no_root() -> str | None:
    """Root alone can become another user; a run that is not root's is such a user's already."""
    if os.getuid() != 0:
        return None
    tried = subprocess.run([*OTHER_USER, sys.executable, "-c", ""], check=False)
    return "setpriv cannot give read access to another user" if tried.returncode else None


_READ = "-all,+dac_read_search"
OTHER_USER = (
    "setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups",
    "--inh-caps", _READ, "--ambient-caps", _READ,
)  # fmt: skip
"""Another user, who may read what root keeps for itself (this Python), and write nothing."""

_NO_AVX512 = "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL"
_SMALL_CACHES = "Eigen splits sums by an L1 data cache below 24 KiB, which no such processor has"
_BELOW_AVX2 = "below AVX2 sums are added in another order: docs/recipes.md"

SETTINGS = (
    _processor("Intel Haswell", processors.HASWELL, TRAINED, short=("frozen", "brief")),
    _processor("AMD Zen 2", processors.ZEN2, TRAINED),
    _processor("AMD Zen 4", processors.ZEN4),
    _processor("Intel Skylake-SP", processors.SKYLAKE, TRAINED),
    _processor("Intel Alder Lake", processors.ALDER_LAKE),
    _processor("Intel Sapphire Rapids", processors.SAPPHIRE_RAPIDS, TRAINED),
    _processor("small caches", processors.SMALL_CACHES, differing=_SMALL_CACHES),
    _processor("large caches", processors.LARGE_CACHES),
    _processor("no caches told", processors.NO_CACHES),
    _processor(
        "Intel Ivy Bridge, no AVX2", processors.IVY_BRIDGE, TRAINED, differing=_BELOW_AVX2
    ),
    Setting("oneDNN told SSE4.1", NUMBERS, {"ONEDNN_MAX_CPU_ISA": "SSE41"}),
    Setting("TensorFlow told oneDNN", NUMBERS, {"TF_ENABLE_ONEDNN_OPTS": "1"}),
    Setting("numpy without AVX-512", NUMBERS, {"NPY_DISABLE_CPU_FEATURES": _NO_AVX512}),
    Setting(
        "numpy without AVX2", NUMBERS, {"NPY_DISABLE_CPU_FEATURES": f"AVX2 FMA3 {_NO_AVX512}"}
    ),
    Setting(
        "glibc without AVX2",
        NUMBERS,
        {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-AVX512F,-FMA,-FMA4"},
        short=("frozen",),
    ),
    *(
        Setting(f"OpenBLAS for {core}", NUMBERS, {"OPENBLAS_CORETYPE": core})
        for core in ("Prescott", "Haswell", "SkylakeX")
    ),
    _cores(1),
    _cores(2),
    Setting(
        "more threads than cores",
        NUMBERS,
        {"OMP_NUM_THREADS": "7", "TF_NUM_INTRAOP_THREADS": "7"},
    ),
    _language("de_DE.UTF-8", short=MADE),
    _language("tr_TR.UTF-8", TOOLS),
    Setting("locale C", MADE, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
    Setting("locale C.UTF-8", MADE, {"LC_ALL": "C.UTF-8"}),
    _umask("077"),
    _umask("000"),
    Setting(
        "home that cannot be written", MADE, {"HOME": "/dev/null", "MPLCONFIGDIR": ""}, short=MADE
    ),
    Setting("temporary files elsewhere", MADE, {"TMPDIR": "{scratch}"}),
    Setting(
        "path with a space, not ASCII",
        TOOLS,
        {"TMPDIR": "{scratch}"},
        folder="Réseaux für Teilchen, 粒子",
        short=MADE,
    ),
    Setting(
        "another user than root",
        MADE,
        {"HOME": "/nonexistent", "MPLCONFIGDIR": ""},
        # not part of the short run: g++, confined, cannot read a checkout that is root's alone
        OTHER_USER if os.getuid() == 0 else (),
        lacking=_no_root,
    ),
    Setting("time zone of Kiritimati", MADE, {"TZ": "Pacific/Kiritimati"}),
    Setting("hash seed 1", TOOLS, {"PYTHONHASHSEED": "1"}, short=MADE),
    *map(_compiler, ("g++-11", "g++-12", "g++-13", "g++-14")),
)  # fmt: skip
