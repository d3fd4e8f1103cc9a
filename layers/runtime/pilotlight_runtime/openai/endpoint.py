"""What answers one operation of OpenAI's API."""

from __future__ import annotations

from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Callable, NamedTuple, Protocol

if TYPE_CHECKING:
    from pilotlight_runtime.observer import Trace
    from pilotlight_runtime.openai.invocation import Invocation
    from pilotlight_runtime.protocol.http import HttpResponse


class Served(NamedTuple):
    """The model that answers, and what an endpoint takes from outside.

    Attributes:
        name: The model's name.
        version: Its version.
        now: Seconds since the epoch.
        new_id: Makes a word that no other answer has.
        warn: Takes a line for the log.
    """

    name: str
    version: str
    now: Callable[[], float]
    new_id: Callable[[], str]
    warn: Callable[[str], None]


class Endpoint(Protocol):
    """Answers one operation."""

    def answer(self, body: Any, trace: Trace, invocation: Invocation) -> HttpResponse:
        """Answers a request.

        Args:
            body: The parsed body.
            trace: Takes the phases, and the number of tokens as a shape.
            invocation: Who asks, and how long the answer may take.

        Returns:
            The answer, which may be streamed.

        Raises:
            RequestError: There is no answer.
        """
