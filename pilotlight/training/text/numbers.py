"""Numbers in words, in two languages: an exact translation of each, as num2words writes it."""

from __future__ import annotations

import random
from typing import Final

import numpy as np

from pilotlight.core.errors import DataError
from pilotlight.training.data.arrays import Arrays

MOST: Final = 999_999
TRAIN: Final = 16_000
HELD_OUT: Final = 2000
_SMALL: Final = 100
"""All numbers below are learned from: larger ones hold them, and a held-out small one is a word never seen."""
_SEED: Final = 20
"""The numbers belong to the data, so they do not follow the seed of a run."""


def load_numbers(source: str, target: str) -> Arrays:
    """16,000 numbers to learn from and 2,000 others, 0 to 999,999, in words of the languages `source` and `target`.

    As many have three digits as four, five or six, as far as there are so many; always the same ones. DataError where
    num2words is not installed.
    """
    try:
        from num2words import num2words
    except ImportError as error:
        raise DataError(
            "data source 'numbers'", "needs num2words", "Install it with `pip install 'pilotlight[train]'`."
        ) from error
    draw = random.Random(_SEED)  # noqa: S311  (a data set, no secret)
    drawn: dict[int, None] = {}
    while len(drawn) < TRAIN + HELD_OUT - _SMALL:
        number = draw.randrange(10 ** draw.randint(3, len(str(MOST))))
        if number >= _SMALL:
            drawn[number] = None
    numbers = list(drawn)
    learned = [*range(_SMALL), *numbers[HELD_OUT:]]
    parts = [
        np.array([num2words(number, lang=language) for number in part])
        for part in (learned, numbers[:HELD_OUT])
        for language in (source, target)
    ]
    return Arrays(*parts)
