"""JSON that a schema allows, as a constraint of an answer."""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.language.schema.builder import Builder
from pilotlight_runtime.language.schema.constraint import ShapeConstraint
from pilotlight_runtime.language.schema.expansion import Schema
from pilotlight_runtime.language.schema.faults import find_fault
from pilotlight_runtime.language.schema.limits import DEEPEST, DEEPEST_SCHEMA, LONGEST_SHORTEST
from pilotlight_runtime.language.schema.machine import Shape
from pilotlight_runtime.language.schema.measuring import measure_shapes
from pilotlight_runtime.language.types import Constraint
from pilotlight_runtime.light_typing import Any, Callable, Final

_ANY_OBJECT: Final = {"type": "object"}


def compile_schema(schema: dict[str, Any] | None, name: str = "the schema") -> Callable[[], Constraint]:
    """Prepares the constraint of answers that a JSON Schema allows.

    Objects have the schema's properties in its order, and no others unless `additionalProperties` says so or the schema
    names none. White space is that of Python's `json.dumps`: a blank behind each comma and colon.

    Args:
        schema: The schema; None for any JSON object.
        name: What the schema is called in messages, such as the field of the request in which it stands.

    Returns:
        Makes a constraint for one answer.

    Raises:
        InvalidRequest: A keyword is not supported, or the schema is not well-formed, recurses for ever, allows nothing,
            or is too large. The message says which and where.
    """
    shape = compile_shape(_ANY_OBJECT if schema is None else schema, name)
    return lambda: ShapeConstraint(shape)


def compile_shape(schema: Schema, name: str) -> Shape:
    """Makes the measured shape of a schema, of which others can be made. Arguments and errors as above."""
    _check_nesting(schema, name)
    builder = Builder(schema, name)
    shape = builder.build()
    measure_shapes(builder.shapes)
    fault = find_fault(shape)
    if fault:
        raise InvalidRequest(fault)
    if shape.depth > DEEPEST:
        raise InvalidRequest(f"{name}: each answer has more than {DEEPEST} arrays and objects inside one another")
    if shape.length > LONGEST_SHORTEST:
        what = f"the shortest answer has {shape.length} bytes; at most {LONGEST_SHORTEST} are allowed"
        raise InvalidRequest(f"{name}: {what}")
    return shape


def _check_nesting(schema: Schema, name: str) -> None:
    """Refuses a document that is so deep that what follows it down would need too much of Python's stack."""
    level: list[Any] = [schema]
    for _ in range(DEEPEST_SCHEMA):
        inside = [each.values() if isinstance(each, dict) else each for each in level]
        level = [value for values in inside if not isinstance(values, bool) for value in values]
        level = [value for value in level if isinstance(value, dict | list)]
        if not level:
            return
    raise InvalidRequest(
        f"{name}: has more than {DEEPEST_SCHEMA} objects and lists inside one another: make it flatter"
    )
