"""A constraint that forgets a keyword is caught by the validator: the proof on random schemas can fail."""

import random
from typing import Any

import pytest
from support.random_answers import draw_answer, pick_byte, pick_longest, pick_token
from support.random_schemas import find_fault, make_validator

from pilotlight_runtime.language.json_constraint import compile_schema

ANSWERS = 60


def count_faults(constrained: Any, schema: Any) -> int:
    """How many answers of a constraint the validator of a schema refuses."""
    make_constraint = compile_schema({"type": "object", "properties": {"v": constrained}, "required": ["v"]})
    validator = make_validator({"type": "object", "properties": {"v": schema}, "required": ["v"]})
    pick = random.Random(7)  # noqa: S311  (a test draws the same answers each time)
    answers = [
        draw_answer(make_constraint(), choose, pick, 12)
        for choose in (pick_byte, pick_token, pick_longest)
        for _ in range(ANSWERS // 3)
    ]
    return sum(bool(find_fault(answer, validator)) for answer in answers)


@pytest.mark.parametrize(
    ("schema", "keyword"),
    [
        ({"type": "string", "minLength": 3}, "minLength"),
        ({"type": "string", "maxLength": 3}, "maxLength"),
        ({"type": "string", "pattern": "^a+$"}, "pattern"),
        ({"type": "string", "format": "date"}, "format"),
        ({"type": "string", "enum": ["a", "b"]}, "enum"),
        ({"type": "string", "const": "a"}, "const"),
        ({"type": "integer", "minimum": 100}, "minimum"),
        ({"type": "integer", "maximum": 5}, "maximum"),
        ({"type": "integer", "exclusiveMinimum": 100}, "exclusiveMinimum"),
        ({"type": "number", "exclusiveMaximum": 1}, "exclusiveMaximum"),
        ({"type": "integer", "multipleOf": 7}, "multipleOf"),
        ({"type": "number", "multipleOf": 0.5}, "multipleOf"),
        ({"type": "array", "items": {"type": "null"}, "minItems": 2}, "minItems"),
        ({"type": "array", "items": {"type": "null"}, "maxItems": 1}, "maxItems"),
        ({"type": "array", "items": {"type": "null"}}, "items"),
        ({"type": "array", "prefixItems": [{"type": "null"}], "items": True}, "prefixItems"),
        ({"type": "object", "properties": {"a": {"type": "null"}}, "required": ["a"]}, "required"),
        (
            {"type": "object", "properties": {"a": {"type": "null"}}, "additionalProperties": False},
            "additionalProperties",
        ),
        ({"type": "object", "additionalProperties": {"type": "null"}}, "additionalProperties"),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, "anyOf"),
        ({"allOf": [{"type": "null"}]}, "allOf"),
        ({"oneOf": [{"type": "null"}, {"type": "boolean"}]}, "oneOf"),
        ({"type": "null"}, "type"),
    ],
)
def test_a_forgotten_keyword_is_caught(schema: dict[str, Any], keyword: str) -> None:
    broken = {name: value for name, value in schema.items() if name != keyword}
    if keyword == "additionalProperties":
        broken[keyword] = True
    assert count_faults(schema, schema) == 0
    assert count_faults(broken, schema) > 0


def test_an_answer_that_is_no_json_is_caught() -> None:
    validator = make_validator({})
    assert [bool(find_fault(text, validator)) for text in (b"{", b'"\n"', b'"\xff"', b"01", b"NaN", b"1 ")] == [
        True
    ] * 5 + [False]
    assert find_fault(b'"\\ud83d"', validator)
