"""Which parameters of OpenAI's API are taken. Every other one is refused by its name: none is ignored.

docs/openai-api.md has its tables from here.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Final, Mapping, NamedTuple
from pilotlight_runtime.messages import summarize
from pilotlight_runtime.protocol.openai.errors import UNKNOWN, UNSUPPORTED, InvalidField

SUPPORTED: Final = "supported"
ACCEPTED: Final = "accepted"
"""Any value: it concerns OpenAI's own bookkeeping, and no answer depends on it."""
NEUTRAL: Final = "neutral"
"""Only the values that ask for nothing beyond what is done anyway."""
REFUSED: Final = "refused"


class Parameter(NamedTuple):
    """How a parameter is treated.

    support: one of the constants above. note: what is taken, or why it is refused. neutral: the values that are taken.
    """

    support: str
    note: str
    neutral: tuple[Any, ...] = ()


Table = Mapping[str, Parameter]

_TRACKING: Final = {
    "user": Parameter(ACCEPTED, "OpenAI's abuse tracking"),
    "metadata": Parameter(ACCEPTED, "labels of stored answers, and nothing is stored"),
    "safety_identifier": Parameter(ACCEPTED, "OpenAI's abuse tracking"),
}
_SAMPLING: Final = {
    "temperature": Parameter(SUPPORTED, "0 to 2; 0 takes the most probable token always"),
    "top_p": Parameter(SUPPORTED, "0 to 1"),
    "top_k": Parameter(SUPPORTED, "a whole number; 0 or -1 keeps all (vLLM's name)"),
    "min_p": Parameter(SUPPORTED, "0 to 1 (vLLM's name)"),
    "repetition_penalty": Parameter(SUPPORTED, "more than 0, up to 10 (vLLM's name)"),
    "presence_penalty": Parameter(SUPPORTED, "-2 to 2"),
    "frequency_penalty": Parameter(SUPPORTED, "-2 to 2"),
    "logit_bias": Parameter(SUPPORTED, "up to 1,024 tokens by id, -100 to 100 each"),
    "seed": Parameter(SUPPORTED, "a whole number of 64 bits; tokens are drawn alike, see below"),
    "stop": Parameter(SUPPORTED, "a text or up to 16 texts of at most 256 characters; OpenAI takes 4"),
    "n": Parameter(SUPPORTED, "1 to 16 answers, one after the other"),
    "max_tokens": Parameter(SUPPORTED, "at least 1; the context bounds it"),
    "stream": Parameter(SUPPORTED, "server-sent events; without response streaming they come as one body"),
    "stream_options": Parameter(SUPPORTED, "include_usage; include_obfuscation only as false"),
    "model": Parameter(SUPPORTED, "the model's name, required"),
}

CHAT: Final[Table] = {
    **_SAMPLING,
    **_TRACKING,
    "messages": Parameter(SUPPORTED, "texts of system, developer, user, assistant and tool"),
    "max_completion_tokens": Parameter(SUPPORTED, "at least 1; the context bounds it"),
    "logprobs": Parameter(SUPPORTED, "true or false"),
    "top_logprobs": Parameter(SUPPORTED, "0 to 20, with logprobs"),
    "response_format": Parameter(SUPPORTED, "text, json_object and json_schema"),
    "tools": Parameter(SUPPORTED, "functions"),
    "tool_choice": Parameter(SUPPORTED, "none, auto, required, or one function"),
    "parallel_tool_calls": Parameter(SUPPORTED, "true or false"),
    "modalities": Parameter(NEUTRAL, 'only ["text"]', (["text"],)),
    "store": Parameter(NEUTRAL, "only false: nothing is stored", (False,)),
    "service_tier": Parameter(NEUTRAL, "only auto and default", ("auto", "default")),
    "reasoning_effort": Parameter(NEUTRAL, "only none", ("none",)),
    "verbosity": Parameter(NEUTRAL, "only medium, OpenAI's default", ("medium",)),
    "prompt_cache_key": Parameter(ACCEPTED, "a hint: the beginning of a caller's prompt is kept without it"),
    "prompt_cache_retention": Parameter(ACCEPTED, "a hint, as prompt_cache_key"),
    "prompt_cache_options": Parameter(REFUSED, "the beginning of a caller's last prompt is kept, and nothing else"),
    "audio": Parameter(REFUSED, "the model writes text"),
    "function_call": Parameter(REFUSED, "deprecated by OpenAI; use tool_choice"),
    "functions": Parameter(REFUSED, "deprecated by OpenAI; use tools"),
    "moderation": Parameter(REFUSED, "answers are not moderated"),
    "prediction": Parameter(REFUSED, "predicted outputs are not used"),
    "web_search_options": Parameter(REFUSED, "the function searches nothing"),
}

COMPLETION: Final[Table] = {
    **_SAMPLING,
    "user": _TRACKING["user"],
    "prompt": Parameter(SUPPORTED, "a text, ids of tokens, or up to 16 of either"),
    "logprobs": Parameter(SUPPORTED, "0 to 5"),
    "echo": Parameter(SUPPORTED, "true or false; not together with logprobs"),
    "best_of": Parameter(NEUTRAL, "only 1", (1,)),
    "suffix": Parameter(NEUTRAL, "only the empty text: the model continues a text, it fills no gap", ("",)),
}

EMBEDDING: Final[Table] = {
    "model": _SAMPLING["model"],
    "input": Parameter(SUPPORTED, "a text, ids of tokens, or up to 2,048 of either"),
    "encoding_format": Parameter(SUPPORTED, "float or base64 (32-bit floats, little-endian)"),
    "dimensions": Parameter(SUPPORTED, "up to the model's own; vectors are cut and normalised again"),
    "input_type": Parameter(SUPPORTED, "query or document, for models with prefixes (Cohere's and Voyage's name)"),
    "user": _TRACKING["user"],
}

RERANK: Final[Table] = {
    "model": _SAMPLING["model"],
    "query": Parameter(SUPPORTED, "a text"),
    "documents": Parameter(SUPPORTED, 'up to 1,000 texts or objects {"text": …}'),
    "top_n": Parameter(SUPPORTED, "at least 1; all without it"),
    "return_documents": Parameter(SUPPORTED, "true or false; false by default"),
    "truncation": Parameter(NEUTRAL, "only true: long documents are cut (Jina)", (True,)),
    "rank_fields": Parameter(NEUTRAL, 'only ["text"] (Cohere v1)', (["text"],)),
    "max_chunks_per_doc": Parameter(NEUTRAL, "only 1: a document is one chunk (Cohere v1)", (1,)),
    "max_tokens_per_doc": Parameter(REFUSED, "a document is cut to what the model takes (Cohere v2)"),
    "priority": Parameter(NEUTRAL, "only 0 (Cohere v2)", (0,)),
}


def check_parameters(document: Mapping[str, Any], table: Table) -> None:
    """Raises InvalidField for the first parameter that is not taken, or not with this value.

    Args:
        document: The body.
        table: What is known of its parameters.
    """
    for name, value in document.items():
        known = table.get(name)
        if known is None:
            raise InvalidField(name[:100], f"parameter {summarize(name)} is not known here", UNKNOWN)
        if value is None or known.support in (SUPPORTED, ACCEPTED):
            continue
        if not any(value == taken and type(value) is type(taken) for taken in known.neutral):
            raise InvalidField(
                name,
                f"parameter {name!r} is not supported with the value {summarize(value)}: {known.note}",
                UNSUPPORTED,
            )
