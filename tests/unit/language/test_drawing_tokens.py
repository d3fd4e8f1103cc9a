"""The filters of sampling against the plain definitions, and the draw."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotlight_runtime.language.generation.drawing import draw, kept_weights
from pilotlight_runtime.language.types import Sampling

LOGITS = st.lists(st.floats(-8, 8, width=32), min_size=1, max_size=12).map(lambda found: sorted(found, reverse=True))
FILTERS = st.fixed_dictionaries(
    {"top_p": st.floats(0, 1, width=32), "top_k": st.integers(0, 14), "min_p": st.floats(0, 1, width=32)}
).map(lambda found: Sampling(**found))


def probabilities(logits: list[float]) -> list[float]:
    weights = [math.exp(logit - logits[0]) for logit in logits]
    return [weight / sum(weights) for weight in weights]


def count_kept(logits: list[float], sampling: Sampling) -> int:
    """One filter after the other, each over the tokens that the one before leaves, made to sum to 1 again."""
    kept = probabilities(logits)
    if sampling.top_k:
        kept = kept[: sampling.top_k]
    kept = [each / sum(kept) for each in kept]
    if sampling.top_p < 1:
        reached, count = 0.0, 0
        while count < len(kept) and (count == 0 or reached < sampling.top_p):
            reached += kept[count]
            count += 1
        kept = kept[:count]
    return sum(each >= sampling.min_p * kept[0] for each in kept)


def near_an_edge(logits: list[float], sampling: Sampling) -> bool:
    """Whether rounding decides which tokens are kept."""
    nearby = [
        sampling._replace(top_p=min(1.0, max(0.0, sampling.top_p + p)), min_p=min(1.0, max(0.0, sampling.min_p + m)))
        for p in (-1e-6, 0.0, 1e-6)
        for m in (-1e-6, 0.0, 1e-6)
    ]
    return len({count_kept(logits, each) for each in nearby}) > 1


@given(LOGITS, FILTERS)
def test_the_filters_keep_what_their_definitions_keep(logits: list[float], sampling: Sampling) -> None:
    weights = kept_weights(logits, probabilities(logits)[0], sampling, whole=True)
    assert weights is not None
    assert weights == pytest.approx(probabilities(logits)[: len(weights)], rel=1e-6)
    if not near_an_edge(logits, sampling):
        assert len(weights) == count_kept(logits, sampling)


@given(LOGITS, FILTERS, st.integers(1, 12))
def test_fewer_candidates_give_the_same_or_ask_for_more(logits: list[float], sampling: Sampling, count: int) -> None:
    first = probabilities(logits)[0]
    whole = kept_weights(logits, first, sampling, whole=True)
    some = kept_weights(logits[:count], first, sampling, whole=count >= len(logits))
    assert some is None or some == whole


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9).filter(any), st.floats(0, 1, exclude_max=True))
def test_a_share_falls_on_the_token_whose_part_of_the_sum_has_it(weights: list[float], share: float) -> None:
    place = draw(weights, share)
    assert weights[place] > 0
    target = share * sum(weights)
    assert math.fsum(weights[:place]) <= target + 1e-9
    assert target <= math.fsum(weights[: place + 1]) + 1e-9


def test_shares_in_order_draw_places_in_order() -> None:
    places = [draw([0.1, 0.0, 0.5, 0.4], step / 100) for step in range(100)]
    assert all(first <= second for first, second in pairwise(places))
    assert [places.count(place) for place in range(4)] == pytest.approx([10, 0, 50, 40], abs=1)
