"""Questions, and the schemas of their answers."""

from __future__ import annotations

from typing import Any, Final

Json = dict[str, Any]

_TEXT: Final[Json] = {"type": "string", "maxLength": 60}


def _object(**properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


TASKS: Final[tuple[tuple[str, Json], ...]] = (
    ("Describe a person.", _object(name=_TEXT, age={"type": "integer", "minimum": 0, "maximum": 130})),
    ("Name three colors.", {"type": "array", "items": _TEXT, "minItems": 3, "maxItems": 3}),
    ("Is the sky blue?", _object(answer={"type": "boolean"}, reason=_TEXT)),
    ("Classify: I love this film!", _object(sentiment={"enum": ["positive", "negative", "neutral"]})),
    ("Which day is Christmas of 2024?", _object(date={"type": "string", "format": "date"})),
    ("Write a letter head.", _object(to=_TEXT, email={"type": "string", "format": "email"})),
    ("What is 17 times 3?", _object(result={"type": "integer"})),
    ("Give a probability of rain.", _object(rain={"type": "number", "minimum": 0, "maximum": 1})),
    ("Invent a product code.", _object(code={"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"})),
    (
        "List two cities with their countries.",
        {"type": "array", "items": _object(city=_TEXT, country=_TEXT), "maxItems": 2},
    ),
    ("A point on a map.", {"type": "array", "prefixItems": [{"type": "number"}, {"type": "number"}], "minItems": 2}),
    ("Book a table.", _object(guests={"type": "integer", "minimum": 1, "maximum": 12}, time={"format": "time"})),
    ("Who wrote Hamlet?", _object(author={"anyOf": [_TEXT, {"type": "null"}]}, year={"type": ["integer", "null"]})),
    (
        "Settings for a lamp.",
        _object(power={"const": "on"}, level={"type": "integer", "multipleOf": 10, "maximum": 100, "minimum": 0}),
    ),
    (
        "A family tree.",
        {
            "$defs": {
                "person": _object(
                    name=_TEXT, children={"type": "array", "items": {"$ref": "#/$defs/person"}, "maxItems": 2}
                )
            },
            "$ref": "#/$defs/person",
        },
    ),
    (
        "A shape to draw.",
        {
            "oneOf": [
                _object(kind={"const": "circle"}, radius={"type": "number", "exclusiveMinimum": 0, "maximum": 10}),
                _object(kind={"const": "square"}, side={"type": "number", "exclusiveMinimum": 0, "maximum": 10}),
            ]
        },
    ),
    (
        "Prices of fruit in cents.",
        {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1, "maximum": 999}},
    ),
    (
        "An address of a server.",
        _object(ip={"type": "string", "format": "ipv4"}, port={"type": "integer", "minimum": 1, "maximum": 65535}),
    ),
    (
        "Tags for a photo of a dog.",
        {"type": "array", "items": {"enum": ["dog", "animal", "car", "tree"]}, "minItems": 1, "maxItems": 3},
    ),
    ("Any facts about Mars, as JSON.", {"type": "object"}),
)
