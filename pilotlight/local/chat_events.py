"""The events of a streamed chat completion (OpenAI, "API reference", "Chat completion chunk")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from pilotlight.core.documents import read_json
from pilotlight.core.errors import ServiceError
from pilotlight.core.outside import Origin
from pilotlight.core.printable import shorten
from pilotlight.local.event_stream import read_events

_DONE: Final = b"[DONE]"
_HINT: Final = "Check that the address is an endpoint with this language model."


class Usage(NamedTuple):
    """How many tokens an exchange took.

    Attributes:
        prompt: Of the conversation.
        answer: Of the answer.
    """

    prompt: int
    answer: int


class ChatEvent(NamedTuple):
    """What one event says.

    Attributes:
        text: What is new of the answer.
        finish: Why the answer ended, such as "stop" or "length"; "" while it goes on.
        usage: The tokens, where the event has them.
    """

    text: str = ""
    finish: str = ""
    usage: Usage | None = None


def read_chat_events(parts: Iterable[bytes], where: str) -> Iterator[ChatEvent]:
    """Yield the events of an answer until it ends.

    Args:
        parts: The body, as it arrives.
        where: The endpoint, for messages.

    Raises:
        ServiceError: The answer fails, ends before its end, or is no chat completion.
    """
    origin = Origin(f"the answer of {where}", _HINT, ServiceError)
    for data in _read_data(parts, where):
        if data == _DONE:
            return
        document = read_json(data, origin)
        if isinstance(document, dict) and document.get("error"):
            what = f"failed in the middle of its answer: {shorten(_message_of(document['error']))}"
            raise ServiceError(where, what, "Read the function's log.")
        if not isinstance(document, dict) or not isinstance(document.get("choices"), list):
            raise origin.refuse("is no part of a chat completion")
        yield _read_event(document)
    raise ServiceError(where, "ended its answer before the end", "Send the message again.")


def _read_data(parts: Iterable[bytes], where: str) -> Iterator[bytes]:
    try:
        yield from read_events(parts)
    except ValueError as error:
        raise ServiceError(where, f"sent no stream of events: {error}", _HINT) from error


def _read_event(document: dict[str, Any]) -> ChatEvent:
    choice = next((each for each in document["choices"] if isinstance(each, dict)), {})
    delta = choice.get("delta")
    text = delta.get("content") if isinstance(delta, dict) else None
    finish = choice.get("finish_reason")
    return ChatEvent(
        text if isinstance(text, str) else "",
        finish if isinstance(finish, str) else "",
        _read_usage(document.get("usage")),
    )


def _read_usage(document: object) -> Usage | None:
    if not isinstance(document, dict):
        return None
    prompt, answer = document.get("prompt_tokens"), document.get("completion_tokens")
    return Usage(prompt, answer) if isinstance(prompt, int) and isinstance(answer, int) else None


def _message_of(error: object) -> str:
    return str(error.get("message", error)) if isinstance(error, dict) else str(error)
