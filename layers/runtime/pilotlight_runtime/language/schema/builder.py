"""A schema's document as shapes."""

from __future__ import annotations

from pilotlight_runtime.language.schema.arrays import ArrayShape
from pilotlight_runtime.language.schema.byte_states import ByteShape, literal_state
from pilotlight_runtime.language.schema.disjoint import are_disjoint
from pilotlight_runtime.language.schema.expansion import Expander, Parts, Schema, identify
from pilotlight_runtime.language.schema.formats import NUMBER_FORMATS
from pilotlight_runtime.language.schema.keywords import refuse
from pilotlight_runtime.language.schema.limits import MOST_SHAPES, MOST_TEXT
from pilotlight_runtime.language.schema.listed_values import allowed_values
from pilotlight_runtime.language.schema.machine import Shape
from pilotlight_runtime.language.schema.merging import Plain
from pilotlight_runtime.language.schema.number_bounds import UnsupportedNumber, bound_integers, bound_numbers
from pilotlight_runtime.language.schema.object_layout import Property
from pilotlight_runtime.language.schema.objects import ObjectShape
from pilotlight_runtime.language.schema.patterns import Patterns
from pilotlight_runtime.language.schema.string_bounds import bound_strings
from pilotlight_runtime.language.schema.unions import UnionShape
from pilotlight_runtime.language.schema.values import write_value

_LITERALS = {"boolean": [b"true", b"false"], "null": [b"null"]}


class Builder:
    """Makes the shapes of one document. Each group of schemas gets one shape, however often it is referred to.

    Args:
        root: The document.
        name: What it is called in messages.
    """

    def __init__(self, root: Schema, name: str) -> None:
        self._expander = Expander(root, name, are_disjoint)
        self._unions: dict[tuple[int, ...], UnionShape] = {}
        self._plain: dict[tuple[int, ...], list[Shape]] = {}
        self._waiting: list[tuple[UnionShape, Parts]] = []
        self._text = 0
        self._patterns = Patterns()
        self.shapes: list[Shape] = []

    def build(self) -> UnionShape:
        """Makes the shape of the document, and all that it is made of.

        Raises:
            InvalidRequest: Something in it is not supported.
        """
        shape = self._refer((self._expander.root,))
        while self._waiting:
            union, parts = self._waiting.pop()
            alternatives = self._expander.expand(parts)
            if not alternatives:
                union.why = "recurses for ever" if self._expander.recursed else "allows nothing"
            for alternative in alternatives:
                union.branches += self._build_plain(alternative, union)
        return shape

    def _refer(self, parts: Parts) -> UnionShape:
        """The shape of schemas that have to hold at once. What it is made of is made later."""
        key = identify(parts)
        if key not in self._unions:
            self._unions[key] = UnionShape(parts[0].place if parts else self._expander.root.place)
            self.shapes.append(self._unions[key])
            self._waiting.append((self._unions[key], parts))
            if len(self.shapes) > MOST_SHAPES:
                raise refuse(self._unions[key].place, f"the schema has more than {MOST_SHAPES} parts: make it smaller")
        return self._unions[key]

    def _build_plain(self, parts: Parts, union: UnionShape) -> list[Shape]:
        key = identify(parts)
        if key not in self._plain:
            plain = Plain(parts)
            try:
                shapes = self._build_types(plain) if plain.values is None else self._build_values(plain)
            except (UnsupportedNumber, ValueError) as error:
                raise refuse(plain.place, str(error)) from None
            self.shapes += shapes
            self._plain[key] = shapes
            if not shapes:
                union.why = "allows nothing: its types, values or bounds have nothing in common"
        return self._plain[key]

    def _build_values(self, plain: Plain) -> list[Shape]:
        texts = [write_value(value) for value in allowed_values(plain, self._patterns)]
        self._count(sum(map(len, texts)), plain)
        return [ByteShape(literal_state(texts))] if texts else []

    def _build_types(self, plain: Plain) -> list[Shape]:
        literals = [text for name in ("boolean", "null") if name in plain.types for text in _LITERALS[name]]
        shapes: list[Shape | None] = [ByteShape(literal_state(literals))] if literals else []
        if "string" in plain.types:
            shapes.append(bound_strings(plain, self._patterns))
        if "number" in plain.types:
            _check_number_formats(plain)
            shapes.append(bound_numbers(plain))
        if "integer" in plain.types:
            shapes.append(bound_integers(plain, _check_number_formats(plain)))
        if "array" in plain.types:
            shapes.append(self._build_array(plain))
        if "object" in plain.types:
            shapes.append(self._build_object(plain))
        return [shape for shape in shapes if shape is not None]

    def _build_array(self, plain: Plain) -> ArrayShape | None:
        least, most = plain.highest("minItems"), plain.lowest("maxItems")
        if most is not None and most < least:
            return None
        rest = None if plain.rest is None else self._refer(plain.rest)
        return ArrayShape(tuple(self._refer(each) for each in plain.prefix), rest, least, most)

    def _build_object(self, plain: Plain) -> ObjectShape:
        properties, required = [], set(plain.required)
        for name, parts in plain.properties.items():
            key = write_value(name)
            self._count(len(key), plain)
            properties.append(Property(key, self._refer(parts), name in required))
        return ObjectShape(tuple(properties), None if plain.extra is None else self._refer(plain.extra))

    def _count(self, size: int, plain: Plain) -> None:
        self._text += size
        if self._text > MOST_TEXT:
            raise refuse(plain.place, f"names and values have more than {MOST_TEXT} bytes: make them fewer")


def _check_number_formats(plain: Plain) -> list[tuple[int, int]]:
    """The bounds of the formats of a number."""
    bounds = []
    for name in plain.each("format"):
        if "string" not in plain.types and name not in NUMBER_FORMATS:
            raise ValueError(
                f"the format {name[:60]!r} is not supported for numbers; supported are {', '.join(NUMBER_FORMATS)}"
            )
        bound = NUMBER_FORMATS.get(name)
        if bound is not None:
            bounds.append(bound)
    return bounds
