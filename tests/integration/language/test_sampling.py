"""Sampling on the real graph, against numpy: penalties, filters, distributions, seeds."""

from __future__ import annotations

from _random import Random
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pilotlight.language.decoders.sampler_graph import write_sampler
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.errors import InferenceFailed
from pilotlight_runtime.language.generation.memory import allocate
from pilotlight_runtime.language.generation.penalties import Penalties
from pilotlight_runtime.language.generation.picking import FEW, MANY, pick, pick_allowed
from pilotlight_runtime.language.generation.sampler import Sampler
from pilotlight_runtime.language.generation.scoring import score_token
from pilotlight_runtime.language.types import Sampling
from pilotlight_runtime.warm_up import warm_up

Floats = NDArray[np.float64]
SMALL, LARGE = 30, 3000


def sampler_over(folder: Path, logits: Floats) -> Sampler:
    tensor = allocate(FP32, (1, len(logits)))
    np.frombuffer(tensor.buffer, np.float32)[:] = logits
    write_sampler(folder, len(logits))
    return Sampler(open_session(folder / "model.onnx", 1), tensor)


def logits_of(count: int, spread: float = 2.0) -> Floats:
    return (np.random.default_rng(3).standard_normal(count) * spread).astype(np.float32).astype(np.float64)


def softmax(logits: Floats) -> Floats:
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


def filtered(logits: Floats, sampling: Sampling) -> Floats:
    """What numpy says that the tokens are drawn with."""
    probabilities = softmax(logits / sampling.temperature)
    order = np.argsort(-probabilities, kind="stable")
    if sampling.top_k:
        probabilities[order[sampling.top_k :]] = 0
        probabilities /= probabilities.sum()
    if sampling.top_p < 1:
        kept = int(np.searchsorted(np.cumsum(probabilities[order]), sampling.top_p)) + 1
        probabilities[order[kept:]] = 0
    probabilities[probabilities < sampling.min_p * probabilities.max()] = 0
    return probabilities / probabilities.sum()


def differs(counts: Floats, expected: Floats) -> float:
    """How far Pearson's chi-square is above its mean, in standard deviations; rare tokens are taken together."""
    expected = expected * counts.sum()
    rare = expected < 5
    assert not counts[expected == 0].any()
    seen = np.append(counts[~rare], counts[rare].sum())
    wanted = np.append(expected[~rare], expected[rare].sum())
    seen, wanted = seen[wanted > 0], wanted[wanted > 0]
    degrees = len(wanted) - 1
    if degrees == 0:
        return 0.0
    return float((((seen - wanted) ** 2 / wanted).sum() - degrees) / (2 * degrees) ** 0.5)


def count_draws(pick: Callable[[Callable[[], float]], int | None], size: int, draws: int) -> Floats:
    random, counts = Random(20), np.zeros(size)
    for _ in range(draws):
        token = pick(random.random)
        assert token is not None
        counts[token] += 1
    return counts


SAMPLINGS: Mapping[str, Sampling] = {
    "plain": Sampling(),
    "cold": Sampling(temperature=0.5),
    "hot": Sampling(temperature=1.7),
    "top-p": Sampling(top_p=0.8),
    "top-k": Sampling(top_k=7),
    "min-p": Sampling(min_p=0.1),
    "all": Sampling(temperature=0.9, top_p=0.9, top_k=12, min_p=0.02),
}


@pytest.mark.parametrize("sampling", SAMPLINGS.values(), ids=SAMPLINGS.keys())
@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_tokens_are_drawn_with_the_probabilities_of_numpy(tmp_path: Path, sampling: Sampling, size: int) -> None:
    logits = logits_of(size)
    sampler = sampler_over(tmp_path, logits)
    counts = count_draws(lambda random: pick(sampler, sampling, random), size, 4000)
    assert differs(counts, filtered(logits, sampling)) < 4


@pytest.mark.parametrize("sampling", [Sampling(temperature=8.0), Sampling(temperature=8.0, top_p=0.95)])
def test_a_flat_distribution_needs_all_tokens_and_gets_them(tmp_path: Path, sampling: Sampling) -> None:
    logits = logits_of(LARGE)
    sampler = sampler_over(tmp_path, logits)
    assert (np.sort(softmax(logits / 8))[::-1][:MANY]).sum() < 0.9
    counts = count_draws(lambda random: pick(sampler, sampling, random), LARGE, 6000)
    parts = filtered(logits, sampling)
    blocks = np.argsort(-parts, kind="stable").reshape(30, -1)  # too many tokens to count each
    assert differs(counts[blocks].sum(1), parts[blocks].sum(1)) < 4


@pytest.mark.parametrize("sampling", [Sampling(), Sampling(temperature=1.5), Sampling(top_p=0.9), Sampling(top_k=9)])
@pytest.mark.parametrize("size", [SMALL, 300])
def test_an_allowed_token_is_drawn_in_proportion_to_the_other_allowed_ones(
    tmp_path: Path, sampling: Sampling, size: int
) -> None:
    logits = logits_of(size)
    sampler = sampler_over(tmp_path, logits)
    allowed = set(range(0, size, 3))
    counts = count_draws(lambda random: pick_allowed(sampler, sampling, random, allowed.__contains__), size, 4000)
    expected = filtered(logits, sampling) * [token in allowed for token in range(size)]
    assert differs(counts, expected / expected.sum()) < 4


def test_each_token_is_asked_for_once(tmp_path: Path) -> None:
    sampler, asked = sampler_over(tmp_path, logits_of(LARGE)), []
    assert pick_allowed(sampler, Sampling(), Random(1).random, asked.append) is None
    assert len(asked) == len(set(asked)) == MANY


@pytest.mark.parametrize("place", [0, 5, FEW + 5, MANY - 1])
@pytest.mark.parametrize("sampling", [Sampling(temperature=0.0), Sampling(top_p=0.5), Sampling(top_k=3)])
def test_where_no_kept_token_is_allowed_it_is_the_most_probable_that_is(
    tmp_path: Path, sampling: Sampling, place: int
) -> None:
    logits = logits_of(LARGE)
    sampler, order = sampler_over(tmp_path, logits), np.argsort(-logits, kind="stable")
    allowed = set(order[place:][:1].tolist() + order[MANY:].tolist())
    assert pick_allowed(sampler, sampling, Random(1).random, allowed.__contains__) == order[place]


def test_no_token_is_named_where_none_of_the_first_thousand_is_allowed(tmp_path: Path) -> None:
    logits = logits_of(LARGE)
    sampler, last = sampler_over(tmp_path, logits), set(np.argsort(-logits)[MANY:].tolist())
    assert pick_allowed(sampler, Sampling(), Random(1).random, last.__contains__) is None


def test_seeds_decide_what_is_drawn(tmp_path: Path) -> None:
    sampler = sampler_over(tmp_path, logits_of(LARGE))
    first, again, other = ([pick(sampler, Sampling(), Random(s).random) for _ in range(1)] for s in (7, 7, 8))
    assert first == again
    assert first != other


def penalized(logits: Floats, sampling: Sampling, prompt: list[int], answer: list[int]) -> Floats:
    """The formulas of Hugging Face (repetition) and of OpenAI's documentation (presence, frequency, bias)."""
    found = logits.copy()
    for token in set(prompt + answer):
        penalty = sampling.repetition_penalty
        found[token] = found[token] / penalty if found[token] > 0 else found[token] * penalty
    for token in set(answer):
        found[token] -= sampling.presence_penalty + answer.count(token) * sampling.frequency_penalty
    for token, bias in sampling.logit_bias.items():
        found[token] += bias
    return found


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(),
        Sampling(repetition_penalty=1.3),
        Sampling(repetition_penalty=0.7),
        Sampling(presence_penalty=0.6),
        Sampling(frequency_penalty=-0.4),
        Sampling(logit_bias={3: 2.0, 29: -100.0}),
        Sampling(
            temperature=0.7,
            repetition_penalty=1.2,
            presence_penalty=0.5,
            frequency_penalty=0.3,
            logit_bias={1: 5, 4: -2},
        ),
    ],
)
def test_penalties_are_those_of_their_formulas(tmp_path: Path, sampling: Sampling) -> None:
    logits = logits_of(SMALL)
    sampler = sampler_over(tmp_path, logits)
    prompt, answer = [1, 1, 2, 3, 20], [4, 1, 5, 4, 4, 29]
    penalties = Penalties(sampling, prompt, sampler.adjustments)
    for count in range(len(answer) + 1):
        found = sampler.candidates(SMALL, sampling.temperature)
        expected = penalized(logits, sampling, prompt, answer[:count]) / sampling.temperature
        assert list(found.tokens) == np.argsort(-expected, kind="stable").tolist()
        assert list(found.values) == pytest.approx(np.sort(expected)[::-1].tolist(), rel=1e-5, abs=1e-5)
        assert found.first == pytest.approx(softmax(expected).max(), rel=1e-5)
        if count < len(answer):
            penalties.count(answer[count])


def test_an_answer_begins_without_the_penalties_of_the_one_before(tmp_path: Path) -> None:
    logits = logits_of(SMALL)
    sampler = sampler_over(tmp_path, logits)
    Penalties(Sampling(presence_penalty=20.0), [1], sampler.adjustments).count(int(logits.argmax()))
    assert pick(sampler, Sampling(temperature=0.0), Random(1).random) != logits.argmax()
    Penalties(Sampling(), [1], sampler.adjustments)
    assert pick(sampler, Sampling(temperature=0.0), Random(1).random) == logits.argmax()


class Names:
    def token_bytes(self, token: int) -> bytes:
        return str(token).encode()


def test_scores_know_neither_temperature_nor_penalties(tmp_path: Path) -> None:
    logits = logits_of(SMALL)
    sampler = sampler_over(tmp_path, logits)
    Penalties(Sampling(repetition_penalty=2.0, logit_bias={4: 9.0}), [1, 2, 3], sampler.adjustments)
    sampler.candidates(SMALL, 0.3)
    expected, order = np.log(softmax(logits)), np.argsort(-logits)
    score = score_token(sampler, memoryview(logits.astype(np.float32)).cast("B").cast("f"), 4, 3, Names())
    assert score.token == b"4"
    assert score.logprob == pytest.approx(expected[4], rel=1e-5)
    assert [name for name, _ in score.top] == [str(token).encode() for token in order[:3]]
    assert [value for _, value in score.top] == pytest.approx(expected[order[:3]].tolist(), rel=1e-5)
    assert list(sampler.candidates(1, 1.0).tokens) == [4], "the penalties are there again"


@pytest.mark.parametrize("temperature", [1e-300, 1e-5, 0.01, 100.0, 1e300])
def test_extreme_temperatures_draw_a_token(tmp_path: Path, temperature: float) -> None:
    logits = logits_of(LARGE)
    sampler = sampler_over(tmp_path, logits)
    token = pick(sampler, Sampling(temperature=temperature, top_p=0.9), Random(1).random)
    assert 0 <= token < LARGE
    assert token == logits.argmax() or temperature > 0.005


@pytest.mark.parametrize("share", [0.0, 0.5, 1 - 2**-53])
@pytest.mark.parametrize("temperature", [1e-9, 0.01, 50.0])
def test_any_share_draws_an_allowed_token(tmp_path: Path, temperature: float, share: float) -> None:
    """A share of nearly 1 falls on what rounding leaves behind the last token that has a probability."""
    sampler = sampler_over(tmp_path, logits_of(LARGE))
    token = pick_allowed(sampler, Sampling(temperature=temperature), lambda: share, lambda token: token % 2 == 1)
    assert token is not None
    assert token % 2 == 1
    assert 0 <= pick(sampler, Sampling(temperature=temperature), lambda: share) < LARGE


def test_logits_that_are_no_numbers_are_a_failure_of_the_model(tmp_path: Path) -> None:
    sampler = sampler_over(tmp_path, np.full(SMALL, np.nan))
    with pytest.raises(InferenceFailed, match="no numbers"):
        pick(sampler, Sampling(), Random(1).random)


def test_the_graph_runs_on_the_zeros_of_a_start(tmp_path: Path) -> None:
    write_sampler(tmp_path, SMALL)
    session = open_session(tmp_path / "model.onnx", 1)
    assert warm_up(session, session.signature) is None
