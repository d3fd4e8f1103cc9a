"""An encoder computed with numpy, straight from its weights: what the gate compares the graph with.

It shares nothing with the graph but the weights: no fused operator, no padding, one text at a time, and softmax with
the largest value subtracted. Source: Devlin et al., "BERT", 2019, and the modeling files of transformers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pilotlight.language.encoders.head import EACH, FIRST, LAST, MEAN, NORMALIZE, SIGMOID, SOFTMAX, Head
from pilotlight.language.encoders.shape import EncoderShape
from pilotlight.language.encoders.weights import EncoderWeights, Floats, Layer, Linear, Norm
from pilotlight.language.tasks import RERANK

Encode = Callable[[Sequence[int], Sequence[int]], NDArray[Any]]
"""Takes the ids and the types of the tokens of one text, and returns the answer for it."""

_LEAST_LENGTH: Final = 1e-12


def make_reference(shape: EncoderShape, weights: EncoderWeights, head: Head) -> Encode:
    """Make a function that computes the answer for a text.

    Args:
        shape: The sizes.
        weights: The weights.
        head: What stands behind the encoder.
    """

    def encode(ids: Sequence[int], types: Sequence[int]) -> NDArray[Any]:
        return apply_head(_compute_hidden(shape, weights, ids, types), head)

    return encode


def apply_head(hidden: NDArray[Any], head: Head) -> NDArray[Any]:
    """Return the answer for a text.

    Args:
        hidden: The vectors of its tokens, of shape (length, width), or its one vector where the pooling is done.
        head: The head.
    """
    pooled = {
        MEAN: lambda: hidden.mean(axis=0),
        FIRST: lambda: hidden[0],
        LAST: lambda: hidden[-1],
        "max": lambda: hidden.max(axis=0),
    }
    value = pooled[head.pool]() if head.pool in pooled else hidden
    for dense in head.layers:
        value = _linear(value, dense.linear)
        value = np.tanh(value) if dense.activation == "tanh" else value
        value = _rectify(value) if dense.activation == "relu" else value
    if head.finish == NORMALIZE:
        value = value / max(float(np.linalg.norm(value)), _LEAST_LENGTH)
    elif head.finish == SOFTMAX:
        value = _softmax(value)
    elif head.finish == SIGMOID:
        value = 1 / (1 + np.exp(-value.astype(np.float64)))
    return value[0] if head.task == RERANK and head.pool != EACH else value


def _compute_hidden(
    shape: EncoderShape, weights: EncoderWeights, ids: Sequence[int], types: Sequence[int]
) -> NDArray[Any]:
    value = weights.words[list(ids)] + weights.positions[: len(ids)]
    if weights.types is not None:
        value = value + weights.types[list(types)]
    value = _normalize(value, weights.norm, shape.epsilon)
    for layer in weights.layers:
        value = _compute_layer(shape, layer, value, weights.distances)
    return value


def _compute_layer(shape: EncoderShape, layer: Layer, value: NDArray[Any], distances: Floats | None) -> NDArray[Any]:
    length, width = len(value), shape.hidden // shape.heads
    query, key, wanted = (
        _linear(value, part).reshape(length, shape.heads, width).transpose(1, 0, 2)
        for part in (layer.query, layer.key, layer.value)
    )
    scores = query @ key.transpose(0, 2, 1) / math.sqrt(width)
    if distances is not None:
        apart = np.arange(length)[None, :] - np.arange(length)[:, None]
        scores = scores + distances[:, apart + shape.longest - 1]
    context = (_softmax(scores) @ wanted).transpose(1, 0, 2).reshape(length, shape.hidden)
    value = _normalize(value + _linear(context, layer.attention_output), layer.attention_norm, shape.epsilon)
    wide = _activate(_linear(value, layer.intermediate), shape.activation)
    return _normalize(value + _linear(wide, layer.output), layer.output_norm, shape.epsilon)


def _linear(value: NDArray[Any], linear: Linear) -> NDArray[Any]:
    product: NDArray[Any] = value @ linear.weight + linear.bias
    return product


def _normalize(value: NDArray[Any], norm: Norm, epsilon: float) -> NDArray[Any]:
    centred = value - value.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + epsilon)
    normal: NDArray[Any] = centred / deviation * norm.scale + norm.shift
    return normal


def _softmax(scores: NDArray[Any]) -> NDArray[Any]:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: NDArray[Any] = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def _activate(value: NDArray[Any], activation: str) -> NDArray[Any]:
    if activation == "relu":
        return _rectify(value)
    inner = math.sqrt(2 / math.pi) * (value + 0.044715 * value**3)
    share = 0.5 * (1 + (_erf(value / math.sqrt(2)) if activation == "gelu" else np.tanh(inner)))
    activated: NDArray[Any] = value * share
    return activated


def _rectify(value: NDArray[Any]) -> NDArray[Any]:
    positive: NDArray[Any] = np.maximum(value, 0)
    return positive


def _erf(value: NDArray[Any]) -> NDArray[Any]:
    """Return the error function, which numpy lacks.

    Source: Abramowitz and Stegun, "Handbook of Mathematical Functions", 7.1.26; wrong by at most 1.5e-7.
    """
    share = 1 / (1 + 0.3275911 * np.abs(value).astype(np.float64))
    series = share * (
        0.254829592 + share * (-0.284496736 + share * (1.421413741 + share * (-1.453152027 + share * 1.061405429)))
    )
    found: NDArray[Any] = np.sign(value) * (1 - series * np.exp(-(value.astype(np.float64) ** 2)))
    return found
