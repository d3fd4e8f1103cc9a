"""Six clients of OpenAI's API talk to `pilotlight serve`: their main calls, streamed and not.

Each is a program in llm_clients/ that prints what came back as JSON, in an environment of its own. Tiny random models
answer, so that what is tested are shapes; whether answers make sense is tested with the reference models.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.client_environments import NotInstalled, node_environment, node_program, python_environment
from support.project import new_project
from support.serve_process import served
from support.tiny_language_folders import WIDTH, write_chat_model, write_embedding_model

from scripts.demo_chat import QUESTION, ask
from scripts.language_weights import WeightsMissing, find_weights

CLIENTS = Path(__file__).with_name("llm_clients")
CHAT, EMBED = "assistant", "embeddings"
FLOATS = 'kind = "onnx"\nstream = true\n\n[quantization]\nmode = "none"\n'
"""Random weights are no model whose answers blocks could keep."""
KINDS = ("cat", "dog", "bird")
SECONDS = 240

Ask = Callable[[str, str], Any]
"""Runs a client's program against the models; its folder and its file."""


@pytest.fixture(scope="module")
def installed(request: pytest.FixtureRequest, missing: Callable[[str], None]) -> Callable[[str], Path]:
    """Where the packages of a client's folder are."""
    root = request.config.rootpath / "build" / "clients"

    def find(folder: str) -> Path:
        try:
            if folder != "node":
                return python_environment(CLIENTS / folder / "requirements.txt", root)
            return node_environment(CLIENTS / "node", root)
        except NotInstalled as error:
            missing(f"the clients in llm_clients/{folder} cannot be installed here: {error}")
            raise

    return find


def make_ask(address: str, installed: Callable[[str], Path], scratch: Path) -> Ask:
    def ask(folder: str, file: str) -> Any:
        where, program = installed(folder), CLIENTS / folder / file
        guard = [str(CLIENTS / "only_loopback.py")] if folder != "node" else []
        if folder == "node":  # its packages are looked for beside it
            program = Path(shutil.copy(program, where))
        command = [
            str(node_program(CLIENTS / "node", where.parent)) if folder == "node" else str(where),
            *guard,
            str(program),
            f"{address}/v1",
            CHAT,
            EMBED,
        ]
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(scratch),
            "LLM_USER_PATH": str(scratch),
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "LANGSMITH_TRACING": "false",
            "NO_PROXY": "127.0.0.1",
        }
        done = subprocess.run(
            command, env=environ, cwd=scratch, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        assert "reached out" not in done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return ask


@pytest.fixture(scope="module")
def tiny(
    request: pytest.FixtureRequest, installed: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ask]:
    desk = new_project(tmp_path_factory.mktemp("tiny") / "project")
    sources = tmp_path_factory.mktemp("sources")
    for name, write in ((CHAT, write_chat_model), (EMBED, write_embedding_model)):
        folder = desk.root / "functions" / name
        shutil.copytree(request.config.rootpath / "examples" / name, folder)
        if name == CHAT:
            (folder / "model.toml").write_text(FLOATS)
        ran = desk("import", str(write(sources / name)), "--name", name)
        assert ran.code == 0, ran.err
    with served(desk.root) as server:
        yield make_ask(server.address, installed, tmp_path_factory.mktemp("home"))


def check_animal(found: Any) -> None:
    assert found["kind"] in KINDS
    assert type(found["legs"]) is int


def check_weather(found: Any) -> None:
    assert found["name"] == "get_weather"
    assert set(found["arguments"]) == {"city", "unit"}
    assert found["arguments"]["unit"] in ("celsius", "fahrenheit")


def test_openai_for_python(tiny: Ask) -> None:
    found = tiny("openai_python", "client.py")
    assert found["models"] == [[CHAT, EMBED], CHAT]
    assert found["chat"]["text"] == found["chat_streamed"]["text"] == found["chat_async"]
    assert found["chat"] == found["chat_streamed"]
    assert 1 <= found["chat"]["tokens"] <= 24
    assert found["several_choices"] == {"count": 2, "repeatable": True, "top_logprobs": [2]}
    assert found["completion"][0] == found["completion"][1]
    check_animal(found["structured"])
    assert isinstance(found["json_object"], dict)
    check_weather(found["tools"])
    assert found["tools"]["finish"] in ("stop", "tool_calls")
    assert found["tools_streamed"]
    for call in found["tools_streamed"]:
        check_weather(call)
    assert found["embeddings"]["same"]
    assert found["embeddings"]["dimensions"] == WIDTH
    refusals = found["refusals"]
    assert {name: error for name, (error, _, _) in refusals.items()} == {
        "unknown model": "NotFoundError",
        "negative temperature": "BadRequestError",
        "unsupported": "BadRequestError",
        "no messages": "BadRequestError",
    }
    assert "modalities" in refusals["unsupported"][2]


def test_openai_for_node(tiny: Ask) -> None:
    found = tiny("node", "client.mjs")
    assert found["models"] == [CHAT, EMBED]
    assert found["chat"] == found["chat_streamed"]
    assert found["completion"][0] == found["completion"][1]
    check_animal(found["structured"])
    check_weather(found["tools"])
    assert found["dimensions"] == WIDTH
    assert found["refused"] == ["NotFoundError", 404]


def test_langchain(tiny: Ask) -> None:
    found = tiny("frameworks", "langchain.py")
    assert found["chat"] == found["chat_streamed"]
    assert found["tokens"] == found["streamed_tokens"]
    check_animal(found["structured"])
    assert [call["name"] for call in found["tools"]] == ["get_weather"]
    assert set(found["tools"][0]["arguments"]) == {"city"}
    assert found["dimensions"] == WIDTH


def test_instructor(tiny: Ask) -> None:
    found = tiny("frameworks", "structured.py")
    assert len(found) == 4
    for answer in found.values():
        check_animal(answer)


def test_litellm(tiny: Ask) -> None:
    found = tiny("frameworks", "lite.py")
    assert found["chat"] == found["chat_streamed"]
    assert 1 <= found["tokens"] <= 24
    assert found["completion"]
    assert found["tools"]["name"] == "get_weather"
    assert set(found["tools"]["arguments"]) == {"city"}
    assert found["dimensions"] == [WIDTH, WIDTH]


def test_llm(tiny: Ask) -> None:
    found = tiny("frameworks", "llm_models.py")
    assert found["chat"] == found["chat_streamed"]
    assert found["completion"] == found["completion_streamed"]
    check_animal(found["structured"])


@pytest.fixture(scope="module")
def reference(
    request: pytest.FixtureRequest, missing: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where the reference models answer, imported from the packages that carry them."""
    desk = new_project(tmp_path_factory.mktemp("reference") / "project")
    for name in (CHAT, EMBED):
        try:
            weights = find_weights(name)
        except WeightsMissing as error:
            missing(str(error))
            raise
        shutil.copytree(request.config.rootpath / "examples" / name, desk.root / "functions" / name)
        ran = desk("import", str(weights), "--name", name)
        assert ran.code == 0, ran.err
    with served(desk.root) as server:
        yield server.address


def test_the_reference_models_make_sense(reference: str, installed: Callable[[str], Path], tmp_path: Path) -> None:
    found = make_ask(reference, installed, tmp_path)("openai_python", "client.py")
    # The second answer keeps the prompt's cache, and its sums round differently: a word may be another one.
    assert all("Gravity is" in text for text in (found["chat"]["text"], found["chat_streamed"]["text"]))
    assert "four" in found["completion"][0]
    check_animal(found["structured"])
    check_weather(found["tools"])
    assert "Paris" in found["tools"]["arguments"]["city"]
    assert found["embeddings"]["dimensions"] == 384
    assert found["embeddings"]["near"] > found["embeddings"]["far"] + 0.3


def test_the_question_of_the_demonstration_is_answered(reference: str, capsys: pytest.CaptureFixture[str]) -> None:
    times = ask(int(reference.rpartition(":")[2]), QUESTION)
    assert 0 < times.first < times.whole
    assert times.tokens > 10
    assert "sky" in capsys.readouterr().out
