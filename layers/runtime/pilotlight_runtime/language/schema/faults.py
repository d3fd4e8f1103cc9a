"""Why a schema allows no answer at all."""

from __future__ import annotations

from pilotlight_runtime.language.schema.limits import NEVER
from pilotlight_runtime.language.schema.machine import Shape
from pilotlight_runtime.language.schema.unions import UnionShape


def find_fault(root: UnionShape) -> str:
    """Says where and why a measured shape has no text; "" where it has one.

    It follows what has no text down to where the reason is: a schema that allows nothing, or one that needs itself.
    """
    if root.length < NEVER:
        return ""
    place, why = root.place, root.why
    shape: Shape | None = root
    passed: set[int] = set()
    while shape is not None:
        if isinstance(shape, UnionShape):
            place, why = shape.place, shape.why
        if id(shape) in passed:
            return f"{place}: recurses for ever: each value needs another one inside it. Make one of them optional."
        passed.add(id(shape))
        shape = next((part for part in shape.needed() if part.length >= NEVER), None)
    return f"{place}: {why or 'allows nothing: fewer items are possible than minItems asks for'}"
