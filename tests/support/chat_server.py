"""A web server that answers chat completions with what a test gives it, as real server-sent events."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def event(**delta: Any) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}).encode() + b"\n\n"


def end(reason: str) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}).encode() + b"\n\n"


def usage(prompt: int, answer: int) -> bytes:
    counts = {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}
    return b"data: " + json.dumps({"choices": [], "usage": counts}).encode() + b"\n\n"


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
                try:
                    for part in parts:
                        self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
                        self.wfile.flush()
                        owner.go_on.wait(10)
                    self.wfile.write(b"0\r\n\r\n")
                except OSError:  # the client left
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/prod"


@contextmanager
def chat_server() -> Iterator[Server]:
    """A server, until the block ends."""
    made = Server()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        made.go_on.set()
        made.server.shutdown()
        thread.join()
        made.server.server_close()
