"""A key-value cache that the decoder writes into: the same memory is its past and its present.

The cache has room for the whole context. GroupQueryAttention writes the keys and values of new tokens behind those of
the past and leaves the others as they are. So a token costs no copy, and to forget tokens is to lower a number.
"""

from __future__ import annotations

from pilotlight_runtime.datatypes import FP32, INT64
from pilotlight_runtime.language.memory import allocate
from pilotlight_runtime.light_typing import Callable, Final, Mapping
from pilotlight_runtime.session import Session
from pilotlight_runtime.tensor import Tensor

CHUNK: Final = 128
"""Tokens that one run of a long text takes. More are hardly faster, and take more memory and time between two looks at
the clock."""


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
        self._rows.buffer[:] = (1).to_bytes(8, "little")
        self._caches = {
            spec.name: allocate(spec.datatype, (*spec.shape[:2], context, spec.shape[3]))
            for spec in session.signature.inputs
            if len(spec.shape) == 4
        }
        self._outputs: Mapping[str, Tensor] = {
            "logits": self.logits,
            **{f"next_{name}": tensor for name, tensor in self._caches.items()},
        }
        self._bound: dict[int, tuple[memoryview, Callable[[], None]]] = {}

    def keep(self, count: int) -> None:
        """Forgets all but the first `count` tokens."""
        del self.tokens[count:]

    def extend(self, ids: list[int]) -> None:
        """Runs the decoder over `ids`, at most CHUNK tokens; `logits` are those of the last one.

        The cache is as before where the run fails.
        """
        memory, run = self._bound.get(len(ids)) or self._bind(len(ids))
        if len(ids) == 1:
            memory[0] = ids[0]
        else:
            memory[:] = _words(ids)
        self._past.buffer[:] = len(self.tokens).to_bytes(8, "little")
        run()
        self.tokens += ids

    def _bind(self, count: int) -> tuple[memoryview, Callable[[], None]]:
        """Prepares runs over `count` tokens. Those of the sizes that come again are kept."""
        ids = allocate(INT64, (1, count))
        inputs = {"ids": ids, "past": self._past, "rows": self._rows, **self._caches}
        made = ids.buffer.cast("q"), self._session.bind(inputs, self._outputs)
        if count in (1, CHUNK):
            self._bound[count] = made
        return made


def _words(ids: list[int]) -> memoryview:
    from struct import pack

    return memoryview(pack(f"<{len(ids)}q", *ids)).cast("q")
