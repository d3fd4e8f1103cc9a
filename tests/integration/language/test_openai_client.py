"""OpenAI's own client against the server of `pilotlight serve`, whose functions run as Lambda runs them."""

from __future__ import annotations

import http.client
import io
import json
import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import openai
import pytest
from support.language_functions import package_writer
from support.onnx_models import package_identity

from pilotlight.local.server import LocalServer, serve_in_background
from pilotlight.workflows.local_functions import load_gateway, start_functions

pytestmark = pytest.mark.integration

APP = "from pilotlight_runtime import model_handler\n\nhandler = model_handler(__file__)\n"
HELLO: Any = [{"role": "user", "content": "Hello"}]
SCHEMA = {
    "type": "object",
    "properties": {"age": {"type": "integer"}},
    "required": ["age"],
    "additionalProperties": False,
}


class Running(NamedTuple):
    """address: of the server. printed: what the functions have printed."""

    address: str
    printed: io.StringIO


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Two language models and one of another kind."""
    folder = tmp_path_factory.mktemp("functions")
    package_writer(folder / "tiny", context=1024)
    package_writer(folder / "base", name="base", chat=None, stream=False)
    package_identity(folder / "plain", "FP32", (1,), name="plain")
    (folder / "plain" / "app.py").write_text(APP)
    log, printed = io.StringIO(), io.StringIO()
    names = ("tiny", "base", "plain")
    with (
        start_functions(folder, names, printed.write, log, 29, streaming=("tiny",)) as functions,
        LocalServer(load_gateway(functions, log), 0, log) as server,
        serve_in_background(server),
    ):
        yield Running(server.address, printed)


@pytest.fixture(scope="module")
def client(server: Running) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.address}/v1", api_key="k", max_retries=0)


def test_a_chat_is_answered(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="tiny", messages=HELLO, max_tokens=6, temperature=0)
    assert len(answer.choices[0].message.content or "") == 6
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.total_tokens == 30
    assert answer._request_id


def test_a_chat_is_streamed(client: openai.OpenAI, server: Running) -> None:
    asked: Any = {"model": "tiny", "messages": HELLO, "max_tokens": 20, "seed": 1}
    whole = client.chat.completions.create(**asked).choices[0].message.content
    named = openai.OpenAI(base_url=f"{server.address}/tiny/v1", api_key="k")
    for each in (client, named):
        stream = each.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True})
        chunks = list(stream)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == whole
        assert chunks[-1].usage is not None
        assert chunks[-1].usage.completion_tokens == 20


def test_a_stream_comes_while_it_is_written(server: Running) -> None:
    """The first event is there before the last one is made."""
    url = urlsplit(server.address)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=30)
    body = json.dumps({"model": "tiny", "messages": HELLO, "stream": True, "temperature": 0, "max_tokens": 900})
    connection.request("POST", "/v1/chat/completions", body)
    response = connection.getresponse()
    assert response.getheader("Content-Type") == "text/event-stream; charset=utf-8"
    began = time.perf_counter()
    first = response.readline()
    until_first = time.perf_counter() - began
    rest = response.read()
    assert json.loads(first.removeprefix(b"data: "))["choices"][0]["delta"]["role"] == "assistant"
    assert rest.endswith(b"data: [DONE]\n\n")
    assert until_first < (time.perf_counter() - began) / 2
    connection.close()


def test_the_helper_for_streams_puts_an_answer_together(client: openai.OpenAI) -> None:
    whole = _said(client, "Hello", {"model": "tiny", "max_tokens": 30, "temperature": 0})
    stop = whole[-1]
    with client.chat.completions.stream(model="tiny", messages=HELLO, temperature=0, stop=stop) as stream:
        kinds = {event.type for event in stream}
        answer = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done"} <= kinds
    assert answer.choices[0].message.content == whole[: whole.index(stop)]


def test_an_answer_is_parsed_by_its_schema(client: openai.OpenAI) -> None:
    form: Any = {"type": "json_schema", "json_schema": {"name": "pet", "strict": True, "schema": SCHEMA}}
    answer = client.chat.completions.create(model="tiny", messages=HELLO, max_tokens=40, response_format=form)
    assert isinstance(json.loads(answer.choices[0].message.content or "")["age"], int)


def test_a_tool_is_called_in_a_stream(client: openai.OpenAI) -> None:
    tool: Any = {"type": "function", "function": {"name": "look", "parameters": SCHEMA, "strict": True}}
    asked: Any = {"model": "tiny", "messages": HELLO, "tools": [tool], "tool_choice": "required", "max_tokens": 100}
    with client.chat.completions.stream(**asked, parallel_tool_calls=False) as stream:
        answer = stream.get_final_completion()
    (call,) = answer.choices[0].message.tool_calls or ()
    assert call.function.name == "look"
    assert answer.choices[0].finish_reason == "tool_calls"
    assert isinstance(json.loads(call.function.arguments)["age"], int)


def test_prompts_are_continued(client: openai.OpenAI) -> None:
    answer = client.completions.create(model="base", prompt=["a", "b"], max_tokens=3, logprobs=2, seed=1)
    assert [len(choice.text) for choice in answer.choices] == [3, 3]
    parts = list(client.completions.create(model="base", prompt="a", max_tokens=3, seed=1, stream=True))
    assert "".join(part.choices[0].text for part in parts) == answer.choices[0].text


def test_errors_are_the_clients_own(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as bad:
        client.chat.completions.create(model="tiny", messages=HELLO, temperature=-1)
    assert bad.value.param == "temperature"
    assert bad.value.type == "invalid_request_error"
    assert bad.value.request_id
    with pytest.raises(openai.NotFoundError) as unknown:
        client.chat.completions.create(model="gpt-4o", messages=HELLO)
    assert unknown.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError, match="base model"):
        client.chat.completions.create(model="base", messages=HELLO)
    with pytest.raises(openai.BadRequestError, match="'functions' is not supported"):
        client.chat.completions.create(model="tiny", messages=HELLO, functions=[{"name": "f"}])


def test_models_are_found(server: Running) -> None:
    for name in ("tiny", "base"):
        client = openai.OpenAI(base_url=f"{server.address}/{name}/v1", api_key="k")
        assert [model.id for model in client.models.list()] == [name]
        assert client.models.retrieve(name).id == name


def test_who_leaves_in_the_middle_stops_the_function(client: openai.OpenAI, server: Running) -> None:
    stream = client.chat.completions.create(model="tiny", messages=HELLO, stream=True, temperature=0)
    next(iter(stream))
    stream.close()
    answer = client.chat.completions.create(model="tiny", messages=HELLO, max_tokens=6, temperature=0)
    assert len(answer.choices[0].message.content or "") == 6
    statuses = [line["status"] for line in _requests(server)]
    assert 499 in statuses


def test_requests_at_the_same_time_do_not_mix(client: openai.OpenAI) -> None:
    asked: Any = {"model": "tiny", "max_tokens": 30, "temperature": 0}
    texts = ["one", "two more", "and a third one"]
    alone = [_said(client, text, asked) for text in texts]
    found: dict[int, str] = {}
    threads = [
        threading.Thread(target=lambda index=index: found.update({index: _said(client, texts[index % 3], asked)}))
        for index in range(9)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[index] for index in range(9)] == alone * 3


def test_the_other_protocols_stay(server: Running) -> None:
    url = urlsplit(server.address)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=30)
    inputs = [{"name": "text", "shape": [1], "datatype": "BYTES", "data": ["Hello"]}]
    for path, body in (
        ("/v2/models/tiny/infer", {"inputs": inputs}),
        ("/v2/models/tiny/generate", {"text": "Hello"}),
        ("/v1/models/tiny:predict", {"instances": ["Hello"]}),
        ("/v2/models/plain/infer", {"inputs": [{"name": "x", "shape": [1], "datatype": "FP32", "data": [1]}]}),
    ):
        connection.request("POST", path, json.dumps(body))
        response = connection.getresponse()
        assert (response.status, bool(response.read())) == (200, True), path
    connection.request("POST", "/v2/models/tiny/generate_stream", '{"text": "Hello"}')
    events = connection.getresponse().read().split(b"\n\n")
    assert len(events) > 10
    connection.close()


def _said(client: openai.OpenAI, text: str, asked: dict[str, Any]) -> str:
    messages: Any = [{"role": "user", "content": text}]
    return client.chat.completions.create(messages=messages, **asked).choices[0].message.content or ""


def _requests(server: Running) -> list[dict[str, Any]]:
    lines = [line for line in server.printed.getvalue().splitlines() if '"message":"request"' in line]
    return [json.loads(line) for line in lines]
