"""What tells a model about the tools, and how calls and results of the conversation so far stand in its prompt.

The form is the one that Hermes, Qwen and SmolLM2 were trained with.
"""

from __future__ import annotations

from pilotlight_runtime.json_text import make_encoder, quote
from pilotlight_runtime.language.schema.calls import CLOSING, OPENING
from pilotlight_runtime.language.tools.tool_calls import NONE, REQUIRED, Tools
from pilotlight_runtime.light_typing import Any, Final

_write: Final = make_encoder(ensure_ascii=False)
_OPENING: Final = OPENING.decode()
_CLOSING: Final = CLOSING.decode()

RESULT: Final = "<tool_response>"
"""What the result of a function begins with."""

_INTRODUCTION: Final = (
    "You can call functions to help with the user's request. Their signatures are inside <tools></tools>:"
)
_HOW: Final = f"""For each function call, write a JSON object with the function's name and arguments inside \
{_OPENING}{_CLOSING}:
{_OPENING}
{{"name": <function's name>, "arguments": <object of arguments>}}
{_CLOSING}"""
_MUST_CALL: Final = "Answer with a function call."


def describe_tools(tools: Tools) -> str:
    """Writes the block that a system message ends with.

    Args:
        tools: The tools.

    Returns:
        The block; "" where the answer must be text.
    """
    if tools.choice == NONE:
        return ""
    lines = [_INTRODUCTION, "<tools>"]
    for function in tools.functions:
        described: dict[str, Any] = {"name": function.name, "parameters": function.parameters}
        if function.description:
            described = {"name": function.name, "description": function.description, "parameters": function.parameters}
        lines.append(_write({"type": "function", "function": described}))
    lines += ["</tools>", "", _HOW]
    if tools.choice == REQUIRED:
        lines += ["", _MUST_CALL]
    return "\n".join(lines)


def write_call(name: str, arguments: str) -> str:
    """Writes a call that the model made earlier, as it stood in its answer.

    Args:
        name: The function's name.
        arguments: JSON.
    """
    return f'{_OPENING}\n{{"name": {quote(name)}, "arguments": {arguments}}}\n{_CLOSING}'


def write_result(text: str) -> str:
    """Writes what a function returned, for a message of the user's."""
    return f"{RESULT}\n{text}\n</tool_response>"
