"""Numbers in decimal notation, with bounds and a step, all of it exact.

A number is counted in units of its last place: with two places, 1.5 is 150 units. Exponents are not written, and
neither is a minus before zero.
"""

from __future__ import annotations

from pilotlight_runtime.language.schema.digits import DigitItem, Magnitudes
from pilotlight_runtime.language.schema.limits import NEVER
from pilotlight_runtime.language.schema.machine import Item, Shape, Stack
from pilotlight_runtime.light_typing import Final, Iterable

_MINUS: Final = 0x2D


class NumberShape(Shape):
    """The multiples of a step from one number to another.

    Args:
        low: The lowest, in units.
        high: The highest, in units.
        step: In units, positive.
        places: Digits behind the point, at most.
    """

    def __init__(self, low: int, high: int, step: int, places: int) -> None:
        self.places = places
        self.unit: int = 10**places
        self._magnitudes = (
            Magnitudes(max(low, 0), high, step, places),
            Magnitudes(max(-high, 1), -low, step, places),
        )

    def start(self, room: int) -> Iterable[Item]:
        """See Shape.start."""
        del room
        return (_SignItem(*self._magnitudes),)

    def measure(self) -> tuple[int, int]:
        """See Shape.measure."""
        text = _SignItem(*self._magnitudes).closing()
        return (len(text), 0) if text else (NEVER, NEVER)

    def shortest(self) -> bytes:
        """See Shape.shortest."""
        return _SignItem(*self._magnitudes).closing()


class _SignItem(Item):
    """The place before a number."""

    __slots__ = ("_negative", "_positive")

    def __init__(self, positive: Magnitudes, negative: Magnitudes) -> None:
        self._positive = DigitItem(positive, 0, 0, -1)
        self._negative = DigitItem(negative, 0, 0, -1)

    def step(self, byte: int, stack: Stack, out: list[Stack]) -> None:
        """See Item.step."""
        if byte != _MINUS:
            self._positive.step(byte, stack, out)
        elif self._negative.goes_on():
            out.append(Stack(self._negative, stack.below))

    def only(self) -> int:
        """See Item.only."""
        if not self._negative.goes_on():
            return self._positive.only()
        return -1 if self._positive.goes_on() else _MINUS

    def closing(self) -> bytes:
        """See Item.closing. Empty where there is no number."""
        ways = []
        if self._positive.goes_on():
            ways.append(self._positive.closing())
        if self._negative.goes_on():
            ways.append(b"-" + self._negative.closing())
        return min(ways, key=len, default=b"")
