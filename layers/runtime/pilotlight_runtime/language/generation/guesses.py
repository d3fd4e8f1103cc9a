"""Guesses how a text goes on by what followed the same tokens before: prompt lookup.

An answer that repeats parts of its prompt, such as a correction or a summary, is often guessed right. A run of the
decoder over a few guessed tokens takes little longer than over one, so that each right guess saves a run.
Source: Saxena, "Prompt Lookup Decoding" (2023).
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Final, Iterable, Sequence

MOST: Final = 7
"""Tokens of a guess. A run over eight tokens takes twice as long as one over one."""
_LONG: Final = 3
_SHORT: Final = 2
"""Tokens that must be the same. Two are enough while guesses come true."""


class Guesses:
    """The text so far, and what followed where.

    Args:
        tokens: The prompt.
    """

    def __init__(self, tokens: Sequence[int]) -> None:
        self._tokens: list[int] = []
        self._places: dict[tuple[int, ...], int] = {}
        self._length = _SHORT
        self.extend(tokens)

    def extend(self, more: Iterable[int]) -> None:
        """Takes the next tokens of the text."""
        tokens, places = self._tokens, self._places
        for token in more:
            # A sequence is known only from the token behind it on, so that its place is never the end of the text.
            place = len(tokens)
            for count in (_SHORT, _LONG):
                if place >= count:
                    places[tuple(tokens[place - count :])] = place
            tokens.append(token)

    def guess(self, most: int) -> list[int]:
        """The tokens that may come next, at most `most`; none where the end of the text is new."""
        tokens = self._tokens
        for count in (_LONG, _SHORT):
            if count == _SHORT and self._length < _SHORT:
                break  # the last guess was wrong, so that two tokens are too few
            place = self._places.get(tuple(tokens[-count:]))
            if place is not None:
                return self._following(place, min(self._length, most))
        return []

    def _following(self, place: int, count: int) -> list[int]:
        """The tokens from `place` on; at the end of the text they begin again, as what repeats itself does."""
        return (self._tokens[place : place + count] * count)[:count]

    def learn(self, guessed: int, right: int) -> None:
        """Takes how many tokens of a guess came true, and makes the next one longer or shorter."""
        if right == guessed:
            self._length = min(MOST, 2 * guessed)
        else:
            self._length = max(1, right)
