"""The tools of a request: which functions the model may call, and what its answer must look like for that."""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.language.json_constraint import compile_shape
from pilotlight_runtime.language.schema.byte_states import ByteShape, literal_state
from pilotlight_runtime.language.schema.calls import CallsShape, TextShape
from pilotlight_runtime.language.schema.constraint import ShapeConstraint
from pilotlight_runtime.language.schema.limits import NEVER
from pilotlight_runtime.language.schema.machine import Shape
from pilotlight_runtime.language.schema.measuring import measure_shapes
from pilotlight_runtime.language.schema.object_layout import Property
from pilotlight_runtime.language.schema.objects import ObjectShape
from pilotlight_runtime.language.schema.unions import UnionShape
from pilotlight_runtime.language.schema.values import write_value
from pilotlight_runtime.language.types import Constraint
from pilotlight_runtime.light_typing import Any, Callable, Final, NamedTuple
from pilotlight_runtime.messages import is_unicode

AUTO: Final = "auto"
NONE: Final = "none"
REQUIRED: Final = "required"

MOST_TOOLS: Final = 128
MOST_CALLS: Final = 16
"""Calls in one answer."""
_LONGEST_NAME: Final = 64
_NO_PARAMETERS: Final = {"type": "object", "properties": {}, "additionalProperties": False}


class ToolFunction(NamedTuple):
    """A function that the model may call.

    Attributes:
        name: Letters, digits, _ and -.
        description: What it does, for the model; may be empty.
        parameters: A JSON Schema of its arguments, which are an object.
        place: Where the request has the function, for messages.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    place: str = "tools"


class Tools(NamedTuple):
    """What the model may call in an answer.

    Attributes:
        functions: At least one; only the one that the request chose, where it did.
        choice: AUTO: text or calls, as the model wants. REQUIRED: calls. NONE: text.
        most: The most calls of an answer.
    """

    functions: tuple[ToolFunction, ...]
    choice: str
    most: int = MOST_CALLS


def read_tools(tools: Any, choice: Any, *, parallel: bool = True) -> Tools | None:
    """Reads the fields `tools`, `tool_choice` and `parallel_tool_calls` of a chat request.

    Source: OpenAI, "API reference", "Create chat completion".

    Args:
        tools: A list of tools of the type function; None where there are none.
        choice: "auto", "none", "required" or an object that names a function; None is "auto".
        parallel: Whether an answer may have several calls.

    Returns:
        The tools; None where there are none.

    Raises:
        InvalidRequest: A field is not as it must be. The message begins with its place.
    """
    if not tools and (tools is None or tools == []):
        if choice not in (None, NONE, AUTO):
            raise InvalidRequest("tool_choice: needs tools, of which the request has none")
        return None
    if not isinstance(tools, list) or len(tools) > MOST_TOOLS:
        raise InvalidRequest(f"tools: must be a list of at most {MOST_TOOLS} tools")
    functions = tuple(_read_tool(tool, f"tools[{index}]") for index, tool in enumerate(tools))
    names = [function.name for function in functions]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise InvalidRequest(f"tools[{index}].function.name: {name!r} is the name of another tool as well")
    most = MOST_CALLS if parallel else 1
    if choice is None or choice in (AUTO, NONE, REQUIRED):
        return Tools(functions, choice or AUTO, most)
    chosen = _read_choice(choice)
    if chosen not in names:
        raise InvalidRequest(f"tool_choice: {chosen[:_LONGEST_NAME]!r} is none of the tools: {', '.join(names)[:500]}")
    return Tools((functions[names.index(chosen)],), REQUIRED, 1)


def constrain_calls(tools: Tools) -> Callable[[], Constraint] | None:
    """Prepares the constraint of answers that may or must call functions.

    A call is `<tool_call>`, a line of JSON with `name` and `arguments`, and `</tool_call>`. `tool_answers` reads it.

    Args:
        tools: The tools.

    Returns:
        Makes a constraint for one answer; None where the answer is text.

    Raises:
        InvalidRequest: The schema of a function's parameters is not supported. The message says which and where.
    """
    if tools.choice == NONE:
        return None
    calls = CallsShape(_build_call(tools), tools.most)
    if tools.choice == REQUIRED:
        return lambda: ShapeConstraint(calls)
    text = TextShape(calls)
    return lambda: ShapeConstraint(text, may_be_empty=True)


def _build_call(tools: Tools) -> Shape:
    """The JSON of a call of one of the functions."""
    call = UnionShape("tools")
    shapes: list[Shape] = [call]
    for function in tools.functions:
        name = ByteShape(literal_state([write_value(function.name)]))
        arguments = compile_shape({"type": "object", **function.parameters}, f"{function.place}.parameters")
        properties = (Property(b'"name"', name, required=True), Property(b'"arguments"', arguments, required=True))
        branch = ObjectShape(properties, None)
        shapes += [name, branch]
        call.branches.append(branch)
    measure_shapes(shapes)
    if call.length >= NEVER:
        raise InvalidRequest("tools: no call is possible")
    return call


def _read_tool(tool: Any, place: str) -> ToolFunction:
    if not isinstance(tool, dict) or tool.get("type", "function") != "function":
        raise InvalidRequest(f"{place}: must be an object of the type function; others are not supported")
    _check_fields(tool, ("type", "function"), place)
    function = tool.get("function")
    place = f"{place}.function"
    if not isinstance(function, dict):
        raise InvalidRequest(f"{place}: must be an object")
    _check_fields(function, ("name", "description", "parameters", "strict"), place)
    description = function.get("description") or ""
    if not isinstance(description, str):
        raise InvalidRequest(f"{place}.description: must be a text")
    if not is_unicode(description):
        raise InvalidRequest(f"{place}.description: has half of a surrogate pair, which is no character")
    if not isinstance(function.get("strict"), bool | None):
        raise InvalidRequest(f"{place}.strict: must be true or false")
    parameters = function.get("parameters")
    if parameters is None:
        parameters = _NO_PARAMETERS
    if not isinstance(parameters, dict) or parameters.get("type", "object") != "object":
        raise InvalidRequest(f"{place}.parameters: must be a JSON Schema of the type object")
    return ToolFunction(_read_name(function.get("name"), f"{place}.name"), description, parameters, place)


def _read_name(name: Any, place: str) -> str:
    if (
        not isinstance(name, str)
        or not 0 < len(name) <= _LONGEST_NAME
        or not name.isascii()
        or not name.replace("_", "a").replace("-", "a").isalnum()
    ):
        raise InvalidRequest(f"{place}: must be 1 to {_LONGEST_NAME} letters, digits, _ and -")
    return name


def _read_choice(choice: Any) -> str:
    """The name of the function that must be called."""
    function = choice.get("function") if isinstance(choice, dict) and choice.get("type") == "function" else None
    name = function.get("name") if isinstance(function, dict) else None
    if not isinstance(name, str):
        what = 'must be "auto", "none", "required" or {"type": "function", "function": {"name": …}}'
        raise InvalidRequest(f"tool_choice: {what}")
    return name


def _check_fields(document: dict[str, Any], known: tuple[str, ...], place: str) -> None:
    for name in document:
        if name not in known:
            raise InvalidRequest(f"{place}.{name[:_LONGEST_NAME]}: is not supported; known are {', '.join(known)}")
