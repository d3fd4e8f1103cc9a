"""Amounts of US dollars, as ranges and as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

_SMALLEST: Final = 0.0001


class DollarRange(NamedTuple):
    """From the lowest to the highest amount, US dollars."""

    low: float
    high: float

    def times(self, factor: float) -> DollarRange:
        """Return the range with both ends multiplied by `factor`."""
        return DollarRange(self.low * factor, self.high * factor)

    def __str__(self) -> str:
        low, high = (format_dollars(amount) for amount in self)
        return low if low == high else f"{low} to {high}"


def span_amounts(amounts: Iterable[float]) -> DollarRange | None:
    """Return the range from the smallest to the largest amount; None where there is none."""
    found = list(amounts)
    return DollarRange(min(found), max(found)) if found else None


def add_ranges(ranges: Iterable[DollarRange]) -> DollarRange:
    """Return the sum of some ranges."""
    found = list(ranges)
    return DollarRange(sum(one.low for one in found), sum(one.high for one in found))


def format_dollars(amount: float) -> str:
    """Return an amount with at least two significant digits: $0.0042, $0.21, $12.60, less than $0.0001."""
    if 0 < amount < _SMALLEST:
        return f"less than ${_SMALLEST}"
    return f"${amount:.2f}" if amount >= 0.1 or amount == 0 else f"${amount:.2g}"
