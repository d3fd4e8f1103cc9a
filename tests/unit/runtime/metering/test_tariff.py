"""Units and micro-dollars of a request."""

from typing import Any

import pytest

from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.metering.tariff import DEFAULT_TARIFF, Tariff, read_tariff

DAY = "2026-11-01"


def test_a_manifest_without_a_tariff_counts_requests() -> None:
    assert read_tariff({}) == DEFAULT_TARIFF
    assert DEFAULT_TARIFF.weigh({"requests": 1, "rows": 7}) == 1
    assert DEFAULT_TARIFF.price({"requests": 1}, DAY) == 0


def test_units_and_prices_are_sums_over_what_is_counted() -> None:
    tariff = read_tariff(
        {
            "tariff": {
                "units": {"tokens_in": 1, "tokens_out": 4},
                "prices": {DAY: {"tokens_in": 150_000, "tokens_out": 600_000}},
            }
        }
    )
    counts = {"requests": 1, "tokens_in": 100, "tokens_out": 50}
    assert tariff.weigh(counts) == 300
    assert tariff.price(counts, DAY) == 45
    assert tariff.least == 1


@pytest.mark.parametrize(("tokens", "micro"), [(0, 0), (1, 1), (6, 1), (7, 2), (1_000_000, 150_000)])
def test_a_part_of_a_micro_dollar_is_rounded_up(tokens: int, micro: int) -> None:
    assert Tariff({}, {DAY: {"tokens_in": 150_000}}).price({"tokens_in": tokens}, DAY) == micro


@pytest.mark.parametrize(
    "tariff",
    [
        [], {"units": []}, {"units": {"words": 1}}, {"units": {"rows": -1}}, {"units": {"rows": 1.5}},
        {"prices": {DAY: {"rows": True}}}, {"prices": {DAY: {"rows": 10**16}}}, {"prices": {DAY: {"rows": "1"}}},
    ],
)  # fmt: skip
def test_a_wrong_tariff_is_refused(tariff: Any) -> None:
    with pytest.raises(ManifestError, match="tariff"):
        read_tariff({"tariff": tariff})
