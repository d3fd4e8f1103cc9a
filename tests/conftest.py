"""Shared by every level: each test carries its level's marker, which is the name of the folder it lies in."""

import signal
from pathlib import Path

import pytest

LEVELS = ("unit", "functional", "integration", "e2e", "performance")
TESTS = Path(__file__).parent


def pytest_configure() -> None:
    """A shell has its background jobs ignore SIGINT and their children inherit that: tests that interrupt undo it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        level = item.path.relative_to(TESTS).parts[0]
        if level in LEVELS:
            item.add_marker(level)
