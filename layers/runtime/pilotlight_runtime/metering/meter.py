"""Puts keys and charges around the answers of a function."""

from __future__ import annotations

from pilotlight_runtime.errors import MethodNotAllowed, RequestError
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Final
from pilotlight_runtime.metering.caller_key import find_caller_key
from pilotlight_runtime.metering.refusals import MeterRefusal
from pilotlight_runtime.metering.tally import RequestTally, TalliedParts
from pilotlight_runtime.metering.usage import PATH, write_usage
from pilotlight_runtime.protocol import routes
from pilotlight_runtime.protocol.http import HttpRequest, HttpResponse, json_response
from pilotlight_runtime.streaming.response import StreamedResponse

if TYPE_CHECKING:
    from pilotlight_runtime.entry import Ask
    from pilotlight_runtime.metering.accounts import Accounts
    from pilotlight_runtime.metering.captures.sampling import Sampler
    from pilotlight_runtime.metering.keys import Key
    from pilotlight_runtime.observer import Trace

USAGE: Final = "usage"
FREE: Final = frozenset(
    {
        *(routes.SERVER, routes.LIVE, routes.READY, routes.INDEX, routes.METADATA, routes.MODEL_READY, routes.STATUS),
        *("models", "model", "files"),  # of OpenAI's API
    }
)
"""Operations that need a key and cost nothing."""


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
        self._usage_paths = (PATH, f"/{model}{PATH}")
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

        def ask_metered(request: HttpRequest, trace: Trace, request_id: str, call: tuple[Any, Any]) -> HttpResponse:
            if not self._is_metered(call[0]) or _is_health(request):
                return ask(request, trace, request_id, call)
            try:
                key = find_caller_key(request.headers, call[0])
                if request.path.rstrip("/") in self._usage_paths:
                    return self._answer_usage(request, trace, key)
                caller = self._accounts.admit(key, free=request.method == "GET")
            except RequestError as error:
                raise self._reword(error, request, request_id) from error
            _name_tenant(call[0], caller.tenant)
            tally = trace.tally = RequestTally(self._accounts, caller, request_id)
            try:
                response = ask(request, trace, request_id, call)
            except BaseException:
                tally.cancel()
                raise
            try:
                response = self._charge(response, trace.operation, tally, key)
            except MeterRefusal as error:
                raise self._reword(error, request, request_id) from error
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
            windows = self._accounts.read_windows(self._accounts.inspect(key))
        elif isinstance(response, StreamedResponse):
            windows = tally.reserve({})
            response.parts = TalliedParts(response.parts, tally)
        else:
            windows = tally.finish()
        response.headers.update(self._accounts.write_headers(windows))
        return response

    def _answer_usage(self, request: HttpRequest, trace: Trace, key: Key) -> HttpResponse:
        trace.operation = USAGE
        if request.method != "GET":
            raise MethodNotAllowed(request.method, "GET")
        accounts = self._accounts
        item = accounts.inspect(key)
        windows = accounts.read_windows(item)
        document = write_usage(item, key.hash, windows, accounts.now)
        return json_response(document, headers=accounts.write_headers(windows))

    def _reword(self, error: RequestError, request: HttpRequest, request_id: str) -> RequestError:
        """The error in the form of the protocol that the path belongs to."""
        if not self._openai:
            return error
        from pilotlight_runtime.protocol.openai.errors import Refusal
        from pilotlight_runtime.protocol.openai.routes import find_route

        of_openai = request.path.rstrip("/") in self._usage_paths or find_route(request.path, self._model) is not None
        return Refusal(error, request_id) if of_openai else error


def _name_tenant(event: dict[str, Any], tenant: str) -> None:
    """Puts the tenant where API Gateway puts its key's id, by which uploads belong to a caller."""
    context = event.get("requestContext")
    if isinstance(context, dict):
        context["identity"] = {**(context.get("identity") or {}), "apiKeyId": tenant}


def _is_health(request: HttpRequest) -> bool:
    """Whether it is a probe of health, which monitors send without a key."""
    path = request.path.rstrip("/")
    return request.method == "GET" and (
        path == "/v2/health/live" or (path.startswith("/v2/") and path.endswith("/ready"))
    )
