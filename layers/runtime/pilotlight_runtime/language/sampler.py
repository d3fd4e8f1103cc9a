"""Draws the next token: a graph changes the logits and finds the most probable tokens, Python draws one of them.

The graph returns 64 candidates. Where the filters may keep more, it runs once more for 1,024, and then for all.
"""

from __future__ import annotations

from pilotlight_runtime.datatypes import FP32, INT64
from pilotlight_runtime.errors import InferenceFailed
from pilotlight_runtime.language.drawing import draw, kept_weights
from pilotlight_runtime.language.memory import allocate
from pilotlight_runtime.language.penalties import Adjustments
from pilotlight_runtime.language.types import Sampling
from pilotlight_runtime.light_typing import Callable, Final, NamedTuple, Sequence
from pilotlight_runtime.session import Session
from pilotlight_runtime.tensor import Tensor

FEW: Final = 64
MANY: Final = 1024
Allowed = Callable[[int], bool]
"""Tells whether a token may come next."""


class Candidates(NamedTuple):
    """The most probable tokens, in memory that the next run of the same width fills anew.

    Attributes:
        values: Their logits divided by the temperature, the largest first.
        tokens: Their ids.
        first: The probability of the first one.
    """

    values: memoryview[float]
    tokens: memoryview[int]
    first: float


class _Width(NamedTuple):
    """A number of candidates, the memory that they come into, and what fills it."""

    values: memoryview[float]
    tokens: memoryview[int]
    run: Callable[[], None]


class Sampler:
    """The graph `sampler` over the logits in one memory.

    Args:
        session: The graph.
        logits: FP32 [1, vocabulary], where the decoder writes them.

    Attributes:
        adjustments: What is changed at single logits.
    """

    def __init__(self, session: Session, logits: Tensor) -> None:
        self._session = session
        self._logits = logits
        self._vocabulary = logits.shape[1]
        self.adjustments = Adjustments(self._vocabulary)
        self._temperature = allocate(FP32, (1,))
        self._divisor = self._temperature.buffer.cast("f")
        self._probabilities = allocate(FP32, logits.shape)
        self._widths: dict[int, _Width] = {}
        self._places: dict[int, _Width] = {}

    def candidates(self, count: int, temperature: float) -> Candidates:
        """Runs the graph for the `count` most probable tokens, at most all; a temperature of 0 counts as 1.

        Raises:
            InferenceFailed: The graph fails, or the logits are no numbers.
        """
        values, tokens, run = self._width(min(count, self._vocabulary))
        self._divisor[0] = temperature or 1.0
        run()
        first = float(self.probabilities[tokens[0]])
        if not first > 0.0:
            raise InferenceFailed("the model's logits are no numbers")
        return Candidates(values, tokens, first)

    def best(self, logits: Tensor) -> list[int]:
        """The most probable token at each of several places, with the same adjustments at all.

        Args:
            logits: FP32 [places, vocabulary]. For a number of places it is always the same memory.
        """
        places = logits.shape[0]
        prepared = self._places.get(places)
        if prepared is None:
            prepared = self._places[places] = self._bind(1, logits, allocate(FP32, logits.shape))
        prepared.run()
        return list(prepared.tokens)

    @property
    def probabilities(self) -> memoryview[float]:
        """The probability of each token, of the last run."""
        return self._probabilities.buffer.cast("f")

    def pick(self, sampling: Sampling, random: Callable[[], float]) -> int:
        """Draws a token; the most probable one where the temperature is 0.

        Args:
            sampling: Temperature and filters.
            random: Returns a number from 0 up to 1, 1 excluded; it is called once.
        """
        if sampling.temperature == 0.0:
            return self.candidates(1, 0.0).tokens[0]
        share = random()
        if not _filters(sampling):
            return self._pick_of_all(sampling.temperature, share)
        widths = (self._vocabulary,) if sampling.top_k > MANY else (FEW, MANY, self._vocabulary)
        for width in widths:
            found = self.candidates(width, sampling.temperature)
            whole = width >= self._vocabulary
            weights = kept_weights(found.values, found.first, sampling, whole=whole)
            if weights is not None:
                return found.tokens[draw(weights, share)]
        raise AssertionError("the whole vocabulary is always enough")

    def _pick_of_all(self, temperature: float, share: float) -> int:
        """Draws of the whole vocabulary: of the candidates if the share falls on them, else of the others by their ids.

        Adding up all probabilities takes ten times as long as the candidates, which nearly always have the share.
        """
        from itertools import accumulate

        found = self.candidates(FEW, temperature)
        probabilities = self.probabilities
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
        return place if place < len(sums) else found.tokens[-1]

    def pick_allowed(self, sampling: Sampling, random: Callable[[], float], allowed: Allowed) -> int | None:
        """Draws one of the tokens that are allowed; None where none of the MANY most probable ones is.

        Of the tokens that the filters keep, the allowed ones keep the proportions of their probabilities. Where none of
        the kept ones is allowed, it is the most probable one that is.

        Args:
            sampling: Temperature and filters.
            random: Returns a number from 0 up to 1, 1 excluded.
            allowed: Tells whether a token may come next.
        """
        asked = 0
        for width in (FEW, MANY):
            found = self.candidates(width, sampling.temperature)
            if not asked and sampling.temperature != 0.0:
                whole = width >= min(MANY, self._vocabulary)
                weights = kept_weights(found.values, found.first, sampling, whole=whole)
                if weights is None:
                    continue
                token, asked = _draw_allowed(weights, found.tokens, random, allowed), len(weights)
                if token is not None:
                    return token
            for token in found.tokens[asked:]:
                if allowed(token):
                    return token
            asked = len(found.tokens)
        return None

    def _width(self, count: int) -> _Width:
        found = self._widths.get(count)
        if found is None:
            found = self._widths[count] = self._bind(count, self._logits, self._probabilities)
        return found

    def _bind(self, count: int, logits: Tensor, probabilities: Tensor) -> _Width:
        """Prepares runs that return `count` candidates of each place."""
        shape = (logits.shape[0], count)
        values, tokens, number = allocate(FP32, shape), allocate(INT64, shape), allocate(INT64, (1,))
        number.buffer[:] = count.to_bytes(8, "little")
        named = self.adjustments
        inputs = {
            "logits": logits,
            "ids": named.ids,
            "scales": named.scales,
            "shifts": named.shifts,
            "used": named.used,
            "temperature": self._temperature,
            "count": number,
        }
        outputs = {"probabilities": probabilities, "values": values, "tokens": tokens}
        run = self._session.bind(inputs, outputs)
        return _Width(values.buffer.cast("f"), tokens.buffer.cast("q"), run)


def _filters(sampling: Sampling) -> bool:
    return sampling.top_p < 1.0 or sampling.top_k > 0 or sampling.min_p > 0.0


def _draw_allowed(
    weights: list[float], tokens: Sequence[int], random: Callable[[], float], allowed: Allowed
) -> int | None:
    """Draws until a token is allowed, each token once: so the allowed ones keep their proportions."""
    left = list(weights)
    while any(left):
        place = draw(left, random())
        if allowed(tokens[place]):
            return tokens[place]
        left[place] = 0.0
    return None


def _first_above(sums: list[float], amount: float) -> int:
    """The first place whose sum is above `amount`, by halving; the number of sums where none is."""
    low, high = 0, len(sums)
    while low < high:
        middle = (low + high) // 2
        if sums[middle] > amount:
            high = middle
        else:
            low = middle + 1
    return low
