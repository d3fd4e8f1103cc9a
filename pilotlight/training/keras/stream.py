"""Batches as one endless sequence for model.fit, which may start at any batch.

Keras's own PyDataset starts each epoch at its first batch. Here batches are numbered over all epochs, so a batch that
is fetched ahead is never one of the wrong epoch.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pilotlight.training.batches import EpochBatches


def stream(batches: EpochBatches, epoch: int, step: int) -> Any:
    """The batches from `step` of `epoch` on, without end; model.fit needs steps_per_epoch with it."""
    import keras

    start = epoch * len(batches) + step
    if keras.backend.backend() == "tensorflow":
        return _tensorflow(batches, start)

    class Stream(keras.utils.PyDataset):
        num_batches = None  # no end

        def __getitem__(self, index: int) -> Any:
            return batches.at(*divmod(start + index, len(batches)))

    return Stream()


def _tensorflow(batches: EpochBatches, start: int) -> Any:
    """A tf.data.Dataset. The sizes that vary are those that differ between an epoch's first two batches."""
    import tensorflow as tf

    def generate() -> Iterator[Any]:
        place = start
        while True:
            yield batches.at(*divmod(place, len(batches)))
            place += 1

    first, second = batches.at(0, 0), batches.at(0, min(1, len(batches) - 1))
    signature = tf.nest.map_structure(lambda one, other: _spec(tf, one, other), first, second)
    return tf.data.Dataset.from_generator(generate, output_signature=signature).prefetch(tf.data.AUTOTUNE)


def _spec(tf: Any, one: Any, other: Any) -> Any:
    """The number of samples always varies: the last batch has fewer."""
    one, other = np.asarray(one), np.asarray(other)
    sizes = [size if size == again else None for size, again in zip(one.shape[1:], other.shape[1:], strict=True)]
    return tf.TensorSpec([None, *sizes], tf.as_dtype(one.dtype))
