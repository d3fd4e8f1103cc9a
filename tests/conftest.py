"""Shared by every level: each test carries its level's marker, which is the name of the folder it lies in."""

import signal
from pathlib import Path

import pytest

from pilotlight.core.project import Project
from pilotlight.store import FolderBlobs, Store

LEVELS = ("unit", "functional", "integration", "e2e", "performance")
TESTS = Path(__file__).parent


def pytest_configure() -> None:
    """A shell has its background jobs ignore SIGINT and their children inherit that: tests that interrupt undo it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project, whose store is a folder of it."""
    return Project(tmp_path, str(tmp_path / "store"))


@pytest.fixture
def store(project: Project) -> Store:
    """The project's store."""
    return Store(FolderBlobs(Path(project.store)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        level = item.path.relative_to(TESTS).parts[0]
        if level in LEVELS:
            item.add_marker(level)
