"""Batches of rows of ids for Keras, each of rows of about one length, so that little of a batch is padding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from pilotlight.training.batches import epoch_batches
from pilotlight_runtime.text.texts import padded

Row = Sequence[int]
Augment = Callable[[Row, np.random.Generator], Row]
"""A row as it is learned from in one epoch: another part of it each time, for example."""

_STEP: Final = 8
"""Lengths of batches are multiples of it: fewer shapes, fewer traces."""
_POOL: Final = 20
"""So many batches' worth of rows are sorted by length together; the whole would put the same rows together always."""


def text_batches(
    rows: Sequence[Row], labels: Sequence[int], size: int, seed: int, augment: Augment | None = None
) -> Any:
    """EpochBatches of (ids of shape (n, length), labels), shuffled anew for each epoch by `seed`."""

    def arrange(draw: np.random.Generator) -> list[tuple[list[Row], list[int]]]:
        cut = [augment(row, draw) for row in rows] if augment else rows
        batches = shuffled_batches([(len(row),) for row in cut], size, draw)
        return [([cut[place] for place in batch], [labels[place] for place in batch]) for batch in batches]

    return epoch_batches(arrange, lambda batch: (padded_array(batch[0]), np.array(batch[1])), seed)


def shuffled_batches(lengths: Sequence[tuple[int, ...]], size: int, draw: np.random.Generator) -> list[list[int]]:
    """Places of `lengths` in batches of `size` of about one length each, in an order that `draw` decides.

    The batch with the longest of all comes first, and that whose longest is shortest second: Keras takes what is open
    in the shape of all batches from the first two.
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
    """`rows` as an array of shape (n, length), the length a multiple of 8."""
    longest = max(map(len, rows), default=0)
    return padded([*rows, [0] * (-(-longest // _STEP) * _STEP)]).numpy()[:-1]
