"""Strings of any characters, with bounds of length."""

from __future__ import annotations

from pilotlight_runtime.language.schema.characters import BETWEEN, CHARACTER, QUOTE, REST
from pilotlight_runtime.language.schema.machine import Item, Shape, Stack
from pilotlight_runtime.light_typing import Final, Iterable

_OPENING: Final = -1
_FILLING: Final = b"a"


class StringShape(Shape):
    """A JSON string of some length, in characters: Unicode's code points, however they are written.

    Args:
        least: The fewest characters.
        most: The most; None where there is no bound.
    """

    def __init__(self, least: int = 0, most: int | None = None) -> None:
        self.least = least
        self.most = most
        self.counted = least if most is None else most
        """How far characters are counted."""
        self._first = _StringItem(self, _OPENING, 0)

    def start(self, room: int) -> Iterable[Item]:
        """See Shape.start."""
        del room
        return (self._first,)

    def measure(self) -> tuple[int, int]:
        """See Shape.measure."""
        return self.least + 2, 0

    def shortest(self) -> bytes:
        """See Shape.shortest."""
        return b'"' + _FILLING * self.least + b'"'


class _StringItem(Item):
    """A place in a string: how many characters are whole, and where in the next one it is."""

    __slots__ = ("_at", "_count", "_shape")

    def __init__(self, shape: StringShape, at: int, count: int) -> None:
        self._shape = shape
        self._at = at
        self._count = count

    def step(self, byte: int, stack: Stack, out: list[Stack]) -> None:
        """See Item.step."""
        at, count, shape = self._at, self._count, self._shape
        if at == BETWEEN and byte == QUOTE:
            if count >= shape.least:
                out.append(stack.below)
            return
        if at == _OPENING:
            if byte == QUOTE:
                out.append(Stack(_StringItem(shape, BETWEEN, 0), stack.below))
            return
        if at == BETWEEN and count == shape.most:
            return
        following = CHARACTER[at].get(byte)
        if following is None:
            return
        if following == BETWEEN and count < shape.counted:
            count += 1
        if following == at and count == self._count:
            out.append(stack)
        else:
            out.append(Stack(_StringItem(shape, following, count), stack.below))

    def only(self) -> int:
        """See Item.only."""
        if self._at == _OPENING or (self._at == BETWEEN and self._count == self._shape.most):
            return QUOTE
        ways = CHARACTER[self._at]
        return next(iter(ways)) if len(ways) == 1 else -1

    def closing(self) -> bytes:
        """See Item.closing."""
        if self._at == _OPENING:
            return self._shape.shortest()
        begun = 0 if self._at == BETWEEN else 1
        return REST.get(self._at, b"") + _FILLING * (self._shape.least - self._count - begun) + b'"'
