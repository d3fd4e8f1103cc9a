"""Refuses requests that no answer can be made to. Names and bounds of one protocol's fields are that protocol's."""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.language.generation.settings import GenerationSettings
from pilotlight_runtime.language.types import GenerationRequest, Sampling
from pilotlight_runtime.light_typing import Final

MOST_CHARACTERS: Final = 32
"""Of a prompt for each token of the context. Text has about four for each. To cut a text into tokens can take 200 bytes
of memory and 10 microseconds for each character, and a small compressed body has millions."""

_INFINITE: Final = float("inf")


def check_characters(count: int, context: int) -> None:
    """Refuses a prompt that is far too long, before it is cut into tokens.

    Args:
        count: The characters of the prompt.
        context: The most tokens of prompt and answer together.

    Raises:
        InvalidRequest: The prompt has more than MOST_CHARACTERS for each token.
    """
    if count > MOST_CHARACTERS * context:
        raise InvalidRequest(
            f"this model takes {context} tokens of prompt and answer together, and the prompt has {count} characters,"
            f" more than {MOST_CHARACTERS} for each; shorten it"
        )


def check_request(request: GenerationRequest, settings: GenerationSettings) -> None:
    """Checks a request.

    Args:
        request: The request.
        settings: The sizes of the decoder.

    Raises:
        InvalidRequest: The prompt is empty or longer than the context, or a number is out of its range.
    """
    length, context = len(request.prompt), settings.context
    if length >= context:
        raise InvalidRequest(
            f"the prompt has {length} tokens, but prompt and answer together may have {context}; shorten the prompt"
        )
    if not length:
        raise InvalidRequest("the prompt has no tokens; send at least one")
    if request.most < 1 or request.choices < 1:
        raise InvalidRequest(
            f"an answer of {request.most} tokens, {request.choices} times, is none; ask for at least 1"
        )
    if request.logprobs is not None and not 0 <= request.logprobs <= settings.vocabulary:
        raise InvalidRequest(f"there are 0 to {settings.vocabulary} alternatives of a token, not {request.logprobs}")
    _check_tokens("prompt", request.prompt, settings.vocabulary)
    _check_sampling(request.sampling, settings.vocabulary)


def _check_sampling(sampling: Sampling, vocabulary: int) -> None:
    _check_tokens("logit_bias", list(sampling.logit_bias), vocabulary)
    for name, value, least, most in (
        ("temperature", sampling.temperature, 0.0, _INFINITE),
        ("top_p", sampling.top_p, 0.0, 1.0),
        ("top_k", sampling.top_k, 0, _INFINITE),
        ("min_p", sampling.min_p, 0.0, 1.0),
        ("repetition_penalty", sampling.repetition_penalty, 0.0, _INFINITE),
        ("presence_penalty", sampling.presence_penalty, -_INFINITE, _INFINITE),
        ("frequency_penalty", sampling.frequency_penalty, -_INFINITE, _INFINITE),
        *(("logit_bias", bias, -_INFINITE, _INFINITE) for bias in sampling.logit_bias.values()),
    ):
        if not (least <= value <= most and abs(value) < _INFINITE):
            raise InvalidRequest(f"{name} must be a number from {least} to {most}, got {value}")
    if sampling.repetition_penalty == 0.0:
        raise InvalidRequest("repetition_penalty must be above 0, got 0; 1 penalizes nothing")


def _check_tokens(name: str, tokens: list[int], vocabulary: int) -> None:
    if tokens and not 0 <= min(tokens) <= max(tokens) < vocabulary:
        raise InvalidRequest(
            f"{name}: the model has the tokens 0 to {vocabulary - 1}, got {min(tokens)} or {max(tokens)}"
        )
