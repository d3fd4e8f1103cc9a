"""As test_tensor_function, for functions that write text, compute vectors, rank, classify and tag."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.canaries import CANARY
from support.encoder_import import package_tiny
from support.language_functions import package_writer
from support.leaks import look, send
from support.private_requests import as_bodies, everywhere_but_in_the_body, fields, rest
from support.tiny_encoder import write_encoder
from support.watched_function import WatchedFunction, watching

pytestmark = pytest.mark.integration

CHAT, COMPLETION = "/tiny/v1/chat/completions", "/v1/completions"
INFER, GENERATE, STREAM = (f"/v2/models/tiny/{name}" for name in ("infer", "generate", "generate_stream"))
FAIL, WAIT = "please fail", "please wait"
APP = f"""
import time
from pilotlight_runtime import language_handler
from pilotlight_runtime.text.tokenizer import Tokenizer


def failing(encode):
    def encode_or_fail(self, text, *rest, **more):
        if "{FAIL}" in text:
            raise ValueError(text)
        if "{WAIT}" in text:
            time.sleep(60)
        return encode(self, text, *rest, **more)

    return encode_or_fail


for name in ("encode", "encode_with_offsets"):
    setattr(Tokenizer, name, failing(getattr(Tokenizer, name)))
handler = language_handler(__file__)
"""
SAID = [{"role": "user", "content": f"my secret is {CANARY.text}"}]
TOOL = {
    "type": "function",
    "function": {
        "name": CANARY.text,
        "description": CANARY.text,
        "parameters": {"type": "object", "properties": {CANARY.text: {"type": "integer"}}},
    },
}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "string", "enum": [CANARY.text]}}}


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[WatchedFunction]:
    package_writer(tmp_path / "function")
    (tmp_path / "function" / "app.py").write_text(APP)
    with watching(tmp_path) as found:
        yield found


def chat(**more: Any) -> dict[str, Any]:
    return {"model": "tiny", "messages": SAID, "max_tokens": 4, **more}


def long_answer(**more: Any) -> dict[str, Any]:
    """A request whose answer takes as long as the context has room."""
    return chat(max_tokens=150, stream=True, **more)


def test_what_a_writer_answers_leaves_nothing_of_the_request(writer: WatchedFunction) -> None:
    options = {
        "stop": [CANARY.text],
        "user": CANARY.text,
        "seed": 7,
        "temperature": 0.5,
        "logit_bias": {"1": 1},
        "response_format": SCHEMA,
        "tools": [TOOL],
        "tool_choice": "auto",
        "metadata": {"a": CANARY.text},
        "stream": False,
        "stream_options": None,
        "n": 1,
        "top_p": 1,
        "logprobs": True,
    }
    events = [*everywhere_but_in_the_body(CANARY, CHAT, {**chat(), "messages": [{"role": "user", "content": "a"}]})]
    for path, document in (
        (CHAT, chat()),
        (CHAT, chat(stream=True)),
        (COMPLETION, {"model": "tiny", "prompt": CANARY.text, "max_tokens": 4, "echo": True}),
        (GENERATE, {"text": CANARY.text}),
        (STREAM, {"text": CANARY.text}),
        (INFER, {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": [CANARY.text]}]}),
    ):
        events += [(f"{path}, {said}", event) for said, event in as_bodies(CANARY, path, document)]
    events += [(said, rest(CHAT, changed)) for said, changed in fields(CANARY, chat(**options))]
    events += [(f"{name} alone", rest(CHAT, chat(**{name: value}))) for name, value in options.items()]
    events += [
        ("another model", rest(CHAT, chat(model=CANARY.text))),
        ("a role", rest(CHAT, chat(messages=[{"role": CANARY.text, "content": CANARY.text}]))),
        ("a picture", rest(CHAT, chat(messages=[{"role": "user", "content": [{"type": CANARY.text}]}]))),
        ("too long", rest(CHAT, chat(messages=[{"role": "user", "content": CANARY.text * 100}]))),
        ("a file", rest(CHAT, {"input_file_id": CANARY.text})),
        ("no such route", rest("/tiny/v1/embeddings", {"input": CANARY.text})),
        ("direct", {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": [CANARY.text]}]}),
    ]
    statuses = {send(writer, event, said) for said, event in events}
    assert {200, 400, 404, 405, 413} <= statuses
    assert writer.log.count(b'"message":"request"') > 150


def test_a_writer_that_fails_leaves_nothing_of_the_request(writer: WatchedFunction) -> None:
    failing = [{"role": "user", "content": f"{FAIL} {CANARY.text}"}]
    for stream in (False, True):
        assert send(writer, rest(CHAT, chat(messages=failing, stream=stream)), f"stream: {stream}") == 500
    assert send(writer, rest(GENERATE, {"text": f"{FAIL} {CANARY.text}"}), "generate") == 500
    writer.call(rest(STREAM, {"text": f"{FAIL} {CANARY.text}"}))
    look(writer, "generate_stream")
    assert writer.log.count(b'"level":"ERROR"') == 4


def test_a_caller_that_leaves_a_writer_leaves_nothing_of_the_request(writer: WatchedFunction) -> None:
    assert b'"statusCode": 200' in writer.leave(rest(CHAT, long_answer()))
    writer.wait_for_lines(1)
    look(writer, "a caller that leaves")


def test_a_writer_that_runs_out_of_time_leaves_nothing_of_the_request(writer: WatchedFunction) -> None:
    for stream in (True, False):  # the answer ends a second before the function's time is over
        assert send(writer, rest(CHAT, {**long_answer(), "stream": stream}), "warm") == 200
        writer.call(rest(CHAT, {**long_answer(), "stream": stream}), timeout=1.005)
        look(writer, "an answer that ends early")
    waiting = [{"role": "user", "content": f"{WAIT} {CANARY.text}"}]
    assert writer.call(rest(CHAT, chat(messages=waiting)), timeout=1.5) is None
    look(writer, "a time-out")


def test_a_writer_that_is_killed_leaves_nothing_of_the_request(writer: WatchedFunction) -> None:
    with writer.api.invoke(json.dumps(rest(CHAT, long_answer())).encode()) as invocation:
        assert next(iter(invocation))
        writer.process.kill()
        writer.process.wait()
    look(writer, "a process that is killed")


ASKS = {
    "embed": ("/tiny/v1/embeddings", {"model": "tiny", "input": [CANARY.text, "a cat"]}),
    "rerank": ("/v1/rerank", {"model": "tiny", "query": CANARY.text, "documents": [CANARY.text, "a cat"]}),
    "classify": (INFER, {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": [CANARY.text]}]}),
    "tag": (INFER, {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": [CANARY.text]}]}),
}
LABELS = {"embed": (), "rerank": (), "classify": ("bad", "good"), "tag": ("O", "B-PER", "I-PER")}


@pytest.mark.parametrize("task", ASKS)
def test_what_an_encoder_answers_leaves_nothing_of_the_request(tmp_path: Path, task: str) -> None:
    (tmp_path / "function").mkdir()
    package_tiny(write_encoder(tmp_path / "model", "bert", task, LABELS[task]), tmp_path / "function")
    (tmp_path / "function" / "app.py").write_text(APP)
    path, document = ASKS[task]
    failing = json.loads(json.dumps(document).replace(CANARY.text, f"{FAIL} {CANARY.text}"))
    events = [*as_bodies(CANARY, path, document), *everywhere_but_in_the_body(CANARY, path, document)]
    events += [(said, rest(path, changed)) for said, changed in fields(CANARY, document)]
    with watching(tmp_path) as function:
        statuses = {send(function, event, said) for said, event in events}
        assert {200, 400, 404, 405, 413} <= statuses
        assert send(function, rest(path, failing), "a failure") == 500
