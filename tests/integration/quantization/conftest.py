from pathlib import Path

import pytest
from support.small_networks import Small


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fitted networks: fitting takes longer than all that is done with them here."""
    return tmp_path_factory.mktemp("fitted")


@pytest.fixture
def small(tmp_path: Path, kept: Path) -> Small:
    return Small.at(tmp_path, kept)
