"""A generator as functions of tensors: each text is continued, or answered where the model has a chat format."""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.language.chat_prompt import USER, ChatFormat, Turn, encode_prompt, write_prompt
from pilotlight_runtime.language.generation.checking import check_characters
from pilotlight_runtime.language.text_functions import TEXT, Tensors, read_text_input
from pilotlight_runtime.language.types import GenerationRequest
from pilotlight_runtime.light_typing import TYPE_CHECKING, Callable, Final, Iterator
from pilotlight_runtime.text.tensors import texts_tensor

if TYPE_CHECKING:
    from pilotlight_runtime.language.generation.generator import TextGenerator
    from pilotlight_runtime.observer import Tally

MOST_TOKENS: Final = 256
"""Of an answer. OpenAI's API takes another number; these functions have no input for it."""

MOST_TEXTS: Final = 16


class WrittenTexts:
    """From `text` to `text`.

    Args:
        generator: Of the model.
        chat: How a text becomes a prompt; None where texts are continued.

    """

    def __init__(self, generator: TextGenerator, chat: ChatFormat | None) -> None:
        self._generator = generator
        self._chat = chat
        self._time_left: Callable[[], float] | None = None
        self._tally: Tally | None = None

    def begin_request(self, tally: Tally | None, time_left: Callable[[], float] | None) -> None:
        """See openai.service.RequestListener."""
        self._tally = tally
        self._time_left = time_left

    def __call__(self, inputs: Tensors) -> Tensors:
        """Returns what follows each text."""
        texts = read_text_input(inputs)
        if len(texts) > MOST_TEXTS:
            raise InvalidRequest(f"input 'text' has {len(texts)} texts; the most is {MOST_TEXTS}")
        prompts = [self._encode(text) for text in texts]
        self._reserve(prompts)
        return {TEXT: texts_tensor("".join(self._write(prompt)) for prompt in prompts)}

    def stream(self, inputs: Tensors) -> Iterator[Tensors]:
        """Returns what yields what follows the only text, as it comes; what it takes is reserved at once."""
        texts = read_text_input(inputs)
        if len(texts) != 1:
            raise InvalidRequest(f"input 'text' has {len(texts)} texts; a stream takes one")
        prompt = self._encode(texts[0])
        self._reserve([prompt])
        return ({TEXT: texts_tensor([text])} for text in self._write(prompt))

    def _reserve(self, prompts: list[list[int]]) -> None:
        """Counts the tokens of the prompts, and reserves those of the answers, where they are metered."""
        if self._tally is not None:
            self._tally.add("tokens_in", sum(map(len, prompts)))
            self._tally.reserve({"tokens_out": sum(map(self._most, prompts))})

    def _most(self, prompt: list[int]) -> int:
        """The most tokens of the answer to a prompt."""
        return max(1, min(MOST_TOKENS, self._generator.context - len(prompt)))

    def _write(self, prompt: list[int]) -> Iterator[str]:
        generator, tally = self._generator, self._tally
        sampling = generator.settings.defaults
        request = GenerationRequest(prompt, sampling, self._most(prompt), time_left=self._time_left)
        for part in generator.generate(request):
            if tally is not None:
                tally.add("tokens_out", part.tokens)
            if part.text:
                yield part.text

    def _encode(self, text: str) -> list[int]:
        generator = self._generator
        check_characters(len(text), generator.context)
        if self._chat is None:
            return [*generator.settings.begin, *generator.tokenizer.encode(text)]
        return encode_prompt(write_prompt(self._chat, [Turn(USER, text)]), generator.tokenizer)
