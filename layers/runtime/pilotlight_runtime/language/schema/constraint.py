"""A shape as the constraint of one answer."""

from __future__ import annotations

from pilotlight_runtime.language.schema.limits import DEEPEST, MOST_FORCED
from pilotlight_runtime.language.schema.machine import END, Shape, Stack, advance, finish


class ShapeConstraint:
    """What an answer of this shape may go on with. See `language.types.Constraint`.

    Args:
        shape: What the whole answer must be. It has been measured, and has a text.
        may_be_empty: Whether there need not be an answer.
    """

    def __init__(self, shape: Shape, *, may_be_empty: bool = False) -> None:
        self._stacks = [Stack(item, END) for item in shape.start(DEEPEST)]
        if may_be_empty:
            self._stacks.append(END)

    @property
    def complete(self) -> bool:
        """Whether the answer may end here."""
        return END in self._stacks

    @property
    def finished(self) -> bool:
        """Whether the answer must end here."""
        return self._stacks == [END]

    def allows(self, more: bytes) -> bool:
        """Whether the answer with `more` behind it can still become a whole one."""
        stacks = self._stacks
        for byte in more:
            stacks = advance(stacks, byte)
            if not stacks:
                return False
        return True

    def push(self, more: bytes) -> None:
        """Takes the next bytes of the answer.

        Raises:
            ValueError: They are not allowed. The state is as before.
        """
        stacks = self._stacks
        for byte in more:
            stacks = advance(stacks, byte)
        if not stacks:
            raise ValueError(f"the bytes {more[:40]!r} are not allowed here")
        self._stacks = stacks

    def forced(self) -> bytes:
        """The bytes that must come next, as far as there is no choice."""
        stacks, forced = self._stacks, bytearray()
        while END not in stacks and len(forced) < MOST_FORCED:
            byte = _only(stacks)
            if byte < 0:
                break
            forced.append(byte)
            stacks = advance(stacks, byte)
        return bytes(forced)

    def closing(self) -> bytes:
        """The shortest bytes that complete the answer."""
        if END in self._stacks:
            return b""
        return min(map(finish, self._stacks), key=len)


def _only(stacks: list[Stack]) -> int:
    byte = stacks[0].item.only()
    for stack in stacks:
        if byte < 0 or stack.item.only() != byte:
            return -1
    return byte
