"""What all operations that write text do with the generator."""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.language.generation import checking
from pilotlight_runtime.language.types import GenerationRequest, TextPart
from pilotlight_runtime.light_typing import TYPE_CHECKING, Callable, Iterator
from pilotlight_runtime.protocol.openai.errors import CONTEXT_EXCEEDED, InvalidField

if TYPE_CHECKING:
    from pilotlight_runtime.language.generation.generator import TextGenerator
    from pilotlight_runtime.observer import Tally


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


def start(
    generator: TextGenerator, request: GenerationRequest, warn: Callable[[str], None], tally: Tally | None
) -> Iterator[TextPart]:
    """Starts to generate.

    Args:
        generator: The generator.
        request: What it is asked.
        warn: Takes why an answer ended early.
        tally: Counts the tokens of the answers; None where nothing is metered.

    Returns:
        The parts. Their generator is closed with this one.

    Raises:
        InvalidRequest: The generator refuses the request; at once.
    """
    parts = _reported(generator.generate(request), warn)
    return parts if tally is None else count_answer(parts, tally)


def reserve_tokens(tally: Tally | None, prompts: list[list[int]], most: int) -> None:
    """Counts the tokens of prompts, and reserves those of the answers.

    Args:
        tally: Of the request; None where nothing is metered.
        prompts: The tokens of the prompts.
        most: The most tokens of all answers together.

    Raises:
        MeterRefusal: The quota does not allow them.
    """
    if tally is not None:
        tally.add("tokens_in", sum(map(len, prompts)))
        tally.reserve({"tokens_out": most})


def count_answer(parts: Iterator[TextPart], tally: Tally) -> Iterator[TextPart]:
    """Yields the parts of answers, and counts their tokens."""
    try:
        for part in parts:
            tally.add("tokens_out", part.tokens)
            yield part
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()


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
