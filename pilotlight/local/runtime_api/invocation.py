"""One event, and the response to it as it arrives: one thread reads it from the function, another one uses it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Final, NamedTuple, Self

from pilotlight.local.event import Headers
from pilotlight.local.runtime_api.faults import RuntimeFault

_MOST_HELD_BYTES: Final = 262_144
"""What a streamed response may be ahead of its reader. Then the function waits, as it does for Lambda's bandwidth."""


class CallerLeft(Exception):
    """Nobody reads the response any more."""


class ResponseHead(NamedTuple):
    """A response without its body.

    Attributes:
        streaming: Whether the body arrives while the function makes it.
        content_type: What the function sent as Content-Type; "" for nothing.
        headers: All headers that the function sent.
    """

    streaming: bool
    content_type: str
    headers: Headers


class CompleteResponse(NamedTuple):
    """A response that has ended.

    Attributes:
        head: None where the function reported an error before its first byte.
        body: What arrived of the body.
        fault: Why the function failed; None where it did not.
    """

    head: ResponseHead | None
    body: bytes
    fault: RuntimeFault | None


class Invocation:
    """An invocation of the function, for the one who asked for it.

    Iterate it for the parts of the response's body as they arrive. Where the iteration ends, `fault` says whether the
    function failed: before its first byte, or in the middle of a streamed response. Leave its block or call `close`
    before the end, and a function that streams finds its connection reset at its next write.

    Attributes:
        request_id: The id of the invocation.
        event: The event's bytes.
        headers: What Lambda tells the function about it.
    """

    def __init__(self, request_id: str, event: bytes, headers: Headers, remaining: Callable[[], float]) -> None:
        self.request_id = request_id
        self.event = event
        self.headers = headers
        self._remaining = remaining
        self._changed = threading.Condition()
        self._head: ResponseHead | None = None
        self._parts: deque[bytes] = deque()
        self._held = 0
        self._fault: RuntimeFault | None = None
        self._ended = False
        self._closed = False
        self._interrupt: Callable[[], object] | None = None

    @property
    def fault(self) -> RuntimeFault | None:
        """Why the function failed; None where it did not, or not yet."""
        return self._fault

    @property
    def closed(self) -> bool:
        """Whether nobody reads the response any more."""
        return self._closed

    def wait_for_head(self, timeout: float | None = None) -> ResponseHead | None:
        """Wait for the response to begin.

        Args:
            timeout: Seconds; None to wait until the deadline.

        Returns:
            Its head; None where the function reported an error instead.

        Raises:
            TimeoutError: That time or the deadline has passed.
        """
        with self._changed:
            self._wait(lambda: self._head is not None or self._ended, timeout)
            return self._head

    def __iter__(self) -> Iterator[bytes]:
        """Yield the parts of the body as they arrive.

        Raises:
            TimeoutError: The deadline has passed.
        """
        while (part := self._take()) is not None:
            yield part

    def read(self) -> CompleteResponse:
        """Wait for the end of the response, and return all of it.

        Raises:
            TimeoutError: The deadline has passed.
        """
        body = b"".join(self)
        return CompleteResponse(self._head, body, self._fault)

    def close(self) -> None:
        """Stop reading. A response that is complete stays as it is."""
        with self._changed:
            self._closed = True
            self._parts.clear()
            self._held = 0
            interrupt, self._interrupt = self._interrupt, None
            self._changed.notify_all()
        if interrupt is not None:
            interrupt()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def begin(self, head: ResponseHead, interrupt: Callable[[], object]) -> None:
        """Take the head of the response from the function.

        Args:
            head: The head.
            interrupt: Ends the connection on which the function sends. Called where the caller leaves.

        Raises:
            CallerLeft: Nobody reads the response.
        """
        with self._changed:
            self._require_caller()
            self._head, self._interrupt = head, interrupt
            self._changed.notify_all()

    def add(self, part: bytes) -> None:
        """Take a part of the body from the function, once the caller has read most of those before it.

        Raises:
            CallerLeft: Nobody reads the response.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._held < _MOST_HELD_BYTES or self._closed or self._ended)
            self._require_caller()
            self._parts.append(part)
            self._held += len(part)
            self._changed.notify_all()

    def end(self, fault: RuntimeFault | None = None) -> None:
        """End the response. Its first end counts.

        Args:
            fault: Why the function failed; None where the response is complete.
        """
        with self._changed:
            if not self._ended:
                self._ended, self._fault, self._interrupt = True, fault, None
                self._changed.notify_all()

    def _require_caller(self) -> None:
        if self._closed or self._ended:
            raise CallerLeft

    def _take(self) -> bytes | None:
        with self._changed:
            self._wait(lambda: bool(self._parts) or self._ended or self._closed)
            if not self._parts:
                return None
            part = self._parts.popleft()
            self._held -= len(part)
            self._changed.notify_all()
            return part

    def _wait(self, condition: Callable[[], bool], timeout: float | None = None) -> None:
        seconds = self._remaining() if timeout is None else min(timeout, self._remaining())
        if not self._changed.wait_for(condition, max(0.0, seconds)):
            raise TimeoutError(f"the function did not respond to {self.request_id} in time")
