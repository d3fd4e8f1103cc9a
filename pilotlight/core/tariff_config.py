"""[units] and [price] of model.toml: what a request takes from a caller's plan, and what it costs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from pilotlight.core.toml_file import read_toml
from pilotlight.core.toml_table import TomlTable
from pilotlight_runtime.metering.tariff import COUNTED, DEFAULT_TARIFF, Tariff

MOST_WEIGHT: Final = 1_000_000
MOST_DOLLARS: Final = 1_000_000_000
"""The highest price of a million units: $1,000 for one."""


def read_tariff_config(document: TomlTable) -> Tariff | None:
    """Read [units] and [price] of a model.toml.

    Args:
        document: The whole file.

    Returns:
        The tariff; None where the file has neither table.

    Raises:
        ProjectError: A field is wrong. The message names it.
    """
    units, price = document.read_table("units"), document.read_table("price")
    if units is None and price is None:
        return None
    weights = DEFAULT_TARIFF.units if units is None else _read_weights(units)
    days = [] if price is None else sorted(price.list_keys())
    return Tariff(weights, {} if price is None else {day: _read_prices(price, day) for day in days})


def load_tariff(path: Path) -> Tariff | None:
    """Read the tariff of a model.toml alone, and none of its other fields.

    Args:
        path: The file, which need not exist.

    Raises:
        ProjectError: The file is not TOML, or a field of [units] or [price] is wrong.
    """
    return read_tariff_config(TomlTable(path, "", read_toml(path) or {}))


def _read_weights(table: TomlTable) -> dict[str, int]:
    table.check_keys(*COUNTED)
    weights = {unit: table.read_integer(unit, None, 1) for unit in COUNTED if table.has(unit)}
    for unit, weight in weights.items():
        if weight > MOST_WEIGHT:
            raise table.invalid(unit, f"a whole number from 1 to {MOST_WEIGHT:,}", weight)
    if not weights:
        raise table.invalid("requests", f"one or more of {', '.join(COUNTED)}", None)
    return weights


def _read_prices(table: TomlTable, day: str) -> dict[str, int]:
    rates = table.read_table(day)
    expected = "a table named by the first day of its prices, such as [price.2026-11-01]"
    if rates is None or not _is_day(day):
        raise table.invalid(day, expected, rates and day)
    rates.check_keys(*COUNTED)
    return {unit: _read_rate(rates, unit) for unit in COUNTED if rates.has(unit)}


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _read_rate(table: TomlTable, unit: str) -> int:
    """Return the micro-dollars of a million units: dollars with at most six digits behind the point."""
    value: Any = table.read_value(unit)
    expected = f"dollars for a million, from 0 to {MOST_DOLLARS:,} with at most six decimals"
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise table.invalid(unit, expected, value)
    try:
        # The shortest text of a float is what the person wrote: 0.15 and not 0.1499999999999999944.
        dollars = Decimal(str(value))
    except (InvalidOperation, ValueError):
        raise table.invalid(unit, expected, value) from None
    if not dollars.is_finite() or not 0 <= dollars <= MOST_DOLLARS or dollars != round(dollars, 6):
        raise table.invalid(unit, expected, value)
    return int(dollars * 1_000_000)
