"""Whether a function may answer before ONNX Runtime has packed the weights; see pilotlight_runtime.deferred_packing.

It pays for matrix products of FP32 weights: unpacked, they open in a tenth of the time and run 8 to 125 % slower.
Quantised products are never run unpacked: MatMulNBits would unpack all weights in every run. Of the other operators
that pack weights, such as recurrent ones and convolutions, nothing has been measured, so that one of them in a graph
decides against it. The rule reads the graph alone, so the same model gets the same answer on every machine.
"""

from __future__ import annotations

from typing import Final

import onnx

from pilotlight.optimization.weights import count_bytes, is_large

_PRODUCTS: Final = frozenset({"MatMul", "Gemm", "FusedMatMul", "FusedGemm"})
"""Operators that pack their second input."""
_UNPACKED: Final = frozenset({
    "Gather", "Add", "Sub", "Mul", "Div", "Concat", "Reshape", "Where", "Expand",
    "LayerNormalization", "SkipLayerNormalization", "SimplifiedLayerNormalization",
    "SkipSimplifiedLayerNormalization", "EmbedLayerNormalization", "RotaryEmbedding", "BiasGelu", "FastGelu",
    "MultiHeadAttention", "Slice",
})  # fmt: skip
"""Operators that read large weights as they are."""


def count_packed_bytes(model: onnx.ModelProto) -> int:
    """Count the bytes of weights that a function may pack after its first answer.

    Args:
        model: An optimized graph. Its external data need not be loaded.

    Returns:
        The bytes of FP32 matrices that products read; 0 where an operator reads large weights in another way.
    """
    large = {tensor.name: tensor for tensor in model.graph.initializer if is_large(tensor)}
    packed: set[str] = set()
    for node in model.graph.node:
        if any(attribute.HasField("g") or attribute.graphs for attribute in node.attribute):
            return 0
        read = {place: large[name] for place, name in enumerate(node.input) if name in large}
        for place, tensor in read.items():
            if node.op_type in _PRODUCTS and tensor.data_type == onnx.TensorProto.FLOAT:
                packed |= {tensor.name} if place == 1 else set()
            elif node.op_type not in _UNPACKED:
                return 0
    return sum(count_bytes(large[name]) for name in packed)
