"""A chat completion as server-sent events."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Iterator
from pilotlight_runtime.openai.chat_answers import AnswerPart
from pilotlight_runtime.protocol.openai.chat_response import ChunkWriter
from pilotlight_runtime.protocol.openai.events import DONE, write_event
from pilotlight_runtime.protocol.openai.usage import Usage


def write_events(
    writer: ChunkWriter, parts: Iterator[AnswerPart], *, scored: bool, usage: bool, prompt: int
) -> Iterator[bytes]:
    """Writes the events of a stream.

    Args:
        writer: Writes the chunks.
        parts: What is new of the answers.
        scored: Whether tokens come with their probabilities.
        usage: Whether the counts of tokens end the stream.
        prompt: The tokens of the prompt.

    Yields:
        One or more events at once. The first ones come with the first token, so that a failure before it has a status.
    """
    calls: dict[int, int] = {}
    tokens = 0
    for part in parts:
        tokens += part.tokens
        choice, sent = part.choice, b""
        if choice not in calls:
            calls[choice] = 0
            sent = write_event(writer.role(choice))
        if part.text or (scored and part.scores):
            sent += write_event(writer.text(choice, part.text, part.scores if scored else None))
        for call in part.calls:
            sent += write_event(writer.call(choice, calls[choice], call))
            calls[choice] += 1
        if part.finish:
            sent += write_event(writer.finish(choice, part.finish))
        if sent:
            yield sent
    if usage:
        yield write_event(writer.end(Usage(prompt, tokens)))
    yield DONE
