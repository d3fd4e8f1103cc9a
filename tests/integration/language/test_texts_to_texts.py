"""A model that writes text, asked over the Open Inference Protocol: texts in, texts out."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from support.language_functions import package_writer
from support.streaming_function import request

from pilotlight_runtime.language.written_texts import MOST_TEXTS
from pilotlight_runtime.language_app import language_handler

pytestmark = pytest.mark.integration


def ask(folder: Path, path: str, document: Any) -> tuple[int, str]:
    handler = language_handler(str(folder / "app.py"), environ={}, stream=io.StringIO())
    found = handler(request(path, document), None)
    return found["statusCode"], found["body"]


def infer(*texts: str) -> dict[str, Any]:
    return {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [len(texts)], "data": list(texts)}]}


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chat") / "tiny"
    package_writer(folder)
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base") / "tiny"
    package_writer(folder, chat=None)
    return folder


def test_each_text_gets_one(chat: Path, base: Path) -> None:
    found = []
    for folder in (chat, base):
        status, body = ask(folder, "/v2/models/tiny/infer", infer("Hello", "Good day"))
        assert status == 200, body
        (output,) = json.loads(body)["outputs"]
        assert (output["name"], output["shape"]) == ("text", [2])
        found.append(output["data"])
    assert found[0] != found[1]  # a chat format stands around the texts of one


def test_a_stream_comes_in_parts(base: Path) -> None:
    status, streamed = ask(base, "/v2/models/tiny/generate_stream", {"text": "Hello"})
    assert status == 200
    parts = [json.loads(line.removeprefix("data: ")) for line in streamed.split("\n\n") if line]
    assert len(parts) > 1
    assert {"text"} <= set(parts[0])


@pytest.mark.parametrize(
    ("path", "document", "message"),
    [
        ("infer", infer(*["a"] * (MOST_TEXTS + 1)), f"the most is {MOST_TEXTS}"),
        ("generate_stream", {"text": ["a", "b"]}, "a stream takes one"),
        ("infer", infer("a" * 100_000), "characters"),
    ],
)
def test_more_than_a_request_may_have_is_refused(base: Path, path: str, document: Any, message: str) -> None:
    status, body = ask(base, f"/v2/models/tiny/{path}", document)
    assert status == 400
    assert message in body
