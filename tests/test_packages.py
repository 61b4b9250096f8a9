"""Packages are known by version; those that people edit in place by content, too."""

import importlib.util

import pytest

from hlsgate.infra import packages


@pytest.fixture
def edited(tmp_path, monkeypatch):
    """Write a package that is installed from a folder, and is read whole."""
    folder = tmp_path / "qkeras"
    folder.mkdir()
    (folder / "__init__.py").write_text("ALPHA = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    monkeypatch.setattr(packages.metadata, "version", lambda _name: "0.9.0")
    for cached in (packages.version, packages._identity):
        cached.cache_clear()
    yield folder
    for cached in (packages.version, packages._identity):
        cached.cache_clear()


def identity():
    packages._identity.cache_clear()
    return packages.identities(["qkeras"])["qkeras"]


def test_an_edit_in_place_is_noticed(edited):
    """The version stays, what is made with it does not."""
    before = identity()
    assert before.startswith("0.9.0 ")
    (edited / "__init__.py").write_text("ALPHA = 2\n")
    assert identity() != before
    (edited / "__init__.py").write_text("ALPHA = 1\n")
    assert identity() == before


def test_compiled_files_do_not_count(edited):
    """Python's own caches are no edit."""
    before = identity()
    (edited / "__pycache__").mkdir()
    (edited / "__pycache__" / "x.pyc").write_bytes(b"x")
    assert identity() == before


def test_other_packages_by_version():
    """What is not edited in place has its version, what is absent None; nothing is imported."""
    found = packages.identities(["numpy", "no-such-package"])
    assert found == packages.versions(["numpy", "no-such-package"])
    assert found["no-such-package"] is None


def test_versions_are_read_once(monkeypatch):
    """Keys ask for versions thousands of times in a run."""
    asked = []
    packages.version.cache_clear()
    monkeypatch.setattr(packages.metadata, "version", lambda name: asked.append(name) or "1")
    for _ in range(3):
        packages.versions(["a", "b"])
    assert asked == ["a", "b"]
    packages.version.cache_clear()


def test_names_are_those_of_installed_packages():
    """Import names that are wrong would leave content out without a word."""
    for distribution, name in packages.READ_WHOLE.items():
        if packages.version(distribution) is not None:
            assert importlib.util.find_spec(name) is not None
