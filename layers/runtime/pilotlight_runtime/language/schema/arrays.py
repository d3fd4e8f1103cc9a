"""Arrays, with a schema for each of the first items and one for the rest."""

from __future__ import annotations

from pilotlight_runtime.language.schema.limits import NEVER
from pilotlight_runtime.language.schema.machine import Item, Shape, Stack
from pilotlight_runtime.light_typing import Final, Iterable

_OPEN, _CLOSE, _COMMA, _BLANK = b"[], "
_OPENING, _FIRST, _AFTER, _BEFORE = range(4)
"""Before the bracket; before the first item or the end; behind an item; behind a comma."""

SEPARATOR: Final = b", "


class ArrayShape(Shape):
    """An array, written as Python's `json.dumps` does: one blank behind each comma.

    Args:
        prefix: The shapes of the first items.
        rest: The shape of each item behind them; None where there may be none.
        least: The fewest items.
        most: The most; None where there is no bound.
    """

    def __init__(self, prefix: tuple[Shape, ...], rest: Shape | None, least: int, most: int | None) -> None:
        self.least = least
        self._prefix = prefix
        self._rest = rest
        self._most = len(prefix) if rest is None else most
        if most is not None and self._most is not None:
            self._most = min(self._most, most)

    def start(self, room: int) -> Iterable[Item]:
        """See Shape.start."""
        return (_ArrayItem(self, room, _OPENING, 0),)

    def parts(self) -> Iterable[Shape]:
        """See Shape.parts."""
        return self._prefix if self._rest is None else (*self._prefix, self._rest)

    def needed(self) -> Iterable[Shape]:
        """See Shape.needed."""
        return list(self.parts())[: self.least]

    def measure(self) -> tuple[int, int]:
        """See Shape.measure."""
        if self._most is not None and self.least > self._most:
            return NEVER, NEVER
        first = self._prefix[: self.least]
        rest = self.least - len(first)
        depths = [shape.depth for shape in first]
        length = 2 + len(SEPARATOR) * max(self.least - 1, 0) + sum(shape.length for shape in first)
        if rest and self._rest is not None:
            depths.append(self._rest.depth)
            length += rest * self._rest.length
        return (NEVER, NEVER) if length >= NEVER else (length, 1 + max(depths, default=0))

    def shortest(self) -> bytes:
        """See Shape.shortest."""
        return b"[" + self.shortest_from(0)

    def item(self, index: int) -> Shape | None:
        """The shape of an item; None where the array can't have so many."""
        if self._most is not None and index >= self._most:
            return None
        return self._prefix[index] if index < len(self._prefix) else self._rest

    def shortest_from(self, index: int, separator: bytes = SEPARATOR) -> bytes:
        """The shortest end of an array that has `index` items: at least `least`, with what stands before the next."""
        own = min(max(index, len(self._prefix)), self.least)  # from there on, all items have one shape
        texts = [self._at(each).shortest() for each in range(index, own)]
        if own < self.least:
            texts += [self._at(own).shortest()] * (self.least - own)
        return (separator if index and texts else b"") + SEPARATOR.join(texts) + b"]"

    def count(self, index: int) -> int:
        """`index`, or a lower number behind which everything is the same."""
        return index if self._most is not None else min(index, max(self.least, len(self._prefix)))

    def _at(self, index: int) -> Shape:
        shape = self.item(index)
        if shape is None:
            raise ValueError(f"the array has no item {index}")
        return shape


class _ArrayItem(Item):
    """A place in an array, outside its items."""

    __slots__ = ("_at", "_index", "_room", "_shape")

    def __init__(self, shape: ArrayShape, room: int, at: int, index: int) -> None:
        self._shape = shape
        self._room = room
        self._at = at
        self._index = index

    def step(self, byte: int, stack: Stack, out: list[Stack]) -> None:
        """See Item.step."""
        at = self._at
        if at == _OPENING:
            if byte == _OPEN:
                out.append(Stack(self._move(_FIRST), stack.below))
        elif at == _BEFORE:
            if byte == _BLANK:
                out.extend(self._enter(stack.below))
        elif byte == _CLOSE:
            if self._index >= self._shape.least:
                out.append(stack.below)
        elif at == _FIRST:
            for entered in self._enter(stack.below):
                entered.item.step(byte, entered, out)
        elif byte == _COMMA and self._fits():
            out.append(Stack(self._move(_BEFORE), stack.below))

    def only(self) -> int:
        """See Item.only."""
        if self._at == _OPENING:
            return _OPEN
        if self._at == _BEFORE:
            return _BLANK
        if not self._fits():
            return _CLOSE
        if self._index >= self._shape.least:
            return -1
        if self._at == _AFTER:
            return _COMMA
        bytes_ = {entered.item.only() for entered in self._enter(Stack(self, None))}
        return bytes_.pop() if len(bytes_) == 1 else -1

    def closing(self) -> bytes:
        """See Item.closing."""
        shape, index = self._shape, self._index
        if self._at == _OPENING:
            return shape.shortest()
        if self._at != _BEFORE:
            return shape.shortest_from(index)
        following = shape.item(index)
        first = b"" if following is None else following.shortest()
        return b" " + first + shape.shortest_from(index + 1)

    def _move(self, at: int) -> _ArrayItem:
        return _ArrayItem(self._shape, self._room, at, self._index)

    def _fits(self) -> bool:
        """Whether one more item may come."""
        following = self._shape.item(self._index)
        return following is not None and following.depth < self._room

    def _enter(self, below: Stack) -> list[Stack]:
        """The stacks at the beginning of the next item."""
        following = self._shape.item(self._index)
        if following is None or following.depth >= self._room:
            return []
        after = Stack(_ArrayItem(self._shape, self._room, _AFTER, self._shape.count(self._index + 1)), below)
        return [Stack(item, after) for item in following.start(self._room - 1)]
