"""The automaton: stacks of items that bytes move."""

from __future__ import annotations

from pilotlight_runtime.language.schema.limits import MOST_READINGS, NEVER
from pilotlight_runtime.light_typing import Final, Iterable


class Item:
    """A place inside the text of a shape, at which at least one more byte must come. It never changes."""

    __slots__ = ()

    def step(self, byte: int, stack: Stack, out: list[Stack]) -> None:
        """Appends the stacks to which `byte` leads.

        Args:
            byte: The next byte.
            stack: The stack whose top this item is.
            out: Gets each stack that takes its place; the one below it where the item's text may end with this byte.
        """
        raise NotImplementedError

    def only(self) -> int:
        """The only byte that may come; -1 where there are several."""
        raise NotImplementedError

    def closing(self) -> bytes:
        """The shortest bytes after which the item's text may end."""
        raise NotImplementedError


class Stack:
    """An item, and the stack that goes on where its text ends."""

    __slots__ = ("below", "item")

    def __init__(self, item: Item, below: Stack | None) -> None:
        self.item = item
        self.below = self if below is None else below


class _End(Item):
    """The end of the answer."""

    __slots__ = ()

    def step(self, byte: int, stack: Stack, out: list[Stack]) -> None:
        """Nothing may come."""

    def only(self) -> int:
        return -1

    def closing(self) -> bytes:
        return b""


END: Final = Stack(_End(), None)


class Shape:
    """The texts that a schema allows.

    Attributes:
        length: Bytes of the shortest text; NEVER until `measure_shapes` finds one.
        depth: How many arrays and objects stand inside one another in that text.
    """

    length = NEVER
    depth = NEVER

    def start(self, room: int) -> Iterable[Item]:
        """The items at which its texts begin.

        Args:
            room: How many arrays and objects may still stand inside one another; at least `depth`.
        """
        raise NotImplementedError

    def parts(self) -> Iterable[Shape]:
        """The shapes that it is made of."""
        return ()

    def needed(self) -> Iterable[Shape]:
        """Those of its parts without which it has no text, or one of which it needs."""
        return self.parts()

    def measure(self) -> tuple[int, int]:
        """Length and depth of its shortest text, from those of its parts; NEVER while they aren't known."""
        raise NotImplementedError

    def shortest(self) -> bytes:
        """The shortest text."""
        raise NotImplementedError


def advance(stacks: list[Stack], byte: int) -> list[Stack]:
    """The stacks to which a byte leads; none where it is not allowed."""
    out: list[Stack] = []
    for stack in stacks:
        stack.item.step(byte, stack, out)
    # Readings that differ inside a value go on as one behind it: the same stack lies below both.
    return out if len(out) < 2 else list(dict.fromkeys(out))[:MOST_READINGS]


def finish(stack: Stack) -> bytes:
    """The shortest bytes that end what the stack holds."""
    parts = []
    while stack is not END:
        parts.append(stack.item.closing())
        stack = stack.below
    return b"".join(parts)
