"""What all operations that write text do with the generator."""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.language.generation import checking
from pilotlight_runtime.language.types import GenerationRequest, TextPart
from pilotlight_runtime.light_typing import TYPE_CHECKING, Callable, Iterator
from pilotlight_runtime.protocol.openai.errors import CONTEXT_EXCEEDED, InvalidField

if TYPE_CHECKING:
    from pilotlight_runtime.language.generation.generator import TextGenerator


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


def check_characters(count: int, context: int, param: str) -> None:
    """Raises InvalidField where a prompt has too many characters to be cut into tokens; arguments as above."""
    try:
        checking.check_characters(count, context)
    except InvalidRequest as error:
        raise InvalidField(param, str(error), CONTEXT_EXCEEDED) from error


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
