"""Arithmetic on vectors of FP32 bytes, without numpy."""

from __future__ import annotations

from math import sqrt
from struct import pack

from pilotlight_runtime.light_typing import Final, Sequence

_LEAST_LENGTH: Final = 1e-12
"""By which PyTorch divides at least when it normalises."""


def read_vector(vector: bytes | memoryview) -> list[float]:
    """Reads FP32 bytes as numbers."""
    numbers: list[float] = list(memoryview(vector).cast("f"))
    return numbers


def write_vector(numbers: Sequence[float]) -> bytes:
    """Writes numbers as FP32 bytes."""
    return pack(f"<{len(numbers)}f", *numbers)


def shorten_vector(vector: bytes | memoryview, dimensions: int, *, normalize: bool) -> bytes:
    """Cuts a vector to its first numbers, as models allow that were trained for it (Matryoshka embeddings).

    Source: Kusupati et al., "Matryoshka Representation Learning", 2022.

    Args:
        vector: FP32 bytes.
        dimensions: How many numbers are kept.
        normalize: Whether the result has length 1.

    Returns:
        FP32 bytes.
    """
    kept = read_vector(vector)[:dimensions]
    if normalize:
        length = max(sqrt(sum([number * number for number in kept])), _LEAST_LENGTH)
        kept = [number / length for number in kept]
    return write_vector(kept)


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of the angle between two vectors; 0 where one has no length."""
    product = sum([a * b for a, b in zip(one, other, strict=True)])
    lengths = sqrt(sum([a * a for a in one])) * sqrt(sum([b * b for b in other]))
    return product / lengths if lengths > _LEAST_LENGTH else 0.0
