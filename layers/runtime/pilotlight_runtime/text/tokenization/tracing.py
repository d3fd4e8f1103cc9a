"""Where the tokens are in a text: the same steps as in `encoder`, with the place of each character beside it."""

from __future__ import annotations

from pilotlight_runtime.light_typing import NamedTuple
from pilotlight_runtime.text.tokenization.character_classes import WHITE
from pilotlight_runtime.text.tokenization.encoder import EncoderSteps
from pilotlight_runtime.text.tokenization.steps import Rewriter

Place = tuple[int, int]
"""Begin and end in characters of the text."""


class _Traced(NamedTuple):
    """A part of a changed text.

    Attributes:
        text: The part.
        places: Where each of its characters is in the text as it was.
    """

    text: str
    places: list[Place]

    def cut(self, begin: int, end: int) -> _Traced:
        return _Traced(self.text[begin:end], self.places[begin:end])

    def rewrite(self, rewriter: Rewriter, *, first: bool) -> _Traced:
        if not self.text:
            return self
        traced = rewriter.trace(self.text, first=first)
        origin = (self.places[0][0], self.places[0][0])
        places = [self.places[at] if at >= 0 else origin for _, at in traced]
        return _Traced("".join([part for part, _ in traced]), places)


class TracedToken(NamedTuple):
    """A token, and where it is.

    Attributes:
        id: Its id.
        place: Begin and end of the characters that it comes from.
        text: The changed text that it stands for.
        added: Whether it is an added token.
    """

    id: int
    place: Place
    text: str
    added: bool


def encode_traced(steps: EncoderSteps, text: str, *, special: bool) -> list[TracedToken]:
    """Makes tokens of a text and says where they are.

    Args:
        steps: The steps of the tokenizer.
        text: Text without lone surrogates.
        special: Whether special tokens are found; otherwise they are text.

    Returns:
        The tokens in order.
    """
    found: list[TracedToken] = []
    for begin, end, token in steps.added.split(text, special=special):
        if token is not None:
            found.append(TracedToken(token, (begin, end), text[begin:end], added=True))
            continue
        part = _Traced(text[begin:end], [(at, at + 1) for at in range(begin, end)])
        for normalizer in steps.normalizers:
            part = part.rewrite(normalizer, first=not begin)
        for first, last, normal in steps.normalized.split(part.text, special=special):
            piece = part.cut(first, last)
            if normal is not None:
                found.append(TracedToken(normal, _place(piece, 0, len(piece.text)), piece.text, added=True))
                continue
            for word in _cut(piece, steps, first=not piece.places[0][0]):
                found += _encode_word(word, steps)
    return found


def _cut(piece: _Traced, steps: EncoderSteps, *, first: bool) -> list[_Traced]:
    parts = [piece]
    for rewriter, cutter in steps.steps:
        if rewriter is not None:
            parts = [part.rewrite(rewriter, first=first and not place) for place, part in enumerate(parts)]
        if cutter is not None:
            cut = [(part, cutter.spans(part.text)) for part in parts]
            first = first and bool(cut) and cut[0][1][:1] != [] and cut[0][1][0][0] == 0
            parts = [part.cut(begin, end) for part, spans in cut for begin, end in spans]
    return parts


def _encode_word(word: _Traced, steps: EncoderSteps) -> list[TracedToken]:
    characters = [at for at, character in enumerate(word.text) for _ in character.encode()]
    found = []
    for token, begin, end in steps.model.encode_spans(word.text):
        first, last = characters[begin], characters[end - 1] + 1
        found.append(TracedToken(token, _place(word, first, last), word.text[first:last], added=False))
    return found


def _place(piece: _Traced, begin: int, end: int) -> Place:
    return piece.places[begin][0], piece.places[end - 1][1]


def trim_places(tokens: list[TracedToken], *, prefixed: bool) -> list[TracedToken]:
    """Leaves spaces at the ends of tokens out of their places, as a byte-level post-processor does.

    Args:
        tokens: The tokens of a text.
        prefixed: Whether a space was put in front of the text; a single one there is no character of it.

    Returns:
        The tokens with smaller places.
    """
    trimmed = []
    for number, token in enumerate(tokens):
        begin, end = token.place
        white = WHITE if token.added else " "
        leading = len(token.text) - len(token.text.lstrip(white))
        trailing = len(token.text) - len(token.text.rstrip(white))
        if leading == 1 and prefixed and (number == 0 or begin == 0):
            leading = 0
        begin = min(begin + leading, end)
        if end >= trailing:
            end = max(end - trailing, begin)
        trimmed.append(token._replace(place=(begin, end)))
    return trimmed
