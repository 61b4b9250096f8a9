"""How many edits are tried."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say how much is tried."""
    parser.addoption("--short", action="store_true", help="what continuous integration tries")
