"""Which properties an object has, in which order, and which keys may come next."""

from __future__ import annotations

from pilotlight_runtime.language.schema.limits import MOST_EXTRA_KEYS
from pilotlight_runtime.language.schema.machine import Shape
from pilotlight_runtime.light_typing import Final, Iterable, NamedTuple

SEPARATOR: Final = b", "
COLON: Final = b": "


class Property(NamedTuple):
    """A property that the schema names.

    Attributes:
        key: As it is written, with its quotes, without the colon.
        shape: Of its value.
        required: Whether each object has it.
    """

    key: bytes
    shape: Shape
    required: bool


class KeyNode:
    """The keys that begin with the same bytes.

    Attributes:
        ways: The nodes that follow, by byte.
        numbers: The properties whose keys begin so.
        offset: How many bytes these are, without the first quote.
        whole: The property whose key and colon are complete; -1 where there is none.
    """

    __slots__ = ("numbers", "offset", "ways", "whole")

    def __init__(self, offset: int) -> None:
        self.ways: dict[int, KeyNode] = {}
        self.numbers: list[int] = []
        self.offset = offset
        self.whole = -1


class ObjectLayout:
    """The properties of an object.

    Args:
        properties: In the order in which an object has them.
        extra: The shape of the values of further keys, which come last; None where there may be none.
    """

    def __init__(self, properties: tuple[Property, ...], extra: Shape | None) -> None:
        self.properties = properties
        self.extra = extra
        self.keys = _key_tree(properties)
        self.names = frozenset(each.key for each in properties)
        self._required_from = _find_required(properties)

    def may_close(self, number: int) -> bool:
        """Whether nothing that is required is missing, where the properties before `number` are done."""
        return self._required_from[number] == len(self.properties)

    def candidates(self, numbers: Iterable[int], number: int, room: int) -> list[int]:
        """Those of `numbers` that may be the next property: up to the first one that is required.

        Args:
            numbers: Properties.
            number: The first one that is neither written nor left out.
            room: How many arrays and objects may stand inside one another from this object on.
        """
        last = self._required_from[number]
        return [each for each in numbers if number <= each <= last and self.properties[each].shape.depth < room]

    def next_candidates(self, number: int, room: int) -> list[int]:
        """All properties that may be the next one."""
        last = min(self._required_from[number] + 1, len(self.properties))
        return self.candidates(range(number, last), number, room)

    def may_have_extra(self, number: int, room: int, written: int) -> bool:
        """Whether a key may come that the schema does not name.

        Args:
            number: The first property that is neither written nor left out.
            room: As above.
            written: How many such keys the object has.
        """
        extra = self.extra
        return extra is not None and extra.depth < room and written < MOST_EXTRA_KEYS and self.may_close(number)

    def cheapest(self, candidates: list[int]) -> int:
        """The candidate that leads to the shortest end: a required one, since it has to come anyway."""
        if self.properties[candidates[-1]].required:
            return candidates[-1]
        return min(candidates, key=lambda each: len(self.properties[each].key) + self.properties[each].shape.length)

    def shortest_from(self, number: int, *, first: bool = False) -> bytes:
        """The shortest end of an object whose properties before `number` are done.

        Args:
            number: The next property.
            first: Whether nothing is written yet.
        """
        required = [each for each in self.properties[number:] if each.required]
        pairs = SEPARATOR.join([each.key + COLON + each.shape.shortest() for each in required])
        return (b"" if first or not required else SEPARATOR) + pairs + b"}"


def _find_required(properties: tuple[Property, ...]) -> list[int]:
    """For each number the first required property from there on; the number of properties where there is none."""
    following = [len(properties)] * (len(properties) + 1)
    for number in range(len(properties) - 1, -1, -1):
        following[number] = number if properties[number].required else following[number + 1]
    return following


def _key_tree(properties: tuple[Property, ...]) -> KeyNode:
    """The keys behind their first quote, with their colons."""
    first = KeyNode(0)
    for number, each in enumerate(properties):
        node = first
        node.numbers.append(number)
        for byte in each.key[1:] + COLON:
            if byte not in node.ways:
                node.ways[byte] = KeyNode(node.offset + 1)
            node = node.ways[byte]
            node.numbers.append(number)
        node.whole = number
    return first
