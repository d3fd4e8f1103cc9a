"""Writes an encoder as an ONNX graph.

Matrices stay plain MatMul and Gather, which every quantizer knows; between them stand ONNX Runtime's fused operators.
One product makes query, key and value: it reads the input once, which is faster for short texts.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, helper

from pilotlight.language.encoders.head import Head
from pilotlight.language.encoders.head_graph import add_head, make_output
from pilotlight.language.encoders.shape import EncoderShape
from pilotlight.language.encoders.weights import EncoderWeights, Layer, Linear, Norm
from pilotlight.language.graph_nodes import GraphNodes

GRAPH: Final = "encoder"
IDS, MASK, TYPES = "ids", "mask", "types"


def build_encoder_graph(shape: EncoderShape, weights: EncoderWeights, head: Head) -> onnx.ModelProto:
    """Build the graph of an encoder with its head.

    Args:
        shape: The sizes.
        weights: The weights.
        head: What stands behind the encoder.

    Returns:
        A model with INT64 inputs `ids` and `mask` of shape (n, length), and `types` where tokens have types. `mask` is
        1 for a token and 0 for padding behind the text. The output is that of the head.
    """
    nodes = GraphNodes()
    hidden = _add_embeddings(nodes, shape, weights)
    mask = nodes.node("Cast", MASK, to=TensorProto.INT32, kind=TensorProto.INT32)
    bias = "" if weights.distances is None else _add_distances(nodes, shape, weights.distances)
    for layer in weights.layers:
        hidden = _add_layer(nodes, shape, layer, hidden, mask, bias)
    add_head(nodes, hidden, MASK, head)
    width = head.layers[-1].linear.bias.size if head.layers else shape.hidden
    return nodes.model(make_inputs(types=weights.types is not None), [make_output(head, width)], GRAPH)


def make_inputs(*, types: bool) -> list[onnx.ValueInfoProto]:
    """Return the inputs of an encoder's graph.

    Args:
        types: Whether tokens have types.
    """
    names = (IDS, MASK, TYPES) if types else (IDS, MASK)
    return [helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "length"]) for name in names]


def _add_embeddings(nodes: GraphNodes, shape: EncoderShape, weights: EncoderWeights) -> str:
    words = nodes.node("Gather", nodes.constant(weights.words), IDS)
    length = nodes.node("Shape", IDS, start=1, end=2, kind=TensorProto.INT64)
    positions = nodes.node("Slice", nodes.constant(weights.positions), nodes.whole(0), length, nodes.whole(0))
    if weights.types is not None:
        words = nodes.node("Add", words, nodes.node("Gather", nodes.constant(weights.types), TYPES))
    return _add_norm(nodes, shape, nodes.node("Add", words, positions), weights.norm)


def _add_norm(nodes: GraphNodes, shape: EncoderShape, value: str, norm: Norm) -> str:
    scale, shift = nodes.constant(norm.scale), nodes.constant(norm.shift)
    return nodes.node("LayerNormalization", value, scale, shift, epsilon=shape.epsilon)


def _add_distances(nodes: GraphNodes, shape: EncoderShape, distances: np.ndarray) -> str:
    """Add the bias of attention by distance, of shape (1, heads, length, length)."""
    whole = TensorProto.INT64
    length = nodes.node("Squeeze", nodes.node("Shape", IDS, start=1, end=2, kind=whole), kind=whole)
    zero, one = nodes.constant(np.array(0, np.int64)), nodes.constant(np.array(1, np.int64))
    places = nodes.node("Range", zero, length, one, kind=whole)
    queries = nodes.node("Unsqueeze", places, nodes.whole(1), kind=whole)
    apart = nodes.node("Sub", places, queries, kind=whole)
    index = nodes.node("Add", apart, nodes.whole(shape.longest - 1), kind=whole)
    by_head = nodes.node("Gather", nodes.constant(distances), index, axis=1)
    return nodes.node("Unsqueeze", by_head, nodes.whole(0))


def _add_layer(nodes: GraphNodes, shape: EncoderShape, layer: Layer, value: str, mask: str, bias: str) -> str:
    parts = (layer.query, layer.key, layer.value)
    joined = nodes.node("MatMul", value, nodes.constant(np.concatenate([part.weight for part in parts], axis=1)))
    heads = nodes.nodes(
        "Split", joined, nodes.whole(*[shape.hidden] * 3), axis=-1, outputs=[f"{joined}_{part}" for part in "qkv"]
    )
    added = nodes.constant(np.concatenate([part.bias for part in parts]))
    context = nodes.own("MultiHeadAttention", *heads, added, mask, *filter(None, [bias]), num_heads=shape.heads)
    value = _add_projection(nodes, shape, context, value, layer.attention_output, layer.attention_norm)
    wide = _add_activated(nodes, shape, value, layer.intermediate)
    return _add_projection(nodes, shape, wide, value, layer.output, layer.output_norm)


def _add_projection(nodes: GraphNodes, shape: EncoderShape, inner: str, value: str, linear: Linear, norm: Norm) -> str:
    """Add a linear layer over `inner`, the sum with `value`, and a normalisation."""
    product = nodes.node("MatMul", inner, nodes.constant(linear.weight))
    constants = [nodes.constant(each) for each in (norm.scale, norm.shift, linear.bias)]
    return nodes.own("SkipLayerNormalization", value, product, *constants, epsilon=shape.epsilon)


def _add_activated(nodes: GraphNodes, shape: EncoderShape, value: str, linear: Linear) -> str:
    product, bias = nodes.node("MatMul", value, nodes.constant(linear.weight)), nodes.constant(linear.bias)
    if shape.activation == "relu":
        return nodes.node("Relu", nodes.node("Add", product, bias))
    return nodes.own("BiasGelu" if shape.activation == "gelu" else "FastGelu", product, bias)
