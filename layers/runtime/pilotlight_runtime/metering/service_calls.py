"""Calls of an AWS service that speaks JSON: signed, on one kept connection, within a bound of time, sent once."""

from __future__ import annotations

import time
from _thread import allocate_lock

from pilotlight_runtime.aws_signature import HeaderSigner
from pilotlight_runtime.json_text import loads, make_encoder
from pilotlight_runtime.lambda_client.connection import Connection, InvalidAnswer
from pilotlight_runtime.light_typing import Any, Callable, Final, Mapping, NamedTuple
from pilotlight_runtime.metering.sockets import BoundedSocket, Endpoint, open_bounded
from pilotlight_runtime.metering.store import ReplyLost, StoreFailed

SECONDS: Final = 2.0
"""For one call. DynamoDB answers within 10 ms nearly always."""
OLDEST: Final = 20.0
"""Seconds of rest after which a connection is replaced before it is used: the other side may have ended it."""
CONTENT_TYPE: Final = "application/x-amz-json-1.0"
_write: Final = make_encoder(separators=(",", ":"))

FindCredentials = Callable[[], tuple[str, str, str]]
"""Finds access key, secret key and token; raises what says why there are none."""


class Reply(NamedTuple):
    """What the service answered.

    Attributes:
        status: The HTTP status, below 500.
        document: The parsed body.
    """

    status: int
    document: Any


class ServiceCalls:
    """Calls one service. Threads take turns.

    Args:
        endpoint: Where it answers.
        signer: Signs the requests.
        find_credentials: Finds who signs.
        clock: Seconds since the epoch. A connection's rest is measured with it, since a monotonic clock may stand still
            while Lambda freezes the function.
        ticks: Seconds, monotonic.
        seconds: The bound of one call.
        content_type: Of requests, with the version of the protocol that the service speaks.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        signer: HeaderSigner,
        find_credentials: FindCredentials,
        *,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
        seconds: float = SECONDS,
        content_type: str = CONTENT_TYPE,
    ) -> None:
        self._endpoint = endpoint
        self._signer = signer
        self._find_credentials = find_credentials
        self._clock = clock
        self._ticks = ticks
        self._seconds = seconds
        self._content_type = content_type
        self._until = 0.0
        self._used = 0.0
        self._socket: BoundedSocket | None = None
        # Only this class opens its socket, so that the address is never parsed for a connection.
        self._connection = Connection(f"{endpoint.host}:{endpoint.port}", self._reuse)
        self._lock = allocate_lock()

    def connect(self) -> None:
        """Opens the connection ahead of the first call; OSError where that fails."""
        with self._lock:
            self._until = self._ticks() + self._seconds
            self._open()

    def close(self) -> None:
        """Ends the connection; the next call opens a new one."""
        with self._lock:
            self._close()

    def call(self, target: str, parameters: Mapping[str, Any]) -> Reply:
        """Calls an operation once.

        Args:
            target: The operation with its version, as the header X-Amz-Target has it.
            parameters: Of the operation.

        Returns:
            The reply.

        Raises:
            StoreFailed: The service was not reached.
            ReplyLost: The request went out, and no reply came in time, or one that says nothing.
        """
        body = _write(parameters).encode()
        with self._lock:
            self._until = self._ticks() + self._seconds
            request = self._sign(target, body)
            self._make_ready()
            return self._exchange(request)

    def _sign(self, target: str, body: bytes) -> bytes:
        """The request as it is sent."""
        headers = {
            "content-type": self._content_type,
            "host": self._endpoint.header,
            "x-amz-target": target,
        }
        try:
            credentials = self._find_credentials()
        except Exception as error:
            raise StoreFailed("the function has no credentials for its table") from error
        signed = self._signer.authorize(credentials, headers, body, self._clock())
        lines = "".join([f"{name}: {value}\r\n" for name, value in signed.items()])
        return f"POST / HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n\r\n".encode() + body

    def _make_ready(self) -> None:
        """Replaces a connection that may have ended, and opens one where there is none, before anything is sent."""
        kept = self._socket
        age = self._clock() - self._used
        if kept is not None and (not 0 <= age < OLDEST or not kept.is_quiet()):
            self._close()
        if self._socket is None:
            try:
                self._open()
            except OSError as error:
                raise StoreFailed("the table cannot be reached") from error

    def _exchange(self, request: bytes) -> Reply:
        connection = self._connection
        try:
            connection.send(request)
            answer = connection.receive()
            if answer.status >= 500:
                raise ReplyLost(f"the table answers with status {answer.status}")
            document = loads(answer.body)
        except (OSError, InvalidAnswer, ValueError) as error:
            self._close()
            raise ReplyLost("the table was asked, and no reply came that can be read") from error
        self._used = self._clock()
        if answer.headers.get("connection", "").lower() == "close":
            self._close()
        return Reply(answer.status, document)

    def _open(self) -> None:
        self._socket = open_bounded(self._endpoint, self._left)
        self._used = self._clock()

    def _reuse(self, _peer: tuple[str, int]) -> Any:
        """The socket that was opened for the call; a lost one is not replaced within it."""
        if self._socket is None:
            raise OSError("the connection has ended")
        return self._socket

    def _close(self) -> None:
        kept, self._socket = self._socket, None
        self._connection.close()
        if kept is not None:
            kept.close()

    def _left(self) -> float:
        left = self._until - self._ticks()
        if left <= 0:
            raise TimeoutError("there is no time left")
        return left
