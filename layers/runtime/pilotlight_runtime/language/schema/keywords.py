"""The keywords of JSON Schema that are understood, and what their values must be."""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.light_typing import Any, Callable, Final, Mapping

TYPES: Final = ("object", "array", "string", "integer", "number", "boolean", "null")

ANNOTATIONS: Final = frozenset(
    {
        "$anchor", "$comment", "$id", "$schema", "contentEncoding", "contentMediaType", "default", "deprecated",
        "description", "discriminator", "example", "examples", "externalDocs", "id", "readOnly", "title", "writeOnly",
    }
)  # fmt: skip
"""Keywords that say nothing about which values are allowed. Those that begin with "x-" don't either."""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value - value == 0


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and _is_number(value) and value > 0


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_schema(value: object) -> bool:
    return isinstance(value, dict | bool)


def _is_schema_map(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_schema, value.values()))


def _is_schema_list(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_schema, value))


def _is_type(value: object) -> bool:
    names = value if isinstance(value, list) else [value]
    return bool(names) and all(isinstance(name, str) and name in TYPES for name in names)


KEYWORDS: Final[Mapping[str, tuple[Callable[[object], bool], str]]] = {
    "$ref": (lambda value: isinstance(value, str), "a string"),
    "$defs": (_is_schema_map, "an object of schemas"),
    "definitions": (_is_schema_map, "an object of schemas"),
    "type": (_is_type, f"one or several of {', '.join(TYPES)}"),
    "enum": (lambda value: isinstance(value, list) and bool(value), "a list of at least one value"),
    "const": (lambda _value: True, "any value"),
    "properties": (_is_schema_map, "an object of schemas"),
    "required": (lambda value: isinstance(value, list) and all(isinstance(name, str) for name in value), "names"),
    "additionalProperties": (_is_schema, "a schema, true or false"),
    "items": (_is_schema, "one schema (a list of schemas is prefixItems)"),
    "prefixItems": (_is_schema_list, "a list of schemas"),
    "minItems": (_is_count, "an integer from 0"),
    "maxItems": (_is_count, "an integer from 0"),
    "minLength": (_is_count, "an integer from 0"),
    "maxLength": (_is_count, "an integer from 0"),
    "pattern": (lambda value: isinstance(value, str), "a regular expression"),
    "format": (lambda value: isinstance(value, str), "a string"),
    "minimum": (_is_number, "a number"),
    "maximum": (_is_number, "a number"),
    "exclusiveMinimum": (_is_number, "a number"),
    "exclusiveMaximum": (_is_number, "a number"),
    "multipleOf": (_is_positive, "a positive number"),
    "anyOf": (_is_schema_list, "a list of at least one schema"),
    "oneOf": (_is_schema_list, "a list of at least one schema"),
    "allOf": (_is_schema_list, "a list of at least one schema"),
}
"""The keywords, each with a check of its value and what it must be. docs/structured-answers.md lists them."""

_WITHOUT_EFFECT: Final[Mapping[str, object]] = {"uniqueItems": False, "minProperties": 0, "nullable": False}
"""Keywords that are not supported, with the value with which they allow everything."""


def refuse(place: str, what: str) -> InvalidRequest:
    """Makes the error for a schema that can't be held to.

    Args:
        place: Where the fault is.
        what: What is wrong there, and what to do.
    """
    return InvalidRequest(f"{place}: {what}"[:1_000])


def check_keywords(schema: Mapping[str, Any], place: str) -> None:
    """Checks that each keyword of a schema is understood and has a value that it may have.

    Args:
        schema: The schema; those inside it are not looked at.
        place: Where it stands.

    Raises:
        InvalidRequest: One isn't. The message names it.
    """
    for name, value in schema.items():
        check = KEYWORDS.get(name)
        if check is not None:
            if not check[0](value):
                raise refuse(place, f"{name} must be {check[1]}")
        elif name in _WITHOUT_EFFECT and value == _WITHOUT_EFFECT[name]:
            continue
        elif name not in ANNOTATIONS and not name.startswith("x-"):
            supported = ", ".join(KEYWORDS)
            raise refuse(place, f"the keyword {name[:60]!r} is not supported; supported are {supported}")
