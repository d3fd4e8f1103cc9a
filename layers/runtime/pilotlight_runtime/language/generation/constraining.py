"""Keeps one answer to its constraint: which tokens may follow, which text must, and how it ends in time."""

from __future__ import annotations

from pilotlight_runtime.language.types import Constraint
from pilotlight_runtime.light_typing import Final, Protocol

_SLACK: Final = 8
"""By how many tokens more a count may change when a text gets shorter in front, since its words are cut elsewhere."""


class Tokens(Protocol):
    """The part of a tokenizer that is used here."""

    def encode(self, text: str, /) -> list[int]:
        """The tokens of a text."""

    def token_bytes(self, token: int, /) -> bytes:
        """What the token adds to a text."""


class TokenConstraint:
    """A constraint and the tokens of a vocabulary.

    Args:
        constraint: The constraint at its beginning.
        tokenizer: Its tokens become the bytes that the constraint sees.
        stop: The tokens that end an answer.
        most: The most tokens of the answer.

    Attributes:
        left: How many more tokens the answer may have.
        closing: The bytes that end the answer with at most `left` tokens; None where no such end is known.
    """

    def __init__(self, constraint: Constraint, tokenizer: Tokens, stop: frozenset[int], most: int) -> None:
        self._constraint = constraint
        self._tokenizer = tokenizer
        self._stop = stop
        self._counted, self._tokens = b"", 0  # the last text that was counted, and its tokens
        self.left = most
        self.closing = self._find_closing(most)

    @property
    def complete(self) -> bool:
        """Whether the answer may end here."""
        return self._constraint.complete

    @property
    def finished(self) -> bool:
        """Whether the answer must end here."""
        return self._constraint.finished

    def allows(self, token: int) -> bool:
        """Whether `token` may come next. One that ends the answer may where the answer is complete."""
        if token in self._stop:
            return self._constraint.complete
        content = self._tokenizer.token_bytes(token)
        return bool(content) and self._constraint.allows(content)

    def push(self, token: int) -> bool:
        """Takes `token` as the next one.

        Returns:
            False where the answer could then no longer be completed with the tokens that are left. `closing` ends the
            answer before `token` then, and nothing more may be pushed.
        """
        self._constraint.push(self._tokenizer.token_bytes(token))
        closing = self._find_closing(self.left - 1)
        if closing is None and self.closing is not None:
            return False
        self.left -= 1
        self.closing = closing
        return True

    def forced(self) -> list[int]:
        """The tokens that must come next, fewer than are left; empty where there is a choice.

        It is also empty where the tokenizer writes the text in another way than it reads it, for instance with a space
        at the beginning, and inside of a character: then the next token is one of the allowed ones.
        """
        content = self._constraint.forced()
        return self._encode(content)[: max(self.left - 1, 0)] if content else []

    def count_closing(self) -> int:
        """How many tokens `closing` has."""
        return self._count(self.closing or b"")

    def _find_closing(self, left: int) -> bytes | None:
        """The bytes that complete the answer, where they have at most `left` tokens."""
        closing = self._constraint.closing()
        if not closing and not self._constraint.complete:
            return None
        return closing if len(closing) <= left or self._fits(closing, left) else None

    def _fits(self, closing: bytes, left: int) -> bool:
        """Whether `closing` has at most `left` tokens. To count a long one after each token would take too long.

        What is left of a text that was counted has no more tokens than it had, but for where its first word is cut; and
        each byte less is at most one token less.
        """
        if self._counted.endswith(closing):
            if self._tokens + _SLACK <= left:
                return True
            if self._tokens - (len(self._counted) - len(closing)) - _SLACK > left:
                return False
        self._counted, self._tokens = closing, self._count(closing)
        return self._tokens <= left

    def _count(self, content: bytes) -> int:
        """The number of tokens of `content`; at most one a byte."""
        return len(self._encode(content)) or len(content)

    def _encode(self, content: bytes) -> list[int]:
        """The tokens that add exactly `content` to a text; none where the tokenizer has no such tokens."""
        try:
            tokens = self._tokenizer.encode(content.decode())
        except UnicodeDecodeError:
            return []
        same = b"".join(map(self._tokenizer.token_bytes, tokens)) == content
        return tokens if same else []
