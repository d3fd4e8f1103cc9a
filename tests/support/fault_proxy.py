"""A proxy before a table that fails as networks and services do, when it is told to."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from pathlib import Path
from typing import Any

PASS = "pass"
DROP_REPLY = "drop the reply after the table has done it"
STALL = "do it, and never reply"
DRIP = "do it, and reply a byte at a time"
REFUSE = "end the connection before the table is asked"
THROTTLE = "throttle"
FAIL = "fail after the table has done it"
GARBLE = "reply what is no HTTP"
OTHER = "do it, and reply `other`"

_THROTTLED = b'{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}'
_FAILED = b'{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}'


class FaultProxy:
    """Listens on a port of its own. upstream: the table's port. fault: what happens to the next requests.

    other: what is replied for OTHER, as it is sent. certificate: of the server, with its key, where it speaks TLS.
    version: the newest that it speaks. only_after: requests that pass before the fault.
    """

    def __init__(self, upstream: int, certificate: Path | None = None, version: ssl.TLSVersion | None = None) -> None:
        self.fault = PASS
        self.only_after = 0
        self.other = b""
        self.connections = 0
        self.requests = 0
        self.last_request = b""
        self._open: list[socket.socket] = []
        self._upstream = upstream
        self._ended = threading.Event()
        proxy = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                proxy.connections += 1
                proxy._open.append(self.connection)
                try:
                    while proxy._serve(self.rfile, self.wfile):
                        pass
                except OSError:
                    return

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            context.maximum_version = version or context.maximum_version
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}" if certificate is None else f"https://localhost:{self.port}"

    def close(self) -> None:
        self._ended.set()
        self.cut_idle()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def cut_idle(self) -> None:
        """Ends all connections, as a load balancer ends idle ones."""
        for connection in self._open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self._open.clear()

    def _serve(self, source: Any, target: Any) -> bool:
        """Passes one request on; returns whether the connection goes on."""
        request = _read_message(source)
        if not request:
            return False
        self.requests += 1
        self.last_request = request
        fault = self.fault if self.requests > self.only_after else PASS
        if fault == REFUSE:
            return False
        if fault == THROTTLE:
            target.write(write_reply(400, _THROTTLED))
            return True
        with socket.create_connection(("127.0.0.1", self._upstream)) as upstream:
            upstream.sendall(request)
            with upstream.makefile("rb") as answers:
                answer = _read_message(answers).replace(b"Connection: close\r\n", b"")  # as moto ends each
        return self._answer(fault, answer, target)

    def _answer(self, fault: str, answer: bytes, target: Any) -> bool:
        if fault == DROP_REPLY:
            return False
        if fault == STALL:
            self._ended.wait(30)
            return False
        if fault == DRIP:
            for at in range(len(answer)):
                target.write(answer[at : at + 1])
                target.flush()
                if self._ended.wait(0.05):
                    return False
        target.write(
            {FAIL: write_reply(500, _FAILED), GARBLE: b"nonsense\r\n\r\n", OTHER: self.other}.get(fault, answer)
        )
        return fault != GARBLE


def _read_message(source: Any) -> bytes:
    """A request or an answer whose body has a length."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = source.readline()
        if not line:
            return b""
        head += line
    length = next(
        int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
    )
    return head + source.read(length)


def write_reply(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d Fault\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)
