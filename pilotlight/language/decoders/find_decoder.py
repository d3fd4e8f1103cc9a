"""The decoder of a model that writes text, whether its graph is built from weights or was exported by somebody."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from pilotlight.core.block_config import FLOAT_BITS, BlockConfig
from pilotlight.core.errors import ConversionError
from pilotlight.language.decoders.config import DecoderConfig
from pilotlight.language.decoders.decoder import Decoder, Step
from pilotlight.language.decoders.graph import write_decoder
from pilotlight.language.decoders.onnx_decoders import open_onnx_decoder
from pilotlight.language.decoders.runner import DecoderRunner
from pilotlight.language.decoders.signature import SHARED
from pilotlight.language.decoders.source import open_decoder
from pilotlight.language.decoders.weights import MATRICES, DecoderWeights
from pilotlight.language.sources import ONNX, LanguageSource
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.manifest import MODEL_NAME

_FEW_BITS: Final = 6
"""Weights of fewer bits lie on so few levels that rounding them to 4 bits again changes the model."""


def find_decoder(source: LanguageSource, blocks: BlockConfig) -> Decoder:
    """Open the decoder of a source.

    Args:
        source: A model that writes text.
        blocks: How its weights are stored.

    Raises:
        ConversionError: The architecture is not supported, the files are damaged, or the weights would be rounded to 4
            bits twice.
    """
    if source.format == ONNX:
        return open_onnx_decoder(source, blocks.bits)
    config, weights = open_decoder(source)
    if blocks.bits == 4:
        _refuse_twice(config, weights)
    return Decoder(
        where=str(source.path),
        vocabulary=config.vocabulary,
        positions=config.positions,
        cache=SHARED,
        bits=blocks.bits,
        source_bytes=sum(file.stat().st_size for file in source.files),
        facts={"format": source.format, "architecture": config.architecture, "layers": config.layers},
        write=partial(_write, config, weights, blocks.bits),
        open_float=partial(_open_float, config, weights),
    )


def _write(config: DecoderConfig, weights: DecoderWeights, bits: int, folder: Path, context: int, step: Step) -> None:
    write_decoder(config, weights, folder, bits=bits, context=context, step=step)


def _open_float(
    config: DecoderConfig, weights: DecoderWeights, folder: Path, context: int, threads: int
) -> DecoderRunner:
    """See Decoder. The weights are mapped and not laid out again, since they may be larger than the memory."""
    write_decoder(config, weights, folder, bits=FLOAT_BITS, context=context, step=lambda *_: None)
    return DecoderRunner(open_session(folder / MODEL_NAME, threads, packed=False), SHARED)


def _refuse_twice(config: DecoderConfig, weights: DecoderWeights) -> None:
    """Refuse weights of few bits that 4-bit blocks do not hold exactly."""
    names = (weights.name(part, layer) for part in MATRICES for layer in range(config.layers))
    for name in names:
        bits = weights.tensors.bits(name)
        if bits < _FEW_BITS and weights.tensors.read_blocks(name, 4, 0, 1) is None:
            what = f"has weights of {bits:g} bits already ({name}), which 4-bit blocks would round a second time"
            hint = (
                "Set bits = 8 in [quantization], or import a file with 8 bits or floats. Rounding SmolLM2's 4-bit file "
                "to 4 bits again raises its perplexity by half."
            )
            raise ConversionError(weights.tensors.where, what, hint)
