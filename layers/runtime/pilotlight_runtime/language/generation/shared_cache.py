"""A key-value cache that the decoder writes into: the same memory is its past and its present.

The cache has room for the whole context. GroupQueryAttention writes the keys and values of new tokens behind those of
the past and leaves the others as they are. So a token costs no copy, and to forget tokens is to lower a number.
"""

from __future__ import annotations

from struct import pack

from pilotlight_runtime.datatypes import FP32, INT64
from pilotlight_runtime.language.generation.memory import allocate
from pilotlight_runtime.light_typing import Callable, Final, NamedTuple
from pilotlight_runtime.session import Session
from pilotlight_runtime.tensor import Tensor

CHUNK: Final = 128
"""Tokens that one run of a long text takes. More are hardly faster, and take more memory and time between two looks at
the clock."""


_AGAIN: Final = (1, CHUNK)
"""Numbers of tokens that come again and again. To prepare runs over others takes 1 ms each time."""


class _Bound(NamedTuple):
    """Runs over a number of tokens: the memory of their ids and of the logits, and what runs."""

    ids: memoryview[int]
    logits: Tensor
    run: Callable[[], None]


class SharedCache:
    """The decoder and the text that it has read.

    Args:
        session: The graph `decoder`.
        context: The most tokens.
        vocabulary: The number of logits.

    Attributes:
        tokens: The text that is in the cache.
        logits: FP32 [1, vocabulary], of the token behind `tokens`. Each run replaces its content.
        caller: Whose text it is; see GenerationRequest.caller.
    """

    def __init__(self, session: Session, context: int, vocabulary: int) -> None:
        self._session = session
        self.tokens: list[int] = []
        self.caller = b""
        self.logits = allocate(FP32, (1, vocabulary))
        self._past = allocate(INT64, (1,))
        self._rows = allocate(INT64, (1,))
        self._caches = {
            spec.name: allocate(spec.datatype, (*spec.shape[:2], context, spec.shape[3]))
            for spec in session.signature.inputs
            if len(spec.shape) == 4
        }
        self._next = {f"next_{name}": tensor for name, tensor in self._caches.items()}
        self._bound: dict[tuple[int, int], _Bound] = {}

    def keep(self, count: int) -> None:
        """Forgets all but the first `count` tokens."""
        del self.tokens[count:]

    def extend(self, ids: list[int]) -> None:
        """Runs the decoder over `ids`, at most CHUNK tokens; `logits` are those of the last one.

        The cache is as before where the run fails.
        """
        bound = self._bound.get((len(ids), 1))
        if bound is None:
            bound = self._bind(len(ids), self.logits)
            if len(ids) in _AGAIN:
                self._bound[len(ids), 1] = bound
        self._run(ids, bound, 1)

    def extend_all(self, ids: list[int]) -> Tensor:
        """Runs the decoder over a few `ids`.

        Returns:
            FP32 [number of ids, vocabulary], the logits behind each. The next call replaces their content. `logits`
            are no longer those of the last token.
        """
        count = len(ids)
        bound = self._bound.get((count, count))
        if bound is None:
            bound = self._bound[count, count] = self._bind(count, allocate(FP32, (count, self.logits.shape[1])))
        self._run(ids, bound, count)
        return bound.logits

    def _run(self, ids: list[int], bound: _Bound, rows: int) -> None:
        if len(ids) == 1:
            bound.ids[0] = ids[0]
        else:
            bound.ids[:] = memoryview(pack(f"<{len(ids)}q", *ids)).cast("q")
        self._past.buffer[:] = len(self.tokens).to_bytes(8, "little")
        self._rows.buffer[:] = rows.to_bytes(8, "little")
        bound.run()
        self.tokens += ids

    def _bind(self, count: int, logits: Tensor) -> _Bound:
        """Prepares runs over `count` tokens."""
        ids = allocate(INT64, (1, count))
        inputs = {"ids": ids, "past": self._past, "rows": self._rows, **self._caches}
        run = self._session.bind(inputs, {"logits": logits, **self._next})
        return _Bound(ids.buffer.cast("q"), logits, run)
