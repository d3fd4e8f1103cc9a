"""Digits divided by a power of ten, rounded to the nearest float64 as float() rounds them, many at once.

Fewer than 54 bits of digits are exact as float64, and so is the power, so one division is rounded correctly. More bits
are split into two float64, and the remainder of the division corrects the quotient: about 100 bits in all. The few
numbers so near to the middle of two float64 that these bits do not tell are left to float().

Source: Dekker, A floating-point technique for extending the available precision, 1971; for the exact case, Clinger, How
to read floating point numbers accurately, 1990.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

_EXACT: Final = np.uint64(2**53)
"""Smaller whole numbers are exact as float64."""
_POWERS: Final = 10.0 ** np.arange(23)
"""Exact as float64."""
_SPLIT: Final = 2.0**27 + 1
_DOUBT: Final = 2.0**-30
"""Of half the distance between two float64. The error of a corrected quotient is far smaller."""


def divide_digits(digits: Any, powers: Any) -> tuple[Any, Any]:
    """Returns digits / 10**powers as float64, and where they are surely rounded to the nearest.

    Args:
        digits: uint64 of shape (n,).
        powers: Whole numbers of shape (n,), at most 22.
    """
    divisors = _POWERS[powers]
    values, sure = digits / divisors, np.ones(len(digits), bool)
    long = np.flatnonzero(digits >= _EXACT)
    if len(long):
        values[long], sure[long] = _divide_long(digits[long], divisors[long])
    return values, sure


def _divide_long(digits: Any, divisors: Any) -> tuple[Any, Any]:
    high = digits.astype(np.float64)
    low = (digits - high.astype(np.uint64)).astype(np.int64).astype(np.float64)  # uint64 wraps, and int64 has the sign
    quotients = high / divisors
    product, error = _multiply(quotients, divisors)
    rest = (((high - product) - error) + low) / divisors
    values = quotients + rest
    left = rest - (values - quotients)
    half = np.spacing(values) / 2
    at_power = np.frexp(values)[0] == 0.5  # below it, float64 are half as far apart
    return values, (np.abs(np.abs(left) - half) > half * _DOUBT) & ~at_power


def _multiply(first: Any, second: Any) -> tuple[Any, Any]:
    """Return a product and what its rounding has left out."""
    product = first * second
    (high, low), (other_high, other_low) = _split(first), _split(second)
    return product, ((high * other_high - product) + high * other_low + low * other_high) + low * other_low


def _split(values: Any) -> tuple[Any, Any]:
    """Return the upper and the lower half of the bits."""
    scaled = values * _SPLIT
    high = scaled - (scaled - values)
    return high, values - high
