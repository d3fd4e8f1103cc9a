"""The places inside an object, outside its values."""

from __future__ import annotations

from pilotlight_runtime.language.schema.byte_states import literal_state
from pilotlight_runtime.language.schema.characters import BETWEEN, CHARACTER, PLAIN, QUOTE, REST
from pilotlight_runtime.language.schema.machine import Item, Shape, Stack
from pilotlight_runtime.language.schema.object_layout import COLON, KeyNode, ObjectLayout
from pilotlight_runtime.light_typing import Final

_OPEN, _CLOSE, _COMMA, _BLANK = b"{}, "
OPENING, _FIRST, _AFTER, _BEFORE, _KEY = range(5)
"""Before the brace; before the first key or the end; behind a value; behind a comma; behind its blank."""

NO_KEYS: Final[frozenset[bytes]] = frozenset()
_COLON: Final = literal_state([COLON])


class ObjectItem(Item):
    """A place between the keys and values of an object.

    Args:
        layout: The object's properties.
        room: How many arrays and objects may stand inside one another from this one on.
        at: Which place.
        number: The first property that is neither written nor left out.
        extra: The keys so far that the schema does not name.
    """

    __slots__ = ("_at", "_extra", "_layout", "_number", "_room")

    def __init__(self, layout: ObjectLayout, room: int, at: int, number: int, extra: frozenset[bytes]) -> None:
        self._layout = layout
        self._room = room
        self._at = at
        self._number = number
        self._extra = extra

    def step(self, byte: int, stack: Stack, out: list[Stack]) -> None:
        """See Item.step."""
        at = self._at
        if at == OPENING:
            if byte == _OPEN:
                out.append(Stack(self._move(_FIRST), stack.below))
        elif at == _BEFORE:
            if byte == _BLANK:
                out.append(Stack(self._move(_KEY), stack.below))
        elif byte == QUOTE and at != _AFTER:
            self._begin_key(stack.below, out)
        elif at == _KEY:
            return
        elif byte == _CLOSE:
            if self._layout.may_close(self._number):
                out.append(stack.below)
        elif byte == _COMMA and at == _AFTER and self._goes_on():
            out.append(Stack(self._move(_BEFORE), stack.below))

    def only(self) -> int:
        """See Item.only."""
        if self._at in (OPENING, _BEFORE, _KEY):
            return {OPENING: _OPEN, _BEFORE: _BLANK, _KEY: QUOTE}[self._at]
        if not self._goes_on():
            return _CLOSE
        if self._layout.may_close(self._number):
            return -1
        return QUOTE if self._at == _FIRST else _COMMA

    def closing(self) -> bytes:
        """See Item.closing."""
        layout, number = self._layout, self._number
        if self._at in (OPENING, _FIRST, _AFTER):
            opening = b"{" if self._at == OPENING else b""
            return opening + layout.shortest_from(number, first=self._at != _AFTER)
        blank = b" " if self._at == _BEFORE else b""
        candidates = layout.next_candidates(number, self._room)
        if candidates:
            chosen = layout.cheapest(candidates)
            each = layout.properties[chosen]
            return blank + each.key + COLON + each.shape.shortest() + layout.shortest_from(chosen + 1)
        return blank + b'"' + _ExtraKeyItem(layout, self._room, self._extra, None, BETWEEN).closing()

    def _move(self, at: int) -> ObjectItem:
        return ObjectItem(self._layout, self._room, at, self._number, self._extra)

    def _goes_on(self) -> bool:
        """Whether one more key may come."""
        layout, room = self._layout, self._room
        has_extra = layout.may_have_extra(self._number, room, len(self._extra))
        return has_extra or bool(layout.next_candidates(self._number, room))

    def _begin_key(self, below: Stack, out: list[Stack]) -> None:
        layout, room = self._layout, self._room
        if layout.next_candidates(self._number, room):
            out.append(Stack(_KeyItem(layout, room, layout.keys, self._number), below))
        if layout.may_have_extra(self._number, room, len(self._extra)):
            out.append(Stack(_ExtraKeyItem(layout, room, self._extra, None, BETWEEN), below))


class _KeyItem(Item):
    """A place in a key that the schema names."""

    __slots__ = ("_layout", "_node", "_number", "_room")

    def __init__(self, layout: ObjectLayout, room: int, node: KeyNode, number: int) -> None:
        self._layout = layout
        self._room = room
        self._node = node
        self._number = number

    def step(self, byte: int, stack: Stack, out: list[Stack]) -> None:
        """See Item.step."""
        node = self._node.ways.get(byte)
        if node is None or not self._candidates(node):
            return
        if node.whole < 0:
            out.append(Stack(_KeyItem(self._layout, self._room, node, self._number), stack.below))
            return
        after = ObjectItem(self._layout, self._room, _AFTER, node.whole + 1, NO_KEYS)
        below = Stack(after, stack.below)
        out += [Stack(item, below) for item in self._layout.properties[node.whole].shape.start(self._room - 1)]

    def only(self) -> int:
        """See Item.only."""
        ways = [byte for byte, node in self._node.ways.items() if self._candidates(node)]
        return ways[0] if len(ways) == 1 else -1

    def closing(self) -> bytes:
        """See Item.closing."""
        layout = self._layout
        chosen = layout.cheapest(self._candidates(self._node))
        each = layout.properties[chosen]
        rest = (each.key + COLON)[1 + self._node.offset :]
        return rest + each.shape.shortest() + layout.shortest_from(chosen + 1)

    def _candidates(self, node: KeyNode) -> list[int]:
        return self._layout.candidates(node.numbers, self._number, self._room)


class _Written:
    """Bytes of a key, the last one first, so that one more byte takes no copy of the others."""

    __slots__ = ("before", "byte")

    def __init__(self, before: _Written | None, byte: int) -> None:
        self.before = before
        self.byte = byte


class _ExtraKeyItem(Item):
    """A place in a key that the schema does not name. It has no escapes, so that equal keys have equal bytes."""

    __slots__ = ("_at", "_extra", "_layout", "_room", "_written")

    def __init__(
        self, layout: ObjectLayout, room: int, extra: frozenset[bytes], written: _Written | None, at: int
    ) -> None:
        self._layout = layout
        self._room = room
        self._extra = extra
        self._written = written
        self._at = at

    def step(self, byte: int, stack: Stack, out: list[Stack]) -> None:
        """See Item.step."""
        if byte == QUOTE and self._at == BETWEEN:
            key = self._key()
            if not self._is_taken(key):
                self._end(key, stack.below, out)
            return
        ways = PLAIN if self._at == BETWEEN else CHARACTER[self._at]
        at = ways.get(byte)
        if at is not None:
            written = _Written(self._written, byte)
            out.append(Stack(_ExtraKeyItem(self._layout, self._room, self._extra, written, at), stack.below))

    def only(self) -> int:
        """See Item.only. A key can always become longer, in more than one way."""
        return -1

    def closing(self) -> bytes:
        """See Item.closing."""
        added = REST.get(self._at, b"")
        key = self._key()[:-1] + added + b'"'
        number = 0
        while self._is_taken(key):
            number += 1
            key = self._key()[:-1] + added + str(number).encode() + b'"'
        return key[len(self._key()) - 1 :] + COLON + self._value().shortest() + b"}"

    def _key(self) -> bytes:
        """The key so far, with both quotes."""
        key, written = bytearray(b'"'), self._written
        while written is not None:
            key.append(written.byte)
            written = written.before
        key.append(QUOTE)
        return bytes(reversed(key))

    def _is_taken(self, key: bytes) -> bool:
        return key in self._layout.names or key in self._extra

    def _value(self) -> Shape:
        extra = self._layout.extra
        if extra is None:
            raise ValueError("the object has no further keys")
        return extra

    def _end(self, key: bytes, below: Stack, out: list[Stack]) -> None:
        number = len(self._layout.properties)
        after = Stack(ObjectItem(self._layout, self._room, _AFTER, number, self._extra | {key}), below)
        colon = [Stack(item, after) for item in self._value().start(self._room - 1)]
        out += [Stack(_COLON, value) for value in colon]
