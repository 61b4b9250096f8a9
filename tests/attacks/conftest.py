"""Options, and what all attacks share: a canary, and the process that runs commands."""

import pytest

from tests.attacks import fuzzing, planted, watched

SHORT = "short"


def pytest_addoption(parser):
    """Say how much is tried."""
    group = parser.getgroup("attacks")
    group.addoption("--short", action="store_true", help="what continuous integration tries")


def pytest_collection_modifyitems(config, items):
    """Leave out what takes long, where little is asked for."""
    if config.getoption("--short"):
        kept = [item for item in items if item.get_closest_marker("long") is None]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


@pytest.fixture
def canary(tmp_path):
    """Make a folder that no file may have read or changed, and a file that none may have made."""
    folder = tmp_path / "canary"
    planted.TOUCHED.unlink(missing_ok=True)
    untouched = fuzzing.prepare_canary(folder)
    yield folder
    assert sorted(one.name for one in folder.iterdir()) == untouched
    assert not planted.TOUCHED.exists()


@pytest.fixture(scope="session")
def server():
    """Start the process that runs commands."""
    started = watched.Watched()
    yield started
    started.close()


@pytest.fixture
def command(server, canary, tmp_path):
    """Run a command on a stranger's file; return what it said."""

    def run(*arguments, codes=(2,)):
        ended = server.run(tmp_path, canary, *arguments)
        where = f"{arguments}: {ended}"
        assert ended.code in codes, where
        assert "Traceback" not in ended.said, where
        assert "INTERNALERROR" not in ended.said, where
        assert not [one for one in ended.said if not one.isprintable() and one not in "\n\t"], where
        assert not ended.noted, where
        assert not ended.left, where
        assert ended.peak < MOST_MEMORY, where
        assert ended.seconds < MOST_SECONDS, where
        return ended.said

    return run


MOST_MEMORY = 3 * 2**30
MOST_SECONDS = 60
"""Of processor time, pytest and TensorFlow included."""
