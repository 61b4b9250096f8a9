"""Options, and the table of settings at the end."""

from __future__ import annotations

import pytest
from tabulate import tabulate

COLUMNS = ("setting", "facts", "what differs")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say how much is tried."""
    group = parser.getgroup("machines")
    group.addoption("--short", action="store_true", help="what continuous integration tries")
    group.addoption(
        "--require-all", action="store_true", help="fail where a setting is not to be had here"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show one line a setting."""
    rows = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == "machine" and report.when == "call"
    ]
    if rows:
        terminalreporter.section("Other machines")
        terminalreporter.write_line(tabulate(rows, COLUMNS, tablefmt="presto"))
