"""The messages of a chat request."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Final, NamedTuple
from pilotlight_runtime.messages import summarize
from pilotlight_runtime.protocol.openai.errors import UNSUPPORTED, InvalidField
from pilotlight_runtime.protocol.openai.fields import Fields, check_text

_ROLES: Final = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant", "tool": "tool"}
"""OpenAI's roles and ours. `developer` is what OpenAI calls the system's messages now."""

_FIELDS: Final = {
    "system": frozenset({"role", "content"}),
    "user": frozenset({"role", "content"}),
    "assistant": frozenset({"role", "content", "tool_calls"}),
    "tool": frozenset({"role", "content", "tool_call_id", "name"}),
}
_EMPTY: Final[tuple[Any, ...]] = ([], {}, "")
"""Clients send an answer back with all its fields; empty ones say nothing."""
_OTHER_PARTS: Final = {
    "image_url": "the model takes no images",
    "input_audio": "the model takes no audio",
    "file": "the model takes no files",
}


class ToolCall(NamedTuple):
    """A call that the model made. arguments: JSON, as the model wrote it."""

    id: str
    name: str
    arguments: str


class Message(NamedTuple):
    """One message.

    role: system, user, assistant or tool. calls: the calls of an assistant's message. answers: the id of the call that
    a tool's message answers.
    """

    role: str
    text: str
    calls: tuple[ToolCall, ...] = ()
    answers: str = ""


def read_messages(value: Any) -> list[Message]:
    """Reads the messages.

    Args:
        value: The field `messages`.

    Returns:
        The messages, at least one.

    Raises:
        InvalidRequest: There is none, a role is unknown, or a message has what the model cannot take.
    """
    if not isinstance(value, list) or not value:
        raise InvalidField("messages", f"messages must be a list of at least one message, got {summarize(value)}")
    found: list[Message] = []
    known: set[str] = set()
    for index, document in enumerate(value):
        message = _read_message(document, f"messages[{index}]")
        if message.role == "tool" and message.answers not in known:
            place = f"messages[{index}].tool_call_id"
            raise InvalidField(place, f"{place} is no id of a call in the messages before it")
        known.update(call.id for call in message.calls)
        found.append(message)
    return found


def _read_message(document: Any, place: str) -> Message:
    if not isinstance(document, dict):
        raise InvalidField(place, f"{place} must be an object, got {summarize(document)}")
    fields = Fields(document, f"{place}.")
    given = document.get("role")
    role = _ROLES.get(given) if isinstance(given, str) else None
    if role is None:
        raise fields.refuse("role", "one of " + ", ".join(_ROLES))
    for name, value in document.items():
        if name not in _FIELDS[role] and value is not None and value not in _EMPTY:
            raise InvalidField(
                fields.name(name),
                f"{summarize(fields.name(name))} is not supported in a message of {role!r}",
                UNSUPPORTED,
            )
    calls = _read_calls(document.get("tool_calls"), fields) if role == "assistant" else ()
    text = _read_content(document.get("content"), fields.name("content"), optional=bool(calls))
    if role != "tool":
        return Message(role, text, calls)
    answered = fields.text("tool_call_id")
    if not answered:
        raise fields.refuse("tool_call_id", "the id of the call that it answers")
    return Message(role, text, answers=answered)


def _read_content(value: Any, place: str, *, optional: bool) -> str:
    """The text of a message: a text, or a list of parts that are texts, which follow one another."""
    if value is None and optional:
        return ""
    if isinstance(value, str):
        return check_text(value, place)
    if not isinstance(value, list):
        raise InvalidField(place, f"{place} must be text or a list of text parts, got {summarize(value)}")
    return "".join(_read_part(part, f"{place}[{index}]") for index, part in enumerate(value))


def _read_part(part: Any, place: str) -> str:
    if not isinstance(part, dict):
        raise InvalidField(place, f"{place} must be an object, got {summarize(part)}")
    kind = part.get("type")
    if kind != "text":
        why = _OTHER_PARTS.get(kind, "only text is taken") if isinstance(kind, str) else "only text is taken"
        raise InvalidField(place, f"{place} has the type {summarize(kind)}: {why}", UNSUPPORTED)
    Fields(part, f"{place}.").only("type", "text")
    return check_text(part.get("text"), f"{place}.text")


def _read_calls(value: Any, message: Fields) -> tuple[ToolCall, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise message.refuse("tool_calls", "a list")
    calls = []
    for index, call in enumerate(value):
        place = f"{message.name('tool_calls')}[{index}]"
        if not isinstance(call, dict) or call.get("type", "function") != "function":
            raise InvalidField(place, f"{place} must be a call of a function, got {summarize(call)}")
        fields = Fields(call, f"{place}.")
        function = fields.object("function")
        name = function.text("name") if function else None
        arguments = function.text("arguments") if function else None
        identity = fields.text("id")
        if not name or arguments is None or not identity:
            raise InvalidField(place, f"{place} needs an id, function.name and function.arguments, which are texts")
        calls.append(ToolCall(identity, name, arguments))
    return tuple(calls)
