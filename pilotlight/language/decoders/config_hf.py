"""The numbers of a decoder in config.json, as Hugging Face's transformers writes it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from pilotlight.core.errors import ConversionError
from pilotlight.core.printable import name_of
from pilotlight.language.decoders.config import ARCHITECTURES, DecoderConfig, Rotation
from pilotlight.language.settings import Settings

_BASE: Final = 10_000.0
_EPSILON: Final = 1e-6


def read_hf_decoder(where: str, values: Mapping[str, Any]) -> DecoderConfig:
    """Read the numbers of a decoder from config.json.

    Args:
        where: The folder, for messages.
        values: The content of config.json.

    Raises:
        ConversionError: The architecture, or one of its settings, is not supported.
    """
    settings = Settings(f"{where}: config.json", values)
    architecture = values.get("model_type")
    if architecture not in ARCHITECTURES:
        raise unsupported(where, str(architecture))
    settings.require("hidden_act", ("silu",))
    settings.require("quantization_config", ())
    heads, width = settings.count("num_attention_heads"), settings.count("hidden_size")
    head_size = settings.count("head_dim", width // heads)
    return DecoderConfig(
        architecture=str(architecture),
        layers=settings.count("num_hidden_layers"),
        width=width,
        heads=heads,
        kv_heads=settings.count("num_key_value_heads", heads),
        head_size=head_size,
        feed_forward=settings.count("intermediate_size"),
        vocabulary=settings.count("vocab_size"),
        positions=settings.count("max_position_embeddings", 2048),
        epsilon=settings.number("rms_norm_eps", _EPSILON),
        rotation=_read_rotation(settings, head_size),
        window=_read_window(settings),
        tied=values.get("tie_word_embeddings") is True,
    )


def unsupported(where: str, architecture: str) -> ConversionError:
    """Return the error for an architecture whose graph cannot be built."""
    what = f"is of architecture {name_of(architecture)!r}, for which Pilotlight builds no graph"
    hint = f"Supported are {', '.join(ARCHITECTURES)}. For others, import an ONNX export, which Optimum writes."
    return ConversionError(where, what, hint)


def _read_window(settings: Settings) -> int:
    """Return the sliding window. Qwen's files have one that they switch off."""
    if settings.get("sliding_window") is None or settings.get("use_sliding_window") is False:
        return 0
    kinds = settings.get("layer_types")
    if kinds is not None and len(set(kinds)) > 1:
        raise ConversionError(settings.where, "has layers of several kinds of attention", "It is not supported.")
    return settings.count("sliding_window")


def _read_rotation(settings: Settings, head_size: int) -> Rotation:
    """Read rope_theta and rope_scaling, or rope_parameters, which replaces both in newer files."""
    scaling = settings.part("rope_parameters") or settings.part("rope_scaling")
    fallback = scaling.number("rope_theta", _BASE) if scaling else _BASE
    base = settings.number("rope_theta", fallback)
    settings.require("partial_rotary_factor", (1, 1.0))
    if scaling is None:
        return Rotation(base)
    kind = scaling.get("rope_type") or scaling.get("type") or "default"
    if kind == "default":
        return Rotation(base)
    if kind == "linear":
        return Rotation(base, (scaling.number("factor"),) * (head_size // 2))
    if kind == "llama3":
        return Rotation(base, _llama3_divisors(scaling, base, head_size))
    what = f"scales positions by the method {name_of(str(kind))!r}, which is not supported"
    raise ConversionError(scaling.where, what, "Supported are linear and llama3, and models without scaling.")


def _llama3_divisors(scaling: Settings, base: float, head_size: int) -> tuple[float, ...]:
    """Return what Llama 3 divides each frequency by: nothing where it is high, `factor` where it is low.

    Source: _compute_llama3_parameters of transformers' modeling_rope_utils.py.
    """
    factor, trained = scaling.number("factor"), scaling.number("original_max_position_embeddings")
    low, high = scaling.number("low_freq_factor"), scaling.number("high_freq_factor")
    divisors = []
    for pair in range(head_size // 2):
        length = 2 * math.pi * base ** (2 * pair / head_size)
        share = (trained / length - low) / (high - low) if high > low else 1.0
        share = min(max(share, 0.0), 1.0)
        divisors.append(1 / ((1 - share) / factor + share))
    return tuple(divisors)
