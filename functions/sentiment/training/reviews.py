"""Short film reviews that a small grammar generates: a data set to try things with, not real language.

Sentiment depends on more than single words: on negation ("is not dull"), on contrast ("the plot is dull, but the ending
is warm": what follows "but" counts) and on words of degree. Each sentence is in one part only.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

import numpy as np

from pilotlight import Arrays

TRAIN: Final = 6400
HELD_OUT: Final = 640
_SEED: Final = 20
"""The data set is always the same: the seed of a run does not change it."""

_THINGS: Final = (
    *("the film", "this movie", "the plot", "the acting", "the script", "the ending", "the music", "the cast"),
    *("the pacing", "the dialogue", "the camera work", "the story", "her performance", "his humour"),
)
_PRAISE: Final = (
    *("wonderful", "moving", "funny", "clever", "charming", "gripping", "warm", "fresh", "brilliant", "delightful"),
    *("honest", "tender", "inventive", "graceful", "superb"),
)
_BLAME: Final = (
    *("dull", "awful", "boring", "clumsy", "tired", "shallow", "flat", "tedious", "messy", "lifeless"),
    *("predictable", "hollow", "noisy", "forced", "dreadful"),
)
_DEGREES: Final = ("", "", "very ", "really ", "truly ", "quite ", "so ", "utterly ", "rather ")
_NOT: Final = ("is not ", "is n't ", "is never ", "is hardly ", "is far from ", "is anything but ")
_LIKED: Final = ("i loved", "i enjoyed", "i admired", "you will like")
_LOATHED: Final = ("i hated", "i regretted", "i could not stand", "you will not like")
_OPENINGS: Final = ("", "", "", "in short , ", "to be fair , ", "for once , ")
_ENDS: Final = ("", " .", " !")


def load_reviews() -> Arrays:
    """6,400 sentences to learn from and 640 held-out ones as texts; half are 1 (positive), half 0 (negative)."""
    draw = random.Random(_SEED)  # noqa: S311  (a data set, no secret)
    sentences: dict[str, int] = {}
    while len(sentences) < TRAIN + HELD_OUT:
        label = len(sentences) % 2
        sentences.setdefault(_sentence(draw, label=label), label)
    texts, labels = np.array(list(sentences)), np.array(list(sentences.values()))
    return Arrays(texts[:TRAIN], labels[:TRAIN], texts[TRAIN:], labels[TRAIN:])


def _sentence(draw: random.Random, *, label: int) -> str:
    form = draw.choice((_plain, _plain, _both, _contrast, _although))
    return draw.choice(_OPENINGS) + form(draw, label) + draw.choice(_ENDS)


def _plain(draw: random.Random, label: int) -> str:
    return _clause(draw, label)


def _both(draw: random.Random, label: int) -> str:
    return f"{_clause(draw, label)} and {_clause(draw, label)}"


def _contrast(draw: random.Random, label: int) -> str:
    """The clause after "but" decides the sentiment."""
    return f"{_clause(draw, 1 - label)} , {draw.choice(('but', 'yet'))} {_clause(draw, label)}"


def _although(draw: random.Random, label: int) -> str:
    return f"{draw.choice(('although', 'even if', 'while'))} {_clause(draw, 1 - label)} , {_clause(draw, label)}"


def _clause(draw: random.Random, label: int) -> str:
    form: Callable[[random.Random, int], str] = draw.choice((_statement, _statement, _negation, _feeling))
    return form(draw, label)


def _statement(draw: random.Random, label: int) -> str:
    return f"{draw.choice(_THINGS)} is {draw.choice(_DEGREES)}{draw.choice(_PRAISE if label else _BLAME)}"


def _negation(draw: random.Random, label: int) -> str:
    return f"{draw.choice(_THINGS)} {draw.choice(_NOT)}{draw.choice(_BLAME if label else _PRAISE)}"


def _feeling(draw: random.Random, label: int) -> str:
    return f"{draw.choice(_LIKED if label else _LOATHED)} {draw.choice(_THINGS)}"
