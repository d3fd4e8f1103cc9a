"""Writes one answer that a constraint binds, so that it is always a whole one, also where it must end early."""

from __future__ import annotations

from pilotlight_runtime.language.generation.answer import Answer
from pilotlight_runtime.language.generation.constraining import TokenConstraint
from pilotlight_runtime.language.generation.deadline import WARNING
from pilotlight_runtime.language.generation.picking import pick_allowed
from pilotlight_runtime.language.generation.text_decoding import ByteStream
from pilotlight_runtime.language.types import LENGTH, STOP, TextPart
from pilotlight_runtime.light_typing import Final, Iterator

TOO_FEW: Final = "the answer is not complete, because the most tokens are too few for what it must look like"


def write_constrained_answer(answer: Answer, constraint: TokenConstraint, stream: ByteStream) -> Iterator[TextPart]:
    """Writes an answer that a constraint binds.

    Text that must come next is not drawn, and the decoder reads it at once. Where the tokens or the time that are left
    are few, the shortest end is written, which takes no run of the decoder; its tokens have no scores.

    Args:
        answer: The answer at its beginning.
        constraint: What it must look like.
        stream: What decodes the answer.

    Yields:
        What is new. The last part says how the answer ended.
    """
    job, writer = answer.job, answer.writer
    while not constraint.finished and constraint.left:
        if job.deadline.passed():
            yield from _close(answer, constraint, stream, WARNING)
            return
        tokens = _next_tokens(answer, constraint)
        if tokens and tokens[0] in job.stop:
            yield writer.finish(STOP, tokens=1)
            return
        taken = _take(constraint, tokens)
        for token in taken:
            part = answer.push(token)
            if part is not None:
                yield part
            if writer.stopped:
                yield writer.finish(STOP)
                return
        if not taken or len(taken) < len(tokens):
            yield from _close(answer, constraint, stream, "")
            return
        if constraint.left and not constraint.finished:
            answer.cache.extend(taken)
    if constraint.finished:
        yield writer.finish(STOP)
    else:
        yield writer.finish(LENGTH, "" if constraint.complete else TOO_FEW)


def _next_tokens(answer: Answer, constraint: TokenConstraint) -> list[int]:
    """The tokens that must come next, else a drawn one; none where no probable token is allowed."""
    request = answer.job.request
    forced = constraint.forced()
    if forced:  # a score needs the logits of its token, so that the decoder reads one at a time
        return forced if request.logprobs is None else forced[:1]
    token = pick_allowed(answer.sampler, request.sampling, answer.job.random, constraint.allows)
    return [] if token is None else [token]


def _take(constraint: TokenConstraint, tokens: list[int]) -> list[int]:
    """Pushes tokens as long as the answer can still be completed behind them, and returns those."""
    for place, token in enumerate(tokens):
        if not constraint.push(token):
            return tokens[:place]
    return tokens


def _close(answer: Answer, constraint: TokenConstraint, stream: ByteStream, warning: str) -> Iterator[TextPart]:
    """Completes an answer that must end here."""
    writer = answer.writer
    if constraint.closing is None:
        yield writer.finish(LENGTH, warning or TOO_FEW)
        return
    part = writer.write(stream.push_bytes(constraint.closing), constraint.count_closing())
    if part is not None:
        yield part
    yield writer.finish(STOP if writer.stopped else LENGTH, warning)
