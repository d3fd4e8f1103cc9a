"""The values of enum and const that the other keywords of a schema leave."""

from __future__ import annotations

from pilotlight_runtime.language.schema.character_automaton import CharacterAutomaton
from pilotlight_runtime.language.schema.merging import Plain
from pilotlight_runtime.language.schema.patterns import Patterns
from pilotlight_runtime.language.schema.string_bounds import list_patterns
from pilotlight_runtime.language.schema.values import has_type
from pilotlight_runtime.light_typing import Any, Final

_CONTAINER_KEYWORDS: Final = (
    "properties", "required", "additionalProperties", "items", "prefixItems", "minItems", "maxItems",
)  # fmt: skip


def allowed_values(plain: Plain, patterns: Patterns) -> list[Any]:
    """The listed values that are allowed.

    Raises:
        ValueError: Arrays or objects are listed beside keywords about them, which isn't supported.
    """
    values = [value for value in plain.values or [] if has_type(value, plain.types)]
    if any(isinstance(value, list | dict) for value in values):
        beside = next((name for name in _CONTAINER_KEYWORDS if plain.each(name)), None)
        if beside is not None:
            raise ValueError(f"{beside} beside enum or const is not supported where these list arrays or objects")
    automata = [patterns.compile(pattern) for pattern in list_patterns(plain)]
    return [value for value in values if _fits_string(value, plain, automata) and _fits_number(value, plain)]


def _fits_string(value: Any, plain: Plain, automata: list[CharacterAutomaton]) -> bool:
    if not isinstance(value, str):
        return True
    most = plain.lowest("maxLength")
    if len(value) < plain.highest("minLength") or (most is not None and len(value) > most):
        return False
    return all(automaton.accepts(value) for automaton in automata)


def _fits_number(value: Any, plain: Plain) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    return (
        all(value >= bound for bound in plain.each("minimum"))
        and all(value <= bound for bound in plain.each("maximum"))
        and all(value > bound for bound in plain.each("exclusiveMinimum"))
        and all(value < bound for bound in plain.each("exclusiveMaximum"))
        and all(_is_multiple(value, step) for step in plain.each("multipleOf"))
    )


def _is_multiple(value: float, step: float) -> bool:
    """Whether a number is a multiple of another one, exactly."""
    if value - value != 0:  # infinite, or no number
        return False
    above, below = value.as_integer_ratio()
    step_above, step_below = step.as_integer_ratio()
    return above * step_below % (below * step_above) == 0
