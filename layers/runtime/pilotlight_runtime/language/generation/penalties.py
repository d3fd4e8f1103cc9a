"""What a request changes at single logits: the bias of its caller, and the penalties of tokens that came before."""

from __future__ import annotations

from pilotlight_runtime.datatypes import FP32, INT64
from pilotlight_runtime.language.generation.memory import allocate
from pilotlight_runtime.language.types import Sampling
from pilotlight_runtime.light_typing import Iterable
from pilotlight_runtime.tensor import Tensor


class Adjustments:
    """The inputs of the graph `sampler` that name tokens; each token is there once.

    Args:
        vocabulary: The most tokens.

    Attributes:
        ids: INT64 [vocabulary]; scales, shifts: FP32 [vocabulary]; used: INT64 [1], how many of them count.
    """

    def __init__(self, vocabulary: int) -> None:
        self.ids: Tensor = allocate(INT64, (vocabulary,))
        self.scales: Tensor = allocate(FP32, (vocabulary,))
        self.shifts: Tensor = allocate(FP32, (vocabulary,))
        self.used: Tensor = allocate(INT64, (1,))
        self._ids = self.ids.buffer.cast("q")
        self._scales = self.scales.buffer.cast("f")
        self._shifts = self.shifts.buffer.cast("f")
        self._used = self.used.buffer.cast("q")

    def clear(self) -> None:
        """Leaves all logits as they are."""
        self._used[0] = 0

    def hide(self) -> int:
        """Leaves all logits as they are for now; `show` takes what this returns."""
        used, self._used[0] = self._used[0], 0
        return used

    def show(self, hidden: int) -> None:
        """Ends `hide`."""
        self._used[0] = hidden

    def add(self, token: int, scale: float, shift: float) -> int:
        """Puts a new token behind the others, and returns its place."""
        place = self._used[0]
        self._ids[place] = token
        self._scales[place] = scale
        self._shifts[place] = shift
        self._used[0] = place + 1
        return place

    def rescale(self, place: int, scale: float) -> None:
        """Gives the token at `place` another scale."""
        self._scales[place] = scale

    def shift(self, place: int, amount: float) -> None:
        """Adds `amount` to the shift of the token at `place`."""
        self._shifts[place] += amount


class Penalties:
    """Keeps the adjustments of one answer.

    Args:
        sampling: What the request asks for.
        prompt: Tokens that only the repetition penalty counts.
        adjustments: Where the tokens are written; whatever is there is replaced.
    """

    def __init__(self, sampling: Sampling, prompt: Iterable[int], adjustments: Adjustments) -> None:
        self._adjustments = adjustments
        self._scale = sampling.repetition_penalty
        self._presence = sampling.presence_penalty
        self._frequency = sampling.frequency_penalty
        self._bias = sampling.logit_bias
        self._places: dict[int, int] = {}
        self._answered: set[int] = set()
        repeats = self._scale != 1.0
        adjustments.clear()
        if repeats:
            for token in dict.fromkeys(prompt):
                self._add(token, self._scale)
        for token in self._bias:
            if token not in self._places:
                self._add(token, 1.0)
        self._counts = repeats or self._presence != 0.0 or self._frequency != 0.0

    @property
    def neutral(self) -> bool:
        """Whether no logit is changed."""
        return not self._places

    def count(self, token: int) -> None:
        """Takes `token` as the next one of the answer."""
        if not self._counts:
            return
        place = self._places.get(token)
        if place is None:
            place = self._add(token, self._scale)
        if token not in self._answered:
            self._answered.add(token)
            self._adjustments.rescale(place, self._scale)
            self._adjustments.shift(place, -self._presence)
        self._adjustments.shift(place, -self._frequency)

    def _add(self, token: int, scale: float) -> int:
        place = self._places[token] = self._adjustments.add(token, scale, self._bias.get(token, 0.0))
        return place
