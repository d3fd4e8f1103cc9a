"""The weights of an encoder, by what they do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilotlight.core.errors import ConversionError
from pilotlight.core.printable import name_of
from pilotlight.language.encoders.family import Family
from pilotlight.language.encoders.shape import EncoderShape
from pilotlight.language.files.tensor_file import TensorFile

Floats = NDArray[np.float32]
_MAX_DISTANCE = 128
"""Of MPNet, as of T5: greater distances share a bucket."""


@dataclass(frozen=True)
class Linear:
    """x @ weight + bias.

    Attributes:
        weight: Of shape (inputs, outputs).
        bias: Of shape (outputs,).
    """

    weight: Floats
    bias: Floats


@dataclass(frozen=True)
class Norm:
    """Layer normalisation: both of the length of a vector."""

    scale: Floats
    shift: Floats


@dataclass(frozen=True)
class Layer:
    """One layer: attention, then two linear layers, each with a normalisation behind it."""

    query: Linear
    key: Linear
    value: Linear
    attention_output: Linear
    attention_norm: Norm
    intermediate: Linear
    output: Linear
    output_norm: Norm


@dataclass(frozen=True)
class EncoderWeights:
    """The weights of an encoder.

    Attributes:
        words: Of shape (vocabulary, hidden).
        positions: Of shape (longest, hidden). Where all tokens have the same type, its vector is part of these.
        types: Of shape (types, hidden); None where there is no choice.
        norm: Behind the sum of the three.
        layers: The layers.
        distances: Of shape (heads, 2 * longest - 1): what attention adds, by head, for a key that is longest - 1 places
            before the query up to one that is as many behind; None where attention has no such bias.
    """

    words: Floats
    positions: Floats
    types: Floats | None
    norm: Norm
    layers: tuple[Layer, ...]
    distances: Floats | None


class WeightReader:
    """Reads the layers of a model by name.

    Args:
        file: The tensors.
        family: The family of the model. In a model with a head, the names of the encoder have its prefix.
    """

    def __init__(self, file: TensorFile, family: Family) -> None:
        self._file = file
        self._layer = family.layer.prefix
        self._prefix = family.prefix if any(name.startswith(family.prefix) for name in file.names()) else ""

    def refuse_layer(self, index: int) -> None:
        """Raise ConversionError where there is a layer of this number: a graph without it computes something else."""
        prefix = self._prefix + self._layer.format(index)
        if any(name.startswith(prefix) for name in self._file.names()):
            what = f"has the tensors {prefix}…, but config.json has only {index} layers"
            raise ConversionError(self._file.where, what, "Use the config.json that belongs to these weights.")

    def tensor(self, name: str, shape: tuple[int, ...]) -> Floats:
        """Read a tensor of the encoder."""
        return read_tensor(self._file, self._prefix + name, shape)

    def linear(self, name: str, inputs: int, outputs: int) -> Linear:
        """Read a linear layer of the encoder."""
        return read_linear(self._file, self._prefix + name, inputs, outputs)

    def norm(self, name: str, size: int) -> Norm:
        """Read a normalisation of the encoder. Old files call its weights gamma and beta."""
        old = f"{self._prefix}{name}.gamma" in self._file
        scale, shift = ("gamma", "beta") if old else ("weight", "bias")
        return Norm(self.tensor(f"{name}.{scale}", (size,)), self.tensor(f"{name}.{shift}", (size,)))


def read_tensor(file: TensorFile, name: str, shape: tuple[int, ...]) -> Floats:
    """Read a tensor.

    Args:
        file: The tensors.
        name: Its name.
        shape: The shape that it must have.

    Raises:
        ConversionError: It is missing or has another shape.
    """
    if name not in file:
        what = f"has no tensor {name_of(name)}, which this architecture needs"
        raise ConversionError(file.where, what, "Save the model again with save_pretrained().")
    if (found := file.shape(name)) != shape:
        what = f"has the tensor {name_of(name)} of shape {list(found)}; config.json says {list(shape)}"
        raise ConversionError(file.where, what, "Use the config.json that belongs to these weights.")
    return file.read(name)


def read_linear(file: TensorFile, name: str, inputs: int, outputs: int) -> Linear:
    """Read a linear layer, as PyTorch stores it.

    Args:
        file: The tensors.
        name: Its name.
        inputs: The number of its inputs.
        outputs: The number of its outputs.

    Raises:
        ConversionError: It is missing or has other sizes.
    """
    weight = read_tensor(file, f"{name}.weight", (outputs, inputs))
    return Linear(np.ascontiguousarray(weight.T), read_tensor(file, f"{name}.bias", (outputs,)))


def read_encoder(file: TensorFile, shape: EncoderShape) -> EncoderWeights:
    """Read the weights of an encoder.

    Args:
        file: The tensors.
        shape: The sizes that they must have.

    Raises:
        ConversionError: A tensor is missing or has another shape.
    """
    read = WeightReader(file, shape.family)
    read.refuse_layer(shape.layers)
    hidden = shape.hidden
    words = read.tensor("embeddings.word_embeddings.weight", (shape.vocabulary, hidden))
    positions = read.tensor("embeddings.position_embeddings.weight", (shape.position_rows, hidden))
    positions = positions[shape.first_position :]
    types = read.tensor("embeddings.token_type_embeddings.weight", (shape.types, hidden)) if shape.types else None
    if types is not None and len(types) == 1:
        positions, types = positions + types, None
    return EncoderWeights(
        words=words,
        positions=positions,
        types=types,
        norm=read.norm("embeddings.LayerNorm", hidden),
        layers=tuple(_read_layer(read, shape, index) for index in range(shape.layers)),
        distances=_read_distances(read, shape) if shape.buckets else None,
    )


def _read_layer(read: WeightReader, shape: EncoderShape, index: int) -> Layer:
    names, hidden, wide = shape.family.layer, shape.hidden, shape.intermediate
    prefix = names.prefix.format(index)
    return Layer(
        query=read.linear(prefix + names.query, hidden, hidden),
        key=read.linear(prefix + names.key, hidden, hidden),
        value=read.linear(prefix + names.value, hidden, hidden),
        attention_output=read.linear(prefix + names.attention_output, hidden, hidden),
        attention_norm=read.norm(prefix + names.attention_norm, hidden),
        intermediate=read.linear(prefix + names.intermediate, hidden, wide),
        output=read.linear(prefix + names.output, wide, hidden),
        output_norm=read.norm(prefix + names.output_norm, hidden),
    )


def _read_distances(read: WeightReader, shape: EncoderShape) -> Floats:
    """Return the bias of each distance, from the table of buckets of distances."""
    table = read.tensor("encoder.relative_attention_bias.weight", (shape.buckets, shape.heads))
    distances = np.arange(1 - shape.longest, shape.longest)
    return np.ascontiguousarray(table[find_buckets(distances, shape.buckets)].T)


def find_buckets(distances: NDArray[np.int64], buckets: int) -> NDArray[np.int64]:
    """Return the bucket of each distance.

    Source: Raffel et al., "Exploring the Limits of Transfer Learning", 2020, section 2.1, as MPNet uses it: half of the
    buckets for keys behind the query; of each half, one half by the distance itself, the rest by its logarithm.

    Args:
        distances: The place of the key minus that of the query.
        buckets: The number of buckets.
    """
    half = buckets // 2
    exact = half // 2
    far = np.abs(distances)
    with np.errstate(divide="ignore"):
        scaled = np.log(far.astype(np.float32) / np.float32(exact)) / np.float32(np.log(_MAX_DISTANCE / exact))
    large = exact + np.where(far > 0, scaled * np.float32(half - exact), 0).astype(np.int64)
    return np.where(distances > 0, half, 0) + np.where(far < exact, far, np.minimum(large, half - 1))
