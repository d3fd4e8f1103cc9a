"""The web server of `pilotlight serve`: HTTP/1.1 on this machine's own address, one thread a connection."""

from __future__ import annotations

import errno
import socketserver
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any, Final, TextIO

from pilotlight.core.errors import ServiceError
from pilotlight.local.gateway import Gateway, WebResponse, error_response
from pilotlight.local.request_body import BodyError, read_body

HOST: Final = "127.0.0.1"

_POLL_SECONDS: Final = 0.05
"""How often a server in the background looks whether it is to stop."""

_OWN_HEADERS: Final = frozenset({"connection", "content-length", "date", "server", "transfer-encoding"})
"""Headers that the server writes itself, whatever the function said, as API Gateway does."""


class LocalServer(socketserver.ThreadingTCPServer):
    """Serves a gateway on 127.0.0.1.

    Args:
        gateway: Responds to the requests.
        port: The port; 0 takes a free one, which `address` names.
        log: Takes one line a request: method, path, status, milliseconds.
        clock: Seconds.

    Raises:
        ServiceError: The port is taken or not allowed.
    """

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, gateway: Gateway, port: int, log: TextIO, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.gateway = gateway
        self.clock = clock
        self._log = log
        try:
            super().__init__((HOST, port), _Connection)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            why = "is taken by another program" if error.errno == errno.EADDRINUSE else "may not be opened by you"
            raise ServiceError(f"port {port}", why, "Give another --port; 0 chooses a free one.") from error

    @property
    def address(self) -> str:
        """Where it listens, such as http://127.0.0.1:8080."""
        return f"http://{HOST}:{self.server_address[1]}"

    def report(self, line: str) -> None:
        """Write one line to the log."""
        self._log.write(line + "\n")
        self._log.flush()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  (the base class's signature)
        """Log a line for a client that went away, and the traceback for anything else, which is a defect."""
        error = sys.exc_info()[1]
        if isinstance(error, ConnectionError | TimeoutError):
            self.report("connection ended by the client before its answer")
        else:
            self.report("".join(traceback.format_exception(error)))


@contextmanager
def serve_in_background(server: LocalServer) -> Iterator[threading.Thread]:
    """Respond to requests in a thread, which this yields, until the block ends."""
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        server.shutdown()
        thread.join()


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 300
    server: LocalServer

    def _answer(self) -> None:
        began = self.server.clock()
        try:
            body = read_body(self.headers, self.rfile)
        except BodyError as refused:
            self.close_connection = True
            response = error_response(refused.status, str(refused))
        else:
            response = self.server.gateway.answer(self.command, self.path, self.headers.items(), body)
        self._send(response)
        took = (self.server.clock() - began) * 1000
        self.server.report(f"{self.command} {self.path.partition('?')[0]} {response.status} {took:.1f} ms")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815  (http.server's names)

    def _send(self, response: WebResponse) -> None:
        self.send_response(response.status)
        for name, value in response.headers:
            if name.lower() not in _OWN_HEADERS:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def version_string(self) -> str:
        """The Server header, without Python's version."""
        return "pilotlight"

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Nothing: `_answer` writes a line that has the milliseconds too."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's signature)
        """Log what http.server itself reports, such as a malformed request line."""
        self.server.report(format % args)
