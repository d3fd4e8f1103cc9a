"""What the steps of a tokenizer have in common."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Protocol


class Model(Protocol):
    """What makes tokens of a part of a text, for instance byte-pair encoding."""

    def encode(self, word: str) -> list[int]:
        """Makes tokens.

        Args:
            word: The part, not empty; no token reaches beyond it.

        Returns:
            The ids.
        """

    def encode_spans(self, word: str) -> list[tuple[int, int, int]]:
        """Makes tokens and says where they are.

        Args:
            word: The part.

        Returns:
            For each token of `encode`: its id, and the begin and the end of its bytes in the word's UTF-8.
        """


class Rewriter(Protocol):
    """A step that changes a text: a normalizer, or what a pre-tokenizer changes."""

    def apply(self, text: str, *, first: bool) -> str:
        """Changes a text.

        Args:
            text: The text.
            first: Whether it begins where the whole text begins.

        Returns:
            The changed text.
        """

    def trace(self, text: str, *, first: bool) -> list[tuple[str, int]]:
        """Changes a text and says what comes from where.

        Args:
            text: The text.
            first: Whether it begins where the whole text begins.

        Returns:
            Each character of the changed text, and the place of the character that it comes from.
        """


class Cutter(Protocol):
    """A step that cuts a text."""

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Cuts a text.

        Args:
            text: The text.

        Returns:
            Begin and end of each part that is kept, in order.
        """


Step = tuple["Rewriter | None", "Cutter | None"]
"""A step of pre-tokenizing; one of the two is there."""
