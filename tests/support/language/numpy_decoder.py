"""A decoder of the llama family in numpy and double precision, written from the papers and not from our graph.

Weights have the names of Hugging Face's transformers. Everything is computed anew for each call: there is no cache.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class TinyConfig:
    """The numbers of a small decoder, named as in config.json."""

    model_type: str = "llama"
    hidden_size: int = 64
    num_hidden_layers: int = 2
    num_attention_heads: int = 4
    num_key_value_heads: int = 2
    head_dim: int = 16
    intermediate_size: int = 96
    vocab_size: int = 320
    rms_norm_eps: float = 1e-5
    rope_theta: float = 10_000.0
    max_position_embeddings: int = 512
    tie_word_embeddings: bool = False
    sliding_window: int | None = None
    rope_scaling: Mapping[str, Any] | None = field(default=None)

    @property
    def biased(self) -> bool:
        return self.model_type == "qwen2"

    @property
    def normed(self) -> bool:
        return self.model_type == "qwen3"


def compute_logits(config: TinyConfig, weights: Mapping[str, NDArray[np.float32]], ids: Sequence[int]) -> Array:
    """The logits after each id, [ids, vocabulary]."""
    wide = {name: array.astype(np.float64) for name, array in weights.items()}
    hidden = wide["model.embed_tokens.weight"][list(ids)]
    for layer in range(config.num_hidden_layers):
        prefix = f"model.layers.{layer}."
        here = {name.removeprefix(prefix): array for name, array in wide.items() if name.startswith(prefix)}
        normed = _norm(hidden, here["input_layernorm.weight"], config)
        hidden = hidden + _attend(config, here, normed)
        normed = _norm(hidden, here["post_attention_layernorm.weight"], config)
        gate, up = normed @ here["mlp.gate_proj.weight"].T, normed @ here["mlp.up_proj.weight"].T
        hidden = hidden + (gate / (1 + np.exp(-gate)) * up) @ here["mlp.down_proj.weight"].T
    hidden = _norm(hidden, wide["model.norm.weight"], config)
    head = wide["model.embed_tokens.weight"] if config.tie_word_embeddings else wide["lm_head.weight"]
    return hidden @ head.T


def _norm(x: Array, weight: Array, config: TinyConfig) -> Array:
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + config.rms_norm_eps) * weight


def _attend(config: TinyConfig, here: Mapping[str, Array], x: Array) -> Array:
    length, size = len(x), config.head_dim

    def project(name: str, heads: int) -> Array:
        projected = x @ here[f"self_attn.{name}_proj.weight"].T
        if config.biased:
            projected = projected + here[f"self_attn.{name}_proj.bias"]
        return projected.reshape(length, heads, size)

    query, key = project("q", config.num_attention_heads), project("k", config.num_key_value_heads)
    value = project("v", config.num_key_value_heads)
    if config.normed:
        query = _norm(query, here["self_attn.q_norm.weight"], config)
        key = _norm(key, here["self_attn.k_norm.weight"], config)
    query, key = _rotate(config, query), _rotate(config, key)
    shared = config.num_attention_heads // config.num_key_value_heads
    key, value = np.repeat(key, shared, axis=1), np.repeat(value, shared, axis=1)
    scores = np.einsum("qhd,khd->hqk", query, key) / math.sqrt(size)
    back = np.arange(length)[:, None] - np.arange(length)[None, :]
    seen = back >= 0
    if config.sliding_window:
        seen &= back < config.sliding_window
    scores = np.where(seen, scores, -np.inf)
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    scores /= scores.sum(-1, keepdims=True)
    mixed = np.einsum("hqk,khd->qhd", scores, value).reshape(length, -1)
    return mixed @ here["self_attn.o_proj.weight"].T


def _rotate(config: TinyConfig, x: Array) -> Array:
    """Turn each pair (i, i + size / 2) by its position times its frequency."""
    half = config.head_dim // 2
    angles = np.arange(len(x))[:, None, None] * _frequencies(config)
    first, second = x[..., :half], x[..., half:]
    cos, sin = np.cos(angles), np.sin(angles)
    return np.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)


def _frequencies(config: TinyConfig) -> Array:
    plain = config.rope_theta ** (-2 * np.arange(config.head_dim // 2) / config.head_dim)
    scaling = config.rope_scaling
    if scaling is None:
        return plain
    if scaling["rope_type"] == "linear":
        return plain / scaling["factor"]
    low, high, trained = (
        scaling["low_freq_factor"],
        scaling["high_freq_factor"],
        scaling["original_max_position_embeddings"],
    )
    found = []
    for frequency in plain:
        length = 2 * math.pi / frequency
        if length < trained / high:
            found.append(frequency)
        elif length > trained / low:
            found.append(frequency / scaling["factor"])
        else:
            smooth = (trained / length - low) / (high - low)
            found.append((1 - smooth) * frequency / scaling["factor"] + smooth * frequency)
    return np.array(found)
