"""A value that may have one of several shapes."""

from __future__ import annotations

from pilotlight_runtime.language.schema.limits import NEVER
from pilotlight_runtime.language.schema.machine import Item, Shape
from pilotlight_runtime.light_typing import Iterable, Iterator


class UnionShape(Shape):
    """The texts of all its branches.

    Its branches are added after it is made, so that a recursive schema can refer to it before.

    Attributes:
        place: Where the schema stands.
        why: Why it has no branches; "" where it has.
    """

    def __init__(self, place: str) -> None:
        self.place = place
        self.why = ""
        self.branches: list[Shape] = []

    def start(self, room: int) -> Iterator[Item]:
        """See Shape.start."""
        for branch in self.branches:
            if branch.depth <= room:
                yield from branch.start(room)

    def parts(self) -> Iterable[Shape]:
        """See Shape.parts."""
        return self.branches

    def measure(self) -> tuple[int, int]:
        """See Shape.measure."""
        return min(((branch.length, branch.depth) for branch in self.branches), default=(NEVER, NEVER))

    def shortest(self) -> bytes:
        """See Shape.shortest."""
        return min(self.branches, key=lambda branch: (branch.length, branch.depth)).shortest()
