"""What a constraint allows is what can be completed, what is forced has no other way, and closing completes."""

import json
import random
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_answers import TOKENS, pick_byte
from support.random_schemas import SchemaMaker, make_validator

from pilotlight_runtime.language.json_constraint import compile_schema
from pilotlight_runtime.language.types import Constraint

PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 4},
        "age": {"type": "integer", "minimum": 0, "maximum": 130},
        "born": {"type": "string", "format": "date"},
        "tags": {"type": "array", "items": {"enum": ["a", "ab", 1]}, "maxItems": 2},
    },
    "required": ["name", "born"],
}


def write(schema: Any, text: str) -> Constraint:
    constraint = compile_schema(schema)()
    constraint.push(text.encode())
    return constraint


def accepts(schema: Any, text: str) -> bool:
    constraint = compile_schema(schema)()
    return constraint.allows(text.encode()) and write(schema, text).complete


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "number", "minimum": 1e-320, "maximum": 1.1e-320},
        {"type": "integer", "minimum": 10**400, "maximum": 10**400 + 1},
        {"type": "integer", "minimum": 10**399, "maximum": 10**400, "multipleOf": 10**399},
    ],
)
def test_numbers_of_hundreds_of_digits_take_no_time(schema: Any) -> None:
    begin = process_time()
    constraint = compile_schema(schema)()
    text = constraint.forced() or constraint.closing()
    assert constraint.allows(text)
    assert process_time() - begin < 1


def test_what_is_certain_is_forced() -> None:
    assert write(PERSON, "").forced() == b'{"name": "'
    assert write(PERSON, '{"name": "Anna').forced() == b'", "'
    assert write(PERSON, '{"name": "An", "b').forced() == b'orn": "'
    assert write(PERSON, '{"name": "An", "born": "2024-0').forced() == b""
    assert write(PERSON, '{"name": "An", "born": "2024-02-2').forced() == b""
    assert write(PERSON, '{"name": "An", "born": "2024-02-29').forced() == b'"'


def test_closing_is_short() -> None:
    assert write(PERSON, "").closing() == b'{"name": "a", "born": "1000-01-01"}'
    assert write(PERSON, '{"name": "A", "age"').closing() == b': 0, "born": "1000-01-01"}'
    assert write(PERSON, '{"name": "A", "born": "2024-02-29", "tags": ["a"').closing() == b"]}"
    assert write(PERSON, '{"name": "A", "born": "2024-02-29"}').closing() == b""


def test_the_end_is_the_end() -> None:
    constraint = write(PERSON, '{"name": "A", "born": "2024-02-29"}')
    assert constraint.complete
    assert constraint.finished
    assert not any(constraint.allows(bytes([byte])) for byte in range(256))
    number = write({"type": "integer"}, "12")
    assert number.complete
    assert not number.finished


def test_bytes_that_are_not_allowed_change_nothing() -> None:
    constraint = write(PERSON, '{"name": "A')
    with pytest.raises(ValueError, match="not allowed"):
        constraint.push(b'", "age": 131')
    assert constraint.closing() == b'", "born": "1000-01-01"}'


@pytest.mark.parametrize(
    ("schema", "allowed", "refused"),
    [
        (
            None,
            ["{}", '{"a": [1, {"b": null}], "c": "\\ud83d\\ude00"}'],
            ["[]", '{"a": 1, "a": 2}', "{ }", '{"a":1}', "{} "],
        ),
        ({"type": "string"}, ['"\\u0000é\\/🙂"'], ['"\\ud83d"', '"\\udc00"', '"\n"', '"\\x"', '"\x00"', "'a'"]),
        ({"type": "string", "maxLength": 2}, ['"🙂\\ud83d\\ude00"', '"\\n\\u00e9"'], ['"abc"', '"🙂🙂🙂"']),
        ({"type": "string", "minLength": 2}, ['"ab"', '"🙂é"'], ['"a"', '"🙂"', '"\\ud83d\\ude00"']),
        ({"type": "string", "pattern": "^a?b$"}, ['"ab"', '"b"'], ['"aab"', '"a"', '""']),
        ({"pattern": "[0-9]{2}"}, ['"a12b"', '"12"'], ['"1a2"', "12"]),
        ({"pattern": "^é+$", "minLength": 2, "maxLength": 3}, ['"éé"', '"ééé"'], ['"é"', '"éééé"']),
        ({"pattern": '^["\\\\\\t]$'}, ['"\\""', '"\\\\"', '"\\t"'], ['"a"', '"\\n"']),
        (
            {"type": "integer", "minimum": -5, "maximum": 12, "multipleOf": 5},
            ["-5", "0", "10"],
            ["-10", "12", "15", "1", "-0", "010", "5.0"],
        ),
        ({"type": "integer", "exclusiveMinimum": 9.5, "exclusiveMaximum": 11}, ["10"], ["9", "11", "1"]),
        (
            {"type": "number", "minimum": 0.1, "maximum": 0.25},
            ["0.1", "0.25", "0.200000"],
            ["0", "0.3", "0.09", "0.2500001"],
        ),
        (
            {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
            ["0.5", "0.000001"],
            ["0", "0.0", "1", "-0.5", "1.0"],
        ),
        ({"type": "number", "multipleOf": 0.25}, ["1.5", "-0.25", "3"], ["0.3", "1.255"]),
        ({"type": "number"}, ["1.5", "-12", "0"], ["1.", ".5", "01", "+1", "1e5", "NaN"]),
        (
            {"enum": ["a", "ab", 1, 12, None, {"k": [1, "x"]}]},
            ['"a"', '"ab"', "1", "12", "null", '{"k": [1, "x"]}'],
            ['"b"', "2", "{}"],
        ),
        ({"const": 1.5}, ["1.5"], ["1", "1.50"]),
        ({"enum": [1, "1", True], "type": "integer"}, ["1"], ['"1"', "true"]),
        ({"enum": ["a", "bbb", 5, 50], "minLength": 2, "minimum": 10}, ['"bbb"', "50"], ['"a"', "5"]),
        ({"enum": [0, 1.5, 7], "multipleOf": 0.5, "maximum": 10**400}, ["0", "1.5", "7"], []),
        ({"enum": [0.0, 5], "multipleOf": 10**400}, ["0.0"], ["5"]),
        ({"type": ["string", "null"]}, ['""', "null"], ["1", "{}"]),
        (
            {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2},
            ["[1]", "[1, 2]"],
            ["[]", "[1, 2, 3]", "[1,2]"],
        ),
        ({"prefixItems": [{"const": 1}, {"type": "null"}]}, ["[]", "[1]", "[1, null]"], ["[null]", "[1, null, 2]"]),
        ({"prefixItems": [{"const": 1}], "items": {"const": 2}}, ["[1, 2, 2]", "[1]"], ["[2]", "[1, 1]"]),
        ({"type": "array", "items": False}, ["[]"], ["[1]"]),
        (
            {"type": "object", "additionalProperties": {"type": "integer"}},
            ['{"a": 1, "b": 2}', "{}"],
            ['{"a": "b"}', '{"a": 1, "a": 1}'],
        ),
        (
            {
                "properties": {"a": {"const": 1}, "b": {"const": 2}},
                "required": ["b"],
                "additionalProperties": {"const": 3},
            },
            ['{"a": 1, "b": 2}', '{"b": 2, "c": 3}', '{"b": 2}'],
            ['{"a": 1}', '{"b": 2, "a": 1}', '{"c": 3, "b": 2}', '{"b": 2, "a": 3}', '{"b": 2, "b": 3}'],
        ),
        ({"type": "object", "required": ["x"]}, ['{"x": 1}', '{"x": [], "y": 2}'], ["{}"]),
        ({"properties": {"a": False, "b": True}}, ["{}", '{"b": 1}'], ['{"a": 1}']),
        ({"anyOf": [{"type": "integer"}, {"const": "x"}]}, ["1", '"x"'], ['"y"', "null"]),
        ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, ["1", '"x"'], ["null"]),
        (
            {
                "allOf": [
                    {"properties": {"a": {"minimum": 3, "type": "integer"}}},
                    {"properties": {"a": {"maximum": 4}}, "required": ["a"]},
                ]
            },
            ['{"a": 3}', '{"a": 4}'],
            ['{"a": 5}', "{}"],
        ),
        ({"type": "string", "anyOf": [{"pattern": "^a"}, {"maxLength": 1}]}, ['"abc"', '"x"'], ['"xy"']),
        ({"$ref": "#/$defs/a~1b%20c", "$defs": {"a/b c": {"const": 1}}}, ["1"], ["2"]),
        ({"type": "boolean", "title": "t", "x-y": 1, "default": 3, "uniqueItems": False}, ["true", "false"], ["null"]),
    ],
)
def test_what_is_allowed(schema: Any, allowed: list[str], refused: list[str]) -> None:
    assert [text for text in allowed if not accepts(schema, text)] == []
    assert [text for text in refused if accepts(schema, text)] == []
    if "multipleOf" in (schema or {}) and schema["multipleOf"] > 1e300:
        return  # the validator divides doubles
    validator = make_validator(schema or {"type": "object"})
    assert [text for text in allowed if not validator.is_valid(json.loads(text))] == []


@pytest.mark.parametrize(
    ("schema", "depth"),
    [
        (None, 64),
        ({"type": "array", "items": {"$ref": "#"}}, 64),
        (
            {
                "$defs": {
                    "l": {"properties": {"n": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/l"}]}}, "required": ["n"]}
                },
                "$ref": "#/$defs/l",
            },
            64,
        ),
    ],
)
def test_nesting_ends(schema: Any, depth: int) -> None:
    """Whatever opens one more array or object as often as it can still comes to an end."""
    constraint = compile_schema(schema)()
    written = bytearray()
    for _ in range(10 * depth):
        token = next((each for each in (b'{"n": ', b'"n": ', b"[", b"{") if constraint.allows(each)), b"")
        if not token:
            break
        constraint.push(token)
        written += token
    assert written.count(b"[") + written.count(b"{") in (depth, depth - 1)
    written += constraint.closing()
    make_validator(schema or {}).validate(json.loads(written))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 60), st.lists(st.sampled_from(TOKENS), max_size=6))
def test_allowed_is_what_can_be_completed(seed: int, steps: int, tokens: list[bytes]) -> None:
    """At any place: what is allowed can be closed, a whole token is as its bytes, what is forced is alone."""
    schema = SchemaMaker(seed).make()
    pick = random.Random(seed)  # noqa: S311  (a test draws the same answers each time)
    constraint, written = compile_schema(schema)(), bytearray()
    for _ in range(steps):
        if constraint.finished:
            break
        byte = pick_byte(constraint, pick)
        constraint.push(byte)
        written += byte
    check_forced(compile_schema(schema)(), bytes(written))
    for token in tokens:
        allowed = constraint.allows(token)
        other = compile_schema(schema)()
        other.push(bytes(written))
        assert allowed == step_by_step(other, token)
        if allowed:
            ended = bytes(written) + token + other.closing()
            other.push(other.closing())
            assert other.complete
            assert not list(make_validator(schema).iter_errors(json.loads(ended)))


def step_by_step(constraint: Constraint, token: bytes) -> bool:
    for byte in token:
        if not constraint.allows(bytes([byte])):
            return False
        constraint.push(bytes([byte]))
    return True


def check_forced(constraint: Constraint, written: bytes) -> None:
    constraint.push(written)
    for byte in constraint.forced():
        assert not constraint.complete
        assert [each for each in range(256) if constraint.allows(bytes([each]))] == [byte]
        constraint.push(bytes([byte]))
    choices = [each for each in range(256) if constraint.allows(bytes([each]))]
    assert constraint.complete or len(choices) > 1


def test_a_constraint_is_of_one_answer() -> None:
    make_constraint = compile_schema(PERSON)
    first, second = make_constraint(), make_constraint()
    first.push(b'{"name": "A')
    assert second.forced() == b'{"name": "'
