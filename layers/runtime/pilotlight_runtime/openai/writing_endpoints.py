"""The operations of a model that writes text."""

from __future__ import annotations

from pilotlight_runtime.language.chat_prompt import ChatFormat
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Callable
from pilotlight_runtime.openai.endpoint import Endpoint, Served
from pilotlight_runtime.openai.late_endpoint import LateEndpoint
from pilotlight_runtime.protocol.openai import routes
from pilotlight_runtime.protocol.openai.chat_request import ModelFacts
from pilotlight_runtime.protocol.openai.errors import InvalidField

if TYPE_CHECKING:
    from pilotlight_runtime.language.generation.generator import TextGenerator
    from pilotlight_runtime.observer import Trace
    from pilotlight_runtime.openai.invocation import Invocation
    from pilotlight_runtime.protocol.http import HttpResponse


def make_writing_endpoints(
    generator: TextGenerator, chat: ChatFormat | None
) -> Callable[[Served], dict[str, Endpoint]]:
    """Prepares the endpoints.

    Args:
        generator: Of the model.
        chat: How its prompts are written; None for a base model.

    Returns:
        Makes the endpoints, by operation.
    """

    def make(served: Served) -> dict[str, Endpoint]:
        settings = generator.settings
        facts = ModelFacts(served.name, settings.vocabulary, settings.defaults)

        def make_completions() -> Endpoint:
            from pilotlight_runtime.openai.completions import CompletionEndpoint

            return CompletionEndpoint(generator, facts, served)

        completions = LateEndpoint(make_completions)
        if chat is None:
            return {routes.CHAT: NoChatEndpoint(served.name), routes.COMPLETION: completions}
        from pilotlight_runtime.openai.chat import ChatEndpoint

        return {routes.CHAT: ChatEndpoint(generator, chat, facts, served), routes.COMPLETION: completions}

    return make


class NoChatEndpoint:
    """Refuses chat with a base model. name: the model's."""

    def __init__(self, name: str) -> None:
        self._name = name

    def answer(self, _body: Any, _trace: Trace, _invocation: Invocation) -> HttpResponse:
        """See Endpoint.answer."""
        raise InvalidField("model", f"{self._name!r} is a base model without a chat format; use /v1/completions")
