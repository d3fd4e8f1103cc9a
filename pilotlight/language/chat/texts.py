"""What a chat template does to the texts of messages: white space that it leaves out, and thoughts that it drops."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from typing import Any, Final

from pilotlight.language.chat.gaps import LONGEST_PROBE
from pilotlight.language.chat.sandbox import Conversation, Template, render
from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.language.chat_prompt import (
    ASSISTANT,
    USER,
    Turn,
    place_turns,
    read_chat_format,
    write_prompt,
)

THOUGHTS: Final = "</think>"
"""What ends a reasoning model's thoughts. Qwen3's and its relatives' templates leave them out of earlier answers."""

_SPACED: Final = " \n\t a text\t \n "


def find_trims(source: Template, document: dict[str, Any]) -> dict[str, dict[str, str]] | None:
    """Find the white space that the template leaves out of messages.

    Args:
        source: The template.
        document: The format so far.

    Returns:
        "left", "right" or "both", by the role of the message before ("" at the beginning) and the message's own; roles
        whose texts stay as they are are missing. None where the template does something else to a text.
    """
    places = _find_places(document)
    conversations = [
        [(each, _SPACED if index == at else "another") for index, each in enumerate(roles)]
        for roles, at in places.values()
    ]
    texts = render(source, [Conversation(messages) for messages in conversations])
    trims: dict[str, dict[str, str]] = {}
    for (before, role), messages, text in zip(places, conversations, texts, strict=True):
        for trim in ("", "left", "right", "both"):
            if write_text({**document, "trim": {before: {role: trim}}}, messages) == text:
                break
        else:
            return None
        if trim:
            trims.setdefault(before, {})[role] = trim
    return trims


def find_cut(source: Template, document: dict[str, Any]) -> str:
    """Find whether the template drops the thoughts of earlier answers.

    Args:
        source: The template.
        document: The format so far.

    Returns:
        The text up to which an answer is dropped; "" where all is kept.
    """
    if ASSISTANT not in document["between"].get(USER, {}) or USER not in document["between"].get(ASSISTANT, {}):
        return ""
    messages = [(USER, "ask"), (ASSISTANT, f"<think>\nhm\n{THOUGHTS}\n\nyes"), (USER, "again")]
    (text,) = render(source, [Conversation(messages)])
    cut = {**document, "cut": {ASSISTANT: THOUGHTS}}
    return THOUGHTS if text != write_text(document, messages) and text == write_text(cut, messages) else ""


def write_text(document: dict[str, Any], messages: Sequence[tuple[str, str]]) -> str | None:
    """Write a conversation as the runtime does.

    Args:
        document: The format.
        messages: Role and text of each message.

    Returns:
        The prompt; None where the format refuses the conversation.
    """
    try:
        pieces = write_prompt(read_chat_format(document), [Turn(*message) for message in messages])
    except InvalidRequest:
        return None
    return "".join(piece.text for piece in pieces)


def _find_places(document: dict[str, Any]) -> dict[tuple[str, str], tuple[tuple[str, ...], int]]:
    """Return, for each pair of neighbours, a short conversation that has it, and the index of the second."""
    chat = read_chat_format(document)
    places: dict[tuple[str, str], tuple[tuple[str, ...], int]] = {}
    for length in range(1, LONGEST_PROBE + 1):
        for roles in product(sorted({*document["begin"], *document["between"]}), repeat=length):
            turns = [Turn(role, "") for role in roles]
            if write_text(document, [(role, "") for role in roles]) is not None:
                order = place_turns(chat, turns)
                written = ["", *(roles[index] for index in order)]
                for place, index in zip(pairwise(written), order, strict=True):
                    places.setdefault(place, (roles, index))
    return places
