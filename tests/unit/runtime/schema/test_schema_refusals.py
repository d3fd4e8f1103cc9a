"""Schemas that can't be held to are refused with the place and the reason."""

from time import process_time
from typing import Any

import pytest

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.language.json_constraint import compile_schema
from pilotlight_runtime.language.schema.limits import MOST_ALTERNATIVES, MOST_SHAPES

NOTHING = "allows nothing"
FOR_EVER = "recurses for ever"


def refusal(schema: Any) -> str:
    with pytest.raises(InvalidRequest) as refused:
        compile_schema(schema, "response_format.json_schema.schema")
    assert refused.value.status == 400
    return str(refused.value)


@pytest.mark.parametrize(
    "keyword",
    [
        "not",
        "if",
        "then",
        "else",
        "patternProperties",
        "propertyNames",
        "dependentRequired",
        "dependentSchemas",
        "contains",
        "minContains",
        "unevaluatedProperties",
        "unevaluatedItems",
        "$dynamicRef",
        "additionalItems",
        "requird",
        "nullable",
    ],
)
def test_keywords_that_are_not_supported(keyword: str) -> None:
    message = refusal({"type": "object", "properties": {"a": {"type": "object", keyword: {}}}})
    assert f"at #/properties/a: the keyword {keyword!r} is not supported" in message
    assert message.startswith("response_format.json_schema.schema, ")


@pytest.mark.parametrize(("keyword", "value"), [("uniqueItems", True), ("minProperties", 1), ("maxProperties", 3)])
def test_keywords_that_say_something(keyword: str, value: object) -> None:
    assert f"the keyword {keyword!r} is not supported" in refusal({keyword: value})


@pytest.mark.parametrize(
    ("schema", "place", "reason"),
    [
        ({"$ref": "#"}, "#", FOR_EVER),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}, "#", FOR_EVER),
        ({"allOf": [{"$ref": "#"}], "type": "object"}, "#", FOR_EVER),
        ({"anyOf": [{"$ref": "#"}, {"anyOf": [{"$ref": "#"}]}]}, "#", FOR_EVER),
        ({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}, "#/properties/a", FOR_EVER),
        (
            {
                "properties": {"x": {"$ref": "#/$defs/n"}},
                "required": ["x"],
                "$defs": {"n": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/n"}}},
            },
            "#/$defs/n/items",
            FOR_EVER,
        ),
        (False, "#", NOTHING),
        ({"properties": {"a": False}, "required": ["a"]}, "#/properties/a", NOTHING),
        ({"properties": {"a": {"minimum": 3, "maximum": 2}}, "required": ["a"]}, "#/properties/a", NOTHING),
        ({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 2}, "#", NOTHING),
        ({"type": "integer", "minimum": 1, "maximum": 6, "multipleOf": 7}, "#", NOTHING),
        ({"type": "number", "exclusiveMinimum": 1, "exclusiveMaximum": 1}, "#", NOTHING),
        ({"type": "string", "minLength": 3, "maxLength": 2}, "#", NOTHING),
        ({"type": "string", "pattern": "^(aa)*$", "minLength": 3, "maxLength": 3}, "#", NOTHING),
        ({"allOf": [{"pattern": "^a$"}, {"pattern": "^b$"}]}, "#", NOTHING),
        ({"type": "array", "minItems": 3, "maxItems": 2}, "#", NOTHING),
        ({"type": "array", "minItems": 1, "items": False}, "#/items", NOTHING),
        ({"prefixItems": [True], "minItems": 2}, "#", NOTHING),
        ({"enum": [1, 2], "type": "string"}, "#", NOTHING),
        ({"allOf": [{"const": 1}, {"const": 2}]}, "#", NOTHING),
        ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "#", NOTHING),
        ({"allOf": [{"additionalProperties": False}, {"required": ["a"]}]}, "#", NOTHING),
    ],
)
def test_schemas_without_an_answer(schema: Any, place: str, reason: str) -> None:
    message = refusal(schema)
    assert reason in message
    assert f"at {place}:" in message or f"at {place}/additionalProperties:" in message or "/allOf" in message


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "text"}, "type must be one or several of object, array"),
        ({"type": []}, "type must be"),
        ({"properties": []}, "properties must be an object of schemas"),
        ({"properties": {"a": 1}}, "properties must be an object of schemas"),
        ({"required": "a"}, "required must be names"),
        ({"enum": []}, "enum must be a list of at least one value"),
        ({"items": [{}]}, "a list of schemas is prefixItems"),
        ({"minLength": -1}, "minLength must be an integer from 0"),
        ({"minLength": True}, "minLength must be an integer from 0"),
        ({"minimum": "1"}, "minimum must be a number"),
        ({"maximum": float("nan")}, "maximum must be a number"),
        ({"exclusiveMinimum": True}, "exclusiveMinimum must be a number"),
        ({"multipleOf": 0}, "multipleOf must be a positive number"),
        ({"type": "number", "multipleOf": 0.01}, "multipleOf 0.01 is not supported"),
        ({"anyOf": []}, "anyOf must be a list of at least one schema"),
        ({"$ref": "#/$defs/a"}, "leads to nothing in the schema"),
        ({"$ref": "#/type", "type": "object"}, "leads to no schema"),
        ({"$ref": "https://example.com/schema"}, "only references that begin with #/"),
        ({"$ref": 5}, "$ref must be a string"),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, "the branches 0 and 1 may both hold: use anyOf"),
        ({"oneOf": [{"properties": {"k": {"const": 1}}}, {"properties": {"k": {"const": 2}}}]}, "may both hold"),
        ({"format": "iri"}, "the format 'iri' is not supported; supported are date"),
        ({"type": "integer", "format": "date"}, "the format 'date' is not supported for numbers"),
        ({"enum": [[1]], "minItems": 3}, "minItems beside enum or const is not supported"),
        ({"enum": ["\ud800"]}, "surrogate"),
        ({"properties": {"\udc00": {}}}, "surrogate"),
        ({"const": float("inf")}, "not JSON compliant"),
        ({"pattern": "(?=a)"}, "a group that begins with '(?'"),
        ({"pattern": "(?<!a)"}, "a group that begins with '(?'"),
        ({"pattern": r"(a)\1"}, r"has \1, which is not supported"),
        ({"pattern": r"\bword\b"}, r"has \b, which is not supported"),
        ({"pattern": r"\p{L}"}, r"has \p, which is not supported"),
        ({"pattern": "a**"}, "behind another repetition"),
        ({"pattern": "*a"}, "nothing to repeat"),
        ({"pattern": "(a"}, "a group that does not end"),
        ({"pattern": "a)"}, "unmatched ')'"),
        ({"pattern": "[a"}, "a class that does not end"),
        ({"pattern": "[]"}, "a class without characters"),
        ({"pattern": "[z-a]"}, "not well-formed"),
        ({"pattern": "a{2,1}"}, "not well-formed"),
        ({"pattern": "a{1001}"}, "without a number up to 1000"),
        ({"pattern": "(^a)"}, "'^' elsewhere than at the beginning"),
        ({"pattern": "a$b"}, "unmatched 'b'"),
        ({"pattern": "((a{50}){50}){8}"}, "needs an automaton of more than"),
        ({"pattern": "(.*a.*b){300}"}, "take too much work"),
        ({"properties": {str(n): {"pattern": f"^[a-z]{{1,500}}{n}$"} for n in range(500)}}, "take too much work"),
        ({"pattern": "(a|b)*a(a|b){14}"}, "needs an automaton of more than"),
        ({"pattern": "a" * 1001}, "more than 1000 characters"),
        ({"pattern": "(" * 31 + ")" * 31}, "groups more than 30 deep"),
        ({"pattern": "^a*$", "minLength": 5000}, "needs an automaton of more than"),
        ({"minLength": 10**9, "type": "string"}, "the shortest answer has 1000000002 bytes"),
        ({"type": "array", "minItems": 10**9}, "the shortest answer has"),
    ],
)
def test_schemas_that_are_not_well_formed_or_not_supported(schema: Any, reason: str) -> None:
    assert reason in refusal(schema)


def nest(levels: int, inside: Any) -> Any:
    for _ in range(levels):
        inside = {"type": "array", "minItems": 1, "items": inside}
    return inside


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (nest(65, {}), "more than 64 arrays and objects"),
        (
            {"$defs": {str(n): {"$ref": f"#/$defs/{n + 1}"} for n in range(100)} | {"100": {}}, "$ref": "#/$defs/0"},
            "64 deep",
        ),
        (
            {"properties": {str(n): {"title": "x", "type": "null"} for n in range(MOST_SHAPES + 1)}},
            f"more than {MOST_SHAPES}",
        ),
        ({"anyOf": [{"const": n} for n in range(MOST_ALTERNATIVES + 1)]}, ""),
        ({"allOf": [{"anyOf": [{"minLength": n + 2**m} for n in range(9)]} for m in range(9)]}, "alternatives"),
        (
            {
                "$defs": {str(n): {"anyOf": [{"$ref": f"#/$defs/{n + 1}"}] * 2} for n in range(25)} | {"25": {}},
                "$ref": "#/$defs/0",
            },
            "parts",
        ),
        ({"enum": ["x" * 1000 + str(n) for n in range(1000)]}, "more than 120000 bytes"),
    ],
)
def test_schemas_that_are_too_large(schema: Any, reason: str) -> None:
    assert reason in refusal(schema)


def test_many_names_are_refused_at_once() -> None:
    begin = process_time()
    assert "more than 120000 bytes" in refusal({"type": "object", "required": [f"name {n}" for n in range(20_000)]})
    assert process_time() - begin < 2


def deep(levels: int) -> Any:
    inside: Any = []
    for _ in range(levels):
        inside = [inside]
    return inside


@pytest.mark.parametrize("keyword", ["const", "default", "items"])
def test_documents_that_are_too_deep(keyword: str) -> None:
    assert "more than 200 objects and lists inside one another" in refusal({keyword: deep(900)})
    assert "more than 200 objects and lists inside one another" in refusal({"enum": [deep(10**5)]})
    compile_schema({"const": deep(190)})


def test_messages_are_short() -> None:
    assert len(refusal({"properties": {"x" * 10**6: {"y" * 10**6: 1}}})) < 1_100
    assert len(refusal({"$ref": "#/" + "x" * 10**6})) < 1_100


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": False}},
        {"properties": {"a": {"$ref": "#"}}},
        {"type": "array", "items": {"$ref": "#"}},
        {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
        nest(64, {"const": 1}),
        {"anyOf": [{"const": n} for n in range(MOST_ALTERNATIVES)]},
    ],
)
def test_schemas_that_have_an_answer(schema: Any) -> None:
    constraint = compile_schema(schema)()
    constraint.push(constraint.closing())
    assert constraint.complete
