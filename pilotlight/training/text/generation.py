"""Generation by the fitted network without a cache: the reference for a decoder graph with a cache."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.training.text.batches import Row, padded_array
from pilotlight_runtime.text.generation import Candidates, Generated, Search, generate

_BATCH: Final = 128


def generate_recomputed(model: Any, sources: Sequence[Row], search: Search) -> list[Generated]:
    """Generates a sequence for each source, and computes everything anew in each step.

    Args:
        model: A Keras model of int64 `ids` and `given` of shape (n, length), padded with 0, to logits of shape (n,
            length, vocabulary).
        sources: The ids of each source text.
        search: How to search, and when to end.

    Returns:
        The best sequence for each source.
    """
    order = sorted(range(len(sources)), key=lambda index: len(sources[index]))
    found: dict[int, Generated] = {}
    for start in range(0, len(order), _BATCH):
        batch = order[start : start + _BATCH]
        step = _UncachedStep(model, [sources[index] for index in batch], search.beams)
        found |= zip(batch, generate(step, len(batch), search), strict=True)
    return [found[index] for index in range(len(sources))]


class _UncachedStep:
    """A step of `generate` that computes every row from its first token."""

    def __init__(self, model: Any, sources: Sequence[Row], width: int) -> None:
        self._model = model
        self._sources = sources
        self._width = width
        self._rows: list[list[int]] = [[] for _ in sources]

    def __call__(self, tokens: Sequence[int], parents: Sequence[int], sources: Sequence[int]) -> list[Candidates]:
        self._rows = [[*self._rows[parent], token] for token, parent in zip(tokens, parents, strict=True)]
        rows = range(0, len(tokens), _BATCH)
        return [each for start in rows for each in self._scored(sources, slice(start, start + _BATCH))]

    def _scored(self, sources: Sequence[int], part: slice) -> list[Candidates]:
        given = self._rows[part]
        ids = padded_array([self._sources[source] for source in sources[part]])
        logits = self._model.predict_on_batch([ids, padded_array(given)])[:, len(given[0]) - 1]
        return _most_probable(logits, self._width)


def _most_probable(logits: Array, width: int) -> list[Candidates]:
    """The `width` most probable tokens of each row, with log-probabilities; of equal ones the lower token is first."""
    exact = logits.astype(np.float64)
    shifted = exact - exact.max(axis=1, keepdims=True)
    scores = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    best = np.argsort(-scores, axis=1, kind="stable")[:, :width]
    highest = np.take_along_axis(scores, best, axis=1)
    return [list(zip(*row, strict=True)) for row in zip(best.tolist(), highest.tolist(), strict=True)]
