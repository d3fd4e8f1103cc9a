"""Whether an answer can still be ended in time is known after each token, though its end is seldom counted."""

import pytest

from pilotlight_runtime.language.generation.constraining import TokenConstraint
from pilotlight_runtime.language.json_constraint import compile_schema

DIGITS = {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 9}, "minItems": 300}


class Groups:
    """A token is up to `size` bytes, so that a text has its length divided by that."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._known: list[bytes] = []
        self.counted = 0

    def encode(self, text: str) -> list[int]:
        self.counted += 1
        content = text.encode()
        return [self.number(content[at : at + self._size]) for at in range(0, len(content), self._size)]

    def token_bytes(self, token: int) -> bytes:
        return self._known[token]

    def number(self, content: bytes) -> int:
        if content not in self._known:
            self._known.append(content)
        return self._known.index(content)


@pytest.mark.parametrize(("size", "most", "fits"), [(1, 500, False), (3, 1000, True), (3, 280, False)])
def test_an_end_that_fits_or_not_by_far_is_counted_once_in_many_tokens(size: int, most: int, *, fits: bool) -> None:
    tokens = Groups(size)
    constraint = TokenConstraint(compile_schema(DIGITS)(), tokens, frozenset(), most)
    plain = compile_schema(DIGITS)()
    before = tokens.counted
    for text in (b"[", *(b"7, ",) * 100):
        plain.push(text)
        assert constraint.push(tokens.number(text))
        length = -(-len(plain.closing()) // size)
        assert (constraint.closing is not None) == (length <= constraint.left) == fits
    assert tokens.counted - before <= 20
