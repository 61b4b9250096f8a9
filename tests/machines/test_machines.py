"""On other machines the same is found: each setting is a process of its own, with an empty cache.

Minutes, with TensorFlow, hls4ml, da4ml, Yosys and g++: ``tox run -e machines``; with ``--short``
what continuous integration tries.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from hlsgate.logic.numba_cache import FOLDER, VARIABLE
from tests.machines import processors
from tests.machines.settings import SETTINGS, TRACING, Setting

ROOT = Path(__file__).parents[2]
FACTS = "tests/machines/facts.py"
COPIED = ("hlsgate", "fixtures", "tests", "baselines.json", "pyproject.toml")
MAY_DIFFER = re.compile(r"weights|(digits|jets)-float: (Keras' logits|answers and AUC)")
"""Facts of sums of floats; what a processor below AVX2 may find otherwise."""

CHOOSING = ("OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES", "GLIBC_TUNABLES")
"""Variables that choose a library's code whatever the processor; a machine may have them set."""

TELL = """
from numpy.core._multiarray_umath import __cpu_features__ as features
from threadpoolctl import threadpool_info
import numpy
print([one["architecture"] for one in threadpool_info() if "architecture" in one][0],
      features["AVX512F"])
"""


@pytest.fixture(scope="session")
def shared(tmp_path_factory, worker_id) -> Path:
    """Return a folder that is that of all workers, and of this run alone."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def exchange(shared) -> dict[str, str]:
    """Build what answers in the processor's place; return its environment."""
    kept = shared / "processor.json"
    with FileLock(f"{kept}.lock"):
        if not kept.exists():
            kept.write_text(json.dumps(processors.build(shared)))
    return json.loads(kept.read_text())


@pytest.fixture(scope="session")
def compiled(shared) -> Path:
    """Return where numba keeps what it compiled on this machine as it is."""
    return Path(os.environ.get(VARIABLE) or shared / FOLDER)


@pytest.fixture(scope="session")
def as_it_is(shared, compiled):
    """Make a group's facts on this machine as it is, once for all workers."""

    def of(group: str) -> dict[str, str]:
        kept = shared / f"{group}.json"
        with FileLock(f"{kept}.lock"):
            if not kept.exists():
                usual = Setting("as it is", (group,), {VARIABLE: str(compiled)})
                kept.write_text(json.dumps(made(usual, shared / group, {})))
        return json.loads(kept.read_text())

    return of


def made(setting: Setting, scratch: Path, more: dict[str, str]) -> dict[str, str]:
    """Make a setting's facts in a process of its own."""
    scratch.mkdir(parents=True, exist_ok=True)
    scratch.chmod(0o777)  # another user writes there
    checkout = copied(scratch / setting.folder) if setting.folder else ROOT
    given = {name: one.format(scratch=scratch) for name, one in setting.environment.items()}
    before = [one.format(scratch=scratch) if one == "{scratch}" else one for one in setting.before]
    own = {VARIABLE: "", "PYTHONPATH": str(checkout)}
    environment = {**os.environ, **dict.fromkeys(CHOOSING, ""), **own, **given, **more}
    done = subprocess.run(
        [*before, sys.executable, str(checkout / FACTS), str(scratch / "cache"), *setting.groups],
        env={name: value for name, value in environment.items() if value},
        cwd=checkout,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{setting.name}: {done.stdout}{done.stderr}"
    return json.loads(done.stdout.splitlines()[-1])


def lend(compiled: Path, scratch: Path) -> None:
    """Copy what numba compiled to where hlsgate will look for it; whoever runs there may write."""
    place = scratch / "cache" / FOLDER
    shutil.copytree(compiled, place)
    for folder in (place.parent, place, *place.iterdir()):
        folder.chmod(0o777)


def copied(checkout: Path) -> Path:
    """Copy what is needed of the checkout."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, checkout / name)
        else:
            shutil.copy(ROOT / name, checkout / name)
    return checkout


def had(setting: Setting, config: pytest.Config) -> None:
    """Skip a setting that this machine or this run leaves out; fail where all are required."""
    if config.getoption("short") and not setting.short:
        pytest.skip("left out by --short")
    lacking = setting.lacking()
    if lacking and config.getoption("require_all"):
        pytest.fail(f"{setting.name} is required, but {lacking}.")
    if lacking:
        pytest.skip(f"{setting.name} is not to be had here: {lacking}.")


@pytest.fixture
def scratch() -> Iterator[Path]:
    """Return a folder that any user can get to; pytest's own are for their owner alone."""
    with tempfile.TemporaryDirectory(prefix="hlsgate-machines-") as name:
        yield Path(name)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda one: one.name)
def test_the_same_is_found(setting, as_it_is, compiled, request, record_property, scratch):
    """Every fact is that of the machine as it is, or one of those that are told to differ."""
    had(setting, request.config)
    groups = setting.short if request.config.getoption("short") else setting.groups
    usual = {name: one for group in groups for name, one in as_it_is(group).items()}
    more = {}
    if setting.processor:
        exchange = request.getfixturevalue("exchange")
        more = {**exchange, "HLSGATE_TEST_PROCESSOR": setting.processor.told()}
    chosen = Setting(**{**vars(setting), "groups": groups})
    if {*groups} & {*TRACING}:
        lend(compiled, scratch)
    found = made(chosen, scratch, more)
    assert found.keys() == usual.keys()
    differing = [name for name, one in found.items() if one != usual[name]]
    told = "; ".join(differing) or "nothing"
    record_property("machine", [setting.name, len(found), told])
    beyond = [one for one in differing if not (setting.differing and MAY_DIFFER.search(one))]
    assert not beyond, f"on {setting.name} differ: {', '.join(beyond)}"


@pytest.mark.parametrize(
    ("processor", "seen"),
    [
        (processors.HASWELL, "Haswell False"),
        (processors.IVY_BRIDGE, "Sandybridge False"),
        (processors.SKYLAKE, "SkylakeX True"),
    ],
    ids=["Haswell", "Ivy Bridge", "Skylake-SP"],
)
def test_libraries_see_the_other_processor(processor, seen, exchange):
    """OpenBLAS and numpy choose what they would there: else the table would show nothing."""
    if lacking := processor.lacking():
        pytest.skip(lacking)
    environment = {**os.environ, **exchange, "HLSGATE_TEST_PROCESSOR": processor.told()}
    for name in CHOOSING:
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-c", TELL], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == seen
