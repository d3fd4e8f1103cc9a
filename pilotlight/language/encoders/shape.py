"""The sizes of an encoder, read from config.json."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilotlight.core.errors import ConversionError
from pilotlight.language.encoders.family import Family
from pilotlight.language.settings import Settings

_ACTIVATIONS: Final = {
    "gelu": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_fast": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "relu": "relu",
}
"""Names of transformers; "gelu_tanh" is the approximation by tanh."""
_DEFAULT_EPSILON: Final = 1e-12


@dataclass(frozen=True)
class EncoderShape:
    """The sizes of an encoder.

    Attributes:
        family: Its family.
        vocabulary: The rows of the table of tokens.
        hidden: The length of a token's vector.
        layers: The number of layers.
        heads: The number of heads of attention.
        intermediate: The width between the two linear layers behind attention.
        position_rows: The rows of the table of positions.
        first_position: The row of the first token.
        types: The number of types of tokens; 0 where they have none.
        activation: "gelu", "gelu_tanh" or "relu".
        epsilon: What layer normalisation adds to the variance.
        buckets: The rows of the table of distances; 0 where there is none.
    """

    family: Family
    vocabulary: int
    hidden: int
    layers: int
    heads: int
    intermediate: int
    position_rows: int
    first_position: int
    types: int
    activation: str
    epsilon: float
    buckets: int

    @property
    def longest(self) -> int:
        """The most tokens of a text."""
        return self.position_rows - self.first_position


def read_encoder_shape(config: Settings, family: Family) -> EncoderShape:
    """Read the sizes of an encoder.

    Args:
        config: The content of config.json.
        family: The family of the encoder.

    Raises:
        ConversionError: A size is missing or impossible, or the model has an option that is not supported.
    """
    names = family.settings
    config.require("position_embedding_type", ("absolute",))
    config.require("is_decoder", (False,))
    config.require(names.activation, tuple(_ACTIVATIONS))
    shape = EncoderShape(
        family=family,
        vocabulary=config.count("vocab_size"),
        hidden=config.count(names.hidden),
        layers=config.count(names.layers),
        heads=config.count(names.heads),
        intermediate=config.count(names.intermediate),
        position_rows=config.count("max_position_embeddings"),
        first_position=config.count("pad_token_id", 1) + 1 if family.padded_positions else 0,
        types=config.count("type_vocab_size", 2) if family.types else 0,
        activation=_ACTIVATIONS[config.get(names.activation) or "gelu"],
        epsilon=config.number(names.epsilon, _DEFAULT_EPSILON),
        buckets=config.count("relative_attention_num_buckets", 32) if family.relative else 0,
    )
    if shape.hidden % shape.heads:
        what = f"has {shape.hidden} values for a token, which {shape.heads} heads cannot share"
        raise ConversionError(config.where, what, "Download the config.json that belongs to the weights.")
    if shape.longest < 1:
        what = f"has {shape.position_rows} positions, the first of which is {shape.first_position}"
        raise ConversionError(config.where, what, "Download the config.json that belongs to the weights.")
    return shape
