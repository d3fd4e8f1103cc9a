"""The prompts that the gate has both decoders continue: questions in the chat format, or the beginnings of texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pilotlight.core.errors import ConversionError
from pilotlight_runtime.errors import InvalidRequest, LoadError
from pilotlight_runtime.language.chat_prompt import (
    USER,
    Turn,
    check_tokens,
    encode_prompt,
    read_chat_format,
    write_prompt,
)
from pilotlight_runtime.text.tokenizer import Tokenizer

_QUESTIONS: Final = (
    "What is the capital of France?",
    "Write a Python function that returns the larger of two numbers.",
    "Name three things that float on water.",
    "Translate to German: The train is late.",
)
_BEGINNINGS: Final = (
    "The capital of France is",
    "def fibonacci(n):\n",
    "Once upon a time there was a king who",
    "Question: What is the freezing point of water in degrees Celsius?\nAnswer:",
)


class GreedyPrompt(NamedTuple):
    """A prompt: what it asks, and its ids with all that the model wants around it."""

    text: str
    ids: list[int]


def make_prompts(chat: Mapping[str, Any], tokenizer: Tokenizer, begin: tuple[int, ...]) -> list[GreedyPrompt]:
    """Make the prompts.

    Args:
        chat: The section "chat" of language.json; empty for a model without a chat format.
        tokenizer: The tokenizer.
        begin: The ids that each prompt begins with.

    Raises:
        ConversionError: The chat format has a control token that the tokenizer lacks.
    """
    if chat:
        written = read_chat_format(chat)
        try:
            check_tokens(written, tokenizer)
            asked = [(text, write_prompt(written, [Turn(USER, text)])) for text in _QUESTIONS]
            return [GreedyPrompt(text, encode_prompt(pieces, tokenizer)) for text, pieces in asked]
        except LoadError as error:
            what = f"does not fit the tokenizer: {error}"
            raise ConversionError("the chat template", what, "Take the tokenizer of the model.") from error
        except InvalidRequest:  # the format begins with another message than the user's
            pass
    return [GreedyPrompt(text, [*begin, *tokenizer.encode(text)]) for text in _BEGINNINGS]
