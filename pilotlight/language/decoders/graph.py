"""The graph of a decoder of the llama family, from its weights.

One builder serves all architectures: they differ in biases (qwen2), norms of the heads (qwen3) and the order of pairs
in the rotary embedding. Names of inputs and outputs are those that the runtime's generation expects.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from pilotlight.language.decoders.config import DecoderConfig, Rotation
from pilotlight.language.decoders.matrices import Matrix, MatrixWriter
from pilotlight.language.decoders.signature import IDS, LOGITS, PAST, ROWS, DecoderSizes
from pilotlight.language.decoders.weights import (
    ATTENTION_NORM,
    DOWN,
    FEED_FORWARD_NORM,
    GATE,
    HEAD,
    KEY,
    KEY_NORM,
    NORM,
    OUTPUT,
    QUERY,
    QUERY_NORM,
    TABLE,
    UP,
    VALUE,
    DecoderWeights,
)
from pilotlight.language.graph_writer import CONTRIB, GraphWriter

_END: Final = np.array([np.iinfo(np.int64).max])
_QKV: Final = (QUERY, KEY, VALUE)


def write_decoder(
    config: DecoderConfig,
    weights: DecoderWeights,
    folder: Path,
    *,
    bits: int,
    context: int,
    step: Callable[[int, int], None],
) -> None:
    """Write the graph of a decoder.

    Args:
        config: The numbers of the decoder.
        weights: Its weights.
        folder: The folder for the graph and its weights.
        bits: The bits of a weight: 8, 4, or 32 for floats.
        context: The longest context in tokens, for which the rotary embedding is computed.
        step: Is called with the number of layers that are written, and of all.
    """
    with GraphWriter(folder) as writer:
        decoder = _DecoderWriter(config, weights, writer, bits)
        decoder.begin(context)
        for layer in range(config.layers):
            decoder.add_layer(layer)
            step(layer + 1, config.layers)
        decoder.end()
        sizes = DecoderSizes(config.layers, config.kv_heads, config.head_size, config.vocabulary)
        writer.save("decoder", sizes.make_inputs(), sizes.make_outputs())


class _DecoderWriter:
    """Adds the parts of a decoder to a graph.

    `residual` is the name of the sum of what all layers before added, and `normed` that of its norm. A node sums and
    norms at once, so that each half of a layer returns only what it adds.
    """

    def __init__(self, config: DecoderConfig, weights: DecoderWeights, writer: GraphWriter, bits: int) -> None:
        self._config, self._weights, self._writer = config, weights, writer
        self._matrices = MatrixWriter(writer, weights, bits)
        self._residual = self._normed = ""

    def begin(self, context: int) -> None:
        """Add what all layers share: vectors of the tokens, positions, and the turns of the rotary embedding."""
        writer, config = self._writer, self._config
        self._residual = self._matrices.rows(IDS, Matrix("table", (TABLE,)), "vectors")
        self._normed = writer.node(
            "SimplifiedLayerNormalization",
            (self._residual, self._norm(ATTENTION_NORM, 0)),
            "0.attention.input",
            epsilon=config.epsilon,
            axis=-1,
        )
        length = writer.node("Shape", (IDS,), "length", start=1)
        total = writer.node("Add", (PAST, length), "total.long")
        last = writer.node("Sub", (total, writer.constant("one", np.array([1]))), "last.long")
        writer.node("Cast", (total,), "total", to=TensorProto.INT32)
        writer.node("Cast", (last,), "last", to=TensorProto.INT32)
        angles = compute_angles(config.rotation, config.head_size, context)
        writer.constant("cos", np.cos(angles).astype(np.float32))
        writer.constant("sin", np.sin(angles).astype(np.float32))

    def add_layer(self, layer: int) -> None:
        """Add a layer: attention, and the network behind it."""
        added = self._add_attention(layer)
        self._sum_and_norm(added, self._norm(FEED_FORWARD_NORM, layer), f"{layer}.feed_forward")
        added = self._add_feed_forward(layer)
        following = layer + 1
        last = following == self._config.layers
        norm = self._norm(NORM, 0) if last else self._norm(ATTENTION_NORM, following)
        self._sum_and_norm(added, norm, "head" if last else f"{following}.attention")

    def end(self) -> None:
        """Add the head, for the last `rows` positions alone: logits of a long prompt would fill the memory."""
        writer, config = self._writer, self._config
        flat = writer.node(
            "Reshape", (self._normed, writer.constant("flat", np.array([-1, config.width]))), "flattened"
        )
        first = writer.node("Neg", (ROWS,), "first")  # 0 begins at the first position
        axis = writer.constant("axis", np.array([0]))
        chosen = writer.node("Slice", (flat, first, writer.constant("end", _END), axis), "chosen")
        head = Matrix("table", (TABLE,)) if config.tied else Matrix("head", (HEAD,))
        self._matrices.product(chosen, head, LOGITS)

    def _sum_and_norm(self, added: str, norm: str, name: str) -> None:
        outputs = (f"{name}.input", "", "", f"{name}.residual")
        self._writer.nodes(
            "SkipSimplifiedLayerNormalization",
            (self._residual, added, norm),
            outputs,
            domain=CONTRIB,
            epsilon=self._config.epsilon,
        )
        self._normed, self._residual = outputs[0], outputs[3]

    def _add_attention(self, layer: int) -> str:
        config, name = self._config, f"{layer}.attention"
        packed = self._matrices.product(self._normed, Matrix(f"{layer}.qkv", _QKV, layer), f"{name}.qkv")
        vectors = self._norm_heads(packed, layer) if config.normed_heads else (packed, "", "")
        cache = (f"key_{layer}", f"value_{layer}")
        self._writer.nodes(
            "GroupQueryAttention",
            (*vectors, *cache, "last", "total", "cos", "sin"),
            (f"{name}.heads", f"next_key_{layer}", f"next_value_{layer}"),
            domain=CONTRIB,
            num_heads=config.heads,
            kv_num_heads=config.kv_heads,
            do_rotary=1,
            rotary_interleaved=int(config.rotation.interleaved),
            scale=config.head_size**-0.5,
            local_window_size=config.window or -1,
        )
        return self._matrices.product(f"{name}.heads", Matrix(f"{layer}.output", (OUTPUT,), layer), f"{name}.output")

    def _norm_heads(self, packed: str, layer: int) -> tuple[str, str, str]:
        """Split queries, keys and values, and norm each head of queries and keys."""
        config, writer, name = self._config, self._writer, f"{layer}.attention"
        sizes = np.array([config.heads, config.kv_heads, config.kv_heads]) * config.head_size
        parts = tuple(f"{name}.{part}" for part in _QKV)
        writer.nodes("Split", (packed, writer.constant(f"{name}.sizes", sizes)), parts, axis=-1)
        heads = writer.constant("by_head", np.array([0, 0, -1, config.head_size]))
        together = writer.constant("together", np.array([0, 0, -1]))
        normed = []
        for part, norm in ((parts[0], QUERY_NORM), (parts[1], KEY_NORM)):
            split = writer.node("Reshape", (part, heads), f"{part}.heads")
            scaled = writer.node(
                "SimplifiedLayerNormalization",
                (split, self._norm(norm, layer)),
                f"{part}.normed",
                epsilon=config.epsilon,
                axis=-1,
            )
            normed.append(writer.node("Reshape", (scaled, together), f"{part}.flat"))
        return normed[0], normed[1], parts[2]

    def _add_feed_forward(self, layer: int) -> str:
        """Add down(silu(gate(x)) * up(x)). QuickGelu with alpha 1 is x * sigmoid(x)."""
        name = f"{layer}.feed_forward"
        gate = self._matrices.product(self._normed, Matrix(f"{layer}.gate", (GATE,), layer), f"{name}.gate")
        up = self._matrices.product(self._normed, Matrix(f"{layer}.up", (UP,), layer), f"{name}.up")
        gated = self._writer.node("QuickGelu", (gate,), f"{name}.gated", domain=CONTRIB, alpha=1.0)
        both = self._writer.node("Mul", (gated, up), f"{name}.both")
        return self._matrices.product(both, Matrix(f"{layer}.down", (DOWN,), layer), f"{name}.down")

    def _norm(self, part: str, layer: int) -> str:
        return self._writer.constant(self._weights.name(part, layer), self._weights.read(part, layer))


def compute_angles(rotation: Rotation, head_size: int, positions: int) -> NDArray[np.float64]:
    """Compute by how much each pair of a head is turned at each position.

    Args:
        rotation: The rotary embedding.
        head_size: The length of a head's vector.
        positions: The number of positions.

    Returns:
        Angles in radians, [positions, head_size / 2], in double precision.
    """
    frequencies = rotation.base ** -(np.arange(0, head_size, 2) / head_size)
    if rotation.divisors:
        frequencies = frequencies / np.array(rotation.divisors)
    return np.outer(np.arange(positions), frequencies)
