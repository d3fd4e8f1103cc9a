"""Objects whose keys come in the schema's order, as OpenAI writes them."""

from __future__ import annotations

from pilotlight_runtime.language.schema.limits import NEVER
from pilotlight_runtime.language.schema.machine import Item, Shape
from pilotlight_runtime.language.schema.object_items import NO_KEYS, OPENING, ObjectItem
from pilotlight_runtime.language.schema.object_layout import COLON, SEPARATOR, ObjectLayout, Property
from pilotlight_runtime.light_typing import Iterable


class ObjectShape(Shape):
    """An object, written as Python's `json.dumps` does: one blank behind each comma and colon.

    Args:
        properties: In the order in which an object has them.
        extra: The shape of the values of further keys, which come last; None where there may be none.
    """

    def __init__(self, properties: tuple[Property, ...], extra: Shape | None) -> None:
        self._layout = ObjectLayout(properties, extra)

    def start(self, room: int) -> Iterable[Item]:
        """See Shape.start."""
        return (ObjectItem(self._layout, room, OPENING, 0, NO_KEYS),)

    def parts(self) -> Iterable[Shape]:
        """See Shape.parts."""
        shapes = [each.shape for each in self._layout.properties]
        return shapes if self._layout.extra is None else [*shapes, self._layout.extra]

    def needed(self) -> Iterable[Shape]:
        """See Shape.needed."""
        return [each.shape for each in self._layout.properties if each.required]

    def measure(self) -> tuple[int, int]:
        """See Shape.measure."""
        required = [each for each in self._layout.properties if each.required]
        length = 2 + len(SEPARATOR) * max(len(required) - 1, 0)
        length += sum(len(each.key) + len(COLON) + each.shape.length for each in required)
        if length >= NEVER:
            return NEVER, NEVER
        return length, 1 + max((each.shape.depth for each in required), default=0)

    def shortest(self) -> bytes:
        """See Shape.shortest."""
        return b"{" + self._layout.shortest_from(0, first=True)
