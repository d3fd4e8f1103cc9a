"""The tokens of a tokenizer by their ids, and the ids by the tokens' names."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Mapping
from pilotlight_runtime.text.tokenization.tokenizer_asset import Texts


def byte_alphabet() -> list[str]:
    """The characters by which byte-level tokenizers write bytes (GPT-2's `bytes_to_unicode`).

    Returns:
        256 characters: those of Latin-1 that can be printed stand for themselves, U+0100 and those behind it for the
        rest, in order.
    """
    printed = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    rest = iter(range(0x100, 0x200))
    return [chr(byte if byte in printed else next(rest)) for byte in range(256)]


class TokenVocabulary:
    """The tokens of a tokenizer.

    Args:
        tokens: Their texts in UTF-8, or their bytes; b"" for an id without a token.
        names: The ids of tokens whose name is not `tokens`' text: added ones, and those that a byte-level alphabet
            cannot write.
        specials: The ids of tokens that steer the model.
        by_bytes: Whether the tokens are bytes.
    """

    def __init__(self, tokens: Texts, names: Mapping[str, int], specials: frozenset[int], *, by_bytes: bool) -> None:
        self.tokens = tokens
        self.size = len(tokens)
        self.specials = specials
        self._names = names
        self._by_bytes = by_bytes
        self._ids: dict[bytes, int] | None = None

    def id_of(self, token: str) -> int | None:
        """Looks a token up by its name; None where there is none."""
        known = self._names.get(token)
        if known is not None:
            return known
        if self._ids is None:
            named = set(self._names.values())
            own = enumerate(self.tokens.all())
            self._ids = {content: at for at, content in own if content and at not in named}
        content = self._content(token)
        return None if content is None else self._ids.get(content)

    def _content(self, token: str) -> bytes | None:
        if not self._by_bytes:
            return token.encode("utf-8", "surrogatepass")
        alphabet = {character: byte for byte, character in enumerate(byte_alphabet())}
        try:
            return bytes(alphabet[character] for character in token)
        except KeyError:
            return None
