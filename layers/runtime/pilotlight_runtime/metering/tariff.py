"""The tariff of a model: what a request takes from a caller's plan, and what it costs.

`pilotlight package` writes it from [units] and [price] of model.toml into metering.json, beside manifest.json.
"""

from __future__ import annotations

from pilotlight_runtime.json_text import loads
from pilotlight_runtime.light_typing import Any, Final, Mapping, NamedTuple

TARIFF_NAME: Final = "metering.json"
TARIFF_SCHEMA: Final = 1
UNITS: Final = ("requests", "rows", "images", "characters", "tokens_in", "tokens_out")
"""What a model may count. A request without images counts no images, and so on."""

_MILLION: Final = 1_000_000


class Price(NamedTuple):
    """Prices from one day on.

    first_day: YYYY-MM-DD, from 00:00 UTC on. rates: by unit, whole micro-dollars for a million of it.
    """

    first_day: str
    rates: Mapping[str, int]


class Tariff(NamedTuple):
    """The tariff of a model.

    weights: by unit, how many units of a plan one of it takes. prices: by day, the earliest first; empty where answers
    are free.
    """

    weights: Mapping[str, int]
    prices: tuple[Price, ...]


PLAIN: Final = Tariff({"requests": 1}, ())
"""The tariff of a model whose model.toml says nothing: a request takes one unit and is free."""


def count_units(tariff: Tariff, counts: Mapping[str, int]) -> int:
    """How many units of a plan a request takes whose rows, tokens and so on are `counts`."""
    return sum(tariff.weights.get(unit, 0) * count for unit, count in counts.items())


def compute_amount(tariff: Tariff, counts: Mapping[str, int], day: str) -> int:
    """What a request costs on a day, in whole micro-dollars: one sum, rounded once, half a micro-dollar up.

    Args:
        tariff: The model's tariff.
        counts: What the request counts, by unit.
        day: YYYY-MM-DD in UTC.
    """
    rates: Mapping[str, int] = {}
    for price in tariff.prices:
        if price.first_day <= day:
            rates = price.rates
    total = sum(rates.get(unit, 0) * count for unit, count in counts.items())
    return (2 * total + _MILLION) // (2 * _MILLION)


def read_tariff(text: str) -> Tariff:
    """Reads metering.json; ValueError where it is damaged or of another schema."""
    document = loads(text)
    found = document.get("schema") if isinstance(document, dict) else type(document).__name__
    if found != TARIFF_SCHEMA:
        raise ValueError(f"{TARIFF_NAME} has schema {found!r}; this runtime reads schema {TARIFF_SCHEMA}")
    try:
        prices = tuple(Price(str(each["from"]), _read_numbers(each["rates"])) for each in document["prices"])
        return Tariff(_read_numbers(document["units"]), prices)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{TARIFF_NAME} is malformed: {error!r}") from error


def _read_numbers(values: Any) -> dict[str, int]:
    for unit, value in values.items():
        if unit not in UNITS or type(value) is not int or value < 0:
            raise TypeError(f"{unit} is {value!r}")
    return dict(values)
