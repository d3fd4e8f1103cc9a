"""Values that a schema lists: enum and const."""

from __future__ import annotations

from pilotlight_runtime.json_text import make_encoder
from pilotlight_runtime.light_typing import Any, Final

_write: Final = make_encoder(ensure_ascii=False, allow_nan=False)


def write_value(value: object) -> bytes:
    """The JSON of a value, with one blank behind each comma and colon.

    Raises:
        ValueError: It has a lone surrogate, or a number that JSON doesn't have.
    """
    try:
        return _write(value).encode()
    except UnicodeEncodeError:
        raise ValueError("has half of a surrogate pair, which is no character") from None


def type_of(value: object) -> str:
    """The name of a value's type; integer for each number without a fraction."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if value == value // 1 else "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def value_key(value: Any) -> object:
    """Something that is equal for equal values alone, as JSON Schema has it: 1 and 1.0 are, 1 and true aren't."""
    kind = type_of(value)
    if kind == "array":
        return kind, tuple(map(value_key, value))
    if kind == "object":
        return kind, frozenset((name, value_key(each)) for name, each in value.items())
    return kind, value


def same_types(types: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    """The types that are in both sets. An integer is a number."""
    both = types & others
    if ("number" in types and "integer" in others) or ("integer" in types and "number" in others):
        both |= {"integer"}
    return both - {"integer"} if "number" in both else both


def has_type(value: object, types: frozenset[str]) -> bool:
    """Whether a value is of one of the types."""
    kind = type_of(value)
    return kind in types or (kind == "integer" and "number" in types)
