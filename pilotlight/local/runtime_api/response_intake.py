"""Takes a response from the function: part by part where the function streams, as a whole where it does not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from pilotlight.local.byte_reader import RequestRefused
from pilotlight.local.request_head import RequestHead
from pilotlight.local.runtime_api.body_parts import BodyParts
from pilotlight.local.runtime_api.faults import (
    RuntimeFault,
    invalid_response_mode,
    read_trailers,
    response_too_large,
    truncated_response,
)
from pilotlight.local.runtime_api.invocation import CallerLeft, Invocation, ResponseHead
from pilotlight.local.runtime_api.protocol import MOST_BUFFERED_BYTES, MOST_STREAMED_BYTES, RESPONSE_MODE, STREAMING
from pilotlight.local.runtime_api.refusals import CallRefused, too_large, truncated_request, unknown_mode


class StreamStopped(Exception):
    """The rest of a streamed response is not wanted: its connection must be reset."""


class ResponseIntake:
    """Takes one response.

    Args:
        invocation: What the function responds to.
        finish: Called once, with the invocation's fault or None, where the response has ended.
    """

    def __init__(self, invocation: Invocation, finish: Callable[[Invocation, RuntimeFault | None], object]) -> None:
        self._invocation = invocation
        self._finish = finish

    def take(self, head: RequestHead, parts: BodyParts, interrupt: Callable[[], object]) -> None:
        """Take the response.

        A caller who has left is not told to a function that does not stream: its response is read and forgotten.

        Args:
            head: The request that brings it.
            parts: Its body.
            interrupt: Wakes the thread that reads the body. Called where the caller leaves.

        Raises:
            CallRefused: The response is too large or incomplete, or has an unknown mode.
            StreamStopped: The caller has left a streamed response, or it is too large.
        """
        mode = (head.values(RESPONSE_MODE) or [""])[0]
        response = ResponseHead(mode == STREAMING, (head.values("content-type") or [""])[0], head.headers)
        if mode and not response.streaming:
            self._refuse(invalid_response_mode(mode), unknown_mode())
        try:
            if response.streaming:
                self._pass_on(response, parts, interrupt)
            else:
                self._buffer(response, parts)
        except CallerLeft:
            self._stop(None)
        except (RequestRefused, OSError):
            if self._invocation.closed:
                self._stop(None)
            self._refuse(truncated_response(), truncated_request())

    def _pass_on(self, response: ResponseHead, parts: BodyParts, interrupt: Callable[[], object]) -> None:
        self._invocation.begin(response, interrupt)
        size = 0
        while True:
            try:
                part = next(parts)
            except StopIteration as end:
                self._finish(self._invocation, read_trailers(end.value))
                return
            size += len(part)
            if size > MOST_STREAMED_BYTES:
                self._stop(response_too_large(size, MOST_STREAMED_BYTES))
            self._invocation.add(part)

    def _buffer(self, response: ResponseHead, parts: BodyParts) -> None:
        body = bytearray()
        for part in parts:
            body += part
            if len(body) > MOST_BUFFERED_BYTES:
                size = len(body) + sum(map(len, parts))
                self._refuse(response_too_large(size, MOST_BUFFERED_BYTES), too_large())
        with suppress(CallerLeft):
            self._invocation.begin(response, lambda: None)
            if body:
                self._invocation.add(bytes(body))
        self._finish(self._invocation, None)

    def _refuse(self, fault: RuntimeFault, refused: CallRefused) -> None:
        self._finish(self._invocation, fault)
        raise refused

    def _stop(self, fault: RuntimeFault | None) -> None:
        self._finish(self._invocation, fault)
        raise StreamStopped
