"""The strings that a schema allows."""

from __future__ import annotations

from functools import reduce

from pilotlight_runtime.language.schema.character_automaton import bound_length, intersect
from pilotlight_runtime.language.schema.formats import FORMATS, NUMBER_FORMATS
from pilotlight_runtime.language.schema.machine import Shape
from pilotlight_runtime.language.schema.merging import Plain
from pilotlight_runtime.language.schema.pattern_shape import PatternShape
from pilotlight_runtime.language.schema.patterns import Patterns
from pilotlight_runtime.language.schema.strings import StringShape


def bound_strings(plain: Plain, patterns: Patterns) -> Shape | None:
    """Makes the shape of the strings that a schema allows; None where there are none.

    Raises:
        ValueError: A pattern or a format is not supported.
    """
    least, most = plain.highest("minLength"), plain.lowest("maxLength")
    if most is not None and most < least:
        return None
    automata = [patterns.compile(pattern) for pattern in list_patterns(plain)]
    if not automata:
        return StringShape(least, most)
    if least or most is not None:
        automata.append(bound_length(least, most, patterns.budget))
    automaton = reduce(lambda one, other: intersect(one, other, patterns.budget), automata)
    return PatternShape(automaton) if any(automaton.ends) else None


def list_patterns(plain: Plain) -> list[str]:
    """The patterns that a string has to match: those of the schema, and those of its formats."""
    found = []
    for name in plain.each("format"):
        if name in FORMATS:
            found.append(FORMATS[name])
        elif name not in NUMBER_FORMATS or not plain.types & {"integer", "number"}:
            raise ValueError(f"the format {name[:60]!r} is not supported; supported are {', '.join(FORMATS)}")
    return [*plain.each("pattern"), *found]
