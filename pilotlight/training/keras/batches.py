"""Batches for Keras whose order in each epoch follows from the seed and the epoch's number alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np

from pilotlight.core.artifacts import Array

Place = TypeVar("Place")


def epoch_batches(
    arrange: Callable[[np.random.Generator], Sequence[Place]], read: Callable[[Place], Any], seed: int
) -> Any:
    """Makes batches from two functions, for data that `array_batches` and `text_batches` do not fit.

    Args:
        arrange: Returns what each batch of one epoch is read from. It must return as many each time.
        read: Returns one batch, (inputs, targets), from that.
        seed: Seeds the generator that `arrange` gets, together with the epoch's number.

    Returns:
        `EpochBatches` for `fit_model`; also a `keras.utils.PyDataset` for `model.fit` and `validation`.
    """
    import keras

    # Two epochs: while the last batches of one are learned from, the next one's first are fetched.
    @lru_cache(maxsize=2)
    def arranged(epoch: int) -> Sequence[Place]:
        return arrange(np.random.default_rng([seed, epoch]))

    class Batches(keras.utils.PyDataset):
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
    """Makes batches of arrays, shuffled anew for each epoch.

    Args:
        x: The inputs of shape (n, ...); several arrays are several inputs. Arrays on disk (`numpy.memmap`) are read
            batch by batch.
        y: One label or target a sample, shape (n, ...).
        size: Samples in a batch; the last batch of an epoch may have fewer.
        seed: Decides the order.
        prepare: Turns one batch of an input into what the network takes, so that a large array stays as it is.

    Returns:
        `EpochBatches` for `fit_model`; also a `keras.utils.PyDataset` for `model.fit` and `validation`.
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
