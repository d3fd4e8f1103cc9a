"""An endpoint that few callers ask: it is made, and its modules are imported, at its first request."""

from __future__ import annotations

from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from pilotlight_runtime.observer import Trace
    from pilotlight_runtime.openai.endpoint import Endpoint
    from pilotlight_runtime.openai.invocation import Invocation
    from pilotlight_runtime.protocol.http import HttpResponse


class LateEndpoint:
    """See Endpoint. make: makes the endpoint that answers."""

    def __init__(self, make: Callable[[], Endpoint]) -> None:
        self._make = make
        self._endpoint: Endpoint | None = None

    def answer(self, body: Any, trace: Trace, invocation: Invocation) -> HttpResponse:
        """See Endpoint.answer."""
        if self._endpoint is None:
            self._endpoint = self._make()
        return self._endpoint.answer(body, trace, invocation)
