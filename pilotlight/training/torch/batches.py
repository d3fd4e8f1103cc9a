"""Batches of samples and targets whose order in each epoch follows from the seed and the epoch's number alone."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.samples import Samples, count_samples, take_samples
from pilotlight.training.batches import EpochBatches


def tensor_batches(x: Samples, y: Samples, size: int, seed: int) -> EpochBatches:
    """Make batches of arrays, shuffled anew for each epoch. It needs neither Keras nor PyTorch.

    Args:
        x: The inputs: one array of shape (n, ...), or a mapping of arrays by name.
        y: The labels or targets: one array of shape (n, ...), or a mapping of arrays by name.
        size: Samples in a batch; the last batch of an epoch may have fewer.
        seed: Decides the order.

    Returns:
        Batches for `fit_torch`.
    """
    return _Shuffled(x, y, size, seed)


class _Shuffled:
    def __init__(self, x: Samples, y: Samples, size: int, seed: int) -> None:
        self._x = x
        self._y = y
        self._size = size
        self._count = count_samples(x, "the samples")
        self._order = lru_cache(maxsize=2)(lambda epoch: np.random.default_rng([seed, epoch]).permutation(self._count))

    def __len__(self) -> int:
        return math.ceil(self._count / self._size)

    def at(self, epoch: int, step: int) -> tuple[Any, Any]:
        places: Array = self._order(epoch)[step * self._size : (step + 1) * self._size]
        places = np.sort(places)  # as they lie on disk; within a batch no other order matters
        return take_samples(self._x, places), take_samples(self._y, places)
