"""Batches of pairs of rows for a network that learns to write the second one from the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pilotlight.training.batches import epoch_batches
from pilotlight.training.text.batches import Row, padded_array, shuffled_batches


def pair_batches(pairs: Sequence[tuple[Row, Row]], ends: tuple[int, int], size: int, seed: int) -> Any:
    """EpochBatches of ((ids, given), wanted), each of shape (n, length), shuffled anew for each epoch.

    ends: the ids that begin and end a text. given: the second row behind the beginning, of which the network sees what
    stands before each place. wanted: the same with the end, one place earlier.
    """
    begin, end = ends
    lengths = [(len(second), len(first)) for first, second in pairs]

    def read(batch: list[int]) -> tuple[Any, Any]:
        chosen = [pairs[place] for place in batch]
        given = padded_array([[begin, *second] for _, second in chosen])
        wanted = padded_array([[*second, end] for _, second in chosen])
        return (padded_array([first for first, _ in chosen]), given), wanted

    return epoch_batches(lambda draw: shuffled_batches(lengths, size, draw), read, seed)
