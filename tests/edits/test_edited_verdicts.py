"""No edit hides a regression: after an edit, a run on a warm cache judges as one on an empty cache.

Each edit is made alone, in a copy of the suite and of the package, and every claim is run twice:
``tox run -e edits``, half an hour; with ``--short`` what continuous integration tries.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.edits import project
from tests.edits.edits import EDITS


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    """Make a suite that is green, its cache, and what it finds."""
    folder = tmp_path_factory.mktemp("base")
    suite, cache, package = folder / "suite", folder / "cache", folder / "package"
    suite.mkdir()
    project.begin(suite)
    copy_package(package)
    designs = [f"{project.NET}-yosys_cyclonev", *(f"{one}-da4ml" for one in project.VARIANTS)]
    said = [project.hlsgate(suite, cache, package, "freeze", *project.VARIANTS)]
    project.verdict(suite, cache, package)
    recorded = ("record", *project.VARIANTS, *designs, "--results", "cache.json")
    said.append(project.hlsgate(suite, cache, package, *recorded))
    found = project.verdict(suite, cache, package)
    assert found["tests"]["exit_code"] == 0, "\n".join([*said, str(found["tests"])])
    return folder, found


def copy_package(package):
    """Copy what is edited, so that the checkout is not."""
    package.mkdir()
    for name in project.PACKAGE:
        path, ignore = project.ROOT / name, shutil.ignore_patterns("__pycache__")
        if path.is_dir():
            shutil.copytree(path, package / name, ignore=ignore)
        else:
            shutil.copy(path, package / name)


def test_nothing_edited(base):
    """Found again is what was found: else every edit below would seem to tell."""
    folder, found = base
    assert project.verdict(folder / "suite", folder / "cache", folder / "package") == found


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_an_edit_is_seen(edit, base, tmp_path, request):
    """Warm and cold agree; and of an edit that changes numbers, they are not the old ones."""
    if request.config.getoption("short") and not edit.short:
        pytest.skip("left out by --short")
    folder, before = base
    for name in ("suite", "cache", "package"):
        shutil.copytree(folder / name, tmp_path / name, symlinks=True)
    edit.do(tmp_path / "suite", tmp_path / "package")
    shutil.copytree(tmp_path / "suite", tmp_path / "other")
    with ThreadPoolExecutor(2) as both:
        warm, cold = both.map(
            lambda place: project.verdict(tmp_path / place[0], tmp_path / place[1],
                                          tmp_path / "package"),
            (("suite", "cache"), ("other", "empty")),
        )  # fmt: skip
    assert warm == cold
    assert edit.silent or warm != before, "the edit changes nothing: it shows nothing"
