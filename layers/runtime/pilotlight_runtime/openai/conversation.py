"""From the messages of a request to the turns of a prompt: tools, their calls and their results become text."""

from __future__ import annotations

from pilotlight_runtime.language.chat_prompt import ASSISTANT, SYSTEM, TOOL, USER, ChatFormat, Turn, takes_system
from pilotlight_runtime.light_typing import TYPE_CHECKING, Sequence
from pilotlight_runtime.protocol.openai.messages import Message

if TYPE_CHECKING:
    from pilotlight_runtime.language.tools.tool_calls import Tools


def make_turns(chat: ChatFormat, messages: Sequence[Message], tools: Tools | None) -> list[Turn]:
    """Makes the turns.

    Args:
        chat: The model's chat format.
        messages: Of the request.
        tools: What the model may call; None without tools.

    Returns:
        The turns.
    """
    turns: list[Turn] = []
    for index, message in enumerate(messages):
        if message.calls:
            turns.append(Turn(ASSISTANT, _write_calls(message), index))
        elif message.role == TOOL:
            _add_result(chat, turns, message.text, index)
        else:
            turns.append(Turn(message.role, message.text, index))
    if tools is not None:
        from pilotlight_runtime.language.tools.tool_text import describe_tools

        _add_tools(chat, turns, describe_tools(tools))
    return turns


def _write_calls(message: Message) -> str:
    from pilotlight_runtime.language.tools.tool_text import write_call

    calls = [write_call(call.name, call.arguments) for call in message.calls]
    return "\n".join([message.text, *calls] if message.text else calls)


def _add_result(chat: ChatFormat, turns: list[Turn], text: str, index: int) -> None:
    """Adds what a tool returned: as the format has it, or else in a message of the user's, together with others."""
    from pilotlight_runtime.language.tools.tool_text import RESULT, write_result

    after_call = chat.between.get(ASSISTANT, {}).get(TOOL, ())
    if any(RESULT in piece.text for piece in after_call):
        turns.append(Turn(TOOL, text, index))
        return
    written = write_result(text)
    last = turns[-1]  # a result follows a call, or another result
    if last.role == USER:
        turns[-1] = last._replace(text=f"{last.text}\n{written}")
    else:
        turns.append(Turn(USER, written, index))


def _add_tools(chat: ChatFormat, turns: list[Turn], described: str) -> None:
    """Adds the description of the tools to the first message, where it is the system's or there can be none."""
    if not described:
        return
    first = turns[0]
    if first.role == SYSTEM:
        turns[0] = first._replace(text=f"{first.text}\n\n{described}")
    elif takes_system(chat):
        turns.insert(0, Turn(SYSTEM, described, first.place))
    else:
        turns[0] = first._replace(text=f"{described}\n\n{first.text}")
