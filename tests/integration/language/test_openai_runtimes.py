"""A chat by each runtime client, and whatever somebody may send."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.language_functions import package_writer
from support.streaming_function import AWS, OWN, read_stream, request, running

from pilotlight_runtime.language_app import language_handler
from pilotlight_runtime.protocol.openai.parameters import CHAT, COMPLETION

pytestmark = pytest.mark.integration

PATH = "/tiny/v1/chat/completions"
MESSAGES = [{"role": "user", "content": "Hello"}]

JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=6,
)
LIKELY: Any = st.sampled_from(
    [
        0,
        1,
        -1,
        2,
        0.5,
        True,
        False,
        None,
        "",
        "a",
        [],
        {},
        ["a"],
        [1],
        "none",
        {"type": "json_object"},
        {"1": 5},
        MESSAGES,
    ]
)


def written(events: bytes) -> str:
    *documents, done, _ = events.decode().split("\n\n")
    assert done == "data: [DONE]"
    chunks = [json.loads(document.removeprefix("data: ")) for document in documents]
    return "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)


@pytest.mark.parametrize("client", [OWN, AWS], ids=["own", "aws"])
def test_a_stream_is_sent_as_it_comes_or_whole(tmp_path: Path, client: tuple[str, ...]) -> None:
    package_writer(tmp_path)
    asked = {"model": "tiny", "messages": MESSAGES, "temperature": 0, "max_tokens": 20}
    with running(tmp_path, client) as function:

        def invoke(document: object) -> tuple[Any, bytes]:
            response = function.api.invoke(json.dumps(request(PATH, document)).encode(), timeout=29).read()
            assert response.fault is None
            return response.head, response.body

        head, body = invoke({**asked, "stream": True})
        assert head.streaming == (client is OWN)
        if head.streaming:
            prelude, events = read_stream(body)
        else:
            prelude = json.loads(body)
            events = prelude["body"].encode()
        assert prelude["statusCode"] == 200
        assert prelude["headers"]["Content-Type"] == "text/event-stream; charset=utf-8"
        head, body = invoke(asked)
        whole = read_stream(body).body if head.streaming else json.loads(body)["body"]
        assert json.loads(whole)["choices"][0]["message"]["content"] == written(events)
        assert [line["operation"] for line in function.records()] == ["chat", "chat"]
        assert function.records()[0]["request_id"] == prelude["headers"]["x-request-id"]


class Target:
    """One function for all examples."""

    def __init__(self, folder: Path) -> None:
        package_writer(folder)
        self._handler = language_handler(str(folder / "app.py"), environ={}, stream=io.StringIO())

    def check(self, path: str, document: Any) -> None:
        """The answer is one, or an error of the caller's in OpenAI's form."""
        answer = self._handler(request(path, json.dumps(document).encode()), None)
        if answer["statusCode"] == 200:
            return
        assert answer["statusCode"] in (400, 404, 413), (document, answer)
        error = json.loads(answer["body"])["error"]
        assert error["type"] == "invalid_request_error"
        assert error["message"]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Target:
    return Target(tmp_path_factory.mktemp("any"))


@settings(deadline=None, max_examples=400)
@given(fields=st.dictionaries(st.sampled_from(sorted({*CHAT, "x"})), LIKELY | JSON, max_size=6))
def test_any_fields_of_a_chat_get_an_answer(target: Target, fields: dict[str, Any]) -> None:
    target.check("/v1/chat/completions", {"model": "tiny", "messages": MESSAGES, "max_tokens": 2, **fields})


@settings(deadline=None, max_examples=200)
@given(fields=st.dictionaries(st.sampled_from(sorted({*COMPLETION, "x"})), LIKELY | JSON, max_size=6))
def test_any_fields_of_a_completion_get_an_answer(target: Target, fields: dict[str, Any]) -> None:
    target.check("/v1/completions", {"model": "tiny", "prompt": "a", "max_tokens": 2, **fields})


MESSAGE: Any = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "system", "developer", "tool", "x"]), "content": LIKELY | JSON},
    optional={"tool_calls": LIKELY | JSON, "tool_call_id": LIKELY | JSON, "name": LIKELY | JSON, "refusal": JSON},
)


@settings(deadline=None, max_examples=300)
@given(messages=st.lists(MESSAGE | JSON, max_size=4), tools=JSON)
def test_any_messages_get_an_answer(target: Target, messages: list[Any], tools: Any) -> None:
    target.check(
        "/v1/chat/completions", {"model": "tiny", "messages": messages, "tools": tools, "max_completion_tokens": 2}
    )


@settings(deadline=None, max_examples=200)
@given(document=JSON)
def test_any_document_gets_an_answer(target: Target, document: Any) -> None:
    for path in ("/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/tiny/v1/models"):
        answer = target._handler(request(path, json.dumps(document).encode()), None)
        assert 400 <= answer["statusCode"] < 500
