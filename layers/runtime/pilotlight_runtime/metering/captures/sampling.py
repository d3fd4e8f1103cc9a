"""Draws which requests are captured, and collects what is captured of them."""

from __future__ import annotations

from pilotlight_runtime.json_text import make_encoder
from pilotlight_runtime.light_typing import TYPE_CHECKING, Callable, Final, Iterator, NamedTuple
from pilotlight_runtime.metering.captures.documents import MOST_BYTES, Exchange
from pilotlight_runtime.streaming.response import StreamedResponse

if TYPE_CHECKING:
    from pilotlight_runtime.metering.captures.writing import CaptureWriter
    from pilotlight_runtime.metering.memory import Caller
    from pilotlight_runtime.protocol.http import HttpRequest, HttpResponse

_UPLOAD: Final = "content-location"  # uploads.incoming.LOCATION, whose module imports urllib
_write: Final = make_encoder(separators=(",", ":"))

Work = Callable[[int], bool]
"""See lambda_client.loop.after_response."""


class Served(NamedTuple):
    """What answers.

    Attributes:
        model: The model's name.
        version: Its version.
    """

    model: str
    version: str


class Sampler:
    """Captures a share of the requests of one function.

    Args:
        served: What answers.
        share: The share.
        writer: Writes the captures.
        draw: Returns a random number from 0 to 1, without 1.
        clock: Seconds since the epoch.
        defer: Has work done after the response has left; None where nothing can, so that captures are written before.
    """

    def __init__(
        self,
        served: Served,
        share: float,
        writer: CaptureWriter,
        *,
        draw: Callable[[], float],
        clock: Callable[[], float],
        defer: Callable[[Work], None] | None,
    ) -> None:
        self._served = served
        self._share = share
        self._writer = writer
        self._draw = draw
        self._clock = clock
        self._defer = defer

    def follow(
        self, caller: Caller, request: HttpRequest, request_id: str, response: HttpResponse
    ) -> Callable[[int], None] | None:
        """Begins a capture, if the request is drawn and short enough.

        Args:
            caller: Who asks, and is charged.
            request: The request.
            request_id: Lambda's id of the invocation.
            response: The response. The parts of a stream are collected while they are sent.

        Returns:
            What finishes the capture, and takes the status that the caller gets in the end; None for no capture.
        """
        if self._draw() >= self._share or _UPLOAD in request.headers:  # the body of an upload is elsewhere
            return None
        try:
            sent, find_answer = _read_body(request), _follow_answer(response)
        except (MemoryError, RecursionError):  # the answer has been charged, and must leave
            self._writer.lose(caller.tenant, request_id, "memory")
            return None
        if len(sent) > MOST_BYTES or find_answer is None:
            return None

        def finish(status: int) -> None:
            if status >= 400:
                return
            try:
                answer, whole = find_answer()
            except MemoryError:
                self._writer.lose(caller.tenant, request_id, "memory")
                return
            self._give(
                Exchange(
                    time=int(self._clock()),
                    tenant=caller.tenant,
                    key_id=caller.key_id,
                    model=self._served.model,
                    version=self._served.version,
                    request_id=request_id,
                    method=request.method,
                    path=request.path,
                    status=status,
                    request=sent,
                    response=answer,
                    whole=whole,
                )
            )

        return finish

    def close(self) -> None:
        """Closes what is open."""
        self._writer.close()

    def _give(self, exchange: Exchange) -> None:
        if self._defer is None:
            self._writer.write(exchange)
            return

        def write_late(deadline_ms: int) -> bool:
            self._writer.write(exchange, deadline_ms)
            return True

        self._defer(write_late)


class CollectedParts:
    """The parts of a streamed answer, of which the first bytes are kept.

    Args:
        parts: The parts.
    """

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._kept: list[bytes] = []
        self._room = MOST_BYTES
        self._whole = True

    def __iter__(self) -> CollectedParts:
        return self

    def __next__(self) -> bytes:
        part = next(self._parts)
        kept = bytes(part[: self._room])
        self._whole = self._whole and len(kept) == len(part)
        self._room -= len(kept)
        if kept:
            self._kept.append(kept)
        return part

    def close(self) -> None:
        """Ends the parts where they are."""
        close = getattr(self._parts, "close", None)
        if close is not None:
            close()

    def collect(self) -> tuple[bytes, bool]:
        """What is kept, and whether it is all that was sent."""
        return b"".join(self._kept), self._whole


def _follow_answer(response: HttpResponse) -> Callable[[], tuple[bytes, bool]] | None:
    """What returns the answer in the end; None where it is too long."""
    if isinstance(response, StreamedResponse):
        collected = CollectedParts(response.parts)
        response.parts = collected
        return collected.collect
    answer = response.body if response.document is None else _write(response.document).encode()
    return None if len(answer) > MOST_BYTES else lambda: (answer, True)


def _read_body(request: HttpRequest) -> bytes:
    """The body, also of a direct invocation, which Lambda has parsed."""
    return request.body if request.document is None else _write(request.document).encode()
