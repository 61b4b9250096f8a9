"""A digest of code follows imports, and sees code alone."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hlsgate
from hlsgate.infra import sources

PACKAGE = Path(hlsgate.__file__).parent


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """Return a copy of the package to edit, of which digests are taken."""
    package = tmp_path / "hlsgate"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "pytest_part"))
    monkeypatch.setattr(sources, "PACKAGE", package)
    for cached in (sources.source_digest, sources._below, sources._read):
        cached.cache_clear()
    yield package
    for cached in (sources.source_digest, sources._below, sources._read):
        cached.cache_clear()


def digest(*modules):
    sources.source_digest.cache_clear()
    return sources.source_digest(*modules)


def reached(module):
    found = sources.reach({module: sources._of_package(f"hlsgate.{module}")})
    return {name.removeprefix("hlsgate.") for name in found}


@pytest.mark.parametrize("module", ["models.training", "emulation", "diagnosis.diagnosing"])
def test_every_module_in_reach_counts(copied, module):
    """An edit of code in any module that a stage imports, however far away, changes its digest."""
    before = digest(module)
    names = reached(module)
    assert len(names) > 5
    for name in sorted(names):
        file = sources._of_package(f"hlsgate.{name}")
        text = file.read_text()
        file.write_text(f"{text}\nPLANTED = 1\n")
        assert digest(module) != before, name
        file.write_text(text)
        assert digest(module) == before, name


def test_reach_is_at_least_what_is_imported():
    """What Python imports when a stage is imported is in reach, apart from what declares."""
    registry = reached("synthesis.toolchains")  # chooses a tool, and imports all of them
    for module in (
        "conversion",
        "emulation",
        "logic",
        "synthesis.simulation",
        "diagnosis.configured",
    ):
        code = f"import sys, hlsgate.{module}; print(*(n for n in sys.modules if 'hlsgate.' in n))"
        ran = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        imported = {name.removeprefix("hlsgate.") for name in ran.stdout.split()}
        declared = {name for name in imported if name.split(".")[0] == "suites"}
        assert imported - declared - registry - {"synthesis.toolchains"} <= reached(module), module


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""Recipes become weights.', '"""Recipes turn into weights.'),
        ("import annotations\n", "import annotations\n\n# a comment\n"),
        ("STEPS_PER_EXECUTION = 64\n", "STEPS_PER_EXECUTION = (\n    64\n)\n"),
        ('"""Train a variant from its recipe.', '"""Train one.'),
    ],
    ids=["docstring", "comment", "layout", "docstring_of_a_function"],
)
def test_words_do_not_count(copied, old, new):
    """Comments, docstrings and layout change no digest."""
    before, file = digest("models.training"), copied / "models" / "training.py"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    assert digest("models.training") == before


def test_names_in_texts_are_followed(copied):
    """A module that is named only to be run in another process counts, too."""
    assert "synthesis.toolchains.yosys_worker" in reached("synthesis.toolchains.yosys")


def test_what_declares_is_not_followed(copied):
    """An edit of the shipped networks changes no stage: what is declared is in keys as values."""
    before = digest("models.training")
    file = copied / "suites" / "jets.py"
    file.write_text(file.read_text() + "\nPLANTED = 1\n")
    assert digest("models.training") == before


def test_unknown_module_is_an_error():
    """A digest of nothing would never change."""
    with pytest.raises(ModuleNotFoundError, match=r"no module hlsgate\.models\.trainig"):
        digest("models.trainig")


@pytest.fixture
def helped(tmp_path):
    """Write a suite's file that imports a helper beside it, directly and within a function."""
    (tmp_path / "helper.py").write_text("UNITS = 5\n")
    (tmp_path / "late.py").write_text("from helper import UNITS\n")
    suite = tmp_path / "suite.py"
    suite.write_text("import numpy\ndef build():\n    import late\n    return late.UNITS\n")
    return suite


@pytest.mark.parametrize("name", ["suite", "helper", "late"])
def test_helpers_of_a_suite_count(helped, name):
    """An edit of a module that a suite's function imports, at any distance, is noticed."""
    before, file = sources.file_digest(helped), helped.with_name(f"{name}.py")
    text = file.read_text()
    file.write_text(text + "PLANTED = 1\n")
    assert sources.file_digest(helped) != before
    file.write_text(text)  # and undone it is the old one
    assert sources.file_digest(helped) == before


def test_files_beside_a_suite_that_nothing_imports_do_not_count(helped):
    """Notes and other suites in the same folder change nothing."""
    before = sources.file_digest(helped)
    (helped.parent / "other.py").write_text("PLANTED = 1\n")
    assert sources.file_digest(helped) == before


def test_packages_count_by_their_own_files(tmp_path):
    """Of a function in a package, relative imports count, and nothing installed beside it does."""
    package = tmp_path / "mine"
    package.mkdir()
    (tmp_path / "numpy.py").write_text("")
    (package / "__init__.py").write_text("")
    (package / "parts.py").write_text("UNITS = 5\n")
    (package / "models.py").write_text("import numpy\nfrom .parts import UNITS\n")
    before = sources.file_digest(package / "models.py")
    (tmp_path / "numpy.py").write_text("PLANTED = 1\n")
    assert sources.file_digest(package / "models.py") == before
    (package / "parts.py").write_text("UNITS = 6\n")
    assert sources.file_digest(package / "models.py") != before


def test_equal_code_elsewhere_is_equal(helped, tmp_path):
    """A checkout in another folder has the same digest."""
    moved = tmp_path / "elsewhere"
    shutil.copytree(helped.parent, moved, ignore=shutil.ignore_patterns("elsewhere"))
    assert sources.file_digest(moved / "suite.py") == sources.file_digest(helped)


def test_every_stage_exists():
    """The stages that keys are made of are modules."""
    for name in ("models.training", "conversion", "emulation", "logic", "synthesis.simulation"):
        assert importlib.util.find_spec(f"hlsgate.{name}")
