"""Writes one answer behind a prompt that is in the cache: draw a token, send its text, run the decoder over it."""

from __future__ import annotations

from pilotlight_runtime.language.generation.deadline import WARNING, Deadline
from pilotlight_runtime.language.generation.penalties import Penalties
from pilotlight_runtime.language.generation.picking import pick
from pilotlight_runtime.language.generation.scoring import score_token
from pilotlight_runtime.language.generation.slots import Slot
from pilotlight_runtime.language.generation.stop_strings import StopStrings
from pilotlight_runtime.language.generation.text_writer import TextStream, TextWriter
from pilotlight_runtime.language.types import LENGTH, STOP, GenerationRequest, TextPart
from pilotlight_runtime.light_typing import TYPE_CHECKING, Callable, Iterator, NamedTuple

if TYPE_CHECKING:
    from pilotlight_runtime.text.tokenizer import Tokenizer


class Job(NamedTuple):
    """What all answers to a request have in common.

    Attributes:
        request: The request.
        tokenizer: Of the model.
        stop: The tokens that end an answer.
        most: The most tokens of an answer; the context may allow fewer than the request.
        deadline: When the answers must end.
        random: Returns a number from 0 up to 1, 1 excluded.
    """

    request: GenerationRequest
    tokenizer: Tokenizer
    stop: frozenset[int]
    most: int
    deadline: Deadline
    random: Callable[[], float]


class Answer:
    """One answer that is being written.

    Args:
        job: The request.
        slot: Its cache holds the prompt, and its logits are those behind it.
        choice: Which of the answers it is.
        stream: Decodes its tokens.

    Attributes:
        job: The request.
        cache: Reads the tokens of the answer.
        sampler: Draws them.
        writer: Makes the parts.
    """

    def __init__(self, job: Job, slot: Slot, choice: int, stream: TextStream) -> None:
        self.job = job
        self.cache, self.sampler = slot
        self.writer = TextWriter(choice, stream, StopStrings(job.request.stop))
        self._logits = self.cache.logits.buffer.cast("f")
        self._penalties = Penalties(job.request.sampling, job.request.prompt, self.sampler.adjustments)

    def push(self, token: int) -> TextPart | None:
        """Takes a token, which the logits are for, and returns what may be sent."""
        score, alternatives = None, self.job.request.logprobs
        if alternatives is not None:
            score = score_token(self.sampler, self._logits, token, alternatives, self.job.tokenizer)
        self._penalties.count(token)
        return self.writer.push(token, score)


def write_answer(answer: Answer) -> Iterator[TextPart]:
    """Writes an answer that may be any text.

    Args:
        answer: The answer at its beginning.

    Yields:
        What is new. The last part says how the answer ended.
    """
    job, writer = answer.job, answer.writer
    for left in range(job.most - 1, -1, -1):
        token = pick(answer.sampler, job.request.sampling, job.random)
        if token in job.stop:
            yield writer.finish(STOP, tokens=1)
            return
        part = answer.push(token)
        if part is not None:
            yield part
        if writer.stopped:
            yield writer.finish(STOP)
            return
        if left and job.deadline.passed():
            yield writer.finish(LENGTH, WARNING)
            return
        if left:
            answer.cache.extend([token])
    yield writer.finish(LENGTH)
