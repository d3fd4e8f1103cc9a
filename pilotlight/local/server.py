"""The web server of `pilotlight serve`: HTTP/1.1 on this machine's own address, one thread a connection."""

from __future__ import annotations

import errno
import socket
import socketserver
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, TextIO

from pilotlight.core.errors import ServiceError
from pilotlight.core.printable import escape_lines
from pilotlight.local.connection import LIMITS, Connection, Limits
from pilotlight.local.gateway import Gateway, error_response
from pilotlight.local.open_connections import MOST_CONNECTIONS, OpenConnections
from pilotlight.local.response_head import write_response

HOST: Final = "127.0.0.1"

_POLL_SECONDS: Final = 0.05
"""How often a server in the background looks whether it is to stop."""


class LocalServer(socketserver.ThreadingTCPServer):
    """Serves a gateway on 127.0.0.1.

    Args:
        gateway: Responds to the requests.
        port: The port; 0 takes a free one, which `address` names.
        log: Takes one line a request: method, path, status, milliseconds.
        limits: How long a client may take.
        most_connections: How many clients may be connected at one time.
        clock: Seconds.

    Raises:
        ServiceError: The port is taken or not allowed.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        gateway: Gateway,
        port: int,
        log: TextIO,
        *,
        limits: Limits = LIMITS,
        most_connections: int = MOST_CONNECTIONS,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.gateway = gateway
        self._limits = limits
        self._clock = clock
        self._log = log
        self._connections = OpenConnections(most_connections)
        try:
            super().__init__((HOST, port), socketserver.BaseRequestHandler)
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

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own; with 503 where too many clients are connected."""
        if self._connections.admit(request):
            super().process_request(request, client_address)
            return
        full = error_response(503, "too many requests are being answered; try again")
        with suppress(OSError):
            request.settimeout(0)  # whoever is answered here must not keep the others waiting
            request.send(write_response(full, with_body=True, close=True, now=time.time()))
        self.report("connection refused 503: too many are open")
        self.shutdown_request(request)

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  (the base class's signature)
        """Answer the requests of one connection."""
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(request, self.gateway, self.report, limits=self._limits, clock=self._clock)
        connection.answer_requests(
            lambda: self._connections.set_idle(request), lambda: self._connections.set_busy(request)
        )

    def shutdown_request(self, request: Any) -> None:
        """Close one connection."""
        self._connections.remove(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  (the base class's signature)
        """Log the traceback of a defect."""
        self.report(escape_lines("".join(traceback.format_exception(sys.exc_info()[1]))))

    def server_close(self) -> None:
        """Close the port and every connection."""
        super().server_close()
        self._connections.shut_down()


@contextmanager
def serve_in_background(server: socketserver.BaseServer) -> Iterator[threading.Thread]:
    """Respond to requests in a thread, which this yields, until the block ends."""
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        server.shutdown()
        thread.join()
