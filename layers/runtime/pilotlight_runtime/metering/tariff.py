"""What a model's requests cost: in the units of a quota, and in micro-dollars.

The field `tariff` of a function's manifest.json has it:
{"units": {"requests": 1}, "prices": {"2026-11-01": {"requests": 400000000}}}.
- `units` says how many units of the quota each counted thing takes.
- `prices` are micro-dollars for a million of each counted thing, by the first day (UTC) that they are valid. $0.15 for
  a million tokens is 150,000.
A charge is rounded up to the next micro-dollar.
`pilotlight package` writes it from [units] and [price] of model.toml; see pilotlight.core.tariff_config.
"""

from __future__ import annotations

from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.light_typing import Any, Final, Mapping, NamedTuple

REQUESTS: Final = "requests"
ROWS: Final = "rows"
IMAGES: Final = "images"
CHARACTERS: Final = "characters"
TOKENS_IN: Final = "tokens_in"
TOKENS_OUT: Final = "tokens_out"
COUNTED: Final = (REQUESTS, ROWS, IMAGES, CHARACTERS, TOKENS_IN, TOKENS_OUT)
"""What is counted of a request, each where the model has it."""

TARIFF_FIELD: Final = "tariff"
_MILLION: Final = 1_000_000
_MOST: Final = 10**15
"""Of a weight or a price: what fits DynamoDB's 38 digits together with any count."""


class Tariff(NamedTuple):
    """The tariff of one model.

    Attributes:
        units: Units of the quota for one of each counted thing.
        prices: Micro-dollars for a million of each counted thing, by the first day (YYYY-MM-DD in UTC) that they are
            valid. Nothing has a price before the first of these days.
    """

    units: Mapping[str, int]
    prices: Mapping[str, Mapping[str, int]]

    def weigh(self, counts: Mapping[str, int]) -> int:
        """The units of the quota that counted things take."""
        return sum([weight * counts.get(name, 0) for name, weight in self.units.items()])

    def price(self, counts: Mapping[str, int], day: str) -> int:
        """The micro-dollars that counted things cost on a day (YYYY-MM-DD in UTC), rounded up."""
        first = max([each for each in self.prices if each <= day], default="")
        prices = self.prices.get(first, {})
        return -(-sum([price * counts.get(name, 0) for name, price in prices.items()]) // _MILLION)

    @property
    def least(self) -> int:
        """The units of the smallest request; at least one."""
        return max(1, self.weigh({REQUESTS: 1}))


DEFAULT_TARIFF: Final = Tariff({REQUESTS: 1}, {})
"""A unit is a request, and nothing has a price."""


def read_tariff(document: Any) -> Tariff:
    """Reads the tariff of a manifest.

    Args:
        document: The parsed manifest.json.

    Returns:
        The tariff; DEFAULT_TARIFF where the manifest has none.

    Raises:
        ManifestError: A count has another name, or a weight or price is no whole number from 0.
    """
    found = document.get(TARIFF_FIELD)
    if found is None:
        return DEFAULT_TARIFF
    if not isinstance(found, dict):
        raise ManifestError(f"manifest.json: {TARIFF_FIELD} must be an object; package the model again")
    units = _read_numbers(found.get("units"), "units")
    dated = found.get("prices") or {}
    if not isinstance(dated, dict):
        raise ManifestError(f"manifest.json: {TARIFF_FIELD}.prices must be an object; package the model again")
    prices = {day: _read_numbers(numbers, f"prices.{day}") for day, numbers in dated.items()}
    return Tariff(units or DEFAULT_TARIFF.units, prices)


def _read_numbers(found: Any, field: str) -> dict[str, int]:
    place = f"manifest.json: {TARIFF_FIELD}.{field}"
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ManifestError(f"{place} must be an object; package the model again")
    for name, number in found.items():
        if name not in COUNTED:
            raise ManifestError(f"{place} has {name!r}; it takes {', '.join(COUNTED)}")
        if type(number) is not int or not 0 <= number <= _MOST:
            raise ManifestError(f"{place}.{name} must be a whole number from 0 to {_MOST}")
    return found
