"""What tokens add to a text: the decoders of tokenizer.json.

Each token becomes bytes that depend on nothing but whether it is the first one, so that a text can be streamed.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Callable, Final, Mapping, Sequence
from pilotlight_runtime.text.tokenization.tokenizer_asset import Texts

Change = Callable[[str, int], str]
"""Changes the text of a token; it is told how many tokens are before it: 0, or 1 for any other number."""

_CLEANED: Final = (
    (" .", "."),
    (" ?", "?"),
    (" !", "!"),
    (" ,", ","),
    (" ' ", "'"),
    (" n't", "n't"),
    (" 'm", "'m"),
    (" do not", " don't"),
    (" 's", "'s"),
    (" 've", "'ve"),
    (" 're", "'re"),
)


class Decoder:
    """Makes text of tokens.

    Args:
        header: "bytes": whether the tokens are bytes already; otherwise "steps" change the text of each token,
            "fallback" says whether <0x41> is a byte, and up to "strips" characters `strip` are left out at the begin of
            the whole text.
        tokens: The texts of all tokens in UTF-8, or their bytes, by their ids.
        specials: The ids that add nothing.
    """

    def __init__(self, header: Mapping[str, Any], tokens: Texts, specials: frozenset[int]) -> None:
        self.strip: str = header.get("strip", "")
        self.strips: int = header.get("strips", 0)
        self._tokens = tokens
        self._specials = specials
        self._bytes: bool = header["bytes"]
        self._fallback: bool = header.get("fallback", False)
        self._changes = [_CHANGES[step["kind"]](step) for step in header.get("steps", ())]

    def skips(self, token: int) -> bool:
        """Whether a token adds nothing and counts as nothing: a special one, or an id without a token."""
        return token in self._specials or not 0 <= token < len(self._tokens) or not self._tokens[token]

    def token_bytes(self, token: int, *, first: bool = False) -> bytes:
        """The bytes that a token adds to a text.

        Args:
            token: Its id.
            first: Whether it is the first token of the text.

        Returns:
            The bytes. They need not be whole characters.
        """
        if self.skips(token):
            return b""
        if self._bytes:
            return self._tokens[token]
        text = self._tokens[token].decode()
        for change in self._changes:
            text = change(text, int(not first))
        if self._fallback and len(text) == 6 and text.startswith("<0x") and text.endswith(">"):
            try:
                return bytes([int(text[3:5], 16)])
            except ValueError:
                return text.encode()
        return text.encode()

    def decode(self, tokens: Sequence[int]) -> str:
        """Makes the text of tokens.

        Args:
            tokens: Their ids.

        Returns:
            The text, with U+FFFD for bytes that are no character.
        """
        kept = [token for token in tokens if not self.skips(token)]
        parts = [self.token_bytes(token, first=not place) for place, token in enumerate(kept)]
        text = b"".join(parts).decode("utf-8", "replace")
        begin = 0
        while begin < self.strips and text[begin : begin + 1] == self.strip:
            begin += 1
        return text[begin:]


def _make_replace(step: Mapping[str, Any]) -> Change:
    old, new = step["old"], step["new"]
    return lambda text, _place: text.replace(old, new)


def _make_strip(step: Mapping[str, Any]) -> Change:
    strip, start, stop = step["strip"], step["start"], step["stop"]

    def change(text: str, _place: int) -> str:
        for _ in range(start):
            text = text.removeprefix(strip)
        for _ in range(stop):
            text = text.removesuffix(strip)
        return text

    return change


def _make_metaspace(step: Mapping[str, Any]) -> Change:
    mark, prepended = step["mark"], step["prepended"]
    return lambda text, place: text.replace(mark, " " if place or not prepended else "")


def _make_words(step: Mapping[str, Any]) -> Change:
    """WordPiece's: a token without the prefix begins a word."""
    prefix, cleanup = step["prefix"], step["cleanup"]

    def change(text: str, place: int) -> str:
        if place:
            text = text.removeprefix(prefix) if text.startswith(prefix) else " " + text
        if cleanup:
            for old, new in _CLEANED:
                text = text.replace(old, new)
        return text

    return change


def _make_spaces(_step: Mapping[str, Any]) -> Change:
    """Where tokenizer.json has no decoder: a space between tokens."""
    return lambda text, place: " " + text if place else text


_CHANGES: Final = {
    "replace": _make_replace,
    "strip": _make_strip,
    "metaspace": _make_metaspace,
    "words": _make_words,
    "spaces": _make_spaces,
}
