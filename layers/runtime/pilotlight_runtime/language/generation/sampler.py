"""Runs the graph that changes the logits of the next token and finds the most probable tokens; see picking.py."""

from __future__ import annotations

from pilotlight_runtime.datatypes import FP32, INT64
from pilotlight_runtime.errors import InferenceFailed
from pilotlight_runtime.language.generation.memory import allocate
from pilotlight_runtime.language.generation.penalties import Adjustments
from pilotlight_runtime.light_typing import Callable, NamedTuple
from pilotlight_runtime.session import Session
from pilotlight_runtime.tensor import Tensor


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
        vocabulary: The number of tokens.
        adjustments: What is changed at single logits.
    """

    def __init__(self, session: Session, logits: Tensor) -> None:
        self._session = session
        self._logits = logits
        self.vocabulary = logits.shape[1]
        self.adjustments = Adjustments(self.vocabulary)
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
        values, tokens, run = self._width(min(count, self.vocabulary))
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
