"""States of a finite automaton over bytes: literal texts, and what patterns allow."""

from __future__ import annotations

from pilotlight_runtime.language.schema.machine import Item, Shape, Stack
from pilotlight_runtime.light_typing import Iterable


class ByteState(Item):
    """A state.

    Attributes:
        ways: The states that follow, by the byte that leads there.
        ends: Whether a text may end here.
        left: Bytes of the shortest way to an end.
    """

    __slots__ = ("ends", "left", "ways")
    ways: dict[int, ByteState]

    def __init__(self, *, ends: bool = False, left: int = 0) -> None:
        self.ends = ends
        self.left = left

    def step(self, byte: int, stack: Stack, out: list[Stack]) -> None:
        """See Item.step."""
        state = self.ways.get(byte)
        if state is None:
            return
        if state.ways:
            out.append(Stack(state, stack.below))
        if state.ends:
            out.append(stack.below)

    def only(self) -> int:
        """See Item.only."""
        return next(iter(self.ways)) if len(self.ways) == 1 else -1

    def closing(self) -> bytes:
        """See Item.closing."""
        text, state = bytearray(), self
        while not (text and state.ends):
            byte, state = min(state.ways.items(), key=lambda way: way[1].left)
            text.append(byte)
        return bytes(text)


class ByteShape(Shape):
    """The texts of a finite automaton that begins with this state."""

    def __init__(self, first: ByteState) -> None:
        self._first = first
        self._shortest = b""

    def start(self, room: int) -> Iterable[Item]:
        """See Shape.start."""
        del room
        return (self._first,)

    def measure(self) -> tuple[int, int]:
        """See Shape.measure."""
        return self._first.left, 0

    def shortest(self) -> bytes:
        """See Shape.shortest."""
        self._shortest = self._shortest or self._first.closing()
        return self._shortest


def literal_state(texts: Iterable[bytes]) -> ByteState:
    """Makes the automaton of some texts, of which none is empty.

    Returns:
        Its first state, which isn't an end.
    """
    first = _new_state()
    for text in texts:
        state = first
        for byte in text:
            state = state.ways.setdefault(byte, _new_state())
        state.ends = True
    _measure(first)
    return first


def _new_state() -> ByteState:
    state = ByteState()
    state.ways = {}
    return state


def _measure(first: ByteState) -> None:
    """Sets `left` of all states of a tree, the last ones first. Texts may be long, so that this calls itself not."""
    states = [first]
    for state in states:
        states.extend(state.ways.values())
    for state in reversed(states):
        state.left = 0 if state.ends else 1 + min(way.left for way in state.ways.values())
