"""What a decoder writes through the cache is what it writes when each token is computed from the whole text anew."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.tiny_decoder import END, OTHER_END, VOCABULARY, TinyDecoder, TinyTokenizer, counted, load_tiny

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.language.generation.deadline import WARNING
from pilotlight_runtime.language.generation.generator import TextGenerator
from pilotlight_runtime.language.generation.shared_cache import CHUNK
from pilotlight_runtime.language.types import GenerationRequest, Sampling, TextPart

GREEDY = Sampling(temperature=0.0)
TOKENIZER = TinyTokenizer()
PROMPT = TOKENIZER.encode("Once upon the time, and again")
CACHES = pytest.mark.parametrize("cache", ["shared", "grown"])


def generator(folder: Path, decoder: TinyDecoder, cache: str = "shared", context: int = 64) -> TextGenerator:
    return TextGenerator(load_tiny(folder, decoder, cache=cache, context=context), TOKENIZER)


@pytest.fixture(scope="module")
def writers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TextGenerator]:
    return {cache: generator(tmp_path_factory.mktemp(cache), TinyDecoder(8), cache) for cache in ("shared", "grown")}


def id_of(content: bytes) -> int:
    return next(token for token in range(VOCABULARY) if TOKENIZER.token_bytes(token) == content)


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


@CACHES
def test_a_long_prompt_is_read_in_parts(tmp_path: Path, cache: str) -> None:
    decoder = TinyDecoder(5)
    prompt = [token % 250 for token in range(3, 3 + 2 * CHUNK + 17)]
    writer = generator(tmp_path, decoder, cache, context=400)
    parts = list(writer.generate(GenerationRequest(prompt, GREEDY, 8)))
    assert text_of(parts) == TOKENIZER.decode(recompute(decoder, prompt, 8))


@CACHES
def test_the_next_turn_computes_only_what_is_new(tmp_path: Path, cache: str) -> None:
    decoder = TinyDecoder(2)
    model, runs = counted(load_tiny(tmp_path, decoder, cache=cache, context=200))
    writer = TextGenerator(model, TOKENIZER)
    first = GenerationRequest(PROMPT, GREEDY, 10, caller=b"anna")
    answer = TOKENIZER.encode(text_of(list(writer.generate(first))))
    more = [*PROMPT, *answer[:5], *TOKENIZER.encode("? and then")]
    del runs[:]
    parts = list(writer.generate(first._replace(prompt=more)))
    assert text_of(parts) == TOKENIZER.decode(recompute(decoder, more, 10))
    assert runs[0] <= len(more) - len(PROMPT)


@CACHES
def test_the_same_prompt_again_gives_the_same_text(tmp_path: Path, cache: str) -> None:
    model, runs = counted(load_tiny(tmp_path, TinyDecoder(2), cache=cache))
    writer = TextGenerator(model, TOKENIZER)
    request = GenerationRequest(PROMPT, GREEDY, 10, caller=b"anna")
    first = text_of(list(writer.generate(request)))
    del runs[:]
    assert text_of(list(writer.generate(request))) == first
    assert runs[0] == 1


@pytest.mark.parametrize("callers", [(b"anna", b"bert"), (b"", b""), (b"anna", b""), (b"", b"anna")])
def test_another_callers_prompt_makes_nothing_faster(tmp_path: Path, callers: tuple[bytes, bytes]) -> None:
    model, runs = counted(load_tiny(tmp_path, TinyDecoder(2)))
    writer = TextGenerator(model, TOKENIZER)
    for caller in callers:
        del runs[:]
        list(writer.generate(GenerationRequest(PROMPT, GREEDY, 3, caller=caller)))
        assert runs[0] == len(PROMPT)


@CACHES
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_order_of_requests_gives_each_its_own_text(
    writers: dict[str, TextGenerator], cache: str, data: st.DataObject
) -> None:
    """Prompts that share beginnings, several callers, answers that are left in the middle."""
    decoder, writer = TinyDecoder(8), writers[cache]
    token = st.integers(0, 3)
    for _ in range(data.draw(st.integers(1, 6))):
        prompt = data.draw(st.lists(token, min_size=1, max_size=9))
        request = GenerationRequest(prompt, GREEDY, 4, caller=data.draw(st.sampled_from([b"", b"a", b"b"])))
        parts = writer.generate(request)
        if data.draw(st.booleans()):
            next(parts)
            parts.close()
        else:
            assert text_of(list(parts)) == TOKENIZER.decode(recompute(decoder, prompt, 4))


@CACHES
def test_two_answers_at_the_same_time_do_not_touch_each_other(tmp_path: Path, cache: str) -> None:
    decoder = TinyDecoder(3)
    writer = generator(tmp_path, decoder, cache)
    prompts = [PROMPT, PROMPT[:9], TOKENIZER.encode("abc")]
    running = [writer.generate(GenerationRequest(prompt, GREEDY, 12, caller=b"x")) for prompt in prompts]
    texts = ["" for _ in prompts]
    for parts in zip_longest(*running):
        texts = [text + (part.text if part else "") for text, part in zip(texts, parts, strict=True)]
    assert texts == [TOKENIZER.decode(recompute(decoder, prompt, 12)) for prompt in prompts]


@CACHES
def test_several_choices_read_the_prompt_once(tmp_path: Path, cache: str) -> None:
    model, runs = counted(load_tiny(tmp_path, TinyDecoder(2), cache=cache))
    writer = TextGenerator(model, TOKENIZER)
    request = GenerationRequest(PROMPT, Sampling(seed=5), 12, choices=4)
    parts = list(writer.generate(request))
    texts = [text_of(parts, choice) for choice in range(4)]
    assert len(set(texts)) > 1
    assert [part.choice for part in parts] == sorted(part.choice for part in parts)
    assert runs.count(len(PROMPT)) == 1
    assert [text_of(list(writer.generate(request)), choice) for choice in range(4)] == texts, "the seed decides"
    greedy = list(writer.generate(request._replace(sampling=GREEDY)))
    assert len({text_of(greedy, choice) for choice in range(4)}) == 1


def test_seeds_reproduce_and_no_seed_does_not(tmp_path: Path) -> None:
    writer = generator(tmp_path, TinyDecoder(2))

    def text(seed: int | None) -> str:
        return text_of(list(writer.generate(GenerationRequest(PROMPT, Sampling(seed=seed), 20))))

    assert text(1) == text(1)
    assert len({text(seed) for seed in range(8)}) > 4
    assert len({text(None) for _ in range(8)}) > 4
    assert text(-1) == text(2**64 - 1)


def test_random_numbers_of_others_change_nothing(tmp_path: Path) -> None:
    import random

    writer = generator(tmp_path, TinyDecoder(2))
    request = GenerationRequest(PROMPT, Sampling(seed=4), 10)
    random.seed(1)
    state = random.getstate()
    first = text_of(list(writer.generate(request)))
    assert random.getstate() == state
    random.seed(2)
    assert text_of(list(writer.generate(request))) == first


@pytest.mark.parametrize("stop", ["ing", " the", "\u2713", "b", "ngi"])
def test_an_answer_ends_before_a_stop_string(tmp_path: Path, stop: str) -> None:
    bias = dict.fromkeys(TOKENIZER.encode("ing the\u2713b"), 3.0)
    writer = generator(tmp_path, TinyDecoder(2, bias=bias))
    ended = 0
    for seed in range(12):
        request = GenerationRequest(PROMPT, Sampling(temperature=1.5, seed=seed), 34)
        whole = list(writer.generate(request))
        parts = list(writer.generate(request._replace(stop=(stop, "never there"))))
        assert text_of(parts) == text_of(whole).split(stop)[0]
        assert parts[-1].finish == ("stop" if stop in text_of(whole) else whole[-1].finish)
        ended += stop in text_of(whole)
    assert ended


def test_the_context_bounds_prompt_and_answer(tmp_path: Path) -> None:
    decoder = TinyDecoder(1, bias={END: -50, OTHER_END: -50})
    writer = generator(tmp_path, decoder, context=len(PROMPT) + 5)
    parts = list(writer.generate(GenerationRequest(PROMPT, GREEDY, 100)))
    assert sum(part.tokens for part in parts) == 5
    assert parts[-1].finish == "length"
    assert text_of(parts) == TOKENIZER.decode(recompute(decoder, PROMPT, 5))


@pytest.mark.parametrize("more", [0, 1, 1000])
def test_a_prompt_that_leaves_no_room_is_refused_with_both_counts(tmp_path: Path, more: int) -> None:
    writer = generator(tmp_path, TinyDecoder(1))
    with pytest.raises(InvalidRequest, match=f"has {64 + more} tokens, but .* may have 64"):
        writer.generate(GenerationRequest([1] * (64 + more), GREEDY, 1))


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": []},
        {"prompt": [VOCABULARY]},
        {"prompt": [-1]},
        {"most": 0},
        {"choices": 0},
        {"logprobs": -1},
        {"stop": ("",)},
        {"sampling": Sampling(temperature=-0.1)},
        {"sampling": Sampling(temperature=float("nan"))},
        {"sampling": Sampling(temperature=float("inf"))},
        {"sampling": Sampling(top_p=1.1)},
        {"sampling": Sampling(top_k=-1)},
        {"sampling": Sampling(min_p=2.0)},
        {"sampling": Sampling(repetition_penalty=0.0)},
        {"sampling": Sampling(presence_penalty=float("inf"))},
        {"sampling": Sampling(logit_bias={VOCABULARY: 1.0})},
        {"sampling": Sampling(logit_bias={1: float("nan")})},
    ],
)
def test_what_no_answer_can_be_made_to_is_refused_at_once(tmp_path: Path, change: dict[str, Any]) -> None:
    writer = generator(tmp_path, TinyDecoder(1))
    with pytest.raises(InvalidRequest):
        writer.generate(GenerationRequest(PROMPT, GREEDY, 5)._replace(**change))


@CACHES
def test_an_answer_ends_in_time(tmp_path: Path, cache: str) -> None:
    writer = generator(tmp_path, TinyDecoder(1, bias={END: -50, OTHER_END: -50}), cache)
    left = iter(range(10_000, 0, -1000))
    parts = list(writer.generate(GenerationRequest(PROMPT, GREEDY, 30, time_left=lambda: next(left))))
    assert (parts[-1].finish, parts[-1].warning) == ("length", WARNING)
    assert sum(part.tokens for part in parts) == 8
    assert not any(part.warning for part in parts[:-1])


def test_a_prompt_that_takes_all_the_time_gives_answers_without_text(tmp_path: Path) -> None:
    writer = generator(tmp_path, TinyDecoder(1), context=1000)
    left = iter([5000, 3000, 1000, 900])
    prompt = [1] * 500
    parts = list(writer.generate(GenerationRequest(prompt, GREEDY, 5, choices=2, time_left=lambda: next(left))))
    assert [(part.choice, part.text, part.finish, part.warning) for part in parts] == [
        (0, "", "length", WARNING),
        (1, "", "length", WARNING),
    ]
    again = list(writer.generate(GenerationRequest(prompt, GREEDY, 5)))
    assert text_of(again) == TOKENIZER.decode(recompute(TinyDecoder(1), prompt, 5))


@CACHES
@pytest.mark.parametrize("after", range(4))
def test_an_answer_that_nobody_reads_on_leaves_the_next_one_unharmed(tmp_path: Path, cache: str, after: int) -> None:
    decoder = TinyDecoder(4)
    writer = generator(tmp_path, decoder, cache)
    request = GenerationRequest(PROMPT, GREEDY, 20, caller=b"anna")
    left = writer.generate(request._replace(sampling=Sampling(seed=1)))
    for _ in range(after):
        next(left)
    left.close()
    assert text_of(list(writer.generate(request))) == TOKENIZER.decode(recompute(decoder, PROMPT, 20))


def test_a_run_that_fails_leaves_the_next_request_unharmed(tmp_path: Path) -> None:
    decoder = TinyDecoder(4)
    writer = generator(tmp_path, decoder)
    request = GenerationRequest(PROMPT, GREEDY, 12, caller=b"anna")

    def fails() -> float:
        raise OSError("the clock")

    parts = writer.generate(request._replace(time_left=fails))
    with pytest.raises(OSError, match="the clock"):
        list(parts)
    assert text_of(list(writer.generate(request))) == TOKENIZER.decode(recompute(decoder, PROMPT, 12))


def test_each_token_is_scored_with_its_probability(tmp_path: Path) -> None:
    decoder = TinyDecoder(6)
    writer = generator(tmp_path, decoder)
    sampling = Sampling(temperature=0.7, repetition_penalty=1.4, seed=2)
    parts = list(writer.generate(GenerationRequest(PROMPT, sampling, 15, logprobs=3)))
    scores = [score for part in parts for score in part.scores]
    tokens = [id_of(score.token) for score in scores]
    assert TOKENIZER.decode(tokens) == text_of(parts)
    logits = decoder.logits([*PROMPT, *tokens])[len(PROMPT) - 1 : -1]
    expected = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    for row, token, score in zip(expected, tokens, scores, strict=True):
        order = np.argsort(-row)[:3]
        assert score.logprob == pytest.approx(row[token], abs=1e-3)
        assert [value for _, value in score.top] == pytest.approx(row[order].tolist(), abs=1e-3)
        assert [name for name, _ in score.top] == [TOKENIZER.token_bytes(int(other)) for other in order]


def test_characters_come_whole(tmp_path: Path) -> None:
    """Bytes of characters are likely here, so that most answers break some."""
    bias = dict.fromkeys([*range(0x80, 0xC0, 9), 0xC3, 0xE2, 0xF0], 6.0)
    writer = generator(tmp_path, TinyDecoder(1, bias=bias))
    for seed in range(10):
        parts = list(writer.generate(GenerationRequest(PROMPT, Sampling(seed=seed), 30, logprobs=0)))
        tokens = [id_of(score.token) for part in parts for score in part.scores]
        assert text_of(parts) == TOKENIZER.decode(tokens)
    assert "\ufffd" in text_of(parts)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 40), tokens=st.lists(st.integers(97, 99), min_size=1, max_size=12), most=st.integers(1, 40))
def test_guesses_change_no_text(
    tmp_path_factory: pytest.TempPathFactory, seed: int, tokens: list[int], most: int
) -> None:
    """The text of a decoder whose answers often repeat, which most guesses come true in."""
    decoder = TinyDecoder(seed, spread=1.0, bias={END: -9.0, OTHER_END: -9.0, 97: 2.0, 98: 2.0})
    writer = generator(tmp_path_factory.mktemp("guessed"), decoder)
    parts = list(writer.generate(GenerationRequest(tokens * 2, GREEDY, most, caller=b"anna")))
    expected = recompute(decoder, tokens * 2, most)
    assert text_of(parts) == TOKENIZER.decode(expected)
    assert sum(part.tokens for part in parts) == len(expected)
    longer = tokens * 2 + expected[:5] + [100]
    parts = list(writer.generate(GenerationRequest(longer, GREEDY, 5, caller=b"anna")))
    assert text_of(parts) == TOKENIZER.decode(recompute(decoder, longer, 5))


def test_guesses_save_runs(tmp_path: Path) -> None:
    decoder = TinyDecoder(3, bias={END: -50.0, OTHER_END: -50.0, 97: 60.0})  # always "a"
    model, runs = counted(load_tiny(tmp_path, decoder, context=200))
    parts = list(TextGenerator(model, TOKENIZER).generate(GenerationRequest(PROMPT, GREEDY, 100)))
    assert text_of(parts) == "a" * 100
    assert len(runs) < 25


@pytest.mark.parametrize(
    "change",
    [{"sampling": Sampling(seed=1)}, {"logprobs": 0}, {"sampling": GREEDY._replace(frequency_penalty=0.1)}],
)
def test_requests_that_depend_on_more_than_logits_are_not_guessed(tmp_path: Path, change: dict[str, Any]) -> None:
    decoder = TinyDecoder(3, bias={END: -50.0, OTHER_END: -50.0, 97: 60.0})
    model, runs = counted(load_tiny(tmp_path, decoder, context=200))
    request = GenerationRequest(PROMPT, GREEDY, 30)._replace(**change)
    parts = list(TextGenerator(model, TOKENIZER).generate(request))
    assert text_of(parts) == "a" * 30
    assert len(runs) == 30
