"""Tokens to text, for answers whose bytes a constraint has chosen."""

from __future__ import annotations

from codecs import utf_8_decode

from pilotlight_runtime.light_typing import Protocol


class TokenBytes(Protocol):
    """The part of a tokenizer that ByteStream uses."""

    def token_bytes(self, token: int, /) -> bytes:
        """What the token adds to a text."""


class ByteStream:
    """Decodes UTF-8 as it comes, and holds back the bytes of a character that is not complete.

    A tokenizer's own stream may drop a space at the beginning, which a constraint has counted.
    """

    def __init__(self, tokenizer: TokenBytes) -> None:
        self._tokenizer = tokenizer
        self._held = b""

    def push(self, token: int) -> str:
        """The whole characters that the token completes."""
        return self.push_bytes(self._tokenizer.token_bytes(token))

    def push_bytes(self, more: bytes) -> str:
        """The whole characters that `more` completes."""
        content = self._held + more
        text, used = utf_8_decode(content, "replace", False)  # noqa: FBT003  (it takes no keywords)
        self._held = content[used:]
        return text

    def finish(self) -> str:
        """What is left, as replacement characters."""
        text, self._held = self._held.decode("utf-8", "replace"), b""
        return text
