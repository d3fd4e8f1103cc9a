"""Text and calls in an answer, as it is written."""

from __future__ import annotations

from pilotlight_runtime.json_text import loads, make_encoder
from pilotlight_runtime.language.schema.calls import CLOSING, OPENING
from pilotlight_runtime.light_typing import Final, NamedTuple

_OPENING: Final = OPENING.decode()
_CLOSING: Final = CLOSING.decode()
_write: Final = make_encoder(ensure_ascii=False)


class WrittenCall(NamedTuple):
    """A call that the model made.

    Attributes:
        name: The function's name.
        arguments: JSON.
    """

    name: str
    arguments: str


class AnswerReader:
    """Reads an answer of a request with tools, part by part.

    Text that may begin a call is held back until it is clear, and so is white space that follows no text. White space
    between calls is no text.

    A call that is cut off, or is no JSON with a name and arguments, is text: only an answer without a constraint has
    such.
    """

    def __init__(self) -> None:
        self._held = ""
        self._inside = False
        self._called = False
        self._spoken = False  # whether the last part was text, which white space behind it belongs to

    def push(self, text: str) -> list[str | WrittenCall]:
        """Takes the next part of an answer.

        Returns:
            The text and the calls that are complete now, in order.
        """
        self._held += text
        found: list[str | WrittenCall] = []
        while True:
            marker = _CLOSING if self._inside else _OPENING
            before, seen, after = self._held.partition(marker)
            if not seen:
                break
            self._held = after
            if self._inside:
                part = _read_call(before)
                found.append(part)
                self._spoken = isinstance(part, str)
            elif before and (self._spoken or before.strip()):
                found.append(before)
                self._spoken = True
            self._inside = not self._inside
        if not self._inside:
            kept = _marker_begun(self._held)
            told, self._held = self._held[: len(self._held) - kept], self._held[len(self._held) - kept :]
            if told and (self._spoken or told.strip()):
                found.append(told)
                self._spoken = True
            else:
                self._held = told + self._held
        self._called = self._called or any(isinstance(part, WrittenCall) for part in found)
        return found

    def finish(self) -> list[str | WrittenCall]:
        """Returns what was held back, at the end of the answer."""
        held = _OPENING + self._held if self._inside else self._held
        self._held, self._inside = "", False
        return [] if self._called and not held.strip() else [held] * bool(held)


def read_answer(text: str) -> tuple[str, tuple[WrittenCall, ...]]:
    """Reads a whole answer.

    Returns:
        Its text, and its calls.
    """
    reader = AnswerReader()
    parts = reader.push(text) + reader.finish()
    words = "".join(part for part in parts if isinstance(part, str))
    return words, tuple(part for part in parts if isinstance(part, WrittenCall))


def _read_call(text: str) -> str | WrittenCall:
    try:
        document = loads(text)
    except ValueError:
        document = None
    name = document.get("name") if isinstance(document, dict) else None
    arguments = document.get("arguments") if isinstance(document, dict) else None
    if not isinstance(name, str) or not isinstance(arguments, dict):
        return _OPENING + text + _CLOSING
    return WrittenCall(name, _write(arguments))


def _marker_begun(text: str) -> int:
    """How many characters at the end of a text may be the beginning of a call."""
    for size in range(min(len(_OPENING) - 1, len(text)), 0, -1):
        if text.endswith(_OPENING[:size]):
            return size
    return 0
