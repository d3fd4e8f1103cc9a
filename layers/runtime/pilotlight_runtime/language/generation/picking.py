"""Draws the next token of the candidates that the graph returns.

The graph returns 64 candidates. Where the filters may keep more, it runs once more for 1,024, and then for all.
"""

from __future__ import annotations

from pilotlight_runtime.language.generation.drawing import draw, kept_weights
from pilotlight_runtime.language.generation.sampler import Candidates, Sampler
from pilotlight_runtime.language.types import Sampling
from pilotlight_runtime.light_typing import Callable, Final, Sequence

FEW: Final = 64
MANY: Final = 1024
_ALL: Final = Sampling()
"""No filters."""
Random = Callable[[], float]
"""Returns a number from 0 up to 1, 1 excluded."""
Allowed = Callable[[int], bool]
"""Tells whether a token may come next."""


def pick(sampler: Sampler, sampling: Sampling, random: Random) -> int:
    """Draws a token; the most probable one where the temperature is 0.

    Args:
        sampler: The sampler over the logits.
        sampling: Temperature and filters.
        random: It is called once at most.

    Returns:
        The token.
    """
    if sampling.temperature == 0.0:
        return sampler.candidates(1, 0.0).tokens[0]
    share = random()
    if not _filters(sampling):
        return _pick_of_all(sampler, sampling.temperature, share)
    for width in (FEW, MANY):
        found = sampler.candidates(width, sampling.temperature)
        weights = kept_weights(found.values, found.first, sampling, whole=width >= sampler.vocabulary)
        if weights is not None:
            return found.tokens[draw(weights, share)]
    found = sampler.candidates(sampler.vocabulary, sampling.temperature)
    return found.tokens[draw(kept_weights(found.values, found.first, sampling, whole=True) or [1.0], share)]


def pick_allowed(sampler: Sampler, sampling: Sampling, random: Random, allowed: Allowed) -> int | None:
    """Draws one of the tokens that are allowed.

    Of the tokens that the filters keep, the allowed ones keep the proportions of their probabilities. Where none of
    the kept ones is allowed, it is the most probable one that is.

    Args:
        sampler: The sampler over the logits.
        sampling: Temperature and filters.
        random: It is called once for each token that is asked for.
        allowed: Tells whether a token may come next. It is asked once for a token.

    Returns:
        The token; None where none of the MANY most probable ones is allowed.
    """
    known: dict[int, bool] = {}

    def ask(token: int) -> bool:
        if token not in known:
            known[token] = allowed(token)
        return known[token]

    token = _draw_allowed(sampler, sampling, random, ask) if sampling.temperature != 0.0 else None
    if token is not None:
        return token
    for width in (FEW, MANY):
        for candidate in sampler.candidates(width, sampling.temperature).tokens:
            if ask(candidate):
                return candidate
    return None


def _draw_allowed(sampler: Sampler, sampling: Sampling, random: Random, allowed: Allowed) -> int | None:
    """Draws one of the allowed tokens that the filters keep; None where none of them is allowed."""
    found = sampler.candidates(FEW, sampling.temperature)
    if not _filters(sampling):
        return _draw_unfiltered(sampler, found, sampling.temperature, random, allowed)
    last = min(MANY, sampler.vocabulary)
    weights = kept_weights(found.values, found.first, sampling, whole=last <= FEW)
    if weights is None:
        found = sampler.candidates(MANY, sampling.temperature)
        weights = kept_weights(found.values, found.first, sampling, whole=True) or []
    return _draw_until(weights, found.tokens, random, allowed)


def _draw_unfiltered(
    sampler: Sampler, found: Candidates, temperature: float, random: Random, allowed: Allowed
) -> int | None:
    """Draws one of the MANY most probable tokens, and asks for more than the first ones only where they are drawn."""
    few = [*found.tokens]
    weights = _weights(found)
    behind = max(0.0, 1.0 - sum(weights)) if len(few) < sampler.vocabulary else 0.0
    token = _draw_until([*weights, behind], [*few, None], random, allowed)
    if token is not None or not behind:
        return token
    # One of the others was drawn. Where it is not allowed, all tokens that were not asked for are drawn from again.
    found = sampler.candidates(MANY, temperature)
    weights = _weights(found)
    others = weights[len(few) :]
    if any(others):  # else rounding alone left a place for them
        place = len(few) + draw(others, random())
        if allowed(found.tokens[place]):
            return found.tokens[place]
    return _draw_until(weights, found.tokens, random, allowed)


def _weights(found: Candidates) -> list[float]:
    """The probabilities of candidates."""
    return kept_weights(found.values, found.first, _ALL, whole=True) or []


def _draw_until(weights: list[float], tokens: Sequence[int | None], random: Random, allowed: Allowed) -> int | None:
    """Draws until a token is allowed, each token once: so the allowed ones keep their proportions.

    None where none is, or where the place of no token is drawn.
    """
    while any(weights):
        place = draw(weights, random())
        token = tokens[place]
        if token is None or allowed(token):
            return token
        weights[place] = 0.0
    return None


def _pick_of_all(sampler: Sampler, temperature: float, share: float) -> int:
    """Draws of the whole vocabulary: of the candidates if the share falls on them, else of the others by their ids.

    Adding up all probabilities takes ten times as long as the candidates, which nearly always have the share.
    """
    from itertools import accumulate

    found = sampler.candidates(FEW, temperature)
    probabilities = sampler.probabilities
    rest = share
    for token in found.tokens:
        weight = probabilities[token]
        if rest < weight:
            return token
        rest -= weight
    for token in found.tokens:
        probabilities[token] = 0.0
    sums = list(accumulate(probabilities))
    place = _first_above(sums, rest)
    return place if place < len(sums) else found.tokens[0]  # rounding has left the share behind all


def _filters(sampling: Sampling) -> bool:
    return sampling.top_p < 1.0 or sampling.top_k > 0 or sampling.min_p > 0.0


def _first_above(sums: Sequence[float], amount: float) -> int:
    """The first place whose sum is above `amount`, by halving; the number of sums where none is."""
    low, high = 0, len(sums)
    while low < high:
        middle = (low + high) // 2
        if sums[middle] > amount:
            high = middle
        else:
            low = middle + 1
    return low
