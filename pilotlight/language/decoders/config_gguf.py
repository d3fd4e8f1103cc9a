"""The numbers of a decoder in the metadata of a GGUF file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from pilotlight.core.errors import ConversionError
from pilotlight.core.printable import name_of
from pilotlight.language.decoders.config import ARCHITECTURES, DecoderConfig, Rotation
from pilotlight.language.decoders.config_hf import unsupported
from pilotlight.language.files.tensor_file import TensorFile
from pilotlight.language.settings import Settings

TABLE: Final = "token_embd.weight"
HEAD: Final = "output.weight"
DIVISORS: Final = "rope_freqs.weight"
_TOKENS: Final = "tokenizer.ggml.tokens"
_INTERLEAVED: Final = ("llama",)
"""llama.cpp's converter permutes the queries and keys of these architectures, so that neighbours are pairs."""


def read_gguf_decoder(metadata: Mapping[str, Any], tensors: TensorFile) -> DecoderConfig:
    """Read the numbers of a decoder.

    Args:
        metadata: The metadata of the GGUF file.
        tensors: Its tensors.

    Raises:
        ConversionError: The architecture, or one of its settings, is not supported, or the vocabulary does not fit.
    """
    name = str(metadata["general.architecture"])
    if name not in ARCHITECTURES:
        raise unsupported(tensors.where, name)
    settings = Settings(tensors.where, metadata)
    if settings.get(f"{name}.expert_count"):
        raise ConversionError(tensors.where, "is a mixture of experts, which is not supported", "Take a dense model.")
    heads, width = settings.count(f"{name}.attention.head_count"), settings.count(f"{name}.embedding_length")
    head_size = settings.count(f"{name}.attention.key_length", width // heads)
    settings.require(f"{name}.attention.value_length", (head_size,))
    settings.require(f"{name}.rope.dimension_count", (head_size,))
    return DecoderConfig(
        architecture=name,
        layers=settings.count(f"{name}.block_count"),
        width=width,
        heads=heads,
        kv_heads=settings.count(f"{name}.attention.head_count_kv", heads),
        head_size=head_size,
        feed_forward=settings.count(f"{name}.feed_forward_length"),
        vocabulary=_count_tokens(settings, tensors),
        positions=settings.count(f"{name}.context_length"),
        epsilon=settings.number(f"{name}.attention.layer_norm_rms_epsilon"),
        rotation=_read_rotation(settings, name, head_size, tensors),
        window=settings.count(key) if settings.get(key := f"{name}.attention.sliding_window") else 0,
        tied=HEAD not in tensors,
    )


def _count_tokens(settings: Settings, tensors: TensorFile) -> int:
    """Return the number of tokens, where the vocabulary and the table of embeddings have equally many."""
    tokens = settings.get(_TOKENS)
    if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
        raise settings.wrong(_TOKENS, "a list of texts", tokens)
    if TABLE not in tensors:
        raise ConversionError(settings.where, f"has no tensor {TABLE!r}", "Convert the model again.")
    rows = tensors.shape(TABLE)[0]
    if rows != len(tokens):
        what = f"has a vocabulary of {len(tokens):,} tokens, which does not fit its embeddings of {rows:,}"
        raise ConversionError(settings.where, what, "Convert the model again, with the tokenizer that belongs to it.")
    return rows


def _read_rotation(settings: Settings, name: str, head_size: int, tensors: TensorFile) -> Rotation:
    """Read the base of the frequencies, and what divides them: one factor, or Llama 3's tensor with one each."""
    base = settings.number(f"{name}.rope.freq_base", 10_000.0)
    kind = settings.get(f"{name}.rope.scaling.type")
    divisors: tuple[float, ...] = ()
    if kind == "linear":
        divisors = (settings.number(f"{name}.rope.scaling.factor"),) * (head_size // 2)
    elif kind not in (None, "none"):
        what = f"scales positions by the method {name_of(str(kind))!r}, which is not supported"
        raise ConversionError(settings.where, what, "Supported are linear, llama3, and models without scaling.")
    if DIVISORS in tensors:
        if tensors.shape(DIVISORS) != (head_size // 2,):
            what = f"has the tensor {DIVISORS!r} of shape {list(tensors.shape(DIVISORS))}, not [{head_size // 2}]"
            raise ConversionError(settings.where, what, "Convert the model again.")
        divisors = tuple(float(value) for value in tensors.read(DIVISORS))
        if not all(math.isfinite(value) and value > 0 for value in divisors):
            what = f"has the tensor {DIVISORS!r} with numbers that are not above 0"
            raise ConversionError(settings.where, what, "Convert the model again.")
    return Rotation(base, divisors, name in _INTERLEAVED)
