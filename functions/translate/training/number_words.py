"""Numbers in words in two languages, as num2words writes them: each has exactly one translation."""

from __future__ import annotations

import random
from typing import Final

import numpy as np

from pilotlight import Arrays, DataError

LARGEST: Final = 999_999
TRAIN: Final = 16_000
HELD_OUT: Final = 2000
_SMALL: Final = 100
"""All numbers below are learned from: larger numbers contain their words."""
_SEED: Final = 20
"""The data set is always the same: the seed of a run does not change it."""


def load_number_words(source: str, target: str) -> Arrays:
    """16,000 numbers to learn from and 2,000 held-out ones, of 0 to 999,999, in words.

    Numbers of three, four, five and six digits are equally frequent, as far as there are enough of them.

    Args:
        source: The code of the language of x, such as "en".
        target: The code of the language of y.

    Raises:
        DataError: num2words is not installed.
    """
    try:
        from num2words import num2words
    except ImportError as error:
        raise DataError(
            "data source 'numbers'", "needs num2words", "Install it with `pip install num2words`."
        ) from error
    draw = random.Random(_SEED)  # noqa: S311  (a data set, no secret)
    drawn: dict[int, None] = {}
    while len(drawn) < TRAIN + HELD_OUT - _SMALL:
        number = draw.randrange(10 ** draw.randint(3, len(str(LARGEST))))
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
