"""What a decoder writes through the cache is what it writes when each token is computed from the whole text anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from support.tiny_decoder import END, OTHER_END, VOCABULARY, TinyDecoder, TinyTokenizer, load_tiny

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.language.generator import TextGenerator
from pilotlight_runtime.language.types import GenerationRequest, Sampling, TextPart

GREEDY = Sampling(temperature=0.0)
TOKENIZER = TinyTokenizer()
PROMPT = TOKENIZER.encode("Once upon the time, and again")
CACHES = pytest.mark.parametrize("cache", ["shared", "grown"])


def generator(folder: Path, decoder: TinyDecoder, cache: str = "shared", context: int = 64) -> TextGenerator:
    return TextGenerator(load_tiny(folder, decoder, cache=cache, context=context), TOKENIZER)


def recompute(decoder: TinyDecoder, prompt: Sequence[int], most: int) -> list[int]:
    """Greedy, without any cache, in float64."""
    tokens = list(prompt)
    for _ in range(most):
        token = int(decoder.logits(tokens)[-1].argmax())
        if token in (END, OTHER_END):
            break
        tokens.append(token)
    return tokens[len(prompt) :]


def text_of(parts: Sequence[TextPart], choice: int = 0) -> str:
    return "".join(part.text for part in parts if part.choice == choice)


@CACHES
@pytest.mark.parametrize("seed", range(4))
def test_greedy_text_is_that_of_full_recomputation(tmp_path: Path, cache: str, seed: int) -> None:
    decoder = TinyDecoder(seed)
    writer = generator(tmp_path, decoder, cache)
    parts = list(writer.generate(GenerationRequest(PROMPT, GREEDY, 30)))
    expected = recompute(decoder, PROMPT, 30)
    assert text_of(parts) == TOKENIZER.decode(expected)
    assert sum(part.tokens for part in parts) == min(len(expected) + 1, 30)
    assert [part.finish for part in parts if part.finish] == ["stop" if len(expected) < 30 else "length"]
    assert len(set(expected)) > 3
