"""A key-value cache that each run of the decoder returns one token longer.

Decoders that other tools exported join the past and the new keys and values by Concat. They need the past at its exact
length, and copy all of it for each token.
"""

from __future__ import annotations

from struct import pack

from pilotlight_runtime.datatypes import FP32, INT64
from pilotlight_runtime.language.generation.memory import allocate
from pilotlight_runtime.session import Session
from pilotlight_runtime.tensor import Tensor


class GrownCache:
    """The decoder and the text that it has read; see SharedCache, whose attributes it has."""

    def __init__(self, session: Session, vocabulary: int) -> None:
        self._session = session
        self.tokens: list[int] = []
        self.caller = b""
        self.logits = allocate(FP32, (1, vocabulary))
        self._caches = {
            spec.name: Tensor(spec.datatype, (*spec.shape[:2], 0, spec.shape[3]), memoryview(b""))
            for spec in session.signature.inputs
            if len(spec.shape) == 4
        }
        self._outputs = ("logits", *(f"next_{name}" for name in self._caches))

    def keep(self, count: int) -> None:
        """Forgets all but the first `count` tokens."""
        if count < len(self.tokens):
            self._caches = {name: _cut(tensor, count) for name, tensor in self._caches.items()}
            del self.tokens[count:]

    def extend(self, ids: list[int]) -> None:
        """Runs the decoder over `ids`; `logits` are those of the last one. The cache is as before where it fails."""
        inputs = {
            "ids": _integers((1, len(ids)), ids),
            "past": _integers((1,), [len(self.tokens)]),
            "rows": _integers((1,), [1]),
            **self._caches,
        }
        logits, *caches = self._session.run(inputs, self._outputs)
        self.logits.buffer[:] = logits.buffer
        self._caches = dict(zip(self._caches, caches, strict=True))
        self.tokens += ids


def _integers(shape: tuple[int, ...], values: list[int]) -> Tensor:
    return Tensor(INT64, shape, memoryview(pack(f"<{len(values)}q", *values)))


def _cut(tensor: Tensor, count: int) -> Tensor:
    """The first `count` positions of a cache [1, heads, positions, size], as a copy."""
    one, heads, positions, size = tensor.shape
    head, kept = (length * size * tensor.datatype.itemsize for length in (positions, count))
    parts = [tensor.buffer[index * head : index * head + kept] for index in range(heads)]
    return Tensor(tensor.datatype, (one, heads, count, size), memoryview(bytearray().join(parts)))
