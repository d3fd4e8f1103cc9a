"""Generates text with a language model: the front door of this package."""

from __future__ import annotations

from _random import Random
from posix import urandom

from pilotlight_runtime.language.generation.answer import Answer, Job, write_answer
from pilotlight_runtime.language.generation.checking import check_request
from pilotlight_runtime.language.generation.deadline import WARNING, Deadline
from pilotlight_runtime.language.generation.prompt import read_prompt
from pilotlight_runtime.language.generation.settings import GenerationSettings, read_settings
from pilotlight_runtime.language.generation.shared_cache import SharedCache
from pilotlight_runtime.language.generation.slots import Slot, Slots
from pilotlight_runtime.language.generation.stop_strings import StopStrings
from pilotlight_runtime.language.types import LENGTH, GenerationRequest, TextPart
from pilotlight_runtime.light_typing import TYPE_CHECKING, Callable, Final, Iterator
from pilotlight_runtime.types import LoadedModel

if TYPE_CHECKING:
    from pilotlight_runtime.text.tokenizer import Tokenizer

TOKENIZER_NAME: Final = "tokenizer.bin"


class TextGenerator:
    """A decoder that is ready to write.

    Args:
        model: A version of a language model with the graphs `decoder` and `sampler`.
        tokenizer: The model's tokenizer; None opens its tokenizer.bin.

    Attributes:
        settings: The sizes of the decoder, and how it draws where a request does not say.
        tokenizer: Makes tokens of texts.

    Raises:
        LoadError: The version is no language model that writes text, or a part of it is missing.
    """

    def __init__(self, model: LoadedModel, tokenizer: Tokenizer | None = None) -> None:
        self.settings: GenerationSettings = read_settings(model)
        if tokenizer is None:
            from pilotlight_runtime.text.tokenizer import open_tokenizer

            tokenizer = open_tokenizer(model.asset(TOKENIZER_NAME))
        self.tokenizer: Tokenizer = tokenizer
        self._slots = Slots(model.sessions, self.settings)

    @property
    def context(self) -> int:
        """The most tokens of prompt and answer together."""
        return self.settings.context

    def generate(self, request: GenerationRequest) -> Iterator[TextPart]:
        """Writes the answers to a request, one after the other.

        Args:
            request: The request.

        Returns:
            The parts of the answers. Nothing is computed before the first one is asked for. The iterator may be closed
            at any time.

        Raises:
            InvalidRequest: The prompt is empty or longer than the context, or a number is out of its range; at once.
            InferenceFailed: The graph fails; from the iterator.
        """
        check_request(request, self.settings)
        StopStrings(request.stop)
        most = min(request.most, self.context - len(request.prompt))
        deadline, random = Deadline(request.time_left), _generator(request.sampling.seed)
        return self._parts(Job(request, self.tokenizer, self.settings.stop, most, deadline, random))

    def _parts(self, job: Job) -> Iterator[TextPart]:
        slot = self._slots.take()
        try:
            yield from _answers(job, slot)
        finally:
            self._slots.give_back(slot)


def _answers(job: Job, slot: Slot) -> Iterator[TextPart]:
    """Reads the prompt once, and writes all answers behind it."""
    request, cache = job.request, slot.cache
    if not read_prompt(cache, request.prompt, request.caller, job.deadline):
        for choice in range(request.choices):
            yield TextPart(choice, "", 0, finish=LENGTH, warning=WARNING)
        return
    behind = bytes(cache.logits.buffer) if request.choices > 1 else b""
    for choice in range(request.choices):
        if choice:
            cache.keep(len(request.prompt))
            cache.logits.buffer[:] = behind
        yield from _answer(job, slot, choice)


def _answer(job: Job, slot: Slot, choice: int) -> Iterator[TextPart]:
    constrain = job.request.constrain
    if constrain is None:
        return _free_answer(job, slot, choice)
    from pilotlight_runtime.language.generation.constrained_answer import write_constrained_answer
    from pilotlight_runtime.language.generation.constraining import TokenConstraint
    from pilotlight_runtime.language.generation.text_decoding import ByteStream

    stream = ByteStream(job.tokenizer)
    constraint = TokenConstraint(constrain(), job.tokenizer, job.stop, job.most)
    return write_constrained_answer(Answer(job, slot, choice, stream), constraint, stream)


def _free_answer(job: Job, slot: Slot, choice: int) -> Iterator[TextPart]:
    answer = Answer(job, slot, choice, job.tokenizer.stream())
    if job.request.sampling.temperature == 0.0 and isinstance(slot.cache, SharedCache):
        from pilotlight_runtime.language.generation.guessed_answer import may_guess, write_guessed_answer

        if may_guess(job.request):
            return write_guessed_answer(answer, slot.cache)
    return write_answer(answer)


def _generator(seed: int | None) -> Callable[[], float]:
    """A random generator of one request. It is `random.Random`, whose module takes 5 ms to import, without that module.

    Any two seeds that differ in their lowest 64 bits give different sequences.
    """
    return Random(int.from_bytes(urandom(32), "little") if seed is None else seed % 2**64).random
