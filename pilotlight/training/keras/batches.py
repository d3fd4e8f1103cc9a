"""Batches for Keras whose order in each epoch follows from the seed and the epoch's number alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar

import numpy as np

from pilotlight.core.artifacts import Array, NamedArrays
from pilotlight.core.errors import DataError
from pilotlight.core.samples import count_samples

Place = TypeVar("Place")
Inputs: TypeAlias = "Array | NamedArrays | tuple[Array, ...]"
Prepare: TypeAlias = Callable[["Array"], "Array"]


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
    x: Inputs, y: Array | NamedArrays, size: int, seed: int, prepare: Prepare | Mapping[str, Prepare] | None = None
) -> Any:
    """Makes batches of arrays, shuffled anew for each epoch.

    Args:
        x: The inputs of shape (n, ...): one array, or a mapping of arrays by input name. A tuple of arrays is several
            inputs in the order of the model's. Arrays on disk (`numpy.memmap`) are read batch by batch.
        y: One label or target a sample, shape (n, ...): one array, or a mapping of arrays by output name.
        size: Samples in a batch; the last batch of an epoch may have fewer.
        seed: Decides the order.
        prepare: Turns one batch of an input into what the network takes, so that a large array stays as it is. Of
            several inputs, a mapping names the function of each; an input that it does not name stays as it is.

    Returns:
        `EpochBatches` for `fit_model`; also a `keras.utils.PyDataset` for `model.fit` and `validation`.

    Raises:
        DataError: The arrays have different numbers of samples.
    """
    count = count_samples(y, "y")
    for place, part in enumerate(x) if isinstance(x, tuple) else ((None, x),):
        where = "x" if place is None else f"x[{place}]"
        if count_samples(part, where) != count:
            what = f"has {count_samples(part, where)} samples, and y has {count}"
            raise DataError(where, what, "Each sample needs one label or target.")

    def arrange(draw: np.random.Generator) -> list[Array]:
        order = draw.permutation(count)
        # In the order in which they lie on disk; within a batch no other order matters.
        return [np.sort(order[start : start + size]) for start in range(0, count, size)]

    def read(places: Array) -> tuple[Any, Any]:
        return _take(x, places, prepare), _take(y, places, None)

    return epoch_batches(arrange, read, seed)


def _take(samples: Any, places: Array, prepare: Prepare | Mapping[str, Prepare] | None) -> Any:
    """The samples at some places, in the structure of `samples`."""
    if isinstance(samples, tuple):
        return tuple(_take(part, places, prepare) for part in samples)
    if isinstance(samples, Mapping):
        return {
            name: _take(part, places, prepare.get(name) if isinstance(prepare, Mapping) else prepare)
            for name, part in samples.items()
        }
    rows = np.asarray(samples[places])
    return prepare(rows) if callable(prepare) else rows
