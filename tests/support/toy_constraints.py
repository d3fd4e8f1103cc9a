"""Constraints that are small enough to be seen through: one of some texts, and nested brackets."""

from __future__ import annotations

from collections.abc import Sequence


class OneOf:
    """The answer is one of these texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._left = [text.encode() for text in texts]
        self._done = 0

    @property
    def complete(self) -> bool:
        return any(len(text) == self._done for text in self._left)

    @property
    def finished(self) -> bool:
        return all(len(text) == self._done for text in self._left)

    def allows(self, more: bytes) -> bool:
        return any(text[self._done :].startswith(more) for text in self._left)

    def push(self, more: bytes) -> None:
        assert self.allows(more)
        self._left = [text for text in self._left if text[self._done :].startswith(more)]
        self._done += len(more)

    def forced(self) -> bytes:
        return b"" if self.complete else _common(self._left)[self._done :]

    def closing(self) -> bytes:
        return min(self._left, key=len)[self._done :]


class Brackets:
    """The answer is a list in square brackets that holds the letters a to z and further lists."""

    def __init__(self) -> None:
        self._text = b""

    @property
    def text(self) -> bytes:
        return self._text

    @property
    def complete(self) -> bool:
        return bool(self._text) and _depth(self._text) == 0

    finished = complete

    def allows(self, more: bytes) -> bool:
        for place in range(len(more)):
            before = self._text + more[:place]
            if before and _depth(before) == 0:
                return False
            if more[place : place + 1] != b"[" and (
                not before or not (more[place : place + 1] in b"]" or 97 <= more[place] <= 122)
            ):
                return False
        return True

    def push(self, more: bytes) -> None:
        assert self.allows(more)
        self._text += more

    def forced(self) -> bytes:
        return b"" if self._text else b"["

    def closing(self) -> bytes:
        return b"]" * _depth(self._text) if self._text else b"[]"


def _common(texts: Sequence[bytes]) -> bytes:
    """What all begin with."""
    first, last = min(texts), max(texts)
    same = next((place for place in range(len(first)) if first[place] != last[place]), len(first))
    return first[:same]


def _depth(text: bytes) -> int:
    return text.count(b"[") - text.count(b"]")
