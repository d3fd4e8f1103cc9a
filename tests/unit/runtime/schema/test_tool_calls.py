"""Tools: what is read of a request, what an answer may look like, and the calls that are read of it."""

import json
import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.random_answers import draw_answer, pick_byte, pick_longest, pick_token
from support.random_schemas import make_validator

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.language.tools.tool_answers import AnswerReader, WrittenCall, read_answer
from pilotlight_runtime.language.tools.tool_calls import (
    AUTO,
    MOST_CALLS,
    NONE,
    REQUIRED,
    Tools,
    constrain_calls,
    read_tools,
)
from pilotlight_runtime.language.tools.tool_text import describe_tools, write_call, write_result
from pilotlight_runtime.language.types import Constraint

WEATHER: dict[str, Any] = {
    "name": "get_weather",
    "description": "The weather at a place.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"$ref": "#/$defs/city"}, "unit": {"enum": ["C", "F"]}},
        "required": ["city"],
        "$defs": {"city": {"type": "string", "minLength": 1, "maxLength": 20}},
    },
}
TIME: dict[str, Any] = {"name": "time", "strict": True}
TOOLS = [{"type": "function", "function": WEATHER}, {"type": "function", "function": TIME}]
SCHEMAS = {"get_weather": WEATHER["parameters"], "time": {"type": "object", "additionalProperties": False}}


def read(choice: Any = None, *, parallel: bool = True) -> Tools:
    tools = read_tools(TOOLS, choice, parallel=parallel)
    assert tools is not None
    return tools


def constrain(tools: Tools) -> Constraint:
    make_constraint = constrain_calls(tools)
    assert make_constraint is not None
    return make_constraint()


def test_without_tools() -> None:
    assert read_tools(None, None) is None
    assert read_tools([], "none") is None
    with pytest.raises(InvalidRequest, match="tool_choice: needs tools"):
        read_tools(None, "required")


def test_choices() -> None:
    assert read().choice == AUTO
    assert read("required").choice == REQUIRED
    assert read("auto", parallel=False).most == 1
    chosen = read({"type": "function", "function": {"name": "time"}})
    assert (chosen.choice, chosen.most, [each.name for each in chosen.functions]) == (REQUIRED, 1, ["time"])
    assert constrain_calls(read("none")) is None
    assert describe_tools(read("none")) == ""
    assert read("none").choice == NONE


def test_the_model_is_told_what_it_may_call() -> None:
    text = describe_tools(read())
    lines = text.partition("<tools>\n")[2].partition("\n</tools>")[0].splitlines()
    assert [json.loads(line)["function"]["name"] for line in lines] == ["get_weather", "time"]
    assert json.loads(lines[0])["function"]["parameters"] == WEATHER["parameters"]
    assert "<tool_call>" in text
    assert "Answer with a function call." not in text
    assert describe_tools(read("required")).endswith("Answer with a function call.")
    assert write_result("21") == "<tool_response>\n21\n</tool_response>"


@pytest.mark.parametrize("choice", ["required", "auto", {"type": "function", "function": {"name": "get_weather"}}])
@pytest.mark.parametrize("choose", [pick_byte, pick_token, pick_longest])
def test_calls_validate(choice: Any, choose: Any) -> None:
    tools = read(choice)
    pick = random.Random(3)  # noqa: S311  (a test draws the same answers each time)
    numbers = set()
    for _ in range(30):
        constraint = constrain(tools)
        before = b"Well, <tool" if choice == "auto" else b""
        constraint.push(before + b"_call>" if before else b"")
        answer = before + b"_call>" * bool(before) + draw_answer(constraint, choose, pick, pick.randint(0, 60))
        text, calls = read_answer(answer.decode())
        assert text == ("Well, " if before else "")
        numbers.add(len(calls))
        for call in calls:
            make_validator(SCHEMAS[call.name]).validate(json.loads(call.arguments))
            assert call.name in [function.name for function in tools.functions]
    assert min(numbers) >= 1
    assert max(numbers) <= tools.most


def test_text_needs_no_call() -> None:
    constraint = constrain(read())
    assert constraint.complete
    assert constraint.closing() == b""
    constraint.push("Grüße <tool_cal".encode())
    assert constraint.complete
    assert not constraint.finished
    assert constraint.allows(b"\xff<")
    constraint.push(b"l>")
    assert not constraint.complete
    assert constraint.forced() == b'\n{"name": "'
    assert constraint.closing().endswith(b"</tool_call>")


def test_markers_that_begin_again() -> None:
    constraint = constrain(read())
    constraint.push(b"<<tool_<tool_call>\n")
    assert constraint.forced() == b'{"name": "'


def test_only_so_many_calls() -> None:
    call = write_call("time", "{}").encode()
    constraint = constrain(read("required"))
    constraint.push(b"\n".join([call] * MOST_CALLS))
    assert constraint.finished
    one = constrain(read("required", parallel=False))
    one.push(call)
    assert one.finished


@pytest.mark.parametrize(
    ("tools", "choice", "message"),
    [
        ({}, None, "tools: must be a list"),
        ([{"type": "function", "function": {"name": "f"}}] * 129, None, "tools: must be a list of at most 128"),
        ([1], None, "tools[0]: must be an object"),
        ([{"type": "retrieval"}], None, "tools[0]: must be an object of the type function"),
        ([{"type": "function"}], None, "tools[0].function: must be an object"),
        ([{"type": "function", "function": {"name": ""}}], None, "tools[0].function.name: must be 1 to 64 letters"),
        ([{"type": "function", "function": {"name": "ä"}}], None, "tools[0].function.name"),
        ([{"type": "function", "function": {"name": "f" * 65}}], None, "tools[0].function.name"),
        (
            [{"type": "function", "function": {"name": "f", "arguments": {}}}],
            None,
            "tools[0].function.arguments: is not",
        ),
        ([{"type": "function", "function": {"name": "f"}, "x": 1}], None, "tools[0].x: is not supported"),
        ([{"type": "function", "function": {"name": "f", "description": 1}}], None, "tools[0].function.description"),
        ([{"type": "function", "function": {"name": "f", "description": "\udc00"}}], None, "half of a surrogate pair"),
        ([{"type": "function", "function": {"name": "f", "strict": "yes"}}], None, "tools[0].function.strict: must be"),
        ([{"type": "function", "function": {"name": "f", "parameters": []}}], None, "tools[0].function.parameters"),
        (
            [{"type": "function", "function": {"name": "f", "parameters": {"type": "array"}}}],
            None,
            "of the type object",
        ),
        ([TOOLS[0], TOOLS[0]], None, "tools[1].function.name: 'get_weather' is the name of another tool"),
        (TOOLS, "any", "tool_choice: must be"),
        (TOOLS, {"type": "function"}, "tool_choice: must be"),
        (
            TOOLS,
            {"type": "function", "function": {"name": "g"}},
            "tool_choice: 'g' is none of the tools: get_weather, time",
        ),
    ],
)
def test_tools_that_are_refused(tools: Any, choice: Any, message: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_tools(tools, choice)
    assert message in str(refused.value)


def test_parameters_that_are_not_supported() -> None:
    broken = {"type": "function", "function": {"name": "g", "parameters": {"properties": {"a": {"not": {}}}}}}
    tools = read_tools([TOOLS[0], broken], None)
    assert tools is not None
    with pytest.raises(
        InvalidRequest, match=r"^tools\[1\]\.function\.parameters, at #/properties/a: the keyword 'not'"
    ):
        constrain_calls(tools)


TEXTS = [
    ("Hello", "Hello", []),
    ("  \n", "  \n", []),
    ("", "", []),
    ("a < b <tool", "a < b <tool", []),
    (write_call("f", '{"a": "é\\n</x>"}'), "", [WrittenCall("f", '{"a": "é\\n</x>"}')]),
    (
        "Sure.\n" + write_call("f", "{}") + "\n" + write_call("g", "{}") + "\n",
        "Sure.\n",
        [WrittenCall("f", "{}"), WrittenCall("g", "{}")],
    ),
    ("\n" + write_call("f", "{}"), "", [WrittenCall("f", "{}")]),
    ('<tool_call>{"name": "f", "argu', '<tool_call>{"name": "f", "argu', []),
    ("<tool_call>no JSON</tool_call>", "<tool_call>no JSON</tool_call>", []),
    ('<tool_call>{"name": 1, "arguments": {}}</tool_call>', '<tool_call>{"name": 1, "arguments": {}}</tool_call>', []),
]


@pytest.mark.parametrize(("answer", "text", "calls"), TEXTS)
def test_answers_are_read(answer: str, text: str, calls: list[WrittenCall]) -> None:
    assert read_answer(answer) == (text, tuple(calls))


@given(st.sampled_from(TEXTS), st.lists(st.integers(0, 60), max_size=6))
def test_answers_are_read_in_parts(case: tuple[str, str, list[WrittenCall]], cuts: list[int]) -> None:
    answer, text, calls = case
    places = sorted({0, len(answer), *(cut for cut in cuts if cut < len(answer))})
    reader = AnswerReader()
    parts = [part for first, last in pairwise(places) for part in reader.push(answer[first:last])]
    parts += reader.finish()
    assert "".join(part for part in parts if isinstance(part, str)) == text
    assert [part for part in parts if isinstance(part, WrittenCall)] == calls


def test_white_space_behind_text_is_text_however_the_answer_comes() -> None:
    reader = AnswerReader()
    assert reader.push("Sure.") == ["Sure."]
    assert reader.push("\n" + write_call("f", "{}") + "\n") == ["\n", WrittenCall("f", "{}")]
    assert reader.finish() == []


def test_text_is_passed_on_at_once() -> None:
    reader = AnswerReader()
    assert reader.push("Hel") == ["Hel"]
    assert reader.push("lo <") == ["lo "]
    assert reader.push("b>") == ["<b>"]
    assert reader.finish() == []
