"""The numbers that describe a decoder of the llama family."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilotlight.core.errors import ConversionError

ARCHITECTURES: Final = ("llama", "mistral", "qwen2", "qwen3")
"""Architectures whose graph is built from weights. SmolLM2 is a llama."""


@dataclass(frozen=True)
class Rotation:
    """How positions turn queries and keys (rotary embedding).

    Attributes:
        base: The base of the frequencies.
        divisors: What each frequency is divided by, one for each pair of a head; empty for 1.
        interleaved: Whether neighbours are a pair, as llama.cpp lays out a llama; else the halves of a head are.
    """

    base: float
    divisors: tuple[float, ...] = ()
    interleaved: bool = False


@dataclass(frozen=True)
class DecoderConfig:
    """The numbers that describe a decoder.

    Attributes:
        architecture: One of ARCHITECTURES.
        layers: The number of layers.
        width: The length of a token's vector.
        heads: The number of query heads.
        kv_heads: The number of key and value heads.
        head_size: The length of a head's vector.
        feed_forward: The length of the vector between the two matrices of a layer's second half.
        vocabulary: The number of tokens.
        positions: The longest context that the model was trained with, in tokens.
        epsilon: What is added to the mean square that a norm divides by.
        rotation: The rotary embedding.
        window: How many tokens back each token sees; 0 for all.
        tied: Whether the table of embeddings is the head too.
    """

    architecture: str
    layers: int
    width: int
    heads: int
    kv_heads: int
    head_size: int
    feed_forward: int
    vocabulary: int
    positions: int
    epsilon: float
    rotation: Rotation
    window: int = 0
    tied: bool = False

    @property
    def normed_heads(self) -> bool:
        """Whether each head of queries and keys has a norm."""
        return self.architecture == "qwen3"

    def check(self, where: str) -> None:
        """Check what ONNX Runtime's GroupQueryAttention needs.

        Args:
            where: The file or folder, for the message.

        Raises:
            ConversionError: The heads have a size or a number that it cannot compute.
        """
        if self.heads % self.kv_heads or self.head_size % 8:
            what = f"has {self.heads} heads of {self.head_size} on {self.kv_heads} heads of keys, which do not fit"
            hint = "The first number must be a multiple of the last, and the size of a head a multiple of 8."
            raise ConversionError(where, what, hint)
