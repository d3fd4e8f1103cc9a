"""A transformer that is trained as one network and served as two graphs: an encoder and a decoder step with a cache.

Source: Vaswani et al., "Attention Is All You Need", 2017, sections 3.1 to 3.5; each block normalises its input, not its
output (Xiong et al., 2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import keras
import numpy as np

layers, ops = keras.layers, keras.ops

_LOWEST: Final = -1e9
"""The score of a position that attention must ignore, and of a token that is never written."""

States = Any
"""A tensor of shape (n, length, width); Keras has no types."""
Memory = tuple[Any, Any]
"""Keys and values of shape (n, heads, length, width / heads) each."""


class Shape(NamedTuple):
    """The size of a network.

    Attributes:
        source: How many ids the source language has.
        target: How many ids the target language has.
        width: Values in a state; even, and a multiple of `heads`.
        heads: Attention heads in a layer.
        layers: Layers in the encoder, and as many in the decoder.
        dropout: The rate for states and embeddings while training.
    """

    source: int
    target: int
    width: int
    heads: int
    layers: int
    dropout: float


class Encoded(NamedTuple):
    """What a decoder needs of a source text.

    Attributes:
        memory: Keys and values of each layer's cross-attention.
        bias: Shape (n, 1, 1, length): 0, and very low at padding.
    """

    memory: Sequence[Any]
    bias: Any


class Transformer:
    """The layers, and the models that share them.

    Args:
        shape: The size.
        never: Ids that are never written, such as padding.
    """

    def __init__(self, shape: Shape, never: Sequence[int]) -> None:
        self._shape = shape
        self._sides = _Side(shape, shape.source), _Side(shape, shape.target)
        self._cross = [_Attention(shape) for _ in range(shape.layers)]
        self._logits = layers.Dense(shape.target)
        self._never = np.zeros(shape.target, np.float32)
        self._never[list(never)] = _LOWEST

    def training_model(self) -> Any:
        """The network to fit.

        Returns:
            A model of INT64 `ids` and `given` of shape (n, length), padded with 0, to logits of shape (n, length,
            target) of the token that follows each given one.
        """
        ids, given = (keras.Input((None,), dtype="int64", name=name) for name in ("ids", "given"))
        encoded = self._encode(ids)
        positions = _positions(given)
        later = ops.cast(positions[:, None, :] > positions[:, :, None], "float32")[:, None] * _LOWEST
        states, _ = self._decode(given, positions, later, encoded, None)
        return keras.Model([ids, given], self._scores(states))

    def encoder(self) -> Any:
        """The graph that runs once a source text.

        Returns:
            A model of INT64 `ids` of shape (n, length) to FP32 `memory` of shape (n, 2 * layers, heads, length, width /
            heads), the keys and values of each layer's cross-attention, and FP32 `bias` of shape (n, length): 0, and
            very low at padding.
        """
        ids = keras.Input((None,), dtype="int64", name="ids")
        memory, bias = self._encode(ids)
        return keras.Model([ids], {"memory": ops.stack(memory, axis=1), "bias": bias[:, 0, 0]})

    def decoder(self, candidates: int) -> Any:
        """The graph that runs once a written token, as CachedDecoder of pilotlight_runtime calls it.

        Args:
            candidates: How many of the most probable next tokens it returns.

        Returns:
            A model whose context is the encoder's outputs, and whose cache is FP32 of shape (rows, 2 * layers, heads,
            tokens before, width / heads).
        """
        part = self._shape.width // self._shape.heads
        stacked = (2 * self._shape.layers, self._shape.heads, None, part)
        token, parent, source = (keras.Input((), dtype="int64", name=name) for name in ("token", "parent", "source"))
        cache, memory = (keras.Input(stacked, name=name) for name in ("cache", "memory"))
        bias = keras.Input((None,), name="bias")
        past = ops.take(cache, parent, axis=0)
        position = ops.sum(ops.ones_like(past[:, 0, 0, :, :1]), axis=1)
        states, grown = self._decode(
            token[:, None],
            position,
            0.0,
            Encoded(
                _unstacked(ops.take(memory, source, axis=0), self._shape.layers),
                ops.take(bias, source, axis=0)[:, None, None, :],
            ),
            _unstacked(past, self._shape.layers),
        )
        scores, tokens = ops.top_k(ops.log_softmax(self._scores(states)[:, 0]), candidates)
        outputs = {"tokens": ops.cast(tokens, "int64"), "scores": scores, "next_cache": ops.stack(grown, axis=1)}
        return keras.Model([token, parent, source, cache, memory, bias], outputs)

    def _encode(self, ids: Any) -> Encoded:
        side = self._sides[0]
        bias = ops.cast(ops.equal(ids, 0), "float32")[:, None, None, :] * _LOWEST
        states = side.embed(ids, _positions(ids))
        for block in side.blocks:
            read = block.norm(states)
            states = block.feed_forward(states + block.drop(block.attention(read, block.attention.memory(read), bias)))
        states = side.norm(states)
        return Encoded([each for cross in self._cross for each in cross.memory(states)], bias)

    def _decode(
        self, given: Any, positions: Any, later: Any, encoded: Encoded, past: Sequence[Any] | None
    ) -> tuple[States, list[Any]]:
        """States of the tokens `given`, and the keys and values of each layer's self-attention, `past` before them."""
        side = self._sides[1]
        states, kept = side.embed(given, positions), []
        for index, (block, cross) in enumerate(zip(side.blocks, self._cross, strict=True)):
            read = block.norm(states)
            keys, values = block.attention.memory(read)
            if past is not None:
                keys = ops.concatenate([past[2 * index], keys], axis=2)
                values = ops.concatenate([past[2 * index + 1], values], axis=2)
            kept += [keys, values]
            states += block.drop(block.attention(read, (keys, values), later))
            seen = (encoded.memory[2 * index], encoded.memory[2 * index + 1])
            states = block.feed_forward(states + block.drop(cross(block.cross_norm(states), seen, encoded.bias)))
        return side.norm(states), kept

    def _scores(self, states: States) -> Any:
        return self._logits(states) + self._never


class _Side:
    """The embeddings and layers of the encoder or of the decoder."""

    def __init__(self, shape: Shape, size: int) -> None:
        self._embedding = layers.Embedding(size, shape.width, embeddings_initializer=_normal(shape.width))
        self._rates = (10_000.0 ** -np.linspace(0, 1, shape.width // 2, endpoint=False)).astype(np.float32)
        self._drop = layers.Dropout(shape.dropout)
        self._root = shape.width**0.5
        self.blocks = [_Block(shape) for _ in range(shape.layers)]
        self.norm = layers.LayerNormalization()

    def embed(self, ids: Any, positions: Any) -> States:
        """Embeddings plus encodings of their positions: sines and cosines, so no length is too long."""
        angles = positions[:, :, None] * self._rates
        return self._drop(self._embedding(ids) * self._root + ops.concatenate([ops.sin(angles), ops.cos(angles)], -1))


class _Block:
    def __init__(self, shape: Shape) -> None:
        self.attention = _Attention(shape)
        self.norm, self.cross_norm, self._norm = (layers.LayerNormalization() for _ in range(3))
        self.drop = layers.Dropout(shape.dropout)
        self._wide = layers.Dense(4 * shape.width, activation="relu")
        self._narrow = layers.Dense(shape.width)

    def feed_forward(self, states: States) -> States:
        return states + self.drop(self._narrow(self._wide(self._norm(states))))


class _Attention:
    """Multi-head attention whose keys and values are computed separately, so that they can be cached."""

    def __init__(self, shape: Shape) -> None:
        part = shape.width // shape.heads
        self._query, self._key, self._value, self._out = (layers.Dense(shape.width) for _ in range(4))
        self._split, self._swap, self._join = (
            layers.Reshape((-1, shape.heads, part)), layers.Permute((2, 1, 3)), layers.Reshape((-1, shape.width)),
        )  # fmt: skip
        self._scale = part**-0.5

    def memory(self, states: States) -> Memory:
        return self._heads(self._key(states)), self._heads(self._value(states))

    def __call__(self, states: States, memory: Memory, bias: Any) -> States:
        """bias: added to the scores of shape (n, heads, length, length of the memory)."""
        keys, values = memory
        scores = ops.matmul(self._heads(self._query(states)) * self._scale, ops.transpose(keys, (0, 1, 3, 2)))
        return self._out(self._join(self._swap(ops.matmul(ops.softmax(scores + bias), values))))

    def _heads(self, states: States) -> Any:
        return self._swap(self._split(states))


def _positions(ids: Any) -> Any:
    """0, 1, 2 ... along the second axis, as floats."""
    return ops.cumsum(ops.cast(ops.ones_like(ids), "float32"), axis=1) - 1.0


def _unstacked(stacked: Any, count: int) -> list[Any]:
    return [stacked[:, index] for index in range(2 * count)]


def _normal(width: int) -> Any:
    return keras.initializers.RandomNormal(stddev=width**-0.5)
