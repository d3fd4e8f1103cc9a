"""The bounds of numbers as a schema states them, in units of the last place that is written."""

from __future__ import annotations

from math import gcd, inf, lcm, nextafter

from pilotlight_runtime.language.schema.limits import MOST_DIGITS
from pilotlight_runtime.language.schema.merging import Plain
from pilotlight_runtime.language.schema.numbers import NumberShape
from pilotlight_runtime.light_typing import Final

_PLACES: Final = 6
"""Digits behind the point where there are bounds, unless these have more."""
_MOST_PLACES: Final = 400
"""A double has no more places than this, written without an exponent."""

_FARTHEST: Final[int] = 10 ** (2 * _MOST_PLACES)
"""More units than any double has."""


class UnsupportedNumber(ValueError):
    """The bounds can't be held to."""


def bound_integers(plain: Plain, formats: list[tuple[int, int]]) -> NumberShape | None:
    """Makes the shape of the integers that a schema allows; None where there are none.

    Args:
        plain: The schema.
        formats: The bounds of its formats.

    Raises:
        UnsupportedNumber: multipleOf can't be held to.
    """
    lows = [_ceil(value) for value in plain.each("minimum")] + [low for low, _ in formats]
    highs = [_floor(value) for value in plain.each("maximum")] + [high for _, high in formats]
    lows += [_floor(value) + 1 for value in plain.each("exclusiveMinimum")]
    highs += [_ceil(value) - 1 for value in plain.each("exclusiveMaximum")]
    low, high = _fill(max(lows, default=None), min(highs, default=None), 10**18 - 1)
    numerator, places = _step(plain)
    # A multiple of 0.5 that is an integer is a multiple of 1.
    step = numerator // gcd(numerator, 10**places)
    return NumberShape(low, high, step, 0) if _has_multiple(low, high, step) else None


def bound_numbers(plain: Plain) -> NumberShape | None:
    """Makes the shape of the numbers that a schema allows; None where there are none.

    A number that is written has at least the distance to an exclusive bound that two doubles have. So it isn't read as
    that bound.

    Raises:
        UnsupportedNumber: multipleOf can't be held to.
    """
    lows = [_at_least(value) for value in plain.each("minimum")]
    lows += [nextafter(_at_most(value), inf) for value in plain.each("exclusiveMinimum")]
    highs = [_at_most(value) for value in plain.each("maximum")]
    highs += [nextafter(_at_least(value), -inf) for value in plain.each("exclusiveMaximum")]
    given = [
        value for name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum") for value in plain.each(name)
    ]
    step, places = _step(plain)
    if not plain.each("multipleOf"):
        places = MOST_DIGITS if not given else min(max([_PLACES, *map(_places, given)]), _MOST_PLACES)
        step = 1
    unit = 10**places
    lowest = max((_units(value, places, up=True) for value in lows), default=None)
    highest = min((_units(value, places, up=False) for value in highs), default=None)
    low, high = _fill(lowest, highest, 10**MOST_DIGITS * unit - 1)
    return NumberShape(low, high, step, places) if _has_multiple(low, high, step) else None


def _fill(low: int | None, high: int | None, far: int) -> tuple[int, int]:
    """Bounds where there are none, so that no number goes on for ever."""
    lowest = min(-far, 10 * (high or 0)) if low is None else low
    return lowest, max(far, 10 * (low or 0)) if high is None else high


def _has_multiple(low: int, high: int, step: int) -> bool:
    return -(-low // step) * step <= high


def _step(plain: Plain) -> tuple[int, int]:
    """The step that all multipleOf have, as a number of units and the places of a unit."""
    parts = [_decimal(value) for value in plain.each("multipleOf")]
    for value in plain.each("multipleOf"):
        if isinstance(value, float) and value * 2**20 % 1:
            raise UnsupportedNumber(
                f"multipleOf {value!r} is not supported, since doubles have no such multiples: use an integer, a "
                "fraction such as 0.5 or 0.25, or integers of a smaller unit"
            )
    places = max((max(0, -exponent) for _, exponent in parts), default=0)
    return lcm(*(mantissa * 10 ** (exponent + places) for mantissa, exponent in parts)) if parts else 1, places


def _ceil(value: float) -> int:
    return -_floor(-value)


def _floor(value: float) -> int:
    return int(value // 1)


def _at_least(value: float) -> float:
    """The lowest double that isn't below a value."""
    try:
        found = float(value)
    except OverflowError:
        return inf if value > 0 else -1.7976931348623157e308
    return found if found >= value else nextafter(found, inf)


def _at_most(value: float) -> float:
    return -_at_least(-value)


def _units(value: float, places: int, *, up: bool) -> int:
    """A double in units, rounded up or down."""
    if value in (inf, -inf):
        return _FARTHEST if value > 0 else -_FARTHEST
    mantissa, exponent = _decimal(value)
    ten: int = 10 ** abs(exponent + places)
    if exponent + places >= 0:
        return mantissa * ten
    return -(-mantissa // ten) if up else mantissa // ten


def _places(value: float) -> int:
    """How many digits behind the point a number has, written without an exponent."""
    return max(0, -_decimal(value)[1])


def _decimal(value: float) -> tuple[int, int]:
    """A number as an integer times a power of ten, as Python writes it.

    A double without a fraction is exact: an integer in an answer is compared with it as such, not as a double.
    """
    if abs(value) >= 2**53:
        return int(value), 0
    digits, _, exponent = repr(value).partition("e")
    whole, _, fraction = digits.partition(".")
    fraction = fraction.rstrip("0")
    return int(whole + fraction), int(exponent or 0) - len(fraction)
