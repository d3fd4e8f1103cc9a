"""The outermost layer of a function that streams: as `entry`, with answers that are sent while they are made.

API Gateway and function URLs that stream want status and headers before each body, so that whole answers take this form
too. Source: API Gateway Developer Guide, "Set up a Lambda proxy integration with payload response streaming".
"""

from __future__ import annotations

from pilotlight_runtime.entry import Call, Entry, find_request_id, write_refusal
from pilotlight_runtime.events import Render, read_event, render_proxy
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Final
from pilotlight_runtime.observer import Observer, Trace
from pilotlight_runtime.protocol.http import HttpRequest, HttpResponse
from pilotlight_runtime.streaming.deadline import until_deadline
from pilotlight_runtime.streaming.response import StreamedResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from pilotlight_runtime.entry import Answer

CALLER_LEFT: Final = 499
"""Recorded where the caller leaves before the end. HTTP has no such status; nginx and its readers know this one."""

_FUNCTION_URL: Final = ".lambda-url."


class StreamingEntry(Entry):
    """A Lambda handler around `answer`, which may return a StreamedResponse.

    live: whether the function's routes stream. Elsewhere a StreamedResponse is answered whole.
    """

    def __init__(
        self, answer: Answer, infer_path: str, observer: Observer, clock: Callable[[], float], *, live: bool
    ) -> None:
        super().__init__(answer, infer_path, observer, clock)
        self._live = live

    def __call__(self, event: Any, context: Any) -> Any:
        """Answers `event`; where the answer streams, its "body" is an iterator of bytes that never raises.

        A failure before the first byte is an answer with a status of its own, a later one the last part of the body.
        """
        cold, self._cold = self._cold, False
        trace = Trace(self._clock)
        request_id = find_request_id(context)
        live = self._live and getattr(context, "can_stream", False) and _comes_by_stream(event)
        render: Render = _render_stream if live else render_proxy
        fault: BaseException | None = None

        def record(status: int, fault: BaseException | None) -> None:
            self._record(event, trace, request_id, status, fault, cold=cold)

        try:
            incoming = read_event(event, self._infer_path)
            render = render if live else incoming.render
            call = Call(event, context, render, live)
            response = self._ask_wrapped(incoming.request, trace, request_id, call)
            if isinstance(response, StreamedResponse):
                parts = self._parts(response, context)
                first = next(parts, None)
                trace.begin("stream")
                body = self._send(first, parts, response, request_id, record)
                return {"statusCode": response.status, "headers": response.headers, "body": body}
            answer = render(response)
        except BaseException as error:  # noqa: BLE001  (the boundary: app.py may exit, and the next request is answered)
            response, fault = write_refusal(error, request_id)
            answer = render(response)
        record(response.status, fault)
        return answer

    def _ask_with_body(self, request: HttpRequest, trace: Trace, request_id: str, call: Call) -> HttpResponse:
        """The answer. It is whole here where it is sent whole, so that a failure at any part is an error's answer."""
        response = super()._ask_with_body(request, trace, request_id, call)
        if call.live or not isinstance(response, StreamedResponse):
            return response
        return HttpResponse(response.status, response.headers, b"".join(self._parts(response, call.context)))

    def _parts(self, response: StreamedResponse, context: Any) -> Generator[bytes]:
        """The parts of a body, which end before the function's time is over."""
        parts = response.parts
        return _all_of(parts) if response.ends_in_time else until_deadline(parts, context, self._clock)

    def _send(
        self,
        part: bytes | None,
        parts: Generator[bytes],
        response: StreamedResponse,
        request_id: str,
        record: Callable[[int, BaseException | None], None],
    ) -> Generator[bytes]:
        """Yields the parts of a body, the first of which is `part`, and records the request at the end."""
        status, fault = response.status, None
        try:
            while part is not None:
                yield part
                part, error = _attempt(lambda: next(parts, None))
                if error is not None:
                    refusal, fault = write_refusal(error, request_id)
                    status = refusal.status
                    yield response.write_error(refusal.body)
        except GeneratorExit:  # the caller has left; app.py's generator ends at the step where it is
            _, error = _attempt(parts.close)
            if status == response.status:  # else an error had ended the stream before
                status, fault = (CALLER_LEFT, None) if error is None else (500, error)
            raise
        finally:
            record(status, fault)


def _all_of(parts: Iterator[bytes]) -> Generator[bytes]:
    yield from parts


def _attempt(step: Callable[[], bytes | None]) -> tuple[bytes | None, BaseException | None]:
    """Returns what `step` returns, and what it raises: any code of app.py runs in it."""
    try:
        return step(), None
    except BaseException as error:  # noqa: BLE001  (the boundary: app.py may exit, and the next request is answered)
        return None, error


def _render_stream(response: HttpResponse) -> dict[str, Any]:
    """A whole answer in the form of one that streams: its bytes as they are, of any length."""
    return {"statusCode": response.status, "headers": response.headers, "body": iter((response.body,))}


def _comes_by_stream(event: Any) -> bool:
    """Whether the event is an HTTP request of a sender that can stream: a REST API or a function URL.

    An HTTP API, whose events look as those of a function URL do, takes only whole answers.
    """
    context = event.get("requestContext") if isinstance(event, dict) else None
    if not isinstance(context, dict):
        return False
    return "http" not in context or _FUNCTION_URL in str(context.get("domainName", ""))
