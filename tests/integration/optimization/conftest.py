from pathlib import Path

import onnx
import pytest
from support.weighted_network import network

from pilotlight.conversion import read_signature
from pilotlight.core.artifacts import Candidate


@pytest.fixture
def plain(tmp_path: Path) -> Candidate:
    """A candidate as conversion leaves it."""
    folder = tmp_path / "plain"
    folder.mkdir()
    onnx.save(network(), folder / "model.onnx")
    return Candidate(folder, read_signature(folder / "model.onnx"))
