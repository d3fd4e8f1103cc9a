"""[quantization] of model.toml for language models: weights in blocks, and how far the model may change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilotlight.core.toml_table import TomlTable

BLOCKS: Final = "blocks"
FLOAT_BITS: Final = 32
BITS: Final = (8, 4)


@dataclass(frozen=True)
class LanguageLimits:
    """How far a model that writes text may be from the model in float.

    Attributes:
        divergence: The largest mean of the Kullback-Leibler divergence of the next token's distribution, in nats.
        agreement: The smallest share, from 0 to 1, of positions at which both find the same token most probable.
        perplexity_rise: The largest rise of perplexity on held-out text, as a share of it.
    """

    divergence: float
    agreement: float
    perplexity_rise: float


DEFAULT_LIMITS: Final = {
    FLOAT_BITS: LanguageLimits(1e-4, 0.995, 0.001),
    8: LanguageLimits(0.02, 0.9, 0.02),
    4: LanguageLimits(0.15, 0.75, 0.15),
}
"""By the bits of a weight. SmolLM2 has 0.005, 0.96 and 0.004 at 8 bits, and misses all three at 4 bits from a file that
has 4 bits already."""


@dataclass(frozen=True)
class BlockConfig:
    """[quantization] with mode "blocks", or "none" for a language model.

    Attributes:
        bits: The bits of a weight: 8, 4, or FLOAT_BITS for floats.
        limits: What the gate allows.
    """

    bits: int = 8
    limits: LanguageLimits = DEFAULT_LIMITS[8]


def read_block_config(table: TomlTable) -> BlockConfig:
    """Read the settings of mode "blocks".

    Args:
        table: [quantization].

    Raises:
        ProjectError: A field is wrong. The message names it.
    """
    table.check_keys("mode", "bits", "divergence", "agreement", "perplexity_rise")
    bits = table.read_integer("bits", 8, 1)
    if bits not in BITS:
        raise table.invalid("bits", "8 or 4", bits)
    default = DEFAULT_LIMITS[bits]
    limits = LanguageLimits(
        divergence=table.read_number("divergence", default.divergence, 0.0),
        agreement=table.read_number("agreement", default.agreement, 0.0),
        perplexity_rise=table.read_number("perplexity_rise", default.perplexity_rise, 0.0),
    )
    return BlockConfig(bits, limits)
