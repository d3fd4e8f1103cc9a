"""Texts in, the entities that each names out."""

from __future__ import annotations

from pilotlight_runtime.language.encoders.encoder import EncoderModel
from pilotlight_runtime.language.encoders.vectors import read_vector
from pilotlight_runtime.light_typing import Final, NamedTuple, Sequence
from pilotlight_runtime.types import LoadedModel

_OUTSIDE: Final = "O"
_PLACES: Final = "BIESLU"
"""What stands before the hyphen of a label: begin, inside, end, single; last and unit in another notation."""
_BEGINNINGS: Final = "BSU"


class Entity(NamedTuple):
    """A part of a text.

    Attributes:
        label: What it is, such as "PER".
        start: Its first character, from 0.
        end: The character behind its last one.
        text: The characters.
        score: The mean probability of its tokens.
    """

    label: str
    start: int
    end: int
    text: str
    score: float


class Tagged(NamedTuple):
    """Entities of texts.

    Attributes:
        entities: Those of each text, in the order of the text.
        tokens: The number of tokens of each text.
    """

    entities: list[list[Entity]]
    tokens: list[int]


class Tagger(EncoderModel):
    """A loaded token classifier."""

    def __init__(self, model: LoadedModel) -> None:
        super().__init__(model)
        self.labels = self.settings.labels
        self._parts = [_split_label(label) for label in self.labels]

    def tag(self, texts: Sequence[str], *, truncate: bool = True) -> Tagged:
        """Finds the entities of each text.

        Args:
            texts: The texts.
            truncate: Whether a text that is too long is cut off. Otherwise it is refused.

        Returns:
            The entities.

        Raises:
            InvalidRequest: There are too many texts, or one is too long.
            InferenceFailed: The graph fails.
        """
        self._encoder.check_count(len(texts))
        traced = [self.tokenizer.encode_with_offsets(text) for text in texts]
        framed = self._encoder.frame_tokens([ids for ids, _ in traced], truncate=truncate)
        entities = []
        for text, (_, offsets), row in zip(texts, traced, self._encoder.run(framed), strict=True):
            places = self.tokenizer.frame_offsets(offsets, longest=self.settings.longest)
            entities.append(self._find_entities(text, places, read_vector(row)))
        return Tagged(entities, [len(each.ids) for each in framed])

    def _find_entities(self, text: str, places: Sequence[tuple[int, int]], scores: Sequence[float]) -> list[Entity]:
        """Joins the tokens of each entity. scores: those of all classes, token by token."""
        width = len(self.labels)
        found: list[_Span] = []
        open_span = False
        for token, (start, end) in enumerate(places):
            row = scores[token * width : (token + 1) * width]
            best = max(row)
            begins, label = self._parts[row.index(best)]
            if start == end:  # a token that belongs to no text
                continue
            if label == _OUTSIDE:
                open_span = False
            elif open_span and found[-1].label == label and (not begins or _continues(found[-1], start, text)):
                found[-1].extend(end, best)
            else:
                found.append(_Span(label, start, end, best))
                open_span = True
        return [span.entity(text) for span in found]


class _Span:
    """An entity whose end is not known yet."""

    def __init__(self, label: str, start: int, end: int, score: float) -> None:
        self.label = label
        self.start = start
        self.end = end
        self._scores = [score]

    def extend(self, end: int, score: float) -> None:
        self.end = end
        self._scores.append(score)

    def entity(self, text: str) -> Entity:
        score = sum(self._scores) / len(self._scores)
        return Entity(self.label, self.start, self.end, text[self.start : self.end], score)


def _split_label(label: str) -> tuple[bool, str]:
    """Whether a label such as B-PER begins an entity, and of which kind."""
    place, hyphen, kind = label.partition("-")
    if hyphen and len(place) == 1 and place in _PLACES:
        return place in _BEGINNINGS, kind
    return False, label


def _continues(span: _Span, start: int, text: str) -> bool:
    """Whether a token that begins an entity by its label goes on with a word: a model may label each piece so."""
    return start == span.end and text[start - 1 : start].isalnum() and text[start : start + 1].isalnum()
