"""References and combinations multiplied out: which schemas have to hold at once, one list for each alternative."""

from __future__ import annotations

from pilotlight_runtime.language.schema.keywords import ANNOTATIONS, check_keywords, refuse
from pilotlight_runtime.language.schema.limits import DEEPEST, MOST_ALTERNATIVES, MOST_SHAPES
from pilotlight_runtime.light_typing import Any, Callable, Final, NamedTuple

Schema = dict[str, Any] | bool

_COMBINING: Final = frozenset({"$ref", "allOf", "anyOf", "oneOf", "$defs", "definitions"})
_MOST_STEPS: Final = 8 * MOST_SHAPES


class Part(NamedTuple):
    """A schema inside the document.

    Attributes:
        schema: The schema.
        place: Where it stands, as a JSON pointer behind the name of the document.
    """

    schema: Schema
    place: str

    def inside(self, *names: str | int) -> str:
        """The place of something inside it."""
        return self.place + "".join(f"/{str(name)[:60]}" for name in names)


Parts = tuple[Part, ...]
"""Schemas that have to hold at once. Their own references and combinations are multiplied out already."""

AreDisjoint = Callable[[Parts, Parts], bool]


class Expander:
    """Multiplies out the schemas of one document.

    Args:
        root: The document.
        name: What it is called in messages.
        are_disjoint: Whether it can be seen that no value fits both of two alternatives.
    """

    def __init__(self, root: Schema, name: str, are_disjoint: AreDisjoint) -> None:
        self.root = Part(root, f"{name}, at #")
        self._are_disjoint = are_disjoint
        self._steps = 0
        self.recursed = False

    def expand(self, parts: Parts) -> list[Parts]:
        """The alternatives of schemas that have to hold at once.

        Raises:
            InvalidRequest: A keyword or a reference is not supported, or there are too many alternatives.
        """
        self.recursed = False
        return self._all(parts, ())

    def _all(self, parts: Parts, inside: tuple[int, ...]) -> list[Parts]:
        found: list[Parts] = [()]
        for part in parts:
            found = _multiply(found, self._one(part, inside), part.place)
        return found

    def _one(self, part: Part, inside: tuple[int, ...]) -> list[Parts]:
        """The alternatives of one schema; none where it leads back to itself before any value begins."""
        schema = part.schema
        if isinstance(schema, bool):
            return [()] if schema else []
        if id(schema) in inside:
            self.recursed = True
            return []
        self._count(part, inside)
        check_keywords(schema, part.place)
        inside = (*inside, id(schema))
        found: list[Parts] = [()] if schema.keys() <= _COMBINING | ANNOTATIONS else [(part,)]
        if "$ref" in schema:
            found = _multiply(found, self._one(self._resolve(schema["$ref"], part), inside), part.place)
        everything = tuple(
            Part(each, part.inside("allOf", index)) for index, each in enumerate(schema.get("allOf", ()))
        )
        found = _multiply(found, self._all(everything, inside), part.place)
        for name in ("anyOf", "oneOf"):
            if name in schema:
                found = _multiply(found, self._any(part, name, inside), part.place)
        return found

    def _any(self, part: Part, name: str, inside: tuple[int, ...]) -> list[Parts]:
        schema = part.schema
        branches = schema[name] if isinstance(schema, dict) else []
        alternatives = [self._one(Part(each, part.inside(name, index)), inside) for index, each in enumerate(branches)]
        if name == "oneOf":
            self._check_disjoint(alternatives, part)
        return _unique([each for branch in alternatives for each in branch])

    def _check_disjoint(self, alternatives: list[list[Parts]], part: Part) -> None:
        for index, branch in enumerate(alternatives):
            for number, other in enumerate(alternatives[:index]):
                self._spend(len(branch) * len(other), part)
                if not all(self._are_disjoint(one, another) for one in branch for another in other):
                    raise refuse(
                        part.inside("oneOf"),
                        f"the branches {number} and {index} may both hold: use anyOf, or give them different types or "
                        "a required property with different constants",
                    )

    def _count(self, part: Part, inside: tuple[int, ...]) -> None:
        self._spend(1, part)
        if len(inside) > DEEPEST:
            raise refuse(part.place, f"references and combinations are more than {DEEPEST} deep: make them flatter")

    def _spend(self, steps: int, part: Part) -> None:
        self._steps += steps
        if self._steps > _MOST_STEPS:
            raise refuse(part.place, f"the schema comes to more than {_MOST_STEPS} parts: make it smaller")

    def _resolve(self, reference: str, part: Part) -> Part:
        """The schema that a reference leads to (RFC 6901)."""
        if reference != "#" and not reference.startswith("#/"):
            raise refuse(
                part.inside("$ref"), f"{reference[:80]!r} is not supported: only references that begin with #/"
            )
        found: Any = self.root.schema
        for name in reference.split("/")[1:]:
            key = _unquote(name).replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict) and key in found:
                found = found[key]
            elif isinstance(found, list) and key.isdecimal() and len(key) < 6 and int(key) < len(found):
                found = found[int(key)]
            else:
                raise refuse(part.inside("$ref"), f"{reference[:80]!r} leads to nothing in the schema")
        if not isinstance(found, dict | bool):
            raise refuse(part.inside("$ref"), f"{reference[:80]!r} leads to no schema")
        return Part(found, self.root.place + reference[1:])


def _unquote(name: str) -> str:
    """A part of a reference, which is a URI: other characters than ASCII may stand as % and two digits."""
    if "%" not in name:
        return name
    from urllib.parse import unquote

    return unquote(name)


def _multiply(ones: list[Parts], others: list[Parts], place: str) -> list[Parts]:
    if len(ones) * len(others) > MOST_ALTERNATIVES:
        raise refuse(place, f"more than {MOST_ALTERNATIVES} alternatives: make the anyOf smaller")
    return _unique([_join(one, other) for one in ones for other in others])


def _join(one: Parts, other: Parts) -> Parts:
    known = {id(part.schema) for part in one}
    return one + tuple(part for part in other if id(part.schema) not in known)


def _unique(alternatives: list[Parts]) -> list[Parts]:
    return list({identify(parts): parts for parts in reversed(alternatives)}.values())[::-1]


def identify(parts: Parts) -> tuple[int, ...]:
    """What tells schemas that have to hold at once from others of the document."""
    return tuple(sorted({id(part.schema) for part in parts}))
