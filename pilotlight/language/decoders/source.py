"""The numbers and weights of a decoder, from a GGUF file or from safetensors."""

from __future__ import annotations

from pilotlight.language.decoders.config import DecoderConfig
from pilotlight.language.decoders.config_gguf import read_gguf_decoder
from pilotlight.language.decoders.config_hf import read_hf_decoder
from pilotlight.language.decoders.weights import GGUF_NAMES, HF_NAMES, DecoderWeights
from pilotlight.language.files.gguf_header import read_gguf_header
from pilotlight.language.files.gguf_tensors import GgufTensors
from pilotlight.language.files.safetensors_tensors import SafetensorsTensors
from pilotlight.language.sources import GGUF, LanguageSource


def open_decoder(source: LanguageSource) -> tuple[DecoderConfig, DecoderWeights]:
    """Open the weights of a decoder. They stay on disk until they are read.

    Args:
        source: A GGUF file, or a folder with safetensors.

    Returns:
        The numbers of the decoder, and its weights.

    Raises:
        ConversionError: The architecture is not supported, or the weights are not what the configuration says.
        ProjectError: The package gguf is needed and not installed.
    """
    where = str(source.path)
    if source.format == GGUF:
        header = read_gguf_header(source.path)
        tensors = GgufTensors(source.path, header)
        config = read_gguf_decoder(header.metadata, tensors)
        config.check(where)
        return config, DecoderWeights(config, tensors, GGUF_NAMES)
    config = read_hf_decoder(where, source.config)
    config.check(where)
    return config, DecoderWeights(config, SafetensorsTensors(source.path, source.files), HF_NAMES)
