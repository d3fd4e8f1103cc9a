"""What tools, their calls and their results become in a prompt."""

from __future__ import annotations

from typing import Any

import pytest
from support.chat_templates import GEMMA, MISTRAL, QWEN, SMOL, ChatTemplate

from pilotlight.language.chat.format import compile_chat_template
from pilotlight_runtime.language.chat_prompt import ChatFormat, read_chat_format, write_prompt
from pilotlight_runtime.language.tools.tool_calls import Tools, read_tools
from pilotlight_runtime.openai.conversation import make_turns
from pilotlight_runtime.protocol.openai.messages import Message, ToolCall

pytestmark = pytest.mark.unit

CALL = ToolCall("c1", "add", '{"a": 1}')
ASKED = Message("user", "sum?")
CALLED = Message("assistant", "", (CALL,))


def chat_of(template: ChatTemplate) -> ChatFormat:
    return read_chat_format(compile_chat_template(*template))


def tools(choice: Any = "auto") -> Tools | None:
    return read_tools([{"type": "function", "function": {"name": "add"}}], choice)


def written(template: ChatTemplate, messages: list[Message], given: Tools | None = None) -> str:
    chat = chat_of(template)
    return "".join(piece.text for piece in write_prompt(chat, make_turns(chat, messages, given)))


def test_messages_without_tools_are_turns() -> None:
    turns = make_turns(chat_of(QWEN), [Message("system", "s"), ASKED], None)
    assert [(turn.role, turn.text, turn.place) for turn in turns] == [("system", "s", 0), ("user", "sum?", 1)]


def test_calls_and_results_stand_as_the_template_has_them() -> None:
    results = [Message("tool", "1", answers="c1"), Message("tool", "2", answers="c1")]
    assert written(QWEN, [ASKED, CALLED, *results]).endswith(
        '<|im_start|>assistant\n<tool_call>\n{"name": "add", "arguments": {"a": 1}}\n</tool_call><|im_end|>\n'
        "<|im_start|>user\n<tool_response>\n1\n</tool_response>\n<tool_response>\n2\n</tool_response><|im_end|>\n"
        "<|im_start|>assistant\n"
    )


@pytest.mark.parametrize("template", [SMOL, MISTRAL, GEMMA])
def test_results_are_the_users_where_the_template_knows_none(template: ChatTemplate) -> None:
    results = [Message("tool", "1", answers="c1"), Message("tool", "2", answers="c1")]
    turns = make_turns(chat_of(template), [ASKED, CALLED, *results], None)
    assert [turn.role for turn in turns] == ["user", "assistant", "user"]
    assert turns[2].text == "<tool_response>\n1\n</tool_response>\n<tool_response>\n2\n</tool_response>"


def test_tools_are_described_to_the_system_or_else_to_the_user() -> None:
    own, first = make_turns(chat_of(QWEN), [ASKED], tools())
    assert (own.role, first.text) == ("system", "sum?")
    assert '"name": "add"' in own.text
    (together, _) = make_turns(chat_of(QWEN), [Message("system", "Be kind."), ASKED], tools())
    assert together.text.startswith("Be kind.\n\n")
    assert together.text.endswith(own.text)
    (only,) = make_turns(chat_of(GEMMA), [ASKED], tools())
    assert only == ("user", f"{own.text}\n\nsum?", 0)


def test_tools_that_may_not_be_called_are_not_described() -> None:
    assert make_turns(chat_of(QWEN), [ASKED], tools("none")) == make_turns(chat_of(QWEN), [ASKED], None)
