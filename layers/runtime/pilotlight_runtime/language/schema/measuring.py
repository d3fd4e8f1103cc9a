"""The shortest text of each shape, which recursive schemas need to know where to end."""

from __future__ import annotations

from pilotlight_runtime.language.schema.limits import NEVER
from pilotlight_runtime.language.schema.machine import Shape
from pilotlight_runtime.light_typing import Iterable


def measure_shapes(shapes: Iterable[Shape]) -> None:
    """Sets length and depth of the shapes.

    The shapes get their measures from the shortest to the longest, so that each has its final one at once (D. E. Knuth,
    "A generalization of Dijkstra's algorithm", 1977). Shapes without a text keep NEVER.

    Args:
        shapes: All of them; each one's parts are among them.
    """
    from heapq import heappop, heappush

    every = list(shapes)
    users: dict[Shape, list[int]] = {}
    for number, shape in enumerate(every):
        for part in dict.fromkeys(shape.parts()):
            users.setdefault(part, []).append(number)
    waiting: list[tuple[int, int, int]] = []

    def offer(number: int) -> None:
        length, depth = every[number].measure()
        if length < NEVER:
            heappush(waiting, (length, depth, number))

    for number in range(len(every)):
        offer(number)
    while waiting:
        length, depth, number = heappop(waiting)
        shape = every[number]
        if shape.length < NEVER:
            continue
        shape.length, shape.depth = length, depth
        for user in users.get(shape, ()):
            if every[user].length == NEVER:
                offer(user)
