"""The held-out part of a table: a quarter, chosen by the seed."""

from __future__ import annotations

from typing import Final

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError

HELD_OUT: Final = 0.25


def split_rows(count: int, seed: int, classes: Array | None, where: str) -> tuple[Array, Array]:
    """Chooses the rows of the training part and those of the held-out part.

    Args:
        count: The rows of the table.
        seed: Decides which rows are held out.
        classes: The class of each row, of which both parts get the same share; None for a target that is a number.
        where: The data source's name, for messages.

    Returns:
        The places of the training rows and of the held-out rows.

    Raises:
        DataError: There are too few rows.
    """
    from sklearn.model_selection import train_test_split

    if count < 2:
        raise DataError(where, "has 1 sample", "Add more: a part of them is held out to measure the model.")
    try:
        train, test = train_test_split(
            np.arange(count), test_size=HELD_OUT, random_state=seed % 2**32, stratify=classes
        )
    except ValueError as error:  # a class with one sample, or fewer held-out samples than classes
        what = f"has {count} samples, too few to hold out a quarter ({error})".rstrip(".")
        raise DataError(where, what, "Add more.") from error
    return train, test
