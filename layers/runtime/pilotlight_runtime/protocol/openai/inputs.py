"""Texts, or ids of tokens, in each of the forms that `prompt` and `input` may have."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Final, Iterable
from pilotlight_runtime.messages import summarize
from pilotlight_runtime.protocol.openai.errors import CONTEXT_EXCEEDED, InvalidField
from pilotlight_runtime.protocol.openai.fields import check_text

TextOrTokens = str | list[int]

MOST_CHARACTERS: Final = 1_200_000
"""Of all texts of a request together. OpenAI takes 300,000 tokens, and a token has about four characters. A small
compressed body may hold many millions, which would take minutes to cut into tokens."""


def read_inputs(value: Any, name: str, most: int, vocabulary: int) -> list[TextOrTokens]:
    """Reads a text, a list of texts, a list of ids, or a list of such lists.

    Args:
        value: The field.
        name: Its name.
        most: The most texts or lists.
        vocabulary: The number of tokens.

    Returns:
        The texts, or lists of ids, at least one. None of them is empty.

    Raises:
        InvalidField: The field is of none of these forms.
    """
    if isinstance(value, str):
        return [_check_text(value, name)]
    if not isinstance(value, list) or not value:
        raise InvalidField(name, f"{name} must be a text, ids of tokens, or a list of either, got {summarize(value)}")
    if type(value[0]) is int:
        return [_check_tokens(value, name, vocabulary)]
    if len(value) > most:
        raise InvalidField(name, f"{name} has {len(value)} texts; the most is {most}, so send several requests")
    found: list[TextOrTokens] = []
    for index, item in enumerate(value):
        place = f"{name}[{index}]"
        found.append(_check_tokens(item, place, vocabulary) if isinstance(item, list) else _check_text(item, place))
    return found


def _check_text(value: Any, place: str) -> str:
    text = check_text(value, place)
    if not text:
        raise InvalidField(place, f"{place} is empty")
    return text


def _check_tokens(value: list[Any], place: str, vocabulary: int) -> list[int]:
    if not value:
        raise InvalidField(place, f"{place} is empty")
    for index, token in enumerate(value):
        if type(token) is not int or not 0 <= token < vocabulary:
            raise InvalidField(
                place, f"{place}[{index}] must be the id of a token, 0 to {vocabulary - 1}, got {summarize(token)}"
            )
    return value


def check_together(name: str, texts: Iterable[TextOrTokens]) -> None:
    """Raises InvalidField where the texts of the field `name` are longer together than a request may have."""
    together = sum(map(len, texts))
    if together > MOST_CHARACTERS:
        message = f"{name} has {together} characters together; the most is {MOST_CHARACTERS}, so send several requests"
        raise InvalidField(name, message, CONTEXT_EXCEEDED)
