"""The outermost layer of a language model's function: as `streaming.entry`, and it tells the service who asks."""

from __future__ import annotations

from pilotlight_runtime.light_typing import TYPE_CHECKING
from pilotlight_runtime.openai.invocation import read_invocation
from pilotlight_runtime.streaming.entry import StreamingEntry

if TYPE_CHECKING:
    from collections.abc import Callable

    from pilotlight_runtime.entry import Call
    from pilotlight_runtime.observer import Observer, Trace
    from pilotlight_runtime.openai.service import LanguageService
    from pilotlight_runtime.protocol.http import HttpRequest, HttpResponse


class LanguageEntry(StreamingEntry):
    """A Lambda handler around a LanguageService. The other arguments are those of StreamingEntry."""

    def __init__(
        self, service: LanguageService, infer_path: str, observer: Observer, clock: Callable[[], float], *, live: bool
    ) -> None:
        super().__init__(service.answer_unknown, infer_path, observer, clock, live=live)
        self._service = service

    def _ask(self, request: HttpRequest, trace: Trace, request_id: str, call: Call) -> HttpResponse:
        invocation = read_invocation(call.event, call.context, request.headers, request_id)
        return self._service.answer(request, trace, invocation)
