"""The digits of a number: which may come next, so that the number is one that is allowed."""

from __future__ import annotations

from math import lcm

from pilotlight_runtime.language.schema.machine import Item, Stack
from pilotlight_runtime.light_typing import Final, Iterable

_POINT: Final = 0x2E
_ZERO: Final = 0x30


class Magnitudes:
    """Numbers that aren't negative.

    Attributes:
        digits: Digits before the point, at most.
        least: Digits before the point, at least, of those that are not zero.
    """

    def __init__(self, low: int, high: int, step: int, places: int) -> None:
        self.low = low
        self.high = high
        self.step = step
        self.places = places
        self.unit = 10**places
        self.digits = len(str(max(high, 0) // self.unit))
        self.least = len(str(-(-max(low, 1) // step) * step // self.unit))

    def find(self, first: int, last: int, step: int) -> int | None:
        """The lowest multiple of `step` from `first` to `last` that is allowed."""
        found = -(-max(first, self.low) // step) * step
        return found if found <= min(last, self.high) else None


class DigitItem(Item):
    """A place in a number, behind the sign.

    Args:
        allowed: The numbers.
        value: The digits so far as one number, without the point.
        digits: How many digits stand before the point.
        behind: How many stand behind it; -1 where there is no point yet.
    """

    __slots__ = ("_allowed", "_behind", "_digits", "_value")

    def __init__(self, allowed: Magnitudes, value: int, digits: int, behind: int) -> None:
        self._allowed = allowed
        self._value = value
        self._digits = digits
        self._behind = behind

    def step(self, byte: int, stack: Stack, out: list[Stack]) -> None:
        """See Item.step."""
        item = self._move(byte)
        if item is None:
            return
        if item.goes_on():
            out.append(Stack(item, stack.below))
        if item.is_whole():
            out.append(stack.below)

    def goes_on(self) -> bool:
        """Whether a number begins so and has at least one more byte."""
        return self._shortest_rest() is not None

    def only(self) -> int:
        """See Item.only."""
        found = -1
        for byte in b"0123456789.":
            item = self._move(byte)
            if item is not None and (item.goes_on() or item.is_whole()):
                if found >= 0:
                    return -1
                found = byte
        return found

    def closing(self) -> bytes:
        """See Item.closing."""
        return self._shortest_rest() or b""

    def _move(self, byte: int) -> DigitItem | None:
        """The place behind a byte; None where no number is written so. What comes after it need not exist."""
        behind = self._behind
        if byte == _POINT:
            fraction = behind < 0 < self._digits and self._allowed.places
            return DigitItem(self._allowed, self._value, self._digits, 0) if fraction else None
        digit = byte - _ZERO
        if not 0 <= digit <= 9:
            return None
        value = self._value * 10 + digit
        if behind >= 0:
            more = behind < self._allowed.places
            return DigitItem(self._allowed, value, self._digits, behind + 1) if more else None
        if self._digits and not self._value:  # no digit follows a zero at the beginning
            return None
        return DigitItem(self._allowed, value, self._digits + 1, -1)

    def is_whole(self) -> bool:
        allowed = self._allowed
        if self._behind == 0:
            return False
        units = self._value * 10 ** (allowed.places - max(self._behind, 0))
        return allowed.find(units, units, allowed.step) is not None

    def _shortest_rest(self) -> bytes | None:
        """The fewest bytes, at least one, that make a number of it; None where there are none."""
        if self._behind >= 0:
            return self.find_fraction()
        most = self._allowed.digits - self._digits
        whole = self._integer(most) if self._value or not self._digits else None
        if whole is not None and len(whole) == 1:
            return whole
        point = self._point(most)
        return min((each for each in (whole, point) if each is not None), key=len, default=None)

    def _integer(self, most: int) -> bytes | None:
        """At most so many digits that make an integer of it."""
        allowed = self._allowed
        step = lcm(allowed.step, allowed.unit)
        for more in self._counts(most):
            ten = 10**more
            lowest = self._value * ten if self._digits or more == 1 else ten // 10
            found = allowed.find(lowest * allowed.unit, (self._value * ten + ten - 1) * allowed.unit, step)
            if found is not None:
                return str(found // allowed.unit)[-more:].zfill(more).encode()
        return None

    def _point(self, most: int) -> bytes | None:
        """A point and digits behind it, or digits, a point and digits."""
        if not self._allowed.places:
            return None
        if self._digits:
            fraction = DigitItem(self._allowed, self._value, self._digits, 0).find_fraction()
            if fraction is not None:
                return b"." + fraction
            if not self._value:
                return None
        for more in self._counts(most):
            ten = 10**more
            lowest = self._value * ten if self._digits or more == 1 else ten // 10
            unit = self._allowed.unit
            found = self._allowed.find(lowest * unit, (self._value * ten + ten) * unit - 1, self._allowed.step)
            if found is not None:
                whole = found // unit
                rest = DigitItem(self._allowed, whole, self._digits + more, 0).find_fraction()
                return None if rest is None else str(whole)[-more:].zfill(more).encode() + b"." + rest
        return None

    def _counts(self, most: int) -> Iterable[int]:
        """How many digits may follow before the point: no fewer than the numbers have, but for a lone zero."""
        zero = not self._digits and self._allowed.low <= 0
        return range(1 if zero else max(1, self._allowed.least - self._digits), most + 1)

    def find_fraction(self) -> bytes | None:
        """Digits behind the point. With one more digit there are the same numbers and others, so halving finds them."""
        low, high = 1, self._allowed.places - self._behind
        found = self._fraction(high) if high > 0 else None
        while found is not None and low < high:
            middle = (low + high) // 2
            shorter = self._fraction(middle)
            if shorter is None:
                low = middle + 1
            else:
                found, high = shorter, middle
        return found

    def _fraction(self, more: int) -> bytes | None:
        """So many digits behind the point that make a number of it."""
        allowed = self._allowed
        unit = 10 ** (allowed.places - self._behind - more)
        first = self._value * 10**more * unit
        found = allowed.find(first, first + 10**more * unit - 1, lcm(allowed.step, unit))
        return None if found is None else str(found // unit)[-more:].zfill(more).encode()
