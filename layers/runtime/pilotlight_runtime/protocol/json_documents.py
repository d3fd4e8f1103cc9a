"""Documents that Lambda has already parsed: which of them are sure to be JSON that `loads` would accept."""

from __future__ import annotations

import math

from pilotlight_runtime.light_typing import Any, Final
from pilotlight_runtime.messages import is_unicode
from pilotlight_runtime.protocol.json_codec import MAX_JSON_BYTES, Doubts

_MAX_DEPTH: Final = 64
_BYTES_OF_NUMBER: Final = 26  # -1.7976931348623157e+308 and what separates it from the next
_BYTES_OF_CHARACTER: Final = 12  # two escapes such as \ud83d
_MOST_VISITED: Final = 100_000  # lists, objects and texts; writing more of them as JSON is faster than looking at each
_NUMBERS: Final = frozenset({int, float})


def inspect_document(document: Any) -> Doubts | None:
    """Tells whether `document` is the same when it is written as JSON and read again.

    Args:
        document: Anything, as it comes in an event.

    Returns:
        What its numbers may be, as for `loads_fast`. None where it may not be the same, or where `loads` may refuse it:
        NaN, infinity, whole numbers of more than 64 bits, half a surrogate pair, deep nesting, other types than JSON's,
        so much that MAX_JSON_BYTES might not hold it, or so many parts that looking at each takes too long.
    """
    inspector = _Inspector()
    if not inspector.accepts(document, 0) or inspector.size > MAX_JSON_BYTES:
        return None
    return Doubts(inspector.booleans, infinities=False)


class _Inspector:
    """size: the most bytes that the documents seen so far take as JSON. booleans: whether there was one."""

    def __init__(self) -> None:
        self.size = 0
        self._left = _MOST_VISITED
        self.booleans = False

    def accepts(self, value: Any, depth: int) -> bool:
        kind = type(value)
        if kind is list:
            return depth < _MAX_DEPTH and self._accepts_list(value, depth + 1)
        if kind is dict:
            return depth < _MAX_DEPTH and self._accepts_object(value, depth + 1)
        if kind is str:
            self.size += len(value) * _BYTES_OF_CHARACTER + _BYTES_OF_NUMBER
            return value.isascii() or is_unicode(value)
        self.size += _BYTES_OF_NUMBER
        if kind is bool:
            self.booleans = True
            return True
        return value is None or (kind in _NUMBERS and _are_numbers([value], {kind}))

    def _accepts_list(self, items: list[Any], depth: int) -> bool:
        kinds = set(map(type, items))
        if kinds <= _NUMBERS:
            self.size += len(items) * _BYTES_OF_NUMBER + _BYTES_OF_NUMBER
            return _are_numbers(items, kinds)
        self.size += _BYTES_OF_NUMBER
        self._left -= len(items)
        return self._left >= 0 and all(self.accepts(item, depth) for item in items)

    def _accepts_object(self, fields: dict[Any, Any], depth: int) -> bool:
        self._left -= len(fields)
        if self._left < 0 or set(map(type, fields)) - {str}:
            return False
        return all(self.accepts(name, depth) and self.accepts(value, depth) for name, value in fields.items())


def _are_numbers(items: list[Any], kinds: set[type]) -> bool:
    """Whether all of `items` are finite, and the whole ones of at most 64 bits."""
    try:
        finite = math.isfinite(sum(items))
    except OverflowError:
        return False
    return finite and (int not in kinds or (min(items) >= -(2**63) and max(items) < 2**64))
