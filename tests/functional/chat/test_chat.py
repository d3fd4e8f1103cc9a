"""A conversation over HTTP: what is sent, what is shown, what goes wrong. The server is real, its answers are not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.chat_server import GREETING, Server, chat_server, end, event, usage

import pilotlight
from pilotlight.core.errors import ServiceError
from pilotlight.local.chat_events import Usage
from pilotlight.workflows.chat import Chat, ChatRequest, open_chat
from pilotlight.workflows.context import Context


@pytest.fixture
def server() -> Iterator[Server]:
    with chat_server() as made:
        yield made


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(tmp_path, {})


def ask(server: Server, context: Context, *messages: str, **options: Any) -> tuple[Chat, list[str]]:
    with open_chat(ChatRequest("assistant", url=server.url, **options), context) as chat:
        return chat, ["".join(chat.say(message)) for message in messages]


def test_each_message_is_sent_with_what_was_said_before(server: Server, context: Context) -> None:
    server.answers = [(200, GREETING)] * 2
    _, answers = ask(server, context, "Hello", "And now?", system="Be short.", api_key="k-1", max_tokens=9)
    assert answers == ["Good day."] * 2
    (path, headers, first), (_, _, second) = server.requests
    assert path == "/prod/assistant/v1/chat/completions"
    assert headers["x-api-key"] == "k-1"
    assert (first["stream"], first["model"], first["max_tokens"]) == (True, "assistant", 9)
    assert "temperature" not in first
    said = [("system", "Be short."), ("user", "Hello"), ("assistant", "Good day."), ("user", "And now?")]
    assert [(each["role"], each["content"]) for each in second["messages"]] == said


def test_a_program_talks_too(server: Server) -> None:
    server.answers = [(200, GREETING)] * 2
    with pilotlight.chat("assistant", url=server.url, api_key="k-1", temperature=0) as conversation:
        assert "".join(conversation.say("Hello")) == "Good day."
    assert conversation.report is not None
    assert conversation.report.text == "Good day."
    ((_, headers, body),) = server.requests
    assert headers["authorization"] == "Bearer k-1"
    assert body["temperature"] == 0


def test_text_is_there_before_the_answer_has_ended(server: Server, context: Context) -> None:
    server.answers = [(200, (event(content="Good "), event(content="day."), b"data: [DONE]\n\n"))]
    server.go_on.clear()
    with open_chat(ChatRequest("assistant", url=server.url), context) as chat:
        answer = chat.say("Hello")
        assert next(answer) == "Good "
        server.go_on.set()
        assert list(answer) == ["day."]


@pytest.mark.parametrize(
    ("status", "parts", "message"),
    [
        (400, (b'{"error": {"message": "the prompt has 9 tokens too many"}}',), "9 tokens too many"),
        (403, (b'{"message": "Forbidden"}',), "--api-key"),
        (200, (event(content="Good "),), "before the end"),
        (200, (b"data: no json\n\n",), "JSON"),
        (200, (b'data: {"other": 1}\n\n',), "no part of a chat completion"),
        (200, (b'data: {"error": {"message": "out of memory"}}\n\n',), "out of memory"),
    ],
)
def test_what_goes_wrong_is_told_and_leaves_the_conversation_as_it_was(
    server: Server, context: Context, status: int, parts: tuple[bytes, ...], message: str
) -> None:
    server.answers = [(status, parts), (200, GREETING)]
    with open_chat(ChatRequest("assistant", url=server.url), context) as chat:
        with pytest.raises(ServiceError, match=message):
            list(chat.say("Hello"))
        assert chat.messages == []
        assert "".join(chat.say("Hello again")) == "Good day."


def test_what_an_answer_was_like(server: Server, context: Context) -> None:
    server.answers = [(200, (*GREETING[:-1], end("length"), usage(31, 5), GREETING[-1]))]
    ticks = iter([0.0, 0.5, 2.5])
    with open_chat(ChatRequest("assistant", url=server.url, clock=lambda: next(ticks)), context) as chat:
        list(chat.say("Hello"))
        report = chat.report
    assert report is not None
    assert (report.text, report.finish, report.usage) == ("Good day.", "length", Usage(31, 5))
    assert (report.waited, report.seconds, report.tokens_a_second) == (0.5, 2.5, 2.0)
    assert server.requests[0][2]["stream_options"] == {"include_usage": True}


def test_a_stopped_answer_stays_as_far_as_it_was_read(server: Server, context: Context) -> None:
    server.answers = [(200, GREETING)]
    with open_chat(ChatRequest("assistant", url=server.url), context) as chat:
        answer = chat.say("Hello")
        assert next(answer) == "Good "
        answer.close()
        assert chat.messages[-1] == {"role": "assistant", "content": "Good "}
        assert chat.report is not None
        assert chat.report.finish == "stopped"


def test_an_address_that_ends_in_v1_is_a_base_url(server: Server, context: Context) -> None:
    server.answers = [(200, GREETING)]
    request = ChatRequest("gpt", url=f"{server.url}/v1/", api_key="k-1", top_p=0.5, seed=7)
    with open_chat(request, context) as chat:
        assert "".join(chat.say("Hello")) == "Good day."
    path, headers, body = server.requests[0]
    assert path == "/prod/v1/chat/completions"
    assert headers["authorization"] == "Bearer k-1"
    assert (body["top_p"], body["seed"]) == (0.5, 7)


def test_nobody_there_is_told(context: Context, server: Server) -> None:
    url = server.url
    server.server.server_close()
    with (
        open_chat(ChatRequest("assistant", url=url), context) as chat,
        pytest.raises(ServiceError, match="whole answer"),
    ):
        list(chat.say("Hello"))


def test_a_key_with_a_line_end_is_refused(server: Server, context: Context) -> None:
    with pytest.raises(ServiceError, match="characters that no key has"):
        ask(server, context, "Hello", api_key="a\r\nb")
