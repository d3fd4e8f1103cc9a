"""A request for completions of prompts. Source: OpenAI, "API reference", "Create completion" (legacy)."""

from __future__ import annotations

from pilotlight_runtime.language.types import Sampling
from pilotlight_runtime.light_typing import Any, Final, NamedTuple
from pilotlight_runtime.protocol.openai.chat_request import LARGEST, ModelFacts
from pilotlight_runtime.protocol.openai.errors import UNSUPPORTED, InvalidField
from pilotlight_runtime.protocol.openai.fields import Fields, read_object
from pilotlight_runtime.protocol.openai.inputs import TextOrTokens, read_inputs
from pilotlight_runtime.protocol.openai.model_field import check_model
from pilotlight_runtime.protocol.openai.parameters import COMPLETION, check_parameters
from pilotlight_runtime.protocol.openai.sampling import MOST_ANSWERS, read_sampling, read_stop
from pilotlight_runtime.protocol.openai.stream_options import Delivery, read_delivery

MOST_PROMPTS: Final = 16
DEFAULT_MOST: Final = 16
"""Tokens of an answer; OpenAI's default of this endpoint."""
MOST_LOGPROBS: Final = 5


class CompletionRequest(NamedTuple):
    """A request for completions.

    prompts: texts or ids of tokens. echo: whether the prompt precedes its completion in the answer. The other fields
    are those of a ChatRequest.
    """

    prompts: list[TextOrTokens]
    sampling: Sampling
    most: int
    stop: tuple[str, ...]
    choices: int
    logprobs: int | None
    echo: bool
    delivery: Delivery


def read_completion_request(body: Any, facts: ModelFacts) -> CompletionRequest:
    """Reads a request.

    Args:
        body: The parsed body.
        facts: What is known of the model.

    Returns:
        The request.

    Raises:
        InvalidRequest: A field is not as it must be, or is not supported.
        NotFound: The body names another model.
    """
    document = read_object(body)
    fields = Fields(document)
    check_model(fields, facts.name)
    check_parameters(document, COMPLETION)
    choices = fields.integer("n", 1, 1, MOST_ANSWERS)
    prompts = read_inputs(document.get("prompt"), "prompt", MOST_PROMPTS, facts.vocabulary)
    if len(prompts) * choices > MOST_ANSWERS:
        raise InvalidField("n", f"{len(prompts)} prompts with {choices} answers each are more than {MOST_ANSWERS}")
    logprobs = fields.optional_integer("logprobs", 0, MOST_LOGPROBS)
    echo = fields.flag("echo")
    if echo and logprobs is not None:
        raise InvalidField("echo", "echo is not supported together with logprobs", UNSUPPORTED)
    return CompletionRequest(
        prompts=prompts,
        sampling=read_sampling(fields, facts.defaults, facts.vocabulary),
        most=fields.integer("max_tokens", DEFAULT_MOST, 1, LARGEST),
        stop=read_stop(document.get("stop")),
        choices=choices,
        logprobs=logprobs,
        echo=echo,
        delivery=read_delivery(fields),
    )
