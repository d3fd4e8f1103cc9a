"""Short film reviews that a small grammar makes: a set to try things with, no real language.

It has what decides a sentiment besides single words: negation ("is not dull"), contrast ("the plot is dull, but the
ending is warm": what follows counts) and words of degree. Each sentence is in one part only.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

import numpy as np

from pilotlight.training.data.arrays import Arrays

TRAIN: Final = 6400
HELD_OUT: Final = 640
_SEED: Final = 20
"""The sentences belong to the data, so they do not follow the seed of a run."""

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
    """6,400 and 640 sentences as texts, half of them 1 (positive), half 0 (negative); always the same ones."""
    draw = random.Random(_SEED)  # noqa: S311  (a data set, no secret)
    sentences: dict[str, int] = {}
    while len(sentences) < TRAIN + HELD_OUT:
        label = len(sentences) % 2
        sentences.setdefault(_sentence(draw, label=label), label)
    texts, labels = np.array(list(sentences)), np.array(list(sentences.values()))
    return Arrays(texts[:TRAIN], labels[:TRAIN], texts[TRAIN:], labels[TRAIN:])


def _sentence(draw: random.Random, *, label: int) -> str:
    shape = draw.choice((_plain, _plain, _both, _contrast, _although))
    return draw.choice(_OPENINGS) + shape(draw, label) + draw.choice(_ENDS)


def _plain(draw: random.Random, label: int) -> str:
    return _clause(draw, label)


def _both(draw: random.Random, label: int) -> str:
    return f"{_clause(draw, label)} and {_clause(draw, label)}"


def _contrast(draw: random.Random, label: int) -> str:
    """What follows counts."""
    return f"{_clause(draw, 1 - label)} , {draw.choice(('but', 'yet'))} {_clause(draw, label)}"


def _although(draw: random.Random, label: int) -> str:
    return f"{draw.choice(('although', 'even if', 'while'))} {_clause(draw, 1 - label)} , {_clause(draw, label)}"


def _clause(draw: random.Random, label: int) -> str:
    form: Callable[[random.Random, int], str] = draw.choice((_said, _said, _denied, _felt))
    return form(draw, label)


def _said(draw: random.Random, label: int) -> str:
    return f"{draw.choice(_THINGS)} is {draw.choice(_DEGREES)}{draw.choice(_PRAISE if label else _BLAME)}"


def _denied(draw: random.Random, label: int) -> str:
    return f"{draw.choice(_THINGS)} {draw.choice(_NOT)}{draw.choice(_BLAME if label else _PRAISE)}"


def _felt(draw: random.Random, label: int) -> str:
    return f"{draw.choice(_LIKED if label else _LOATHED)} {draw.choice(_THINGS)}"
