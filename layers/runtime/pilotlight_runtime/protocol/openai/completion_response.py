"""A completion, whole or as the chunks of a stream. Source: OpenAI, "API reference", "The completion object"."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, NamedTuple, Sequence
from pilotlight_runtime.protocol.openai.answer_head import AnswerHead
from pilotlight_runtime.protocol.openai.usage import Usage

Json = dict[str, Any]


class CompletionPart(NamedTuple):
    """An answer, or what is new of one. finish: "" where it goes on. logprobs: as they are written; None without."""

    place: int
    text: str
    finish: str
    logprobs: Json | None


def write_completion(head: AnswerHead, parts: Sequence[CompletionPart], usage: Usage | None) -> Json:
    """Writes a whole completion, or a chunk of a stream.

    Args:
        head: What it begins with.
        parts: The answers, or what is new of one.
        usage: The tokens of all answers; None where there is no such field.

    Returns:
        The body.
    """
    choices = [
        {"index": part.place, "text": part.text, "logprobs": part.logprobs, "finish_reason": part.finish or None}
        for part in parts
    ]
    document = {**head.write("text_completion"), "choices": choices}
    return document if usage is None else {**document, "usage": usage.write()}
