"""A conversation over HTTP: what is sent, what is shown, what goes wrong. The server is real, its answers are not."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pilotlight.core.errors import ServiceError
from pilotlight.workflows.chat import Chat, ChatRequest, open_chat
from pilotlight.workflows.context import Context


def event(**delta: Any) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}).encode() + b"\n\n"


GREETING = (event(role="assistant", content=""), event(content="Good "), event(content="day."), b"data: [DONE]\n\n")


class Server:
    """Answers each request with what was put into `answers`, a status and parts. requests: path, headers and body."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, tuple[bytes, ...]]] = []
        self.requests: list[tuple[str, dict[str, str], Any]] = []
        self.go_on = threading.Event()
        self.go_on.set()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                owner.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                status, parts = owner.answers.pop(0)
                self.send_response(status)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for part in parts:
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
                    self.wfile.flush()
                    owner.go_on.wait(10)
                self.wfile.write(b"0\r\n\r\n")

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/prod"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


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
