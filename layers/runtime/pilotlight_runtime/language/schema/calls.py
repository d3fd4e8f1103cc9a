"""Calls of functions inside an answer: JSON between markers, one call after the other, or text and then calls."""

from __future__ import annotations

from pilotlight_runtime.language.schema.limits import DEEPEST
from pilotlight_runtime.language.schema.machine import Item, Shape, Stack
from pilotlight_runtime.light_typing import Final, Iterable

OPENING: Final = b"<tool_call>"
CLOSING: Final = b"</tool_call>"

_END: Final = b"\n" + CLOSING
_BETWEEN: Final = _END + b"\n" + OPENING + b"\n"
"""The text behind a call, as far as the next one; the last call ends within it."""
_BEGIN: Final = len(_END) + 1
_MARKED: Final = len(_BETWEEN) - 1


class CallsShape(Shape):
    """One call or several.

    Args:
        call: The JSON of a call. It has been measured.
        most: The most calls.
    """

    def __init__(self, call: Shape, most: int) -> None:
        self.call = call
        self._most = most
        self.length, self.depth = self.measure()

    def start(self, room: int) -> Iterable[Item]:
        """See Shape.start."""
        return (CallItem(self.call, room, _BEGIN, self._most),)

    def start_marked(self) -> Item:
        """The place behind the marker of the first call."""
        return CallItem(self.call, DEEPEST, _MARKED, self._most)

    def measure(self) -> tuple[int, int]:
        """See Shape.measure."""
        return len(_BETWEEN) - 1 + self.call.length, self.call.depth

    def shortest(self) -> bytes:
        """See Shape.shortest."""
        return _BETWEEN[_BEGIN:] + self.call.shortest() + _END


class CallItem(Item):
    """A place between two calls, or before the first or behind the last one.

    Args:
        call: The JSON of a call.
        room: How many arrays and objects may stand inside one another.
        offset: How much of the text between two calls is written.
        left: How many calls may still come.
    """

    __slots__ = ("_call", "_left", "_offset", "_room")

    def __init__(self, call: Shape, room: int, offset: int, left: int) -> None:
        self._call = call
        self._room = room
        self._offset = offset
        self._left = left

    def step(self, byte: int, stack: Stack, out: list[Stack]) -> None:
        """See Item.step."""
        if byte != _BETWEEN[self._offset]:
            return
        offset = self._offset + 1
        if offset == len(_BETWEEN):
            after = Stack(CallItem(self._call, self._room, 0, self._left - 1), stack.below)
            out += [Stack(item, after) for item in self._call.start(self._room)]
            return
        if offset != len(_END) or self._left:
            out.append(Stack(CallItem(self._call, self._room, offset, self._left), stack.below))
        if offset == len(_END):
            out.append(stack.below)

    def only(self) -> int:
        """See Item.only."""
        return _BETWEEN[self._offset]

    def closing(self) -> bytes:
        """See Item.closing."""
        if self._offset < len(_END):
            return _END[self._offset :]
        return _BETWEEN[self._offset :] + self._call.shortest() + _END


class TextShape(Shape):
    """Any text, or one that ends with calls: where the marker of a call is written, the call must follow.

    Args:
        calls: The calls.
    """

    length, depth = 1, 0

    def __init__(self, calls: CallsShape) -> None:
        self.calls = calls
        self.items = [_TextItem(self, matched) for matched in range(len(OPENING))]

    def start(self, room: int) -> Iterable[Item]:
        """See Shape.start."""
        del room
        return (self.items[0],)

    def measure(self) -> tuple[int, int]:
        """See Shape.measure."""
        return 1, 0

    def shortest(self) -> bytes:
        """See Shape.shortest."""
        return b"\n"


class _TextItem(Item):
    """A place in the text, behind some bytes of the marker."""

    __slots__ = ("_matched", "_shape")

    def __init__(self, shape: TextShape, matched: int) -> None:
        self._shape = shape
        self._matched = matched

    def step(self, byte: int, stack: Stack, out: list[Stack]) -> None:
        """See Item.step. The marker's first byte occurs in it once, so that only it begins the marker anew."""
        again = 1 if byte == OPENING[0] else 0
        matched = self._matched + 1 if byte == OPENING[self._matched] else again
        if matched == len(OPENING):
            out.append(Stack(self._shape.calls.start_marked(), stack.below))
            return
        out.append(stack if matched == self._matched else Stack(self._shape.items[matched], stack.below))
        out.append(stack.below)

    def only(self) -> int:
        """See Item.only."""
        return -1

    def closing(self) -> bytes:
        """See Item.closing."""
        return b"\n"
