"""`pilotlight chat` with a tiny model: on this machine and over HTTP, what a pipe brings as one message."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from support.project import Desk, new_project
from support.serve_process import served
from support.tiny_language_folders import write_chat_model

TOML = 'kind = "onnx"\nstream = true\n\n[quantization]\nmode = "none"\n'
Talk = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Desk:
    desk = new_project(tmp_path_factory.mktemp("chat") / "project")
    folder = desk.root / "functions" / "assistant"
    folder.mkdir()
    (folder / "app.py").write_bytes((request.config.rootpath / "examples" / "assistant" / "app.py").read_bytes())
    (folder / "model.toml").write_text(TOML)
    ran = desk("import", str(write_chat_model(tmp_path_factory.mktemp("source") / "tiny")), "--name", "assistant")
    assert ran.code == 0, ran.err
    return desk


@pytest.fixture(scope="module")
def talk(desk: Desk) -> Talk:
    def run(said: str, *options: str, model: str = "assistant") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pilotlight", "chat", model, "--temperature", "0", *options]
        environ = {**os.environ, "PILOTLIGHT_STORE": str(desk.root / "the-store"), "PYTHONUTF8": "1"}
        return subprocess.run(
            command, cwd=desk.root, env=environ, input=said, capture_output=True, text=True, timeout=120, check=False
        )

    return run


def test_the_answers_are_the_same_here_and_over_http(desk: Desk, talk: Talk) -> None:
    here = talk("Hello\nAnd now?\n", "--max-tokens", "12")
    assert here.returncode == 0, here.stderr
    assert here.stdout.strip()
    with served(desk.root) as server:
        there = talk("Hello\nAnd now?\n", "--max-tokens", "12", "--url", server.address)
    assert there.stdout == here.stdout, there.stderr


def test_a_model_that_is_not_there_is_told(talk: Talk) -> None:
    ran = talk("Hello\n", model="asistant")
    assert ran.returncode == 1
    assert "Did you mean assistant?" in ran.stderr


def test_a_prompt_that_is_too_long_is_told(talk: Talk) -> None:
    ran = talk("Hello " * 2000 + "\n")
    assert ran.returncode == 1
    assert "tokens" in ran.stderr
    assert "Traceback" not in ran.stderr
