"""Answers that a constraint binds are always whole ones, however early they end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.tiny_decoder import END, OTHER_END, TinyDecoder, TinyTokenizer, counted, load_tiny
from support.toy_constraints import Brackets, OneOf

from pilotlight_runtime.language.generation.constrained_answer import TOO_FEW
from pilotlight_runtime.language.generation.deadline import WARNING
from pilotlight_runtime.language.generation.generator import TextGenerator
from pilotlight_runtime.language.types import GenerationRequest, Sampling, TextPart

TOKENIZER = TinyTokenizer()
PROMPT = TOKENIZER.encode("Say: ")
ENDS = {END: 9.0, OTHER_END: 9.0}
"""Ends are likely, so that a constraint that is passed over shows."""


class SpacedTokenizer(TinyTokenizer):
    """Reads each text as if a space stood before it, as SentencePiece does."""

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        return super().encode(" " + text, special=special)


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> TextGenerator:
    model = load_tiny(tmp_path_factory.mktemp("tiny"), TinyDecoder(11, bias=ENDS), context=200)
    return TextGenerator(model, TOKENIZER)


def text_of(parts: Sequence[TextPart]) -> str:
    return "".join(part.text for part in parts)


def is_list(text: str) -> bool:
    checker = Brackets()
    return checker.allows(text.encode()) and (checker.push(text.encode()) is None) and checker.complete


SAMPLINGS = st.fixed_dictionaries(
    {
        "temperature": st.sampled_from([0.0, 0.5, 1.0, 3.0]),
        "top_p": st.sampled_from([0.1, 0.9, 1.0]),
        "top_k": st.sampled_from([0, 3]),
        "seed": st.integers(0, 99),
    }
).map(lambda found: Sampling(**found))


@settings(max_examples=60, deadline=None)
@given(sampling=SAMPLINGS, most=st.integers(2, 40))
def test_a_list_is_closed_with_the_tokens_there_are(writer: TextGenerator, sampling: Sampling, most: int) -> None:
    parts = list(writer.generate(GenerationRequest(PROMPT, sampling, most, constrain=Brackets)))
    assert is_list(text_of(parts)), text_of(parts)
    assert sum(part.tokens for part in parts) <= most
    assert [part.finish for part in parts if part.finish] in (["stop"], ["length"])
    assert not any(part.warning for part in parts)


TEXTS = st.lists(
    st.text(st.sampled_from("ab \u00e9\u2713\U0001f600{}"), min_size=1, max_size=6), min_size=1, max_size=6
)


@settings(max_examples=60, deadline=None)
@given(sampling=SAMPLINGS, texts=TEXTS)
def test_an_answer_is_one_of_the_allowed_texts(writer: TextGenerator, sampling: Sampling, texts: list[str]) -> None:
    request = GenerationRequest(PROMPT, sampling, 40, constrain=lambda: OneOf(texts))
    parts = list(writer.generate(request))
    assert text_of(parts) in texts
    assert parts[-1].finish == "stop"


@settings(max_examples=30, deadline=None)
@given(sampling=SAMPLINGS, texts=TEXTS, most=st.integers(1, 8))
def test_an_answer_that_may_be_complete_in_time_is(
    writer: TextGenerator, sampling: Sampling, texts: list[str], most: int
) -> None:
    request = GenerationRequest(PROMPT, sampling, most, constrain=lambda: OneOf(texts))
    parts = list(writer.generate(request))
    shortest = len(TOKENIZER.encode(min(texts, key=lambda text: len(text.encode()))))
    assert sum(part.tokens for part in parts) <= most
    if shortest <= most:
        assert text_of(parts) in texts
    if parts[-1].warning:
        assert shortest > most
        assert parts[-1].warning == TOO_FEW


def test_too_few_tokens_for_any_answer_are_said(writer: TextGenerator) -> None:
    request = GenerationRequest(PROMPT, Sampling(seed=1), 3, constrain=lambda: OneOf(["qqqqqqqq"]))
    parts = list(writer.generate(request))
    assert (parts[-1].finish, parts[-1].warning) == ("length", TOO_FEW)
    assert "qqqqqqqq".startswith(text_of(parts))


def test_the_most_probable_allowed_text_is_the_greedy_one(writer: TextGenerator) -> None:
    decoder = TinyDecoder(11, bias=ENDS)
    row = decoder.logits(PROMPT)[-1]
    letters = "kdxzqw"
    request = GenerationRequest(PROMPT, Sampling(temperature=0.0), 9, constrain=lambda: OneOf(list(letters)))
    best = max(letters, key=lambda letter: float(row[ord(letter)]))
    assert text_of(list(writer.generate(request))) == best


def test_text_that_must_come_is_read_at_once(tmp_path: Path) -> None:
    model, runs = counted(load_tiny(tmp_path, TinyDecoder(11), context=200))
    texts = ["the long beginning: x", "the long beginning: y"]
    request = GenerationRequest(PROMPT, Sampling(seed=1), 40, constrain=lambda: OneOf(texts))
    assert text_of(list(TextGenerator(model, TOKENIZER).generate(request))) in texts
    assert runs == [len(PROMPT), len(TOKENIZER.encode("the long beginning: "))]


@pytest.mark.parametrize("left", range(1, 12))
def test_an_answer_whose_time_is_over_is_closed(writer: TextGenerator, left: int) -> None:
    times = iter([*[9000.0] * left, *[100.0] * 40])
    request = GenerationRequest(PROMPT, Sampling(seed=left), 100, constrain=DeepBrackets, time_left=lambda: next(times))
    parts = list(writer.generate(request))
    assert is_list(text_of(parts))
    assert parts[-1].warning == WARNING or parts[-1].finish == "stop"


class DeepBrackets(Brackets):
    """Closes a list only in the end, so that it must be closed."""

    def allows(self, more: bytes) -> bool:
        return super().allows(more) and b"]" not in more


@pytest.mark.parametrize("most", [2, 3, 8, 21])
def test_a_list_that_would_never_end_ends_with_the_last_token(writer: TextGenerator, most: int) -> None:
    parts = list(writer.generate(GenerationRequest(PROMPT, Sampling(seed=3), most, constrain=DeepBrackets)))
    assert is_list(text_of(parts))
    assert sum(part.tokens for part in parts) <= most
    assert parts[-1].finish == "length"


class NoToken(Brackets):
    """No token is allowed, as where the vocabulary lacks the right one."""

    def allows(self, more: bytes) -> bool:
        return bool(self.text) and super().allows(more) and False

    def forced(self) -> bytes:
        return b""


def test_an_answer_that_no_token_continues_is_closed(writer: TextGenerator) -> None:
    parts = list(writer.generate(GenerationRequest(PROMPT, Sampling(seed=3), 9, constrain=NoToken)))
    assert text_of(parts) == "[]"


@pytest.fixture(scope="module")
def spaced(tmp_path_factory: pytest.TempPathFactory) -> TextGenerator:
    model = load_tiny(tmp_path_factory.mktemp("spaced"), TinyDecoder(11, bias=ENDS), context=200)
    return TextGenerator(model, SpacedTokenizer())


@settings(max_examples=20, deadline=None)
@given(sampling=SAMPLINGS, texts=TEXTS)
def test_a_tokenizer_that_adds_a_space_changes_nothing(
    spaced: TextGenerator, sampling: Sampling, texts: list[str]
) -> None:
    request = GenerationRequest(PROMPT, sampling, 40, constrain=lambda: OneOf(texts))
    assert text_of(list(spaced.generate(request))) in texts


def test_scores_of_a_bound_answer_are_those_of_its_tokens(writer: TextGenerator) -> None:
    texts = ["some text: one", "some text: two"]
    request = GenerationRequest(PROMPT, Sampling(seed=2), 40, logprobs=1, constrain=lambda: OneOf(texts))
    parts = list(writer.generate(request))
    scores = [score for part in parts for score in part.scores]
    assert b"".join(score.token for score in scores).decode() == text_of(parts)
    tokens = TOKENIZER.encode(text_of(parts))
    if [TOKENIZER.token_bytes(token) for token in tokens] == [score.token for score in scores]:
        logits = TinyDecoder(11, bias=ENDS).logits([*PROMPT, *tokens])[len(PROMPT) - 1 : -1]
        expected = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        found = [score.logprob for score in scores]
        assert found == pytest.approx([expected[place, token] for place, token in enumerate(tokens)], abs=1e-3)


def test_choices_are_bound_one_by_one(writer: TextGenerator) -> None:
    request = GenerationRequest(PROMPT, Sampling(seed=2), 20, choices=3, constrain=Brackets)
    parts = list(writer.generate(request))
    for choice in range(3):
        assert is_list(text_of([part for part in parts if part.choice == choice]))


def test_a_stop_string_ends_a_bound_answer_too(writer: TextGenerator) -> None:
    request = GenerationRequest(PROMPT, Sampling(seed=2), 40, stop=("long",), constrain=lambda: OneOf(["a long one"]))
    parts = list(writer.generate(request))
    assert (text_of(parts), parts[-1].finish) == ("a ", "stop")
