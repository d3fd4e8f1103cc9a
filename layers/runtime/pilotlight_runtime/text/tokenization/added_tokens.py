"""Finds the tokens that were added to a vocabulary, such as <|im_end|>, in a text before it is cut into words."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Iterable, Mapping, NamedTuple
from pilotlight_runtime.text.tokenization.character_classes import WHITE


class AddedToken(NamedTuple):
    """A token that is found as it is written.

    Attributes:
        content: Its text; the normalised one where it is looked for in normalised text.
        id: Its id.
        special: Whether it steers the model rather than being text.
        single_word: Whether it is found only between characters that are no part of a word.
        lstrip: Whether white space before it belongs to it.
        rstrip: Whether white space behind it belongs to it.
    """

    content: str
    id: int
    special: bool
    single_word: bool
    lstrip: bool
    rstrip: bool


class AddedTokens:
    """The added tokens that are looked for at the same time: at each place the longest one.

    Args:
        tokens: The tokens; no two have the same content.
        words: Gives the characters of words a true value; needed where a token is a single word.
    """

    def __init__(self, tokens: Iterable[AddedToken], words: Mapping[int, int | None]) -> None:
        self._words = words
        self._tokens = {token.content: token for token in tokens}
        self._plain = not all(token.special for token in self._tokens.values())
        self._lengths: dict[str, list[int]] = {}
        for content in sorted(self._tokens, key=len, reverse=True):
            lengths = self._lengths.setdefault(content[0], [])
            if lengths[-1:] != [len(content)]:
                lengths.append(len(content))

    def split(self, text: str, *, special: bool) -> list[tuple[int, int, int | None]]:
        """Cuts a text at its added tokens.

        Args:
            text: The text.
            special: Whether special tokens are found. Otherwise they are text. One that is left as text still hides
                added tokens within it, as it does in `tokenizers`.

        Returns:
            Begin, end, and the id of an added token, or None for text between them. No part is empty.
        """
        if not text:
            return []
        if not (special or self._plain) or not any(head in text for head in self._lengths):
            return [(0, len(text), None)]
        parts: list[tuple[int, int, int | None]] = []
        done = 0
        for at, token in self._find(text):
            begin, end = at, at + len(token.content)
            if (token.special and not special) or (token.single_word and self._in_word(text, begin, end)):
                continue
            while token.lstrip and begin > done and text[begin - 1] in WHITE:
                begin -= 1
            while token.rstrip and end < len(text) and text[end] in WHITE:
                end += 1
            if done < begin:
                parts.append((done, begin, None))
            parts.append((begin, end, token.id))
            done = end
        if done < len(text):
            parts.append((done, len(text), None))
        return parts

    def _find(self, text: str) -> list[tuple[int, AddedToken]]:
        lengths, free, found = self._lengths, 0, []
        for at, character in enumerate(text):
            if character in lengths and at >= free:
                for length in lengths[character]:
                    token = self._tokens.get(text[at : at + length])
                    if token is not None:
                        found.append((at, token))
                        free = at + length
                        break
        return found

    def _in_word(self, text: str, begin: int, end: int) -> bool:
        before, behind = text[begin - 1 : begin] if begin else "", text[end : end + 1]
        return any(character and self._words[ord(character)] for character in (before, behind))
