"""The sizes of an encoder, read from config.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pilotlight.core.documents import describe
from pilotlight.core.errors import ConversionError
from pilotlight.core.printable import name_of
from pilotlight.language.encoder_family import Family

_ACTIVATIONS: Final = {
    "gelu": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_fast": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "relu": "relu",
}
"""Names of transformers; "gelu_tanh" is the approximation by tanh."""
_DEFAULT_EPSILON: Final = 1e-12
_MOST: Final = 1 << 24
"""Of any size. A larger one is damage, or an attempt to fill the memory."""


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


def read_encoder_shape(config: Mapping[str, Any], family: Family, where: str) -> EncoderShape:
    """Read the sizes of an encoder.

    Args:
        config: The content of config.json.
        family: The family of the encoder.
        where: The file in an error.

    Raises:
        ConversionError: A size is missing or impossible, or the model has an option that is not supported.
    """
    names = family.settings

    def size(name: str, default: int | None = None, least: int = 1) -> int:
        value = config.get(name, default)
        if type(value) is not int or not least <= value <= _MOST:
            found = "is missing" if value is None else f"is {describe(value)}"
            raise ConversionError(where, f"{name} {found}, expected a number of at least {least}", "Download it again.")
        return value

    shape = EncoderShape(
        family=family,
        vocabulary=size("vocab_size"),
        hidden=size(names.hidden),
        layers=size(names.layers),
        heads=size(names.heads),
        intermediate=size(names.intermediate),
        position_rows=size("max_position_embeddings"),
        first_position=size("pad_token_id", 1, 0) + 1 if family.padded_positions else 0,
        types=size("type_vocab_size", 2) if family.types else 0,
        activation=_read_activation(config.get(names.activation, "gelu"), names.activation, where),
        epsilon=_read_epsilon(config.get(names.epsilon, _DEFAULT_EPSILON), where),
        buckets=size("relative_attention_num_buckets", 32, 2) if family.relative else 0,
    )
    _check_shape(shape, config, where)
    return shape


def _check_shape(shape: EncoderShape, config: Mapping[str, Any], where: str) -> None:
    if shape.hidden % shape.heads:
        what = f"has {shape.hidden} values for a token, which {shape.heads} heads cannot share"
        raise ConversionError(where, what, "Download the config.json that belongs to the weights.")
    if shape.longest < 1:
        what = f"has {shape.position_rows} positions, the first of which is {shape.first_position}"
        raise ConversionError(where, what, "Download the config.json that belongs to the weights.")
    kind = config.get("position_embedding_type", "absolute")
    if kind != "absolute":
        what = f"has position_embedding_type {describe(kind)}; only absolute positions are supported"
        raise ConversionError(where, what, "Export the model to ONNX into the same folder.")
    if config.get("is_decoder"):
        raise ConversionError(where, "is a decoder (is_decoder)", "Only encoders are supported for this task.")


def _read_activation(value: Any, name: str, where: str) -> str:
    if not isinstance(value, str) or value not in _ACTIVATIONS:
        what = f"{name} is {name_of(str(value))!r}; supported are {', '.join(_ACTIVATIONS)}"
        raise ConversionError(where, what, "Export the model to ONNX into the same folder.")
    return _ACTIVATIONS[value]


def _read_epsilon(value: Any, where: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1:
        raise ConversionError(where, f"layer_norm_eps is {describe(value)}", "It is a number between 0 and 1.")
    return float(value)
