from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.fenced_commands import FencedCommands
from support.hostile.answers import GOOD, METADATA, HostileServer, hostile_server
from support.hostile.arrays import NAMES
from support.hostile.desk import hostile_desk


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FencedCommands]:
    """The command line in a project whose models read every kind of file, each command in a bounded process."""
    with hostile_desk(tmp_path_factory.mktemp("project")) as found:
        np.savez(found.root / "good.npz", **{name: np.ones((1, 2), np.float32) for name in NAMES})
        yield found


@pytest.fixture
def place(commands: FencedCommands) -> Iterator[Path]:
    """An empty folder for a hostile file, inside the project. No code of a file may have run once the test ends."""
    folder = commands.root / "stranger"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)
    assert not (commands.root / "canary").exists()


@pytest.fixture(scope="module")
def shared_server() -> Iterator[HostileServer]:
    with hostile_server() as found:
        yield found


@pytest.fixture
def server(shared_server: HostileServer) -> HostileServer:
    """An endpoint whose answers a test chooses."""
    shared_server.metadata, shared_server.answer = METADATA, GOOD
    shared_server.requests.clear()
    return shared_server
