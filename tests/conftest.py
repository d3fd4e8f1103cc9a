"""Shared by every level: each test carries its level's marker, which is the name of the folder it lies in."""

from pathlib import Path

import pytest

LEVELS = ("unit", "functional", "integration", "e2e", "performance")
TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        level = item.path.relative_to(TESTS).parts[0]
        if level in LEVELS:
            item.add_marker(level)
