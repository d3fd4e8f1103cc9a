"""Schemas that have to hold at once, as one: `allOf`, and what stands beside a reference or `anyOf`."""

from __future__ import annotations

from pilotlight_runtime.language.schema.expansion import Part, Parts
from pilotlight_runtime.language.schema.keywords import TYPES
from pilotlight_runtime.language.schema.values import same_types, value_key
from pilotlight_runtime.light_typing import Any, Final, Mapping

_KEYWORDS: Final[Mapping[str, str]] = {
    "properties": "object", "required": "object", "additionalProperties": "object", "items": "array",
    "prefixItems": "array", "minItems": "array", "maxItems": "array", "minLength": "string", "maxLength": "string",
    "pattern": "string", "format": "string", "minimum": "number", "maximum": "number", "exclusiveMinimum": "number",
    "exclusiveMaximum": "number", "multipleOf": "number",
}  # fmt: skip
"""Which type a keyword is about. A schema that doesn't say its type has those of its keywords."""


class Plain:
    """A schema without references and combinations.

    Attributes:
        parts: The schemas that it comes from.
        place: Where the first of them stands.
        types: The types that a value may have. Where number is one, integer isn't.
        values: The values that enum and const allow; None where they allow all.
        properties: The schemas that each named property has to fit, in order.
        required: The properties that an object has to have.
        extra: The schemas for other properties; None where there may be none.
        prefix: The schemas of the first items.
        rest: Those of the other items; None where there may be none.
    """

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.place = parts[0].place if parts else "#"
        self.types = _merge_types(parts)
        self.values = _merge_values(parts)
        self.required = list(dict.fromkeys(name for part in parts for name in _get(part, "required", ())))
        self.properties = _merge_properties(parts, self.required)
        self.extra = _find_extra(parts)
        self.prefix = _merge_prefix(parts)
        self.rest = _find_rest(parts)

    def each(self, keyword: str) -> list[Any]:
        """The values that a keyword has in the schemas."""
        return [_get(part, keyword) for part in self.parts if _has(part, keyword)]

    def lowest(self, keyword: str) -> int | None:
        """The lowest value of a keyword that says how much there may be; None where there is none."""
        return min(self.each(keyword), default=None)

    def highest(self, keyword: str) -> int:
        """The highest value of a keyword that says how much there must be; 0 where there is none."""
        return max(self.each(keyword), default=0)


def _has(part: Part, keyword: str) -> bool:
    return isinstance(part.schema, dict) and keyword in part.schema


def _get(part: Part, keyword: str, default: Any = None) -> Any:
    return part.schema.get(keyword, default) if isinstance(part.schema, dict) else default


def _merge_types(parts: Parts) -> frozenset[str]:
    named = [_get(part, "type") for part in parts if _has(part, "type")]
    if not named:
        about = {
            _KEYWORDS[name]
            for part in parts
            if isinstance(part.schema, dict)
            for name in part.schema.keys() & _KEYWORDS
        }
        listed = any(_has(part, "enum") or _has(part, "const") for part in parts)
        return frozenset(about if about and not listed else TYPES) - {"integer"}
    types = frozenset(TYPES)
    for each in named:
        types = same_types(types, frozenset([each] if isinstance(each, str) else each))
    return types


def _merge_values(parts: Parts) -> list[Any] | None:
    lists = [_get(part, "enum") for part in parts if _has(part, "enum")]
    lists += [[_get(part, "const")] for part in parts if _has(part, "const")]
    if not lists:
        return None
    kept = {value_key(value): value for value in lists[0]}
    for values in lists[1:]:
        keys = {value_key(value) for value in values}
        kept = {key: value for key, value in kept.items() if key in keys}
    return list(kept.values())


def _merge_properties(parts: Parts, required: list[str]) -> dict[str, Parts]:
    names = dict.fromkeys(name for part in parts for name in _get(part, "properties", {}))
    names.update(dict.fromkeys(required))
    return {name: tuple(each for part in parts for each in _find_property(part, name)) for name in names}


def _find_property(part: Part, name: str) -> Parts:
    """The schema of a property: its own, or else that of the properties without one."""
    properties = _get(part, "properties", {})
    if name in properties:
        return (Part(properties[name], part.inside("properties", name)),)
    if _has(part, "additionalProperties"):
        return (Part(_get(part, "additionalProperties"), part.inside("additionalProperties")),)
    return ()


def _find_extra(parts: Parts) -> Parts | None:
    """An object whose schema names properties, and doesn't say that there may be others, has no others."""
    if any(_has(part, "additionalProperties") for part in parts):
        return _schemas(parts, "additionalProperties")
    return None if any(_has(part, "properties") for part in parts) else ()


def _merge_prefix(parts: Parts) -> list[Parts]:
    most = max((len(_get(part, "prefixItems", ())) for part in parts), default=0)
    return [tuple(each for part in parts for each in _find_item(part, index)) for index in range(most)]


def _find_item(part: Part, index: int) -> Parts:
    prefix = _get(part, "prefixItems", ())
    if index < len(prefix):
        return (Part(prefix[index], part.inside("prefixItems", index)),)
    return _schemas((part,), "items")


def _find_rest(parts: Parts) -> Parts | None:
    """An array whose schema names its first items, and doesn't say that there may be others, has no others."""
    if any(_has(part, "items") for part in parts):
        return _schemas(parts, "items")
    return None if any(_has(part, "prefixItems") for part in parts) else ()


def _schemas(parts: Parts, keyword: str) -> Parts:
    return tuple(Part(_get(part, keyword), part.inside(keyword)) for part in parts if _has(part, keyword))
