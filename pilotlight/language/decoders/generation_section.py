"""The section "generation" of language.json: context, tokens that begin and end a text, and defaults of sampling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from pilotlight.core.errors import ProjectError
from pilotlight.core.generation_config import DEFAULT_CONTEXT, GenerationConfig
from pilotlight.core.model_config import CONFIG_NAME
from pilotlight.core.printable import name_of
from pilotlight.language.sources import GGUF, LanguageSource, read_settings
from pilotlight_runtime.text.tokenizer import Tokenizer

_GENERATION_CONFIG: Final = "generation_config.json"
_GGUF_ENDS: Final = ("eos", "eot", "eom")
"""Tokens of a GGUF file that end a text, a turn or a message."""
_GGUF_SAMPLING: Final = {
    "temp": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "min_p": "min_p",
    "penalty_repeat": "repetition_penalty",
}
"""The names of settings in GGUF's general.sampling, and ours."""
_ALLOWED: Final = {
    "temperature": (0.0, 2.0),
    "top_p": (0.0, 1.0),
    "top_k": (0, 1 << 20),
    "min_p": (0.0, 1.0),
    "repetition_penalty": (0.01, 100.0),
}
"""The least and the most of each setting. What a file says outside is left out."""


class Generation(NamedTuple):
    """How a model is asked.

    Attributes:
        context: The most tokens of prompt and answer together.
        stop: The ids that end an answer.
        begin: The ids that each prompt begins with.
        defaults: The settings of sampling that the model's files or model.toml give.
    """

    context: int
    stop: tuple[int, ...]
    begin: tuple[int, ...]
    defaults: dict[str, float]


def find_generation(
    source: LanguageSource, given: GenerationConfig, positions: int, tokenizer: Tokenizer, ends: Iterable[str]
) -> Generation:
    """Find out how a model is asked. What model.toml gives comes before what the model's files say.

    Args:
        source: Where the model is.
        given: [generation] of model.toml.
        positions: The longest context that the model was trained with.
        tokenizer: Its tokenizer.
        ends: The texts of further tokens that end an answer, as its chat template has them.

    Raises:
        ProjectError: model.toml asks for a longer context than the model has, or names an unknown token.
    """
    if given.context > positions:
        what = f"has generation.context {given.context}, but the model was trained for {positions} tokens"
        raise ProjectError(CONFIG_NAME, what, "Lower it.")
    if given.stop:
        stop = {_id_of(tokenizer, text) for text in given.stop}
    else:
        found = [*_own_ends(source), *(tokenizer.id_of(text) for text in ends)]
        stop = {number for number in found if isinstance(number, int) and 0 <= number < tokenizer.size}
    context = given.context or min(positions, DEFAULT_CONTEXT)
    return Generation(context, tuple(sorted(stop)), _find_begin(tokenizer), {**_own_sampling(source), **given.sampling})


def _id_of(tokenizer: Tokenizer, text: str) -> int:
    number = tokenizer.id_of(text)
    if number is None:
        what = f"has generation.stop {name_of(text)!r}, which is no token of the model"
        raise ProjectError(CONFIG_NAME, what, "Name a token, such as <|im_end|>. Requests may have stop texts.")
    return number


def _find_begin(tokenizer: Tokenizer) -> tuple[int, ...]:
    """Return what the tokenizer puts before a text."""
    framed = tokenizer.frame([0]).ids
    return tuple(framed[: framed.index(0)]) if 0 in framed else ()


def _own_ends(source: LanguageSource) -> list[Any]:
    """Return the ids that end a text, as the model's files have them."""
    if source.format == GGUF:
        return [source.config.get(f"tokenizer.ggml.{name}_token_id") for name in _GGUF_ENDS]
    genai = source.config.get("genai", {}).get("model", {})
    for settings in (read_settings(source.path / _GENERATION_CONFIG) or {}, genai, source.config):
        found = settings.get("eos_token_id")
        if found is not None:
            return found if isinstance(found, list) else [found]
    return []


def _own_sampling(source: LanguageSource) -> dict[str, float]:
    """Return the settings of sampling that the model's files have. Files that say nothing leave OpenAI's defaults."""
    if source.format == GGUF:
        prefix = "general.sampling."
        found = {ours: source.config.get(prefix + theirs) for theirs, ours in _GGUF_SAMPLING.items()}
    else:
        settings = read_settings(source.path / _GENERATION_CONFIG) or {}
        sampled: Mapping[str, Any] = settings if settings.get("do_sample") is True else {}
        found = {name: sampled.get(name) for name in _ALLOWED}
    return {name: value for name, value in found.items() if value is not None and _is_allowed(name, value)}


def _is_allowed(name: str, value: Any) -> bool:
    least, most = _ALLOWED[name]
    kind = int if name == "top_k" else (int, float)
    return isinstance(value, kind) and not isinstance(value, bool) and least <= value <= most
