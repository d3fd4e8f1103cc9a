"""From a request's fields to what the generator takes, and from its parts to whole answers."""

from __future__ import annotations

from pilotlight_runtime.language.types import GenerationRequest, TextPart, TokenScore
from pilotlight_runtime.light_typing import TYPE_CHECKING, Callable, Iterable, Iterator
from pilotlight_runtime.protocol.openai.errors import CONTEXT_EXCEEDED, InvalidField

if TYPE_CHECKING:
    from pilotlight_runtime.language.generator import TextGenerator


class Collected:
    """What has come of one answer. scores: those of its tokens; finish: "" until it has ended."""

    __slots__ = ("finish", "scores", "text", "tokens")

    def __init__(self) -> None:
        self.text = ""
        self.tokens = 0
        self.scores: list[TokenScore] = []
        self.finish = ""

    def add(self, part: TextPart) -> None:
        """Takes what is new."""
        self.text += part.text
        self.tokens += part.tokens
        self.scores += part.scores
        self.finish = part.finish or self.finish


def check_length(tokens: int, context: int, param: str) -> None:
    """Raises InvalidField where a prompt leaves no room for an answer.

    Args:
        tokens: Of the prompt.
        context: The most tokens of prompt and answer together.
        param: The field that the prompt came in.
    """
    if tokens >= context:
        raise InvalidField(
            param,
            f"this model takes {context} tokens of prompt and answer together, and the prompt has {tokens}; shorten it",
            CONTEXT_EXCEEDED,
        )
    if not tokens:
        raise InvalidField(param, "the prompt has no tokens")


def start(generator: TextGenerator, request: GenerationRequest, warn: Callable[[str], None]) -> Iterator[TextPart]:
    """Starts to generate.

    Args:
        generator: The generator.
        request: What it is asked.
        warn: Takes why an answer ended early.

    Returns:
        The parts. Their generator is closed with this one.

    Raises:
        InvalidRequest: The generator refuses the request; at once.
    """
    return _reported(generator.generate(request), warn)


def collect(parts: Iterable[TextPart], choices: int) -> list[Collected]:
    """Waits for all answers.

    Args:
        parts: The parts.
        choices: The number of answers.

    Returns:
        The answers in order.
    """
    found = [Collected() for _ in range(choices)]
    for part in parts:
        found[part.choice].add(part)
    return found


def _reported(parts: Iterator[TextPart], warn: Callable[[str], None]) -> Iterator[TextPart]:
    try:
        for part in parts:
            if part.warning:
                warn(part.warning)
            yield part
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()
