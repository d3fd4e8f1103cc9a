"""Puts keys and charges around the answers of a function."""

from __future__ import annotations

from pilotlight_runtime.errors import MethodNotAllowed, RequestError
from pilotlight_runtime.events import check_carried, render_proxy
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Final
from pilotlight_runtime.metering.caller_key import find_caller_key
from pilotlight_runtime.metering.refusals import MeterRefusal
from pilotlight_runtime.metering.tally import RequestTally, TalliedParts
from pilotlight_runtime.protocol import routes
from pilotlight_runtime.protocol.http import HttpRequest, HttpResponse, json_response

if TYPE_CHECKING:
    from pilotlight_runtime.entry import Ask, Call
    from pilotlight_runtime.metering.accounts import Accounts
    from pilotlight_runtime.metering.captures.sampling import Sampler
    from pilotlight_runtime.metering.keys import Key
    from pilotlight_runtime.observer import Trace

USAGE: Final = "usage"
USAGE_PATH: Final = "/v1/usage"
FREE: Final = frozenset(
    {
        *(routes.SERVER, routes.LIVE, routes.READY, routes.INDEX, routes.METADATA, routes.MODEL_READY, routes.STATUS),
        *("models", "model", "files"),  # of OpenAI's API
    }
)
"""Operations that need a key and cost nothing."""
_INDEX_PATH: Final = "/v2/repository/index"
"""The only path of a free operation that is asked by POST, besides those of uploads."""
_ROOM: Final = 768
"""Bytes that the headers take which an answer gets after its charge, and more."""


class Meter:
    """Meters one function.

    Args:
        accounts: The tenants' accounts.
        model: The model's name.
        direct: Whether direct invocations are metered too. IAM allows them or not.
        openai: Whether the function answers OpenAI's API, so that errors on its paths have its form.
        captures: Captures a share of what is charged; None where nothing is captured.
    """

    def __init__(
        self, accounts: Accounts, model: str, *, direct: bool, openai: bool, captures: Sampler | None = None
    ) -> None:
        self._accounts = accounts
        self._usage_paths = (USAGE_PATH, f"/{model}{USAGE_PATH}")
        self._model = model
        self._direct = direct
        self._openai = openai
        self._captures = captures

    def wrap(self, ask: Ask) -> Ask:
        """Meters what `ask` answers.

        Args:
            ask: Answers a request.

        Returns:
            The same, with keys and charges.
        """

        def ask_metered(request: HttpRequest, trace: Trace, request_id: str, call: Call) -> HttpResponse:
            if not self._is_metered(call.event) or _is_health(request):
                return ask(request, trace, request_id, call)
            try:
                key = find_caller_key(request.headers, call.event)
                if request.path.rstrip("/") in self._usage_paths:
                    return self._answer_usage(request, trace, key)
                caller = self._accounts.admission.admit(
                    key, free=request.method == "GET" or request.path == _INDEX_PATH
                )
            except RequestError as error:
                self._raise_openais(error, request, request_id)
                raise
            _name_tenant(call.event, caller.tenant)
            tally = trace.tally = RequestTally(self._accounts, caller, request_id)
            try:
                response = ask(request, trace, request_id, call)
                _check_answer(response, call)
            except BaseException:
                tally.cancel()
                raise
            try:
                response = self._charge(response, trace.operation, tally, key)
            except MeterRefusal as error:
                self._raise_openais(error, request, request_id)
                raise
            if self._captures is not None and response.status < 400 and trace.operation not in FREE:
                trace.capture = self._captures.follow(caller, request, request_id, response)
            return response

        return ask_metered

    def _is_metered(self, event: Any) -> bool:
        return self._direct or isinstance(event.get("requestContext"), dict)

    def _charge(self, response: HttpResponse, operation: str, tally: RequestTally, key: Key) -> HttpResponse:
        """Takes what the answer costs; the answer must not leave before this returns."""
        if response.status >= 400:
            tally.cancel()
            return response
        if operation in FREE:
            windows = self._accounts.read_windows(self._accounts.admission.inspect(key))
        elif _is_streamed(response):
            streamed: Any = response
            windows = tally.reserve({})
            streamed.parts = TalliedParts(streamed.parts, tally)
        else:
            windows = tally.finish()
        response.headers.update(self._accounts.write_headers(windows))
        return response

    def _answer_usage(self, request: HttpRequest, trace: Trace, key: Key) -> HttpResponse:
        from pilotlight_runtime.metering.usage import write_usage  # few requests need it

        trace.operation = USAGE
        if request.method != "GET":
            raise MethodNotAllowed(request.method, "GET")
        accounts = self._accounts
        item = accounts.admission.inspect(key)
        windows = accounts.read_windows(item)
        document = write_usage(item, key.hash, windows, accounts.now)
        return json_response(document, headers=accounts.write_headers(windows))

    def _raise_openais(self, error: RequestError, request: HttpRequest, request_id: str) -> None:
        """Raises the error in the form of OpenAI's API, where the path belongs to that."""
        if not self._openai:
            return
        from pilotlight_runtime.protocol.openai.errors import Refusal
        from pilotlight_runtime.protocol.openai.routes import find_route

        if request.path.rstrip("/") in self._usage_paths or find_route(request.path, self._model) is not None:
            raise Refusal(error, request_id) from error


def _is_streamed(response: HttpResponse) -> bool:
    """Whether it is a StreamedResponse, whose module a function that never streams does not import."""
    return hasattr(response, "parts")


def _check_answer(response: HttpResponse, call: Call) -> None:
    """Raises what would keep an answer from leaving after it was charged: Lambda cannot carry it, or its sender."""
    if call.render is render_proxy:  # a large answer need not be made twice to know its size
        check_carried(response, _ROOM)
    elif not _is_streamed(response):
        call.render(response)


def _name_tenant(event: dict[str, Any], tenant: str) -> None:
    """Puts the tenant where API Gateway puts its key's id, by which uploads belong to a caller."""
    if "requestContext" not in event and "path" not in event:  # the event is the request itself, and has no uploads
        return
    found = event.get("requestContext")
    context = found if isinstance(found, dict) else {}
    event["requestContext"] = {**context, "identity": {**(context.get("identity") or {}), "apiKeyId": tenant}}


def _is_health(request: HttpRequest) -> bool:
    """Whether it is a probe of health, which monitors send without a key."""
    path = request.path.rstrip("/")
    return request.method == "GET" and (
        path == "/v2/health/live" or (path.startswith("/v2/") and path.endswith("/ready"))
    )
