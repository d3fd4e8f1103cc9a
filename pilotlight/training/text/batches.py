"""Batches of rows of ids for Keras. The rows of a batch have similar lengths, so little of it is padding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from pilotlight.training.keras.batches import epoch_batches
from pilotlight_runtime.text.tensors import padded

Row = Sequence[int]
Augment = Callable[[Row, np.random.Generator], Row]
"""Changes a row for one epoch, for example to another part of it each time."""

_STEP: Final = 8
"""Lengths of batches are multiples of this: fewer shapes mean fewer traces."""
_POOL: Final = 20
"""Rows of so many batches are sorted by length together. Sorting all rows would always put the same ones together."""


def text_batches(
    rows: Sequence[Row], labels: Sequence[int], size: int, seed: int, augment: Augment | None = None
) -> Any:
    """Makes batches of texts as ids, shuffled anew for each epoch.

    Args:
        rows: The ids of each text.
        labels: The class of each text.
        size: Texts in a batch, at most.
        seed: Decides the order.
        augment: Changes each row in each epoch.

    Returns:
        `EpochBatches` for `fit_model`: ids as int64 of shape (n, length), padded with 0, and labels of shape (n,).
    """

    def arrange(draw: np.random.Generator) -> list[tuple[list[Row], list[int]]]:
        cut = [augment(row, draw) for row in rows] if augment else rows
        batches = shuffled_batches([(len(row),) for row in cut], size, draw)
        return [([cut[place] for place in batch], [labels[place] for place in batch]) for batch in batches]

    return epoch_batches(arrange, lambda batch: (padded_array(batch[0]), np.array(batch[1])), seed)


def shuffled_batches(lengths: Sequence[tuple[int, ...]], size: int, draw: np.random.Generator) -> list[list[int]]:
    """Places of `lengths` in batches of `size` with similar lengths, in an order that `draw` decides.

    The batch with the longest row comes first, and that whose longest row is shortest second: Keras infers which sizes
    vary between batches from the first two.
    """
    order = draw.permutation(len(lengths)).tolist()
    batches: list[list[int]] = []
    for start in range(0, len(order), size * _POOL):
        pool = sorted(order[start : start + size * _POOL], key=lengths.__getitem__)
        batches += [pool[first : first + size] for first in range(0, len(pool), size)]
    draw.shuffle(batches)
    for extreme in (min, max):
        longest = [max(lengths[place] for place in batch) for batch in batches]
        batches.insert(0, batches.pop(longest.index(extreme(longest))))
    return batches


def padded_array(rows: Sequence[Row]) -> Any:
    """Pads rows of ids to one length.

    Args:
        rows: The ids of each row.

    Returns:
        int64 of shape (n, length), padded with 0; the length is a multiple of 8.
    """
    longest = max(map(len, rows), default=0)
    return padded([*rows, [0] * (-(-longest // _STEP) * _STEP)]).numpy()[:-1]
