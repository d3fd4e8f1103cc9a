"""Batches for Keras whose order in each epoch follows from the seed and the epoch's number alone.

So a run that goes on in its fourth epoch learns from the batches that it would have had, without repeating three.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Protocol, TypeVar

import numpy as np

from pilotlight.core.artifacts import Array

Place = TypeVar("Place")


class EpochBatches(Protocol):
    """What `fit_model` learns from."""

    def __len__(self) -> int:
        """Batches an epoch."""

    def at(self, epoch: int, step: int) -> Any:
        """The batch `step` of `epoch`, both counted from 0, as (inputs, targets)."""


def epoch_batches(
    arrange: Callable[[np.random.Generator], Sequence[Place]], read: Callable[[Place], Any], seed: int
) -> Any:
    """EpochBatches that is a keras.utils.PyDataset too, for `model.fit` and `validation`.

    arrange: what each batch of one epoch is read from, of the same number each time. read: one batch from that.
    """
    import keras

    # Two epochs: while the last batches of one are learned from, the next one's first are fetched.
    @lru_cache(maxsize=2)
    def arranged(epoch: int) -> Sequence[Place]:
        return arrange(np.random.default_rng([seed, epoch]))

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types
        def __init__(self) -> None:
            super().__init__()
            self._epoch = 0
            self._count = len(arranged(0))

        def __len__(self) -> int:
            return self._count

        def at(self, epoch: int, step: int) -> Any:
            return read(arranged(epoch)[step])

        def __getitem__(self, index: int) -> Any:
            return self.at(self._epoch, index)

        def on_epoch_end(self) -> None:
            self._epoch += 1

    return Batches()


def array_batches(
    x: Array | tuple[Array, ...], y: Array, size: int, seed: int, prepare: Callable[[Array], Array] | None = None
) -> Any:
    """EpochBatches of `size` samples (the last may have fewer), shuffled anew for each epoch.

    x, y: samples along the first axis; arrays on disk (numpy.memmap) are read batch by batch. Several arrays are
    several inputs. prepare: makes of one batch of x what the network takes, so that a large array stays as it is.
    """

    def arrange(draw: np.random.Generator) -> list[Array]:
        order = draw.permutation(len(y))
        # In the order in which they lie on disk; within a batch no other order matters.
        return [np.sort(order[start : start + size]) for start in range(0, len(y), size)]

    def read(places: Array) -> tuple[Any, Array]:
        parts = [np.asarray(part[places]) for part in (x if isinstance(x, tuple) else (x,))]
        inputs = tuple(part if prepare is None else prepare(part) for part in parts)
        return inputs if isinstance(x, tuple) else inputs[0], np.asarray(y[places])

    return epoch_batches(arrange, read, seed)
