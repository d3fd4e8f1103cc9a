"""Runs the graph of a decoder, for the gate. What a function does is in pilotlight_runtime.language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np

from pilotlight.language.decoders.signature import IDS, LOGITS, PAST, ROWS, SHARED
from pilotlight_runtime.datatypes import FP32, INT64
from pilotlight_runtime.session import Session
from pilotlight_runtime.tensor import Tensor

if TYPE_CHECKING:
    from pilotlight.language.files.tensor_file import Floats

Cache = Mapping[str, Tensor]


class TextModel(Protocol):
    """What the gate asks of a model that writes text."""

    def compute_logits(self, ids: list[int]) -> Floats:
        """Compute the logits after each id, [ids, vocabulary]."""

    def continue_greedily(self, prompt: list[int], most: int, stop: frozenset[int]) -> list[int]:
        """Return the most probable ids after a prompt, up to one that ends the text.

        Args:
            prompt: The prompt.
            most: The most ids.
            stop: The ids that end the text. They are left out.
        """


class DecoderRunner:
    """A TextModel that runs a graph with our inputs and outputs.

    Args:
        session: The opened graph.
        cache: SHARED or GROWN.
    """

    def __init__(self, session: Session, cache: str) -> None:
        self._session = session
        self._cache = cache
        self._specs = [spec for spec in session.signature.inputs if spec.name not in (IDS, PAST, ROWS)]
        self._outputs = (LOGITS, *(f"next_{spec.name}" for spec in self._specs))

    def compute_logits(self, ids: list[int]) -> Floats:
        """See TextModel."""
        return self._run(ids, 0, 0, self._begin(len(ids)))[0]

    def compute_in_parts(self, ids: list[int], first: int) -> Floats:
        """Compute the logits after each id as `compute_logits` does, but the first ones before the others.

        Args:
            ids: The text.
            first: The number of ids of the first part.
        """
        before, cache = self._run(ids[:first], 0, 0, self._begin(len(ids)))
        after, _ = self._run(ids[first:], first, 0, cache)
        return np.concatenate([before, after])

    def continue_greedily(self, prompt: list[int], most: int, stop: frozenset[int]) -> list[int]:
        """See TextModel."""
        cache, found = self._begin(len(prompt) + most), list[int]()
        ids, past = prompt, 0
        while len(found) < most:
            logits, cache = self._run(ids, past, 1, cache)
            past += len(ids)
            ids = [int(logits[-1].argmax())]
            if ids[0] in stop:
                break
            found += ids
        return found

    def _begin(self, room: int) -> Cache:
        """Return an empty cache."""
        length = room if self._cache == SHARED else 0
        shapes = {spec.name: tuple(length if size < 0 else size for size in spec.shape) for spec in self._specs}
        return {name: Tensor.from_numpy(np.zeros(shape, np.float32), FP32) for name, shape in shapes.items()}

    def _run(self, ids: list[int], past: int, rows: int, cache: Cache) -> tuple[Floats, Cache]:
        counts = {PAST: np.array([past]), ROWS: np.array([rows]), IDS: np.array([ids])}
        inputs = {name: Tensor.from_numpy(array.astype(np.int64), INT64) for name, array in counts.items()}
        logits, *caches = self._session.run({**inputs, **cache}, self._outputs)
        following = {spec.name: tensor for spec, tensor in zip(self._specs, caches, strict=True)}
        return logits.numpy(), following  # type: ignore[return-value]  # FP32 is float32
