"""Batches of pairs of rows for a network that learns to write the second row of a pair from the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pilotlight.training.keras.batches import epoch_batches
from pilotlight.training.text.batches import Row, padded_array, shuffled_batches


def pair_batches(pairs: Sequence[tuple[Row, Row]], ends: tuple[int, int], size: int, seed: int) -> Any:
    """Makes batches of pairs of texts as ids, shuffled anew for each epoch.

    Args:
        pairs: The ids of both texts of each pair.
        ends: The ids that begin and end a text.
        size: Pairs in a batch, at most.
        seed: Decides the order.

    Returns:
        `EpochBatches` for `fit_model`: ((ids, given), wanted), int64 of shape (n, length) each, padded with 0. `ids` is
        the first text. `given` is the second one after the begin id; the network sees the part before each place.
        `wanted` is the second one with the end id, one place earlier.
    """
    begin, end = ends
    lengths = [(len(second), len(first)) for first, second in pairs]

    def read(batch: list[int]) -> tuple[Any, Any]:
        chosen = [pairs[place] for place in batch]
        given = padded_array([[begin, *second] for _, second in chosen])
        wanted = padded_array([[*second, end] for _, second in chosen])
        return (padded_array([first for first, _ in chosen]), given), wanted

    return epoch_batches(lambda draw: shuffled_batches(lengths, size, draw), read, seed)
