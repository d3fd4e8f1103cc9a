"""How a request wants tokens to be drawn, and where its answers end."""

from __future__ import annotations

from pilotlight_runtime.language.types import NO_BIAS, Sampling
from pilotlight_runtime.light_typing import Any, Final, Mapping
from pilotlight_runtime.messages import summarize
from pilotlight_runtime.protocol.openai.errors import InvalidField
from pilotlight_runtime.protocol.openai.fields import Fields, check_text

MOST_STOPS: Final = 16
"""OpenAI takes 4. Each is looked for in each part of an answer."""
LONGEST_STOP: Final = 256
"""Characters."""
MOST_BIASED: Final = 1024
MOST_ANSWERS: Final = 16

_SMALLEST_TOP_P: Final = 1e-6
"""As 0, which OpenAI takes: the most probable token alone is kept."""
_LOWEST_REPETITION_PENALTY: Final = 1e-6
"""A lower one is this one: what is divided by it stays finite."""
_HIGHEST_PENALTY: Final = 10.0
_LARGEST: Final = 2**63


def read_sampling(fields: Fields, defaults: Sampling, vocabulary: int) -> Sampling:
    """Reads how tokens are drawn.

    Args:
        fields: Of the body.
        defaults: What the model's own settings say.
        vocabulary: The number of tokens.

    Returns:
        The sampling.

    Raises:
        InvalidField: A value is out of its range.
    """
    return Sampling(
        temperature=fields.number("temperature", defaults.temperature, 0, 2),
        top_p=max(fields.number("top_p", defaults.top_p, 0, 1), _SMALLEST_TOP_P),
        top_k=min(max(fields.integer("top_k", defaults.top_k, -1, _LARGEST), 0), vocabulary),
        min_p=fields.number("min_p", defaults.min_p, 0, 1),
        repetition_penalty=_read_repetition_penalty(fields, defaults.repetition_penalty),
        presence_penalty=fields.number("presence_penalty", defaults.presence_penalty, -2, 2),
        frequency_penalty=fields.number("frequency_penalty", defaults.frequency_penalty, -2, 2),
        logit_bias=_read_bias(fields, vocabulary) or defaults.logit_bias,
        seed=fields.optional_integer("seed", -_LARGEST, _LARGEST - 1),
    )


def read_stop(value: Any) -> tuple[str, ...]:
    """Reads the texts that end an answer.

    Args:
        value: None, a text, or a list of texts.

    Returns:
        The texts, each once.

    Raises:
        InvalidField: There are too many, or one is empty or too long.
    """
    if value is None:
        return ()
    if not isinstance(value, str | list):
        raise InvalidField("stop", f"stop must be a text or a list of texts, got {summarize(value)}")
    texts = [value] if isinstance(value, str) else value
    if len(texts) > MOST_STOPS:
        raise InvalidField("stop", f"stop has {len(texts)} texts; the most is {MOST_STOPS}")
    for index, text in enumerate(texts):
        place = "stop" if texts is not value else f"stop[{index}]"
        if not 1 <= len(check_text(text, place)) <= LONGEST_STOP:
            raise InvalidField(
                "stop", f"{place} has {len(text)} characters; it must have 1 to {LONGEST_STOP}, or be left out"
            )
    return tuple(dict.fromkeys(texts))


def _read_repetition_penalty(fields: Fields, default: float) -> float:
    value = fields.number("repetition_penalty", default, 0, _HIGHEST_PENALTY)
    if value == 0:
        raise fields.refuse("repetition_penalty", f"a number above 0, up to {_HIGHEST_PENALTY:g}")
    return max(value, _LOWEST_REPETITION_PENALTY)


def _read_bias(fields: Fields, vocabulary: int) -> Mapping[int, float]:
    value = fields.get("logit_bias")
    if value is None:
        return NO_BIAS
    if not isinstance(value, dict) or len(value) > MOST_BIASED:
        raise fields.refuse("logit_bias", f"an object of at most {MOST_BIASED} ids of tokens and numbers")
    biases = Fields(value, "logit_bias.")
    found = {}
    for name in value:
        if not (name.isascii() and name.isdigit() and len(name) < 10 and int(name) < vocabulary):
            raise InvalidField(
                "logit_bias",
                f"logit_bias has {summarize(name)}, which is no id of a token: they are 0 to {vocabulary - 1}",
            )
        found[int(name)] = biases.number(name, 0.0, -100, 100)
    return found
