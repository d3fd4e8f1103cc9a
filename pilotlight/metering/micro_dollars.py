"""Whole micro-dollars and cents as text, without a float in between."""

from __future__ import annotations


def format_micro_dollars(amount: int) -> str:
    """Return micro-dollars as dollars with six decimals: 1234567 is 1.234567.

    Args:
        amount: Micro-dollars.
    """
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    return f"{sign}{amount // 1_000_000:,}.{amount % 1_000_000:06}"


def format_cents(amount: int) -> str:
    """Return cents as dollars with two decimals: 1235 is 12.35.

    Args:
        amount: Cents.
    """
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    return f"{sign}{amount // 100:,}.{amount % 100:02}"
