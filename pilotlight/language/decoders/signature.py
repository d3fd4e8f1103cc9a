"""The inputs and outputs of every decoder's graph, as pilotlight_runtime.language expects them.

    ids INT64 [1, length], past INT64 [1], rows INT64 [1], key_0, value_0, … FP32 [1, heads of keys, room, size]
    → logits FP32 [rows, vocabulary], next_key_0, next_value_0, …

`past` is the number of tokens in the cache already. `rows` is how many of the last positions get logits, 0 for all.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import onnx
from onnx import TensorProto, helper

IDS, PAST, ROWS, LOGITS = "ids", "past", "rows", "logits"
SHARED: Final = "shared"
"""The cache has room for the whole context, and the graph writes into it."""
GROWN: Final = "grown"
"""The cache is as long as the text, and each run returns a longer one."""


class DecoderSizes(NamedTuple):
    """The sizes in the inputs and outputs: layers, heads of keys, the length of a head's vector, and logits."""

    layers: int
    heads: int
    head_size: int
    vocabulary: int

    def make_inputs(self) -> list[onnx.ValueInfoProto]:
        """Return the inputs of the graph."""
        counts = [helper.make_tensor_value_info(name, TensorProto.INT64, [1]) for name in (PAST, ROWS)]
        ids = helper.make_tensor_value_info(IDS, TensorProto.INT64, [1, "length"])
        return [ids, *counts, *self._make_caches("")]

    def make_outputs(self) -> list[onnx.ValueInfoProto]:
        """Return the outputs of the graph."""
        logits = helper.make_tensor_value_info(LOGITS, TensorProto.FLOAT, ["rows", self.vocabulary])
        return [logits, *self._make_caches("next_")]

    def _make_caches(self, prefix: str) -> list[onnx.ValueInfoProto]:
        shape: list[int | str | None] = [1, self.heads, f"{prefix}room", self.head_size]
        names = [f"{prefix}{part}_{layer}" for layer in range(self.layers) for part in ("key", "value")]
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in names]
