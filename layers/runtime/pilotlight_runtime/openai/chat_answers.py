"""The generator's parts as what clients read: text, and calls of tools where the request has tools."""

from __future__ import annotations

from pilotlight_runtime.language.types import STOP, TextPart, TokenScore
from pilotlight_runtime.light_typing import TYPE_CHECKING, Callable, Iterator, NamedTuple, Protocol
from pilotlight_runtime.protocol.openai.chat_response import TOOL_CALLS
from pilotlight_runtime.protocol.openai.messages import ToolCall

if TYPE_CHECKING:
    from pilotlight_runtime.language.tools.tool_answers import WrittenCall


class Reader(Protocol):
    """Finds calls in the text of one answer."""

    def push(self, text: str) -> list[str | WrittenCall]:
        """Takes text, returns what is certain now."""

    def finish(self) -> list[str | WrittenCall]:
        """Returns what was held back."""


class AnswerPart(NamedTuple):
    """What is new of an answer.

    choice: which of the answers. text, calls: what is new. tokens: how many. scores: of the tokens. finish: how the
    answer ended; "" where it goes on.
    """

    choice: int
    text: str
    calls: tuple[ToolCall, ...]
    tokens: int
    scores: tuple[TokenScore, ...]
    finish: str


def plain_parts(parts: Iterator[TextPart]) -> Iterator[AnswerPart]:
    """Yields the parts of answers that call nothing."""
    for part in parts:
        yield AnswerPart(part.choice, part.text, (), part.tokens, part.scores, part.finish)


def called_parts(
    parts: Iterator[TextPart], make_reader: Callable[[], Reader], new_id: Callable[[], str]
) -> Iterator[AnswerPart]:
    """Yields the parts of answers that may call tools.

    Args:
        parts: The generator's parts.
        make_reader: Makes what finds the calls of one answer.
        new_id: Makes a word that no other call has.

    Yields:
        The parts. An answer that calls ends with TOOL_CALLS.
    """
    readers: dict[int, Reader] = {}
    calling: set[int] = set()
    for part in parts:
        reader = readers.setdefault(part.choice, make_reader())
        found = reader.push(part.text)
        if part.finish:
            found += reader.finish()
        calls = tuple([ToolCall(f"call_{new_id()}", *one) for one in found if not isinstance(one, str)])
        if calls:
            calling.add(part.choice)
        finish = TOOL_CALLS if part.finish == STOP and part.choice in calling else part.finish
        text = "".join([one for one in found if isinstance(one, str)])
        yield AnswerPart(part.choice, text, calls, part.tokens, part.scores, finish)
