"""[generation] of model.toml: how a model that writes text is asked. What is missing is taken from its own files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilotlight.core.toml_table import TomlTable

DEFAULT_CONTEXT: Final = 2048
"""The context in tokens where model.toml does not say. A longer one takes more memory for each function."""
TEMPLATE: Final = "template"
NO_CHAT: Final = "none"
SAMPLING: Final = ("temperature", "top_p", "top_k", "min_p", "repetition_penalty")
"""The settings of sampling, named as in OpenAI's API and Hugging Face's generation_config.json."""


@dataclass(frozen=True)
class GenerationConfig:
    """[generation] of model.toml. None, 0 or () where the model's own files say it.

    Attributes:
        context: The most tokens of prompt and answer together.
        stop: The tokens that end an answer, as texts such as "<|im_end|>".
        chat: "none" leaves the chat template out, so that the model is a base model.
        temperature: See pilotlight_runtime.language.types.Sampling, as for those below.
        top_p: From 0 to 1.
        top_k: At least 0.
        min_p: From 0 to 1.
        repetition_penalty: Above 0.
    """

    context: int = 0
    stop: tuple[str, ...] = ()
    chat: str = TEMPLATE
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None

    @property
    def sampling(self) -> dict[str, float]:
        """The settings of sampling that are given, by name."""
        found = {name: getattr(self, name) for name in SAMPLING}
        return {name: value for name, value in found.items() if value is not None}


def read_generation_config(table: TomlTable | None) -> GenerationConfig | None:
    """Read [generation].

    Args:
        table: The table; None where model.toml has none.

    Returns:
        The settings; None where there is no table.

    Raises:
        ProjectError: A field is wrong. The message names it.
    """
    if table is None:
        return None
    table.check_keys("context", "stop", "chat", *SAMPLING)
    return GenerationConfig(
        context=table.read_integer("context", None, 2) if table.has("context") else 0,
        stop=table.read_texts("stop", least=1) if table.has("stop") else (),
        chat=table.read_choice("chat", TEMPLATE, (TEMPLATE, NO_CHAT)),
        temperature=_read(table, "temperature", 0.0, 2.0),
        top_p=_read(table, "top_p", 0.0, 1.0),
        top_k=table.read_integer("top_k", None, 0) if table.has("top_k") else None,
        min_p=_read(table, "min_p", 0.0, 1.0),
        repetition_penalty=_read(table, "repetition_penalty", 0.01, 100.0),
    )


def _read(table: TomlTable, key: str, least: float, most: float) -> float | None:
    if not table.has(key):
        return None
    value = table.read_number(key, None, least)
    if value > most:
        raise table.invalid(key, f"a number from {least} to {most}", value)
    return value
