"""Calls of an AWS service that speaks JSON: signed, on one kept connection, within a bound of time, sent once."""

from __future__ import annotations

import time
from _thread import allocate_lock

from pilotlight_runtime.aws_signature import HeaderSigner
from pilotlight_runtime.json_text import loads
from pilotlight_runtime.light_typing import Any, Callable, Final, NamedTuple
from pilotlight_runtime.metering.replies import receive
from pilotlight_runtime.metering.sockets import BoundedSocket, Endpoint, open_bounded
from pilotlight_runtime.metering.store import ReplyLost, StoreFailed

SECONDS: Final = 2.0
"""For one call. DynamoDB answers within 10 ms nearly always."""
OLDEST: Final = 20.0
"""Seconds of rest after which a connection is replaced before it is used: the other side may have ended it."""
CONTENT_TYPE: Final = "application/x-amz-json-1.0"

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
        self._headers = (("content-type", content_type), ("host", endpoint.header))
        self._slow = endpoint.secure
        self._until = 0.0
        self._used = 0.0
        self._socket: BoundedSocket | None = None
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

    def call(self, target: str, body: bytes) -> Reply:
        """Calls an operation once.

        Args:
            target: The operation with its version, as the header X-Amz-Target has it.
            body: The operation's parameters in JSON.

        Returns:
            The reply.

        Raises:
            StoreFailed: The service was not reached.
            ReplyLost: The request went out, and no reply came in time, or one that says nothing.
        """
        with self._lock:
            self._until = self._ticks() + self._seconds
            request = self._sign(target, body)
            return self._exchange(self._find_socket(), request)

    def _sign(self, target: str, body: bytes) -> bytes:
        """The request as it is sent."""
        try:
            credentials = self._find_credentials()
        except Exception as error:
            raise StoreFailed("the function has no credentials for its table") from error
        headers = (*self._headers, ("x-amz-target", target))
        return self._signer.write_head(credentials, headers, body, self._clock()).encode() + body

    def _find_socket(self) -> BoundedSocket:
        """A connection that works before anything is sent: the kept one, or a new one where that may have ended."""
        kept = self._socket
        age = self._clock() - self._used
        if kept is not None and 0 <= age < OLDEST and kept.is_quiet():
            return kept
        self._close()
        try:
            return self._open()
        except OSError as error:
            raise StoreFailed("the table cannot be reached") from error

    def _exchange(self, socket: BoundedSocket, request: bytes) -> Reply:
        lasts = False
        try:
            socket.sendall(request)
            self._use_wait()
            status, body, lasts = receive(socket)
            if status >= 500:
                raise ReplyLost(f"the table answers with status {status}")
            document = loads(body)
        except (OSError, ValueError, RecursionError) as error:
            lasts = False
            raise ReplyLost("the table was asked, and no reply came that can be read") from error
        finally:
            if not lasts:  # whatever was raised: the next call must not read this one's reply
                self._close()
        self._used = self._clock()
        return Reply(status, document)

    def _use_wait(self) -> None:
        """Loads OpenSSL's digests, which TLS has not, while the service answers the first call."""
        if self._slow:
            self._slow = False
            self._signer.hasten()

    def _open(self) -> BoundedSocket:
        self._socket = opened = open_bounded(self._endpoint, self._left)
        self._used = self._clock()
        return opened

    def _close(self) -> None:
        kept, self._socket = self._socket, None
        if kept is not None:
            kept.close()

    def _left(self) -> float:
        left = self._until - self._ticks()
        if left <= 0:
            raise TimeoutError("there is no time left")
        return left
