"""Generation by the network that was trained, without any cache: what a decoder graph with one is held against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.training.text.batches import Row, padded_array
from pilotlight_runtime.text.generation import Candidates, Generated, Search, generate

_BATCH: Final = 128


def generate_recomputed(model: Any, sources: Sequence[Row], search: Search) -> list[Generated]:
    """The sequences that the Keras `model` writes for rows of ids, found as `search` says.

    model: from (ids, given), both of shape (n, length) and padded with 0, to logits of shape (n, length, vocabulary).
    """
    order = sorted(range(len(sources)), key=lambda index: len(sources[index]))
    found: dict[int, Generated] = {}
    for start in range(0, len(order), _BATCH):
        batch = order[start : start + _BATCH]
        step = _Recomputed(model, [sources[index] for index in batch], search.beams)
        found |= zip(batch, generate(step, len(batch), search), strict=True)
    return [found[index] for index in range(len(sources))]


class _Recomputed:
    """A Step that computes all of every row anew."""

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
    """The `width` highest of each row with their log-probabilities; of equal ones the lower token comes first."""
    exact = logits.astype(np.float64)
    shifted = exact - exact.max(axis=1, keepdims=True)
    scores = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    best = np.argsort(-scores, axis=1, kind="stable")[:, :width]
    highest = np.take_along_axis(scores, best, axis=1)
    return [list(zip(*row, strict=True)) for row in zip(best.tolist(), highest.tolist(), strict=True)]
