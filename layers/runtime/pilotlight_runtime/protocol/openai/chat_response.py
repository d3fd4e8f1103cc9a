"""A chat completion, whole or as the chunks of a stream.

Source: OpenAI, "API reference", "The chat completion object" and "The chat completion chunk object".
"""

from __future__ import annotations

from pilotlight_runtime.language.types import TokenScore
from pilotlight_runtime.light_typing import Any, Final, NamedTuple, Sequence
from pilotlight_runtime.protocol.openai.answer_head import AnswerHead
from pilotlight_runtime.protocol.openai.logprobs import write_chat_logprobs
from pilotlight_runtime.protocol.openai.messages import ToolCall
from pilotlight_runtime.protocol.openai.usage import Usage

Json = dict[str, Any]

TOOL_CALLS: Final = "tool_calls"
"""How an answer ends that calls tools."""


class ChatAnswer(NamedTuple):
    """One answer. calls: the calls of tools that it is; text is then what stands beside them. scores: None without."""

    text: str
    calls: tuple[ToolCall, ...]
    finish: str
    scores: Sequence[TokenScore] | None


def write_chat(head: AnswerHead, answers: Sequence[ChatAnswer], usage: Usage) -> Json:
    """Writes a whole chat completion.

    Args:
        head: What it begins with.
        answers: The answers, in order.
        usage: The tokens of all of them.

    Returns:
        The body.
    """
    choices = [_write_choice(index, answer) for index, answer in enumerate(answers)]
    return {**head.write("chat.completion"), "choices": choices, "usage": usage.write()}


class ChunkWriter:
    """Writes the chunks of a stream. usage: whether they have the field `usage`, which is null but in the last one."""

    def __init__(self, head: AnswerHead, *, usage: bool) -> None:
        self._head = head.write("chat.completion.chunk")
        self._usage: Json = {"usage": None} if usage else {}

    def role(self, index: int) -> Json:
        """The first chunk of an answer: whose it is."""
        return self._chunk(index, {"role": "assistant", "content": ""}, None, None)

    def text(self, index: int, text: str, scores: Sequence[TokenScore] | None) -> Json:
        """A chunk of text."""
        return self._chunk(index, {"content": text}, None, scores)

    def call(self, index: int, position: int, call: ToolCall) -> Json:
        """A chunk with a whole call of a tool. position: of the call in the answer."""
        return self._chunk(index, {"tool_calls": [{"index": position, **write_call(call)}]}, None, None)

    def finish(self, index: int, finish: str) -> Json:
        """The last chunk of an answer: how it ended."""
        return self._chunk(index, {}, finish, None)

    def end(self, usage: Usage) -> Json:
        """The last chunk of the stream: the tokens of all answers."""
        return {**self._head, "choices": [], "usage": usage.write()}

    def _chunk(self, index: int, delta: Json, finish: str | None, scores: Sequence[TokenScore] | None) -> Json:
        logprobs = None if scores is None else write_chat_logprobs(scores)
        choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        return {**self._head, "choices": [choice], **self._usage}


def write_call(call: ToolCall) -> Json:
    """Writes a call of a tool."""
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _write_choice(index: int, answer: ChatAnswer) -> Json:
    message: Json = {"role": "assistant", "content": answer.text, "refusal": None}
    if answer.calls:
        message["content"] = answer.text or None
        message["tool_calls"] = [write_call(call) for call in answer.calls]
    logprobs = None if answer.scores is None else write_chat_logprobs(answer.scores)
    return {"index": index, "message": message, "logprobs": logprobs, "finish_reason": answer.finish}
