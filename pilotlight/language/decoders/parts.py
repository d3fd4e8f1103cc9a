"""How a decoder is imported, and what was found in its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pilotlight.core.block_config import DEFAULT_LIMITS, FLOAT_BITS, BlockConfig, LanguageLimits
from pilotlight.core.model_config import NONE, ModelConfig
from pilotlight.language.decoders.decoder import Decoder
from pilotlight.language.decoders.generation_section import Generation
from pilotlight.language.tokenization.source import TokenizerSource
from pilotlight_runtime.text.tokenizer import Tokenizer


@dataclass(frozen=True)
class DecoderRequest:
    """How a decoder is imported.

    Attributes:
        config: The content of model.toml.
        text: A file of held-out text for the gate; None for the texts that Pilotlight brings.
        threads: The threads with which the gate computes.
    """

    config: ModelConfig
    text: Path | None = None
    threads: int = 1

    @property
    def blocks(self) -> BlockConfig:
        """The settings of quantization; 8-bit blocks where model.toml has none."""
        given = self.config.quantization
        if given.blocks is not None:
            return given.blocks
        bits = FLOAT_BITS if self.config.quantizes and given.mode == NONE else 8
        return BlockConfig(bits, DEFAULT_LIMITS[bits])


@dataclass(frozen=True)
class DecoderParts:
    """What was found in a model's files.

    Attributes:
        decoder: The decoder.
        tokenizer: The compiled tokenizer, opened.
        source: The tokenizer as the files have it.
        generation: How the model is asked.
        chat: The section "chat" of language.json; empty for a model without a chat format.
    """

    decoder: Decoder
    tokenizer: Tokenizer
    source: TokenizerSource
    generation: Generation
    chat: dict[str, Any]

    def find_limits(self, request: DecoderRequest) -> LanguageLimits:
        """Return what the gate allows. Weights that stay as they are are held to the limits of floats."""
        blocks, bits = request.blocks, self.decoder.bits
        return blocks.limits if bits == blocks.bits else DEFAULT_LIMITS[bits]
