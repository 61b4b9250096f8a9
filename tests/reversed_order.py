"""A pytest plug-in that runs tests last to first."""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Turn the order around."""
    items.reverse()
