"""Hostile documents and pictures end `pilotlight invoke` with one error that names the file."""

from pathlib import Path

import pytest
from support.fenced_commands import FencedCommands
from support.hostile.answers import HostileServer, document
from support.hostile.desk import check_refusal
from support.hostile.documents import IMAGES, JSON, SIGNED
from support.onnx_models import identity_model

TOML = 'kind = "onnx"\n\n[image]\ninput = "x"\nheight = 8\nwidth = 8\nchannels = 1\n'
APP = "from pilotlight_runtime.handler import model_handler\n\nhandler = model_handler(__file__)\n"


@pytest.fixture(scope="module")
def pictures(commands: FencedCommands) -> str:
    """A model that takes pictures of 8 x 8 grey pixels."""
    (commands.root / "pic.onnx").write_bytes(identity_model("FP32", (-1, 8, 8, 1)))
    folder = commands.root / "functions" / "pic"
    folder.mkdir()
    (folder / "model.toml").write_text(TOML)
    (folder / "app.py").write_text(APP)
    ended = commands("import", "pic.onnx", "--name", "pic")
    assert ended.code == 0, ended.err
    return "pic"


@pytest.mark.parametrize("name", JSON)
def test_a_document(commands: FencedCommands, place: Path, server: HostileServer, name: str) -> None:
    server.metadata = document({"inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}]})
    JSON[name](place / "x.json")
    ended = commands("invoke", "m", "--json", "stranger/x.json", "--url", server.address)
    assert check_refusal(ended, "x.json") == []
    assert not any(request.startswith(b"POST") for request in server.requests)


@pytest.mark.parametrize("name", [name for name in IMAGES if name not in SIGNED])
def test_a_file_that_is_no_picture(commands: FencedCommands, place: Path, server: HostileServer, name: str) -> None:
    IMAGES[name](place / "x.png")
    ended = commands("invoke", "m", "--image", "stranger/x.png", "--url", server.address)
    assert check_refusal(ended, "x.png") == []
    assert server.requests == []


@pytest.mark.parametrize("name", SIGNED)
def test_a_picture_that_the_function_refuses(commands: FencedCommands, place: Path, pictures: str, name: str) -> None:
    IMAGES[name](place / "x.png")
    assert check_refusal(commands("invoke", pictures, "--image", "stranger/x.png"), "picture") == []
