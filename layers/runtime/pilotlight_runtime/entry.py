"""The outermost layer of every function: it turns an event into an answer, and lets no exception out."""

from __future__ import annotations

from posix import urandom

from pilotlight_runtime.errors import KeysUnchecked, RequestError
from pilotlight_runtime.events import Incoming, Render, read_event, render_proxy
from pilotlight_runtime.light_typing import Any, Callable, Final, NamedTuple
from pilotlight_runtime.observer import Observer, Record, Trace
from pilotlight_runtime.protocol.http import HttpRequest, HttpResponse, error_response, json_response

Answer = Callable[[HttpRequest, Trace], HttpResponse]
"""Answers a request, or raises a RequestError."""


class Call(NamedTuple):
    """One invocation.

    Attributes:
        event: The event.
        context: Lambda's context.
        render: Makes the answer that the event's sender expects; a RequestError where that is impossible.
        live: Whether the answer may be sent while it is made.
    """

    event: Any
    context: Any
    render: Render
    live: bool = False


Ask = Callable[[HttpRequest, Trace, str, Call], HttpResponse]
"""As Answer, with the request's id and the invocation."""

LambdaHandler = Callable[[Any, Any], Any]
"""Takes an event and Lambda's context, returns the answer."""


KEYS_VARIABLE: Final = "pilotlight_keys"
"""The variable of the API's stage that says who checks keys."""
BY_FUNCTIONS: Final = "functions"
"""Its value where API Gateway asks for no key."""

_LONGEST_ID: Final = 128
_SIGNS: Final = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_=")
_ID_SIGNS: Final = bytes(ord("a" if sign in _SIGNS else "-") for sign in range(256))
"""Makes a letter of each sign of an id, so that one call tells whether there is any other."""


class Entry:
    """A Lambda handler around `answer`.

    infer_path: the path of an inference request that comes as the event itself. clock: seconds, monotonic.
    """

    def __init__(self, answer: Answer, infer_path: str, observer: Observer, clock: Callable[[], float]) -> None:
        self._answer = answer
        self._infer_path = infer_path
        self._observer = observer
        self._clock = clock
        self._cold = True
        self._ask_wrapped: Ask = self._ask_without_keys

    def wrap(self, around: Callable[[Ask], Ask]) -> None:
        """Has every request answered by what `around` makes of the way so far. It checks keys."""
        self._ask_wrapped = around(self._ask_with_body)

    def __call__(self, event: Any, context: Any) -> Any:
        """Answers `event`. Every failure is an answer too; details that callers must not see go to the observer."""
        cold, self._cold = self._cold, False
        trace = Trace(self._clock)
        request_id = find_request_id(context)
        answer, status, fault = self._respond(event, context, trace, request_id)
        self._record(event, trace, request_id, status, fault, cold=cold)
        return answer

    def _record(
        self, event: object, trace: Trace, request_id: str, status: int, fault: BaseException | None, *, cold: bool
    ) -> None:
        """Tells the observer how a request ended. fault: the cause of a status of 500."""
        trace.end()
        phases, gateway_id = trace.phases, _gateway_id(event)
        # In the order of the fields, which takes a quarter less time than their names.
        total = sum(phases.values())
        if trace.capture is not None:
            trace.capture(status)
        try:
            self._observer.request(
                Record(request_id, gateway_id, trace.operation, status, cold, trace.shapes, phases, total, fault)
            )
        except (OSError, ValueError):  # app.py has closed stdout: the log line is lost, the answer is not
            return

    def _respond(
        self, event: object, context: object, trace: Trace, request_id: str
    ) -> tuple[Any, int, BaseException | None]:
        """Returns the answer, its status and the cause of a status of 500."""
        render: Render = render_proxy
        try:
            incoming: Incoming = read_event(event, self._infer_path)
            render = incoming.render
            response = self._ask_wrapped(incoming.request, trace, request_id, Call(event, context, render))
            return render(response), response.status, None
        except BaseException as error:  # noqa: BLE001  (the boundary: app.py may exit, and the next request is answered)
            response, fault = write_refusal(error, request_id)
            return render(response), response.status, fault

    def _ask_without_keys(self, request: HttpRequest, trace: Trace, request_id: str, call: Call) -> HttpResponse:
        """Answers where this function checks no keys, unless the API leaves that to it.

        While a deployment turns the service on or off, API Gateway and the functions change at different times.
        """
        variables = call.event.get("stageVariables")
        if variables and isinstance(variables, dict) and variables.get(KEYS_VARIABLE) == BY_FUNCTIONS:
            raise KeysUnchecked(
                "the endpoint is being deployed, and this function does not check keys yet; ask again in some minutes"
            )
        return self._ask_with_body(request, trace, request_id, call)

    def _ask_with_body(self, request: HttpRequest, trace: Trace, request_id: str, call: Call) -> HttpResponse:
        if "content-location" in request.headers:
            from pilotlight_runtime.uploads.incoming import fetch_body  # few requests need it

            request = fetch_body(request, call.event)
        return self._ask(request, trace, request_id, call)

    def _ask(self, request: HttpRequest, trace: Trace, _request_id: str, _call: Call) -> HttpResponse:
        """The answer to a request. A subclass may need more of the invocation."""
        return self._answer(request, trace)


def write_refusal(error: BaseException, request_id: str) -> tuple[HttpResponse, BaseException | None]:
    """The response to a request that `error` ended, and the cause of a status of 500.

    app.py may raise a RequestError of its own class, whose message and status are app.py's code too.
    """
    if isinstance(error, RequestError):
        try:
            return error_response(error, request_id), error if error.status >= 500 else None
        except BaseException as failure:  # noqa: BLE001  (see above)
            error = failure
    document = {"error": "the function failed; its log has the cause", "request_id": request_id}
    return json_response(document, 500), error


def find_request_id(context: object) -> str:
    """Lambda's id of this invocation; a new one where the context has none."""
    found = getattr(context, "aws_request_id", None)
    return found if isinstance(found, str) else urandom(16).hex()


def _gateway_id(event: object) -> str:
    """API Gateway's id of the request, as in its access log; "" elsewhere, and where it is no id.

    A REST API's own id is extendedRequestId: its requestId is what the caller sends as x-amzn-RequestId. HTTP APIs have
    only requestId. For a function URL that is Lambda's own id, which the log has anyway. A direct invocation may send
    anything, and the id goes into the log.
    """
    context = event.get("requestContext") if isinstance(event, dict) else None
    if not isinstance(context, dict):
        return ""
    if "http" in context and ".lambda-url." in str(context.get("domainName")):
        return ""
    found = context.get("extendedRequestId") if "http" not in context else context.get("requestId")
    if not isinstance(found, str) or len(found) > _LONGEST_ID or not found.isascii():
        return ""
    return found if found.encode().translate(_ID_SIGNS).isalpha() else ""
