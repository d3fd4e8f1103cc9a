"""Whether it can be seen that no value fits both of two schemas: where `oneOf` is the same as `anyOf`."""

from __future__ import annotations

from pilotlight_runtime.language.schema.expansion import Parts
from pilotlight_runtime.language.schema.merging import Plain
from pilotlight_runtime.language.schema.values import has_type, same_types, value_key
from pilotlight_runtime.light_typing import Any


def are_disjoint(one: Parts, other: Parts) -> bool:
    """Whether no value fits both, as far as can be seen from types, constants and closed objects."""
    first, second = Plain(one), Plain(other)
    values, others = _values(first), _values(second)
    if values is not None and others is not None:
        return not {value_key(value) for value in values} & {value_key(value) for value in others}
    if values is not None:
        return not any(has_type(value, second.types) for value in values)
    if others is not None:
        return not any(has_type(value, first.types) for value in others)
    both = same_types(first.types, second.types)
    if not both:
        return True
    return both == {"object"} and _are_disjoint_objects(first, second)


def _are_disjoint_objects(one: Plain, other: Plain) -> bool:
    for name in {*one.required, *other.required}:
        if name in one.properties and name in other.properties:
            values, others = _constants(one.properties[name]), _constants(other.properties[name])
            if values is not None and others is not None and not values & others:
                return True
    return _lacks(one, other) or _lacks(other, one)


def _lacks(one: Plain, other: Plain) -> bool:
    """Whether one schema forbids a property that the other one requires."""
    closed = [
        part for part in one.parts if isinstance(part.schema, dict) and part.schema.get("additionalProperties") is False
    ]
    names = [part.schema.get("properties", {}) for part in closed if isinstance(part.schema, dict)]
    return any(name not in known for known in names for name in other.required)


def _constants(parts: Parts) -> set[object] | None:
    """The keys of the values that a property may have, where its schema lists them itself."""
    lists = [
        {value_key(value) for value in listed}
        for part in parts
        if isinstance(part.schema, dict)
        for listed in _listed(part.schema)
    ]
    return set.intersection(*lists) if lists else None


def _listed(schema: dict[str, Any]) -> list[list[Any]]:
    lists: list[list[Any]] = [schema["enum"]] if isinstance(schema.get("enum"), list) else []
    return [*lists, [schema["const"]]] if "const" in schema else lists


def _values(plain: Plain) -> list[Any] | None:
    """The values that enum and const allow; None where they allow all."""
    if plain.values is None:
        return None
    return [value for value in plain.values if has_type(value, plain.types)]
