"""Log-count ratios: how strongly each word indicates one of two classes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def log_count_ratios(rows: Sequence[Sequence[int]], labels: Sequence[int], size: int) -> NDArray[np.float64]:
    """The logarithm of how much more often each id occurs in rows of class 1 than in rows of class 0.

    Counts of rows are smoothed by 1. Source: Wang and Manning, "Baselines and Bigrams", 2012, section 2.1.

    Args:
        rows: Ids of each text, of 0..size-1.
        labels: The class of each text, 0 or 1.
        size: How many ids there are.

    Returns:
        The ratios, shape (size,).
    """
    counts = np.ones((2, size))
    for row, label in zip(rows, labels, strict=True):
        counts[label, list(set(row))] += 1
    negative, positive = counts / counts.sum(axis=1, keepdims=True)
    ratios: NDArray[np.float64] = np.log(positive) - np.log(negative)
    return ratios
