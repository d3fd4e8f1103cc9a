"""Batches of pairs of rows for a network that learns to write the second one from the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pilotlight.training.text_batches import Row, padded_array, shuffled_batches


def pair_batches(pairs: Sequence[tuple[Row, Row]], ends: tuple[int, int], size: int, seed: int) -> Any:  # noqa: ANN401  (Keras has no types)
    """A keras.utils.PyDataset of ((ids, given), wanted), each of shape (n, length), shuffled anew for each epoch.

    ends: the ids that begin and end a text. given: the second row behind the beginning, of which the network sees what
    stands before each place. wanted: the same with the end, one place earlier.
    """
    import keras  # noqa: PLC0415  (seconds; train.py has imported it already)

    begin, end = ends

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types
        def __init__(self) -> None:
            super().__init__()
            self._draw = np.random.default_rng(seed)
            self._shuffle()

        def __len__(self) -> int:
            return len(self._batches)

        def __getitem__(self, index: int) -> tuple[Any, Any]:
            chosen = [pairs[place] for place in self._batches[index]]
            given = padded_array([[begin, *second] for _, second in chosen])
            wanted = padded_array([[*second, end] for _, second in chosen])
            return (padded_array([first for first, _ in chosen]), given), wanted

        def on_epoch_end(self) -> None:
            self._shuffle()

        def _shuffle(self) -> None:
            lengths = [(len(second), len(first)) for first, second in pairs]
            self._batches = shuffled_batches(lengths, size, self._draw)

    return Batches()
