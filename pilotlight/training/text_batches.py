"""Batches of rows of ids for Keras, each of rows of about one length, so that little of a batch is padding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from pilotlight_runtime.text import padded

Row = Sequence[int]
Augment = Callable[[Row, np.random.Generator], Row]
"""A row as it is learned from in one epoch: another part of it each time, for example."""

_STEP: Final = 8
"""Lengths of batches are multiples of it: fewer shapes, fewer traces."""
_POOL: Final = 20
"""So many batches' worth of rows are sorted by length together; the whole would put the same rows together always."""


def text_batches(
    rows: Sequence[Row], labels: Sequence[int], size: int, seed: int, augment: Augment | None = None
) -> Any:  # noqa: ANN401  (Keras has no types)
    """A keras.utils.PyDataset of (ids of shape (n, length), labels), shuffled anew for each epoch by `seed`."""
    import keras  # noqa: PLC0415  (seconds; train.py has imported it already)

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types
        def __init__(self) -> None:
            super().__init__()
            self._draw = np.random.default_rng(seed)
            self._shuffle()

        def __len__(self) -> int:
            return len(self._batches)

        def __getitem__(self, index: int) -> tuple[Any, Any]:
            batch = self._batches[index]
            return padded_array([self._rows[row] for row in batch]), np.array([labels[row] for row in batch])

        def on_epoch_end(self) -> None:
            self._shuffle()

        def _shuffle(self) -> None:
            self._rows = [augment(row, self._draw) for row in rows] if augment else list(rows)
            order = self._draw.permutation(len(rows))
            self._batches: list[list[int]] = []
            for start in range(0, len(order), size * _POOL):
                pool = sorted(order[start : start + size * _POOL].tolist(), key=lambda row: len(self._rows[row]))
                self._batches += [pool[first : first + size] for first in range(0, len(pool), size)]
            self._draw.shuffle(self._batches)
            # Keras takes what is open in the shape of all batches from the first two, so the extremes come first.
            self._batches.insert(0, self._batches.pop(self._place(min)))
            self._batches.insert(0, self._batches.pop(self._place(max)))

        def _place(self, extreme: Callable[..., int]) -> int:
            lengths = [max(len(self._rows[row]) for row in batch) for batch in self._batches]
            return lengths.index(extreme(lengths))

    return Batches()


def padded_array(rows: Sequence[Row]) -> Any:  # noqa: ANN401  (an array of int64)
    """`rows` as an array of shape (n, length), the length a multiple of 8."""
    longest = max(map(len, rows), default=0)
    return padded([*rows, [0] * (-(-longest // _STEP) * _STEP)]).numpy()[:-1]
