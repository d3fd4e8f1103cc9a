"""A request for a chat completion. Source: OpenAI, "API reference", "Create chat completion"."""

from __future__ import annotations

from pilotlight_runtime.language.types import Sampling
from pilotlight_runtime.light_typing import Any, Final, NamedTuple
from pilotlight_runtime.protocol.openai.errors import InvalidField
from pilotlight_runtime.protocol.openai.fields import Fields, read_object
from pilotlight_runtime.protocol.openai.messages import Message, read_messages
from pilotlight_runtime.protocol.openai.model_field import check_model
from pilotlight_runtime.protocol.openai.parameters import CHAT, check_parameters
from pilotlight_runtime.protocol.openai.sampling import MOST_ANSWERS, read_sampling, read_stop
from pilotlight_runtime.protocol.openai.stream_options import Delivery, read_delivery

MOST_TOP_LOGPROBS: Final = 20
LARGEST: Final = 2**31


class ModelFacts(NamedTuple):
    """What reading a request needs to know of the model.

    name: as callers write it. vocabulary: the number of its tokens. defaults: how tokens are drawn unless a request
    says so.
    """

    name: str
    vocabulary: int
    defaults: Sampling


class ChatRequest(NamedTuple):
    """A request for a chat completion.

    Attributes:
        messages: The conversation.
        sampling: How tokens are drawn.
        most: The most tokens of an answer; None for as many as there is room for.
        stop: Texts that end an answer.
        choices: How many answers are made.
        logprobs: How many alternatives each token is reported with; None reports no probabilities.
        delivery: How the answer is sent.
        response_format: The field as it came; None for text.
        tools: The field as it came; None without tools.
        tool_choice: The field as it came.
        parallel: Whether an answer may have several calls.
    """

    messages: list[Message]
    sampling: Sampling
    most: int | None
    stop: tuple[str, ...]
    choices: int
    logprobs: int | None
    delivery: Delivery
    response_format: Any
    tools: Any
    tool_choice: Any
    parallel: bool


def read_chat_request(body: Any, facts: ModelFacts) -> ChatRequest:
    """Reads a request.

    Args:
        body: The parsed body.
        facts: What is known of the model.

    Returns:
        The request. What constrains the answer is not read yet.

    Raises:
        InvalidRequest: A field is not as it must be, or is not supported.
        NotFound: The body names another model.
    """
    document = read_object(body)
    fields = Fields(document)
    check_model(fields, facts.name)
    check_parameters(document, CHAT)
    return ChatRequest(
        messages=read_messages(document.get("messages")),
        sampling=read_sampling(fields, facts.defaults, facts.vocabulary),
        most=_read_most(fields),
        stop=read_stop(document.get("stop")),
        choices=fields.integer("n", 1, 1, MOST_ANSWERS),
        logprobs=_read_logprobs(fields),
        delivery=read_delivery(fields),
        response_format=document.get("response_format"),
        tools=document.get("tools"),
        tool_choice=document.get("tool_choice"),
        parallel=fields.flag("parallel_tool_calls", default=True),
    )


def _read_most(fields: Fields) -> int | None:
    """The most tokens, under its new or its old name."""
    new = fields.optional_integer("max_completion_tokens", 1, LARGEST)
    old = fields.optional_integer("max_tokens", 1, LARGEST)
    if new is not None and old is not None and new != old:
        raise InvalidField("max_tokens", "max_tokens and max_completion_tokens differ; give one of them")
    return new if new is not None else old


def _read_logprobs(fields: Fields) -> int | None:
    wanted = fields.flag("logprobs")
    top = fields.optional_integer("top_logprobs", 0, MOST_TOP_LOGPROBS)
    if top is not None and not wanted:
        raise InvalidField("top_logprobs", "top_logprobs is only for answers with logprobs; set logprobs to true")
    return (top or 0) if wanted else None
