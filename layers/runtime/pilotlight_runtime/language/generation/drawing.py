"""Which of the most probable tokens may be drawn, and with which weight.

The order of the filters is Hugging Face's: temperature, top-k, top-p, min-p. Each works on what the one before leaves.
"""

from __future__ import annotations

from math import exp

from pilotlight_runtime.language.types import Sampling
from pilotlight_runtime.light_typing import Sequence


def kept_weights(values: Sequence[float], first: float, sampling: Sampling, *, whole: bool) -> list[float] | None:
    """Weighs the tokens that the filters keep.

    Args:
        values: The logits of the most probable tokens, divided by the temperature, the largest first.
        first: The probability of the first one among all tokens of the vocabulary.
        sampling: The filters.
        whole: Whether `values` are all that there are.

    Returns:
        The probabilities of the kept tokens, which are the first ones; None where it takes more `values` to tell them.
    """
    top, most = values[0], sampling.top_k or len(values)
    if most > len(values) and not whole:
        return None
    filtered = sampling.top_p < 1.0
    mass = sampling.top_p
    if filtered and sampling.top_k:
        mass *= first * sum(exp(value - top) for value in values[:most])
    least = sampling.min_p * first
    reached = 0.0
    weights: list[float] = []
    for value in values[:most]:
        weight = first * exp(value - top)
        if weight < least:
            return weights
        weights.append(weight)
        reached += weight
        if filtered and reached >= mass:
            return weights
    return weights if whole or sampling.top_k else None


def draw(weights: Sequence[float], share: float) -> int:
    """Draws a place with a probability in proportion to its weight.

    Args:
        weights: At least one, not negative, one of them positive.
        share: A random number from 0 up to 1, 1 excluded.

    Returns:
        The place.
    """
    rest = share * sum(weights)
    for place, weight in enumerate(weights):
        rest -= weight
        if rest < 0.0:
            return place
    return max(place for place, weight in enumerate(weights) if weight > 0.0)
