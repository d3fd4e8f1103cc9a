"""Writes one answer of the most probable tokens, several a run where they can be guessed.

The decoder reads a guess behind the last token at once. Its logits say at each place which token comes next, so that a
guess is taken as far as it is what would have been drawn, and the rest is forgotten.

In float the text is the same as without guesses. With weights in blocks of 8 bits it may be another where two tokens
are nearly as probable: ONNX Runtime rounds the inputs of a product over several tokens in another way than over one.
Both are as near to the float model: with SmolLM2-135M, a Kullback-Leibler divergence of 0.0049 and 0.0048.
"""

from __future__ import annotations

from pilotlight_runtime.language.generation.answer import Answer
from pilotlight_runtime.language.generation.deadline import WARNING
from pilotlight_runtime.language.generation.guesses import Guesses
from pilotlight_runtime.language.generation.picking import pick
from pilotlight_runtime.language.generation.prompt import common_length
from pilotlight_runtime.language.generation.shared_cache import SharedCache
from pilotlight_runtime.language.types import LENGTH, STOP, GenerationRequest, TextPart
from pilotlight_runtime.light_typing import Iterator


def may_guess(request: GenerationRequest) -> bool:
    """Whether the tokens of a request depend on nothing but the logits: no chance, no penalties, no constraint."""
    sampling = request.sampling
    penalized = sampling.repetition_penalty != 1.0 or sampling.presence_penalty or sampling.frequency_penalty
    plain = not penalized and not sampling.logit_bias and request.constrain is None
    return sampling.temperature == 0.0 and plain and request.logprobs is None


def write_guessed_answer(answer: Answer, cache: SharedCache) -> Iterator[TextPart]:
    """Writes an answer to a request that may_guess.

    Args:
        answer: The answer at its beginning.
        cache: Its cache.

    Yields:
        What is new. The last part says how the answer ended.
    """
    job, writer = answer.job, answer.writer
    guesses: Guesses | None = None
    left = job.most
    tokens = [pick(answer.sampler, job.request.sampling, job.random)]
    while True:
        for token in tokens:
            if token in job.stop:
                yield writer.finish(STOP, tokens=1)
                return
            part = answer.push(token)
            if part is not None:
                yield part
            if writer.stopped:
                yield writer.finish(STOP)
                return
        left -= len(tokens)
        if left == 0 or job.deadline.passed():
            yield writer.finish(LENGTH, WARNING if left else "")
            return
        if guesses is None:  # not sooner, so that the first token does not wait for it
            guesses = Guesses(job.request.prompt)
        guesses.extend(tokens)
        tokens = _next_tokens(answer, cache, guesses, tokens[-1], left)


def _next_tokens(answer: Answer, cache: SharedCache, guesses: Guesses, last: int, left: int) -> list[int]:
    """The tokens behind `last`, at least one and at most `left`."""
    guess = guesses.guess(left - 1)
    if not guess:
        cache.extend([last])
        return [pick(answer.sampler, answer.job.request.sampling, answer.job.random)]
    found = answer.sampler.best(cache.extend_all([last, *guess]))
    right = common_length(guess, found)
    cache.keep(len(cache.tokens) - len(guess) + right)
    guesses.learn(len(guess), right)
    return found[: right + 1]
